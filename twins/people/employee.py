"""Employee: a person that decides where no twin can."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from msgspec import Struct, field

from twins.errors import BadPayload
from twins.handler import ask, told
from twins.ids import CustomerId, DeskId, split
from twins.people.casework import (
    Assignment,
    CaseNote,
    CaseRef,
    CaseReport,
    EmployeeCard,
    Shift,
    Verdict,
)
from twins.people.helped import Help
from twins.people.messages import CALL, Contact, Urgency
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Cents, Currency, Short, Text, Time, Token

MAX_CLOSED = 20
"""How many closed cases an employee's twin still shows."""

MAX_NOTES = 20


class EmployeeSettings(Settings):
    """Master data of an employee: `configured`."""

    name: Short | UnsetType = UNSET
    skills: list[Short] | UnsetType = UNSET
    shift: Shift | UnsetType | None = UNSET
    desk: DeskId | UnsetType | None = UNSET
    lead: bool | UnsetType = UNSET


class TakeCase(Struct, kw_only=True):
    """`ask.take`: the employee takes a case that is assigned to her."""

    case_id: Token


class CloseCase(Struct, kw_only=True, omit_defaults=True):
    """`ask.close`: the employee is done with a case that she took."""

    case_id: Token
    note: Text | None = None
    verdict: Verdict | None = None
    """To a case that proposes something: whether it is done."""
    without: list[Token] = []
    """With `accept`: legs of the plan that are left out."""
    called: bool = False
    """The customer had called about it."""
    helped: bool = False
    """Help is there by now."""
    cost_cents: Cents | None = None
    """What that cost beside what Vigil booked."""
    currency: Currency | None = None
    """None: the customer's."""
    false_alarm: bool = False
    """There was nothing wrong."""
    person: CustomerId | None = None
    """Whom the case is about: with her key the log seals it."""

    @property
    def tells(self) -> bool:
        """Whether it says what became of the customer."""
        return self.called or self.helped or self.false_alarm or self.cost_cents is not None


class TakeCall(Struct, kw_only=True, omit_defaults=True):
    """`ask.note_call`: a customer called, and this employee spoke with her."""

    person: CustomerId
    """Who; with her key the log seals it."""
    arrangement_id: Token | None = None
    """What about, if she said that."""
    at: Time | None = None
    """Default: now."""
    text: Text | None = None


class EmployeeCase(Struct, kw_only=True, omit_defaults=True):
    """A case as an employee sees it."""

    id: str
    desk: str
    subject: str
    arrangement_id: str | None = None
    reason: str
    skill: str
    urgency: Urgency = "normal"
    context: dict[str, Any] = {}
    notes: list[str] = []
    state: Literal["assigned", "taken", "closed"] = "assigned"
    assigned_at: float = 0.0
    take_by: float = 0.0
    taken_at: float | None = None
    closed_at: float | None = None
    person: str | None = None
    """Whose it is."""


