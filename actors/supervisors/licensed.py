"""Licensed: a supervisor asks its policy's twin before it does anything, and says how it ended.

Three things are asked: for leave, when an arrangement opens; of a person, where the policy says
that one has to agree; and for money, before anything is offered. Whoever does not answer has not
agreed: without leave a person is asked, and without money nothing is offered.
"""

from typing import Any, ClassVar

from actors.supervisors.arrangement import Arrangement, LegState
from actors.supervisors.standing import CaseView
from actors.supervisors.telling import Telling
from twins.handler import told
from twins.ids import digest
from twins.people.casework import CaseChanged, CaseNote, NewCase
from twins.policies.messages import (
    Leave,
    LeaveAnswer,
    LeaveRequest,
    Level,
    Report,
    SpendingAnswer,
    SpendingRequest,
    policy_id,
)

LEAVE = "leave"
"""The fact that is gathered."""

LEAVE_S = 15.0
"""How long the policy may take to answer; it is a twin, so it takes milliseconds."""


class Licensed(Telling):
    """Base of supervisors; what the answers lead to stands in `supervisor`."""

    begins_at: ClassVar[Level] = Level.ACT
    """The level of its policy where nobody has set one."""

    # -- hooks -------------------------------------------------------------------------------

    def always(self, arr: Arrangement) -> None:
        """Do at once what must never wait for leave, or be withheld: warn of a danger."""

    def granted(self, arr: Arrangement) -> None:
        """Do what is done first once there is leave, before anything is asked for and held."""

    # -- leave -------------------------------------------------------------------------------

    def policy(self, arr: Arrangement) -> str:
        """Its policy's twin."""
        return policy_id(self.called(arr))

    def ask_leave(self, arr: Arrangement) -> None:
        """Ask what the arrangement may do; the answer is one more fact that is gathered."""
        arr.awaited.append(LEAVE)
        policy = self.policy(arr)
        request = LeaveRequest(
            asker=self.id,
            arrangement_id=arr.id,
            subject=arr.cause.twin_id,
            customer=self.customer(arr),
            desk=arr.desk,
            skill=self.skill_for(arr),
            noticed_at=arr.cause.time,
            begins=self.begins_at,
        )
        self.tell(policy, "leave.requested", request)
        arr.step("leave.requested", self.now, policy)

    def take_leave(self, arr: Arrangement, answer: LeaveAnswer) -> bool:
        """Note the answer; False: it is not waited for any more."""
        if LEAVE not in arr.awaited:
            return False
        arr.awaited.remove(LEAVE)
        arr.leave, arr.propose_s = answer.leave, answer.propose_s
        arr.step(f"leave.{answer.leave}", self.now, answer.policy, detail=answer.reason)
        return True

    # -- a person's agreement ----------------------------------------------------------------

    def propose(self, arr: Arrangement) -> None:
        """Ask a person, with the whole plan."""
        plan = ", ".join(arr.legs) or "nothing"
        customer = self.customer(arr) or arr.cause.twin_id
        reason = (
            f"{self.called(arr)} proposes for {customer}: {plan}. Close this case with `accept` "
            "to have it done, or with `decline`."
        )
        arr.proposal = CaseView(id=digest(arr.id, "proposal"), desk=arr.desk, reason=reason[:2000])
        arr.step("proposal.opened", self.now, arr.desk, detail=plan)
        case = NewCase(
            id=arr.proposal.id,
            supervisor=self.id,
            arrangement_id=arr.id,
            subject=arr.cause.twin_id,
            reason=reason[:2000],
            skill=self.skill_for(arr),
            context={**self.context(arr), "plan": self.outline(arr)},
            person=self.customer(arr),
        )
        self.tell(arr.desk, "case.opened", case)

    def outline(self, arr: Arrangement) -> list[dict[str, Any]]:
        """The plan, leg by leg."""
        return [
            {"leg": leg.name, "required": leg.required, "after": leg.after}
            for leg in arr.legs.values()
        ]

    def drop_proposal(self, arr: Arrangement, why: str) -> None:
        """There is nothing to agree to any more."""
        if arr.proposal is not None and arr.proposal.state != "closed":
            note = CaseNote(id=arr.proposal.id, text=why[:2000])
            self.tell(arr.proposal.desk, "case.cleared", note)

    # -- money -------------------------------------------------------------------------------

    def held_cents(self, arr: Arrangement) -> int:
        """What all that is held costs, whoever pays for it; a cover is a part of the rest."""
        cents: dict[int, int] = {0: 0}
        for leg in arr.in_state(LegState.HELD):
            if not leg.last:
                cents[leg.alternative] = cents.get(leg.alternative, 0) + leg.price_cents
        # Of alternatives she takes one; which, nobody knows yet.
        return cents.pop(0) + max(cents.values(), default=0)

    def ask_spending(self, arr: Arrangement, cents: int, currency: str) -> None:
        """Have so much reserved."""
        policy = self.policy(arr)
        request = SpendingRequest(
            asker=self.id, arrangement_id=arr.id, customer=self.customer(arr), cents=cents,
            currency=currency,
        )  # fmt: skip
        arr.reserved_cents, arr.reserved_in = cents, currency
        self.tell(policy, "spending.requested", request)
        arr.step("spending.requested", self.now, policy, detail=f"{cents} cents {currency}")

    def take_spending(self, arr: Arrangement, answer: SpendingAnswer) -> None:
        """Note the answer."""
        arr.deadlines.pop("spending", None)
        arr.reserved_on = answer.day
        if answer.reason is not None:
            arr.reserved_cents = 0
        said = "reserved" if answer.reason is None else "refused"
        arr.step(f"spending.{said}", self.now, self.policy(arr), detail=answer.reason)

    def spent_cents(self, arr: Arrangement) -> int:
        """What is to be paid as far as is known: what is firm, or may be."""
        firm = arr.in_state(LegState.CONFIRMING, LegState.CONFIRMED)
        legs = sum(leg.price_cents for leg in firm if not leg.last)
        returns = sum(back.cents for back in arr.returns.values() if back.firm)
        return legs + returns + arr.lost_cents

    # -- reports -----------------------------------------------------------------------------

    def report(
        self, arr: Arrangement, *, right: bool | None = None, why: str = "", settled: bool = False
    ) -> None:
        """Tell the policy how it stands; `settled`: what is not spent by now will not be."""
        spent = self.spent_cents(arr)
        # Before the answer nobody knows of which day's limits it is a part.
        credit = arr.reserved_cents - spent if settled and arr.reserved_on else 0
        arr.reserved_cents -= credit
        track = arr.track
        report = Report(
            arrangement_id=arr.id,
            state=arr.state,
            ended=arr.ended,
            customer=self.customer(arr),
            credit_cents=credit,
            currency=arr.reserved_in,
            day=arr.reserved_on,
            right=right,
            why=why,
            spent_cents=spent if settled and arr.reserved_in else None,
            helped_at=self.now if track is not None and track.arrived else None,
        )
        self.tell(self.policy(arr), "policy.reported", report)

    def judged(self, arr: Arrangement, changed: CaseChanged) -> None:
        """A person's verdict on what she took over counts as one on a proposal does."""
        who = changed.employee or changed.desk
        self.report(arr, right=changed.verdict == "accept", why=f"{changed.verdict} by {who}")

    @told("reply.noted")
    def reply_noted(self, reply: dict[str, Any]) -> None:
        """The customer said something else than yes or no: that she needs nothing."""
        arr = self.find(str(reply.get("arrangement_id")))
        if arr is None:
            return
        said = str(reply.get("reply", ""))[:100]
        arr.step("reply.noted", self.now, self.customer(arr) or self.id, detail=said)
        if said in FINE:
            self.report(arr, right=False, why="the customer is fine")


FINE = ("fine", "im_fine", "i_am_fine")
"""Replies that say that there was no need."""

__all__ = ["LEAVE", "LEAVE_S", "Leave", "Licensed"]
