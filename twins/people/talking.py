"""Talking: what a person writes back, and who hears it."""

from typing import Any, Final

from msgspec import Struct, field

from twins.errors import BadTwinId
from twins.handler import told
from twins.ids import digest, split
from twins.people.casework import CaseNote, NewCase
from twins.people.messages import Contact
from twins.people.replies import TALKING, Reply, Used, address_id, meant, numbered
from twins.record import note_opened
from twins.twin import Twin

MAX_CONTACTS: Final = 50

READERS: Final = "desk/default"
"""Where people read what nobody else understands."""

WROTE: Final = "wrote"
"""What such a case is called in a rule: `open(wrote)`."""


class Spoken(Struct, kw_only=True, omit_defaults=True):
    """The offer that she was sent last; what she writes back without naming one means it."""

    supervisor: str
    arrangement_id: str
    way: str
    until: float
    numbers: list[int] = []
    """Of its alternatives."""


class Talking(Twin):
    """Base of persons who can write back."""

    name: str = ""
    language: str = "en"
    timezone: str = "UTC"
    """Where she lives: an IANA name."""
    contacts: list[Contact] = field(default_factory=list)
    """The last ones, oldest first."""
    spoken: Spoken | None = None

    def introduce(self, way: str) -> None:
        """Let the address know whose it is, so that what comes from there finds her."""
        channel, _, address = way.partition(":")
        if channel in TALKING:
            self.tell(address_id(channel, address), "address.used", Used(person=self.id))

    @told("reply.received")
    def reply_received(self, reply: Reply) -> None:
        """She wrote or tapped something: tell whose offer it was, or have a person read it."""
        spoken = self.spoken
        supervisor, arrangement_id, until = reply.supervisor, reply.arrangement_id, reply.until
        same = spoken is not None and spoken.way.partition(":")[0] == reply.channel
        if supervisor is None and spoken is not None and same:
            # Without a name it can only mean what she got last, by the same channel.
            supervisor, until = spoken.supervisor, spoken.until
            arrangement_id = spoken.arrangement_id
        contact = Contact(
            at=self.now,
            what="message.received",
            channel=reply.channel,
            arrangement_id=arrangement_id,
            detail=reply.what or reply.text[:200],
        )
        self.note(contact)
        if supervisor is None or arrangement_id is None or not _is_id(supervisor):
            self._have_read(reply)
            return
        what = reply.what or meant(reply.text)
        said: dict[str, Any] = {
            "arrangement_id": arrangement_id,
            "answered_by": "customer",
            "until": until,
        }
        number = None
        if what is None and spoken is not None and spoken.arrangement_id == arrangement_id:
            number = numbered(reply.text, spoken.numbers)
        if number is not None:
            taken = {**said, "accept": True, "alternative": number}
            self.tell(supervisor, "offer.answered", taken)
        elif what in ("accept", "decline"):
            self.tell(supervisor, "offer.answered", {**said, "accept": what == "accept"})
        else:
            said |= {"reply": what or "words", "words": reply.text[:1000]}
            self.tell(supervisor, "reply.given", said)

    def _have_read(self, reply: Reply) -> None:
        """One case at a time: what she writes meanwhile becomes its notes."""
        said = f"{self.name or self.id} wrote by {reply.channel}: {reply.text or reply.what}"
        record = self.record
        known = {} if record is None else record.open
        open_ = next((id_ for id_, (name, _) in known.items() if name == WROTE), None)
        if open_ is not None:
            self.tell(READERS, "case.noted", CaseNote(id=open_, text=said[:2000]))
            return
        id_ = digest(self.id, WROTE, self.event.id)
        case = NewCase(id=id_, subject=self.id, reason=said[:2000], skill="customers")
        self.tell(READERS, "case.opened", case)
        note_opened(self, id_, WROTE, self.now)

    def note(self, contact: Contact) -> None:
        """Keep that somebody spoke with her."""
        self.contacts.append(contact)
        del self.contacts[:-MAX_CONTACTS]


def _is_id(text: str) -> bool:
    try:
        split(text)
    except BadTwinId:
        return False
    return True