class Employee(Twin, kind="employee"):
    """A person at a desk: what she can do, when she works, and the cases that she has."""

    parts: ClassVar[Mapping[str, str]] = MappingProxyType({"cases": "person"})

    name: str = ""
    skills: list[str] = field(default_factory=list)
    shift: Shift | None = None
    """When she works, UTC; None: never."""
    desk: DeskId | None = None
    lead: bool = False
    load: int = 0
    """Cases that she has, taken or not."""
    cases: dict[str, EmployeeCase] = field(default_factory=dict)
    """By case id, oldest first; closed ones leave."""

    @told("configured")
    def configured(self, settings: EmployeeSettings) -> None:
        """Take over master data, and show the desk what it needs of it."""
        settings.apply(self)
        self._show()

    @told("case.assigned")
    def case_assigned(self, assignment: Assignment) -> None:
        """A case lies with her until she takes it or its time is over."""
        self.cases[assignment.id] = EmployeeCase(
            id=assignment.id,
            desk=assignment.desk,
            subject=assignment.subject,
            arrangement_id=assignment.arrangement_id,
            reason=assignment.reason,
            skill=assignment.skill,
            urgency=assignment.urgency,
            context=assignment.context,
            notes=assignment.notes,
            person=assignment.person,
            assigned_at=self.now,
            take_by=assignment.take_by,
        )
        self._count()

    @told("case.withdrawn")
    def case_withdrawn(self, ref: CaseRef) -> None:
        """Somebody else has it now."""
        if self.cases.pop(ref.id, None) is not None:
            self._count()

    @told("case.noted")
    def case_noted(self, note: CaseNote) -> None:
        """One more thing about a case."""
        case = self.cases.get(note.id)
        if case is not None:
            case.notes.append(note.text)
            del case.notes[:-MAX_NOTES]

    @told("case.cleared")
    def case_cleared(self, note: CaseNote) -> None:
        """There is nothing to decide any more; the note says why."""
        case = self.cases.get(note.id)
        if case is not None and case.state != "closed":
            case.notes.append(note.text)
            self._over(case)

    @ask("take")
    def take(self, request: TakeCase) -> dict[str, str]:
        """Take a case; returns its id and state. Taking it again changes nothing."""
        case = self._case(request.case_id)
        if case.state == "assigned":
            case.state = "taken"
            case.taken_at = self.now
            self.tell(case.desk, "case.taken", CaseReport(id=case.id, employee=self.id))
        return {"id": case.id, "state": case.state}

    @ask("close")
    def close(self, request: CloseCase) -> dict[str, str]:
        """Close a case that she took; returns its id and state."""
        case = self._case(request.case_id)
        if case.state == "assigned":
            raise BadPayload(f"case {case.id} is not taken by {self.id}; take it first")
        if case.state == "taken":
            report = CaseReport(id=case.id, employee=self.id, note=request.note,
                                verdict=request.verdict, without=request.without)  # fmt: skip
            if request.tells:
                self._tell_customer(case, request)
            self.tell(case.desk, "case.closed", report)
            self._over(case)
        return {"id": case.id, "state": case.state}

    @ask("note_call")
    def note_call(self, call: TakeCall) -> dict[str, str]:
        """Note that a customer called; returns whose twin keeps it."""
        contact = Contact(
            at=self.now if call.at is None else call.at, what=CALL, channel="phone",
            arrangement_id=call.arrangement_id, detail=call.text or f"{self.id} spoke with her",
        )  # fmt: skip
        self.tell(call.person, "contact.noted", contact)
        return {"person": call.person}

    def _tell_customer(self, case: EmployeeCase, request: CloseCase) -> None:
        """Say at whose twin it belongs what became of her."""
        whose = next(
            (id_ for id_ in (case.person, case.subject) if id_ and split(id_)[0] == "customer"),
            None,
        )
        if whose is None:
            raise BadPayload(
                f"case {case.id} names no customer; close it without `called`, `helped`, "
                "`cost_cents` and `false_alarm`, and send help.noted to her twin"
            )
        noted = Help(
            id=case.id, at=case.assigned_at, arrangement_id=case.arrangement_id,
            called=request.called, helped_at=self.now if request.helped else None,
            cost_cents=request.cost_cents, currency=request.currency,
            false_alarm=request.false_alarm,
        )  # fmt: skip
        self.tell(whose, "help.noted", noted)

    def _over(self, case: EmployeeCase) -> None:
        case.state = "closed"
        case.closed_at = self.now
        case.context = {}
        closed = [id_ for id_, old in self.cases.items() if old.state == "closed"]
        for id_ in closed[:-MAX_CLOSED]:
            del self.cases[id_]
        self._count()

    def _case(self, case_id: str) -> EmployeeCase:
        case = self.cases.get(case_id)
        if case is None:
            raise BadPayload(f"{self.id} has no case {case_id}; it was withdrawn, or never hers")
        return case

    def _count(self) -> None:
        self.load = sum(case.state != "closed" for case in self.cases.values())
        self._show()

    def _show(self) -> None:
        if self.desk is not None:
            card = EmployeeCard(
                employee=self.id,
                name=self.name,
                skills=self.skills,
                shift=self.shift,
                load=self.load,
                lead=self.lead,
            )
            self.tell(self.desk, "employee.changed", card)
