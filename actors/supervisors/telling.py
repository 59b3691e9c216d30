"""Telling: whose arrangement it is, and who is told how it stands: twins, customers, employees."""

from typing import Any, ClassVar

from msgspec import field, structs, to_builtins

from actors.supervisors.arrangement import Arrangement, Leg, State
from actors.supervisors.booked import booked
from actors.supervisors.standing import CaseView
from twins.handler import told
from twins.ids import digest
from twins.people.casework import CaseChanged, CaseNote, NewCase
from twins.people.messages import (
    ArrangementNews,
    MessageRequest,
    MessageSettled,
    Urgency,
    Words,
)
from twins.policies.messages import QUIET
from twins.record import Closed
from twins.twin import Twin

NEWS = ".news-"
"""Between the arrangement's id and what she is told of it, in a message's id."""


class Telling(Twin):
    """Base of supervisors."""

    skill: ClassVar[str] = ""
    """What an employee must be able to do to take a case of this policy."""
    default_desk: ClassVar[str] = "desk/default"
    """Where cases of twins go that belong to no desk."""

    arrangement: Arrangement | None = None
    """The one that is open, or that ended last."""
    past: list[Arrangement] = field(default_factory=list)
    """Those before it, newest last."""

    personal: ClassVar[str | None] = "person"

    @property
    def person(self) -> str | None:
        """Whose it is: the customer of the arrangement."""
        return None if self.arrangement is None else self.customer(self.arrangement)

    # -- hooks -------------------------------------------------------------------------------

    def customer(self, arr: Arrangement) -> str | None:
        """The customer's twin; she is told how it stands."""
        raise NotImplementedError

    def called(self, arr: Arrangement) -> str:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """What rules call such an arrangement: `open(roadside)`."""
        return self.kind.name

    def skill_for(self, arr: Arrangement) -> str:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """What an employee must be able to do to take it over."""
        return self.skill

    def urgency(self, arr: Arrangement) -> Urgency:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """How soon a person should see to its case."""
        return "normal"

    def over(self, arr: Arrangement) -> None:
        """It has ended; tell whoever else has to know."""

    def untold(self, arr: Arrangement, what: str, reason: str) -> None:
        """Nobody could tell the customer something that she need not answer."""

    def decided(self, arr: Arrangement, changed: CaseChanged) -> None:
        """The person who was asked first has come a step further."""

    def judged(self, arr: Arrangement, changed: CaseChanged) -> None:
        """The person who has its case has said whether it was needed."""

    # -- how it stands -----------------------------------------------------------------------

    def find(self, arrangement_id: str) -> Arrangement | None:
        """The arrangement of this id, open or remembered."""
        for arr in (self.arrangement, *reversed(self.past)):
            if arr is not None and arr.id == arrangement_id:
                return arr
        return None

    def inform(self, arr: Arrangement) -> None:
        """Tell the customer's twin how it stands."""
        customer = self.customer(arr)
        if customer is not None and arr.leave not in QUIET:
            news = ArrangementNews(
                arrangement_id=arr.id,
                supervisor=self.id,
                state=arr.state,
                open=not arr.ended,
                at=self.now,
                offer=arr.offer,
                booked=booked(arr),
            )
            self.tell(customer, "arrangement.changed", news)

    def tell_context(self, arr: Arrangement, what: str, data: object) -> None:
        """Let the rules of whom it is about, and of the customer, know what has happened."""
        for twin_id in dict.fromkeys((arr.cause.twin_id, self.customer(arr))):
            if twin_id is not None:
                self.tell(twin_id, f"context.{what}", data)

    # -- what she is told --------------------------------------------------------------------

    def let_know(
        self, arr: Arrangement, what: str, texts: dict[str, Words], data: dict[str, Any],
        urgency: Urgency = "normal", by: float | None = None,
    ) -> None:  # fmt: skip
        """Have the customer told something that she need not answer; a step says `<what>.told`.

        Args:
            arr: What it is about.
            what: Its name among all that she is told of it.
            texts: By language.
            data: What their places show.
            urgency: What is `high` reaches her at night, too.
            by: So does what she could not be told before this (log time).
        """
        customer = self.customer(arr)
        if customer is None:
            return
        request = MessageRequest(
            id=f"{arr.id}{NEWS}{what}", about=arr.cause.twin_id, asker=self.id,
            template=f"{self.called(arr)}.{what}"[:200], texts=texts, data=data, urgency=urgency,
            by=by,
        )  # fmt: skip
        self.tell(customer, "message.requested", request)
        arr.step(f"{what}.telling", self.now, customer)

    def news_settled(self, arrangement_id: str, what: str, settled: MessageSettled) -> None:
        """She was told, or not."""
        arr = self.find(arrangement_id)
        if arr is not None:
            if settled.channel is None:
                self.untold(arr, what, settled.reason or "unknown")
            ending = "told" if settled.channel is not None else "not_told"
            arr.step(f"{what}.{ending}", self.now, self.customer(arr) or self.id,
                     detail=settled.channel or settled.reason)  # fmt: skip

    # -- cases -------------------------------------------------------------------------------

    def context(self, arr: Arrangement) -> dict[str, object]:
        """What the person who takes the case has to know: all there is."""
        return {
            "signal": to_builtins(arr.cause),
            "opened_at": arr.opened_at,
            "state": arr.state.value,
            "facts": arr.facts,
            "legs": {name: to_builtins(_brief(leg)) for name, leg in arr.legs.items()},
            "offer": arr.offer,
            "steps": to_builtins(arr.steps[-40:]),
        }

    def open_case(self, arr: Arrangement, reason: str) -> None:
        """Bring a person in; one arrangement has one case, and further reasons become its notes."""
        if arr.case is not None:
            self.tell(arr.case.desk, "case.noted", CaseNote(id=arr.case.id, text=reason[:2000]))
            arr.step("case.noted", self.now, arr.case.desk, detail=reason)
            return
        arr.case = CaseView(id=digest(arr.id, "case"), desk=arr.desk, reason=reason)
        arr.step("case.opened", self.now, arr.desk, detail=reason)
        case = NewCase(
            id=arr.case.id,
            supervisor=self.id,
            arrangement_id=arr.id,
            subject=arr.cause.twin_id,
            reason=reason[:2000],
            skill=self.skill_for(arr),
            urgency=self.urgency(arr),
            context=self.context(arr),
            person=self.customer(arr),
        )
        self.tell(arr.desk, "case.opened", case)

    @told("case.changed")
    def case_changed(self, changed: CaseChanged) -> None:
        """The desk says where the case lies."""
        arr = self.find(changed.arrangement_id)
        if arr is not None and arr.proposal is not None and arr.proposal.id == changed.id:
            arr.proposal.state, arr.proposal.employee = changed.state, changed.employee
            arr.step(f"proposal.{changed.state}", changed.at, changed.employee or changed.desk,
                     detail=changed.note)  # fmt: skip
            self.decided(arr, changed)
        if arr is None or arr.case is None or arr.case.id != changed.id:
            return
        # It may have been handed over to another desk, which is told the rest.
        arr.case.desk = changed.desk
        arr.case.state = changed.state
        arr.case.employee = changed.employee
        arr.step(
            f"case.{changed.state}", changed.at, changed.employee or changed.desk,
            detail=changed.note,
        )  # fmt: skip
        if changed.state == "closed" and changed.verdict is not None:
            self.judged(arr, changed)
        if changed.state == "closed" and arr.state is State.WITH_PERSON:
            self.tell_context(arr, "closed", Closed(arrangement_id=arr.id))


def _brief(leg: Leg) -> Leg:
    """A leg without what was not tried."""
    return structs.replace(leg, options=[], asked=[])
