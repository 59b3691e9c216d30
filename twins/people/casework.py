"""What supervisors, desks and employees say to each other of what a person has to decide.

| asks or tells | answered by |
|---|---|
| `case.opened` (`NewCase`), `case.noted`, `case.cleared` (`CaseNote`) to a desk | `case.changed` (`CaseChanged`) |
| `ask.note` (`WriteNote`), `ask.hand_over` (`HandOver`) to a desk, by people | the case, as it lies now |
| `case.opened` (`NewCase`) to another desk, which a case is handed to | |
| `case.assigned` (`Assignment`), `case.withdrawn` (`CaseRef`), `case.noted`, `case.cleared` (`CaseNote`) to an employee | `case.taken`, `case.closed` (`CaseReport`) |
| `employee.changed` (`EmployeeCard`) to a desk | |
"""  # noqa: E501 - a table's row is one line

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from twins.ids import DeskId, EmployeeId, TwinId
from twins.people.messages import Urgency
from twins.units import Short, Text, Time, Token


class CaseLetter(Struct, kw_only=True, omit_defaults=True):
    """What an employee wrote to the customer of a case, and what became of it."""

    subject: Short
    at: Time = 0.0
    by: Short = ""
    settled_at: Time | None = None
    """None: it is on its way, or waits until she may be told."""
    channel: Short | None = None
    """What carried it; None: she was not reached."""
    reason: Short | None = None
    """Why she was not reached."""


class NewCase(Struct, kw_only=True, omit_defaults=True):
    """What a person has to decide, with all that is known."""

    id: Token
    supervisor: TwinId | None = None
    """Told `case.changed` whenever the case's state changes; None: a rule opened it, and its
    subject is told when it is closed (`context.closed`)."""
    arrangement_id: Token | None = None
    subject: TwinId
    """What it is about: the vehicle."""
    reason: Text
    skill: Short
    """What the employee must be able to do."""
    urgency: Urgency = "normal"
    context: dict[str, Any] = {}
    """The arrangement and its facts, or why the rule fired, as they were."""
    person: TwinId | None = None
    """Whose it is: it is sealed with her key, and goes with her."""
    opened_at: Time | None = None
    """When it came to the desk that hands it over; None: it is new."""
    notes: list[Text] = []
    letters: dict[Token, CaseLetter] = {}


class CaseNote(Struct, kw_only=True, omit_defaults=True):
    """One more thing about a case that is open."""

    id: Token
    text: Text


class WriteNote(Struct, kw_only=True, omit_defaults=True):
    """`ask.note`: somebody adds to a case what others should know."""

    case_id: Token
    text: Text
    person: TwinId | None = None
    """Whose case it is: with her key the log seals the words."""
    letter_id: Token | None = None
    """The message that the note is about, by which the desk is told what became of it."""
    letter: CaseLetter | None = None


class HandOver(Struct, kw_only=True, omit_defaults=True):
    """`ask.hand_over`: a case goes to another employee of the desk, or to another desk."""

    case_id: Token
    employee: EmployeeId | None = None
    """To whom; None: to whoever comes next by skill, shift and load."""
    desk: DeskId | None = None
    """To whoever another desk finds for it."""
    note: Text | None = None
    """What she should know."""
    person: TwinId | None = None
    """Whose case it is: with her key the log seals the words."""


class CaseRef(Struct, kw_only=True):
    """Names a case."""

    id: Token


CaseState = Literal["waiting", "assigned", "taken", "closed"]
"""waiting: nobody is there for it; assigned: at an employee who has not taken it yet."""

Verdict = Literal["accept", "decline"]
"""What an employee says to a case that proposes something, when she closes it."""


class CaseChanged(Struct, kw_only=True, omit_defaults=True):
    """Tells the supervisor where its case lies."""

    id: Token
    arrangement_id: Token
    desk: DeskId
    state: CaseState
    employee: EmployeeId | None = None
    at: Time
    note: Text | None = None
    verdict: Verdict | None = None
    without: list[Token] = []
    """Legs of the plan that she left out."""


class Assignment(Struct, kw_only=True, omit_defaults=True):
    """Gives a case to an employee."""

    id: Token
    desk: DeskId
    subject: TwinId
    arrangement_id: Token | None = None
    reason: Text
    skill: Short
    urgency: Urgency = "normal"
    context: dict[str, Any] = {}
    notes: list[Text] = []
    take_by: Time
    """After that it goes to somebody else."""
    person: TwinId | None = None
    """Whose it is."""


class CaseReport(Struct, kw_only=True, omit_defaults=True):
    """An employee took or closed a case."""

    id: Token
    employee: EmployeeId
    note: Text | None = None
    verdict: Verdict | None = None
    without: list[Token] = []
    """Legs of the plan that are left out, with `accept`."""


Weekday = Annotated[int, Meta(ge=0, le=6)]
"""0 is Monday."""

SecondOfDay = Annotated[int, Meta(ge=0, le=86_400)]


class Shift(Struct, kw_only=True, frozen=True):
    """When an employee works, UTC.

    A shift whose end is not after its start ends on the next day.
    """

    starts_s: SecondOfDay = 0
    ends_s: SecondOfDay = 86_400
    weekdays: tuple[Weekday, ...] = (0, 1, 2, 3, 4, 5, 6)
    """On which it begins."""

    def on(self, now: float) -> bool:
        """Whether `now` (seconds since the epoch) lies within it."""
        day = int(now // 86_400)
        second = now - day * 86_400
        weekday = (day + 3) % 7  # the epoch's first day was a Thursday
        if self.starts_s < self.ends_s:
            return weekday in self.weekdays and self.starts_s <= second < self.ends_s
        if second >= self.starts_s:
            return weekday in self.weekdays
        return second < self.ends_s and (weekday - 1) % 7 in self.weekdays


class EmployeeCard(Struct, kw_only=True, omit_defaults=True):
    """What a desk must know about an employee to give her a case."""

    employee: EmployeeId
    name: Short = ""
    skills: list[Short] = []
    shift: Shift | None = None
    """None: never on shift."""
    load: int = 0
    """Cases that she has, taken or not."""
    lead: bool = False
    """Cases that nobody takes end here."""
