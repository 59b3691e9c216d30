"""Desk: with whom Vigil works in one place, and the cases that a person there has to decide."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

from msgspec import field

from twins.errors import BadPayload
from twins.handler import ask, due, told
from twins.people.case import Case, Moved
from twins.people.casework import (
    Assignment,
    CaseChanged,
    CaseNote,
    CaseRef,
    CaseReport,
    EmployeeCard,
    HandOver,
    NewCase,
    WriteNote,
)
from twins.people.messages import (
    DepotEntry,
    Directory,
    DirectoryRequest,
    InsurerEntry,
    MessageSettled,
    RideEntry,
    ServiceEntry,
    TowEntry,
    Urgency,
)
from twins.record import Closed
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Currency, Seconds, Short, Token

MAX_CLOSED = 50
"""How many closed cases a desk still shows."""

MAX_TITLE = 100

MAX_MOVED = 200
"""Of how many cases that went to other desks a desk still knows where they went."""

MAX_OPEN = 500
"""How many cases may be open when a rule opens one more. What rules of a whole fleet open at once
is more than people can see to, and a desk's state is encoded with its every event."""

HASTE: Final[dict[Urgency, float]] = {"high": 0.5, "normal": 1.0, "low": 4.0}
"""Urgency -> how long an employee may take to take a case, in `take_s`; the most urgent first."""

_HURRY: Final = list(HASTE)


class DeskSettings(Settings):
    """Master data of a desk: `configured`. Its employees introduce themselves."""

    name: Short | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    tow_operators: list[TowEntry] | UnsetType = UNSET
    ride_companies: list[RideEntry] | UnsetType = UNSET
    rental_depots: list[DepotEntry] | UnsetType = UNSET
    insurers: list[InsurerEntry] | UnsetType = UNSET
    services: dict[Token, list[ServiceEntry]] | UnsetType = UNSET
    """Others, by what they sell: `reship`, `visit`, …"""
    take_s: Seconds | UnsetType = UNSET


