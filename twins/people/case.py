"""Case: what a person has to decide, as its desk keeps it."""

from typing import Any

from msgspec import Struct

from twins.people.casework import CaseLetter, CaseState, NewCase, Verdict
from twins.people.messages import MessageSettled, Urgency

MAX_NOTES = 20

MAX_LETTERS = 20


class Case(Struct, kw_only=True, omit_defaults=True):
    """What a person has to decide, and who that is."""

    id: str
    supervisor: str | None = None
    arrangement_id: str | None = None
    subject: str
    reason: str
    skill: str
    urgency: Urgency = "normal"
    context: dict[str, Any] = {}
    notes: list[str] = []
    opened_at: float
    state: CaseState = "waiting"
    employee: str | None = None
    tried: list[str] = []
    """Whom it was given to, in order."""
    escalations: int = 0
    """How often it went on because nobody took it in time."""
    take_by: float | None = None
    """When it goes on."""
    taken_at: float | None = None
    closed_at: float | None = None
    note: str | None = None
    """What the employee wrote when closing it."""
    verdict: Verdict | None = None
    """What she said, where it proposed something."""
    without: list[str] = []
    """Legs of the plan that she left out."""
    person: str | None = None
    """Whose it is."""
    letters: dict[str, CaseLetter] = {}
    """Message id -> what was written to her."""

    def handed(self) -> NewCase:
        """The same, for another desk."""
        return NewCase(
            id=self.id,
            supervisor=self.supervisor,
            arrangement_id=self.arrangement_id,
            subject=self.subject,
            reason=self.reason,
            skill=self.skill,
            urgency=self.urgency,
            context=self.context,
            person=self.person,
            opened_at=self.opened_at,
            notes=self.notes,
            letters=self.letters,
        )

    @classmethod
    def of(cls, new: NewCase, now: float) -> "Case":
        """A case that has come to a desk; what another desk handed over is as old as it was."""
        return cls(
            id=new.id,
            supervisor=new.supervisor,
            arrangement_id=new.arrangement_id,
            subject=new.subject,
            reason=new.reason,
            skill=new.skill,
            urgency=new.urgency,
            context=new.context,
            opened_at=now if new.opened_at is None else new.opened_at,
            person=new.person,
            notes=new.notes,
            letters=new.letters,
        )

    def noted(self, text: str) -> None:
        """Keep one more note."""
        self.notes.append(text)
        del self.notes[:-MAX_NOTES]

    def wrote(self, id_: str, letter: CaseLetter) -> None:
        """Keep that she was written to."""
        self.letters[id_] = letter
        for old in list(self.letters)[:-MAX_LETTERS]:
            del self.letters[old]

    def settle(self, settled: MessageSettled, now: float) -> str:
        """Keep what became of a letter; returns it in words."""
        letter = self.letters[settled.id]
        letter.settled_at, letter.channel, letter.reason = now, settled.channel, settled.reason
        if settled.channel is not None:
            return f"{letter.subject}: she was told by {settled.channel}"
        return f"{letter.subject}: she was not told: {settled.reason or 'nobody knows why'}"


class Moved(Struct, kw_only=True, omit_defaults=True):
    """A case that was handed over to another desk, and its letters that are not settled yet."""

    desk: str
    letters: list[str] = []
