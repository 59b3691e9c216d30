"""Governed: what follows from what a supervisor's policy says: act, propose, only look, or stop."""

from actors.supervisors.arrangement import Arrangement, LegState, State
from actors.supervisors.licensed import LEAVE_S
from actors.supervisors.supervisor import ARRANGE_S, Supervisor
from twins.handler import told
from twins.people.casework import CaseChanged
from twins.policies.messages import QUIET, Leave, LeaveAnswer, LeaveWithdrawn, SpendingAnswer


class Governed(Supervisor):
    """Base of supervisors that go as far as their policy lets them."""

    # -- hooks -------------------------------------------------------------------------------

    def affordable(self, arr: Arrangement) -> None:
        """What was asked for by `reserve` may be spent: go on."""
        raise NotImplementedError

    def lapsed(self, arr: Arrangement, name: str) -> None:
        """A deadline is over."""
        if name == "spending":
            self.hand_over(arr, "its policy did not say whether it may cost so much")
        elif name == "propose":
            arr.case = arr.proposal
            self.hand_over(arr, "nobody decided in time; nothing was arranged")
        else:
            super().lapsed(arr, name)

    # -- leave -------------------------------------------------------------------------------

    def decide(self, arr: Arrangement) -> None:
        """All is known: act, ask a person first, or only note what would be done."""
        if arr.leave in (Leave.STOPPED, Leave.BROKEN):
            self.settle(arr, State.COMPENSATED, arr.reason)
            return
        if arr.leave is Leave.ACT:
            self._act(arr, self.plan(arr))
            return
        reason = self.plan(arr)
        if arr.leave in (Leave.SHADOW, Leave.HELD_OUT):
            for leg in arr.legs.values():
                arr.step(f"{leg.name}.would_be_asked", self.now, self.id)
                leg.out(LegState.RELEASED, f"nothing is done: {arr.leave}")
            if reason is not None:
                arr.step("case.would_be_opened", self.now, arr.desk, detail=reason)
            self.settle(arr, State.COMPENSATED, arr.reason)
        elif reason is not None:
            self.hand_over(arr, reason)
        else:
            # Without an answer too: whoever did not say yes has not said it.
            arr.leave = Leave.PROPOSE
            arr.state = State.PROPOSED
            arr.deadlines["propose"] = self.now + arr.propose_s
            self.propose(arr)

    def _act(self, arr: Arrangement, reason: str | None) -> None:
        self.granted(arr)
        if reason is not None:
            self.hand_over(arr, reason)
        else:
            arr.state = State.ARRANGING
            arr.deadlines["arrange"] = self.now + ARRANGE_S

    @told("leave.answered")
    def leave_answered(self, answer: LeaveAnswer) -> None:
        """The policy has said what the arrangement may do."""
        arr = self.open(answer.arrangement_id)
        if arr is not None and self.take_leave(arr, answer):
            arr.reason = answer.reason if answer.leave in QUIET else None
            self.go_on()

    # -- a person's agreement ----------------------------------------------------------------

    def decided(self, arr: Arrangement, changed: CaseChanged) -> None:
        """A person has agreed, or not."""
        if arr.state is not State.PROPOSED or changed.state != "closed":
            return
        arr.deadlines.pop("propose", None)
        who = changed.employee or changed.desk
        accepted = changed.verdict == "accept"
        self.report(arr, right=accepted, why=f"{'accepted' if accepted else 'declined'} by {who}")
        if accepted:
            self._leave_out(arr, changed.without, who)
            self._act(arr, None)
        else:
            self.undo(arr, State.COMPENSATED, f"declined by {who}")
        self.go_on()

    def _leave_out(self, arr: Arrangement, names: list[str], who: str) -> None:
        """The person has changed the plan: what is required stays all the same."""
        for leg in arr.legs.values():
            if leg.name in names and not leg.required:
                leg.out(LegState.DECLINED, f"left out by {who}")
                arr.step(f"{leg.name}.left_out", self.now, self.id, detail=who)

    # -- money -------------------------------------------------------------------------------

    def reserve(self, arr: Arrangement, cents: int, currency: str) -> None:
        """Ask whether it may cost so much; `affordable` goes on."""
        arr.state = State.RESERVING
        arr.deadlines.pop("arrange", None)
        arr.deadlines["spending"] = self.now + LEAVE_S
        self.ask_spending(arr, cents, currency)

    @told("spending.answered")
    def spending_answered(self, answer: SpendingAnswer) -> None:
        """The money is reserved, or a person decides."""
        arr = self.find(answer.arrangement_id)
        if arr is None:
            return
        self.take_spending(arr, answer)
        if arr.state is not State.RESERVING:
            self.report(arr, settled=arr.ended)  # what came too late is not needed
        elif answer.reason is not None:
            self.hand_over(arr, f"its policy refuses to spend so much: {answer.reason}")
        else:
            self.affordable(arr)
        self.go_on()

    # -- the kill switch ---------------------------------------------------------------------

    @told("leave.withdrawn")
    def leave_withdrawn(self, withdrawn: LeaveWithdrawn) -> None:
        """The policy was stopped: give back what is held; what is firm stays with a person."""
        arr = self.open(withdrawn.arrangement_id)
        if arr is None or arr.halted is not None or arr.state is State.SETTLING:
            return
        reason = arr.halted = withdrawn.reason
        arr.step("leave.withdrawn", self.now, withdrawn.policy, detail=reason)
        self.drop_proposal(arr, reason)
        if arr.state is State.OFFERED:
            self.hand_over(arr, reason)  # she may have read the offer
        elif arr.state is State.CONFIRMING:
            for leg in arr.in_state(LegState.HOLDING, LegState.HELD):
                self.give_back(arr, leg, LegState.RELEASED, reason)
        elif arr.state is State.UNDERWAY:
            firm = ", ".join(leg.name for leg in arr.in_state(LegState.CONFIRMED))
            self.open_case(arr, f"{reason}; firm, and still on its way: {firm}")
        else:
            self.undo(arr, State.COMPENSATED, reason)
        self.go_on()