class Desk(Twin, kind="desk"):
    """A desk: a directory of services, its employees, and cases.

    A case goes to the employee on shift who has its skill and the fewest cases; if she does not
    take it within `take_s` seconds (half of it where it is urgent), to the next one, and at last to
    a lead, where it stays. While nobody is there for it, it waits, and is tried again every
    `take_s` and whenever an employee's card changes, the most urgent first.
    """

    parts: ClassVar[Mapping[str, str]] = MappingProxyType({"cases": "person"})

    name: str = ""
    currency: str = "EUR"
    tow_operators: list[TowEntry] = field(default_factory=list)
    ride_companies: list[RideEntry] = field(default_factory=list)
    rental_depots: list[DepotEntry] = field(default_factory=list)
    insurers: list[InsurerEntry] = field(default_factory=list)
    services: dict[str, list[ServiceEntry]] = field(default_factory=dict)
    """Others, by what they sell."""
    take_s: float = 120.0
    employees: dict[str, EmployeeCard] = field(default_factory=dict)
    """By employee id, as each last said."""
    cases: dict[str, Case] = field(default_factory=dict)
    """By case id, oldest first."""
    moved: dict[str, Moved] = field(default_factory=dict)
    """Case id -> where it was handed over to."""
    turned_away: dict[str, int] = field(default_factory=dict)
    """What rules wanted a person for while too many cases were open: title -> how often."""

    @told("configured")
    def configured(self, settings: DeskSettings) -> None:
        """Take over master data."""
        settings.apply(self)

    @told("directory.requested")
    def directory_requested(self, request: DirectoryRequest) -> None:
        """Say with whom this desk works."""
        directory = Directory(
            arrangement_id=request.arrangement_id,
            desk=self.id,
            currency=self.currency,
            tow_operators=self.tow_operators,
            ride_companies=self.ride_companies,
            rental_depots=self.rental_depots,
            insurers=self.insurers,
            services=self.services,
            employees=sorted(self.employees),
        )
        self.tell(request.asker, "directory.answered", directory)

    @told("employee.changed")
    def employee_changed(self, card: EmployeeCard) -> None:
        """Keep an employee's card; perhaps she is whom a case waits for."""
        self.employees[card.employee] = card
        self._assign_waiting()

    # -- cases -------------------------------------------------------------------------------

    @told("case.opened")
    def case_opened(self, new: NewCase) -> None:
        """Find somebody for a case; a known id changes nothing."""
        if new.id in self.cases:
            return
        # What another desk hands over has a person at work on it: it is not turned away.
        if new.supervisor is None and new.opened_at is None and self._crowded():
            self._turn_away(new)
            return
        self.moved.pop(new.id, None)
        case = self.cases[new.id] = Case.of(new, self.now)
        self._assign(case)
        self._remind()

    def _crowded(self) -> bool:
        return sum(case.state != "closed" for case in self.cases.values()) >= MAX_OPEN

    def _turn_away(self, new: NewCase) -> None:
        """Count it; its subject's rules see that no case is open."""
        title, counts = new.reason[:MAX_TITLE], self.turned_away
        if title in counts or len(counts) < MAX_CLOSED:
            counts[title] = counts.get(title, 0) + 1
        self.tell(new.subject, "context.closed", Closed(arrangement_id=new.id))

    @told("case.noted")
    def case_noted(self, note: CaseNote) -> None:
        """Add a note, for whoever has the case."""
        case = self.cases.get(note.id)
        if case is not None:
            self._note(case, note.text)
        elif note.id in self.moved:
            self.tell(self.moved[note.id].desk, "case.noted", note)

    @told("message.settled")
    def message_settled(self, settled: MessageSettled) -> None:
        """What became of a letter to a customer: the case says so, wherever it lies."""
        for case in self.cases.values():
            if settled.id in case.letters:
                self._note(case, case.settle(settled, self.now))
        for moved in self.moved.values():
            if settled.id in moved.letters:
                moved.letters.remove(settled.id)
                self.tell(moved.desk, "message.settled", settled)

    def _note(self, case: Case, text: str) -> None:
        case.noted(text)
        if case.state in ("assigned", "taken") and case.employee is not None:
            self.tell(case.employee, "case.noted", CaseNote(id=case.id, text=text))

    @ask("note")
    def note(self, request: WriteNote) -> dict[str, Any]:
        """Add what others should know; returns where the case lies."""
        case = self._open(request.case_id)
        if request.letter_id is not None and request.letter is not None:
            request.letter.at = self.now
            case.wrote(request.letter_id, request.letter)
        self._note(case, request.text)
        return {"id": case.id, "state": case.state, "employee": case.employee}

    @ask("hand_over")
    def hand_over(self, request: HandOver) -> dict[str, Any]:
        """Give a case to another employee or desk, taken or not; returns where it lies then."""
        case = self._open(request.case_id)
        if request.desk is not None and request.desk != self.id:
            return self._move(case, request.desk, request.note)
        card = self._to_whom(case, request.employee)
        if request.note:
            self._note(case, request.note)
        if card.employee != case.employee:
            self._give(case, card)
            self._remind()
        return {"id": case.id, "state": case.state, "employee": case.employee}

    def _move(self, case: Case, desk: str, note: str | None) -> dict[str, Any]:
        """Give a case to another desk; what still comes for it here is passed on."""
        if note:
            case.noted(note)
        if case.employee is not None:
            self.tell(case.employee, "case.withdrawn", CaseRef(id=case.id))
        self.tell(desk, "case.opened", case.handed())
        open_ = [id_ for id_, letter in case.letters.items() if letter.settled_at is None]
        del self.cases[case.id]
        self.moved[case.id] = Moved(desk=desk, letters=open_)
        for old in list(self.moved)[:-MAX_MOVED]:
            del self.moved[old]
        self._remind()
        return {"id": case.id, "state": "waiting", "employee": None, "desk": desk}

    def _open(self, case_id: str) -> Case:
        case = self.cases.get(case_id)
        if case is None or case.state == "closed":
            raise BadPayload(f"{self.id} has no open case {case_id}")
        return case

    def _to_whom(self, case: Case, employee: str | None) -> EmployeeCard:
        card = self._next(case) if employee is None else self.employees.get(employee)
        if card is None:
            known = ", ".join(sorted(self.employees)) or "nobody"
            raise BadPayload(
                f"{employee} does not belong to {self.id}; there are {known}"
                if employee
                else f"nobody else at {self.id} is there for case {case.id}; name somebody: {known}"
            )
        return card

    @told("case.taken")
    def case_taken(self, report: CaseReport) -> None:
        """The first one to take it has it, even if it had gone on to somebody else meanwhile."""
        case = self.cases.get(report.id)
        if case is None or case.state != "assigned" or report.employee not in case.tried:
            return  # whoever does not have it any more has been told so
        if case.employee is not None and case.employee != report.employee:
            self.tell(case.employee, "case.withdrawn", CaseRef(id=case.id))
        case.state = "taken"
        case.employee = report.employee
        case.taken_at = self.now
        case.take_by = None
        self._changed(case)
        self._remind()

    @told("case.closed")
    def case_closed(self, report: CaseReport) -> None:
        """It is decided."""
        case = self.cases.get(report.id)
        if case is None or case.state != "taken" or case.employee != report.employee:
            return
        case.verdict, case.without = report.verdict, report.without
        self._close(case, report.note)

    @told("case.cleared")
    def case_cleared(self, note: CaseNote) -> None:
        """There is nothing to decide any more; whoever has the case is told so."""
        if note.id in self.moved:
            self.tell(self.moved[note.id].desk, "case.cleared", note)
        case = self.cases.get(note.id)
        if case is None or case.state == "closed":
            return
        if case.employee is not None:
            self.tell(case.employee, "case.cleared", note)
        self._close(case, note.text)
        self._remind()

    def _close(self, case: Case, note: str | None) -> None:
        case.state = "closed"
        case.closed_at = self.now
        case.note = note
        case.take_by = None
        # The supervisor keeps the arrangement; a desk's state is encoded with its every event.
        case.context = {}
        self._changed(case)
        if case.supervisor is None:
            self.tell(case.subject, "context.closed", Closed(arrangement_id=case.id))
        closed = [id_ for id_, old in self.cases.items() if old.state == "closed"]
        for id_ in closed[:-MAX_CLOSED]:
            del self.cases[id_]

    @due("escalate")
    def escalate(self) -> None:
        """Let cases that nobody took go on, and try again what waits."""
        for case in self._by_urgency():
            if case.take_by is None or case.take_by > self.now:
                continue
            before = case.employee
            self._assign(case)
            if before is not None and case.employee != before:
                case.escalations += 1
        self._remind()

    # -- choosing ----------------------------------------------------------------------------

    def load(self, employee: str) -> int:
        """How many open cases of this desk an employee has; her card's count may lag behind."""
        return sum(
            case.employee == employee and case.state in ("assigned", "taken")
            for case in self.cases.values()
        )

    def _next(self, case: Case) -> EmployeeCard | None:
        """Whom a case goes to now: by skill, shift and load; then a lead; None: nobody new."""
        there = [
            card
            for card in self.employees.values()
            if card.employee not in case.tried
            and card.shift is not None
            and card.shift.on(self.now)
        ]
        able = [card for card in there if case.skill in card.skills and not card.lead]
        # A lead decides whatever nobody else does, on shift or not: the case has to end with her.
        leads = [
            card
            for card in self.employees.values()
            if card.lead and card.employee not in case.tried
        ]
        for cards in (able, leads):
            if cards:
                return min(cards, key=lambda card: (self.load(card.employee), card.employee))
        return None

    def _assign(self, case: Case) -> None:
        card = self._next(case)
        if card is None:
            # Where there is nobody new it stays, or waits; with a lead it stays for good.
            new = case.take_by is None
            held = self.employees.get(case.employee or "")
            case.take_by = None if held is not None and held.lead else self._goes_on_at(case)
            if new:
                self._changed(case)
            return
        self._give(case, card)

    def _give(self, case: Case, card: EmployeeCard) -> None:
        if case.employee is not None:
            self.tell(case.employee, "case.withdrawn", CaseRef(id=case.id))
        case.employee = card.employee
        if card.employee not in case.tried:
            case.tried.append(card.employee)
        case.state, case.taken_at = "assigned", None
        case.take_by = self._goes_on_at(case)
        assignment = Assignment(
            id=case.id,
            desk=self.id,
            subject=case.subject,
            arrangement_id=case.arrangement_id,
            reason=case.reason,
            skill=case.skill,
            urgency=case.urgency,
            context=case.context,
            notes=case.notes,
            take_by=case.take_by,
            person=case.person,
        )
        self.tell(card.employee, "case.assigned", assignment)
        self._changed(case)

    def _goes_on_at(self, case: Case) -> float:
        return self.now + self.take_s * HASTE[case.urgency]

    def _assign_waiting(self) -> None:
        for case in self._by_urgency():
            if case.state == "waiting":
                self._assign(case)
        self._remind()

    def _by_urgency(self) -> list[Case]:
        return sorted(self.cases.values(), key=lambda case: _HURRY.index(case.urgency))

    def _changed(self, case: Case) -> None:
        if case.supervisor is None:
            return
        changed = CaseChanged(
            id=case.id,
            arrangement_id=case.arrangement_id or "",
            desk=self.id,
            state=case.state,
            employee=case.employee,
            at=self.now,
            note=case.note,
            verdict=case.verdict,
            without=case.without,
        )
        self.tell(case.supervisor, "case.changed", changed)

    def _remind(self) -> None:
        times = [case.take_by for case in self.cases.values() if case.take_by is not None]
        if times:
            self.remind("escalate", at=min(times))
        else:
            self.forget("escalate")
