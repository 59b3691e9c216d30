"""Reached: a person who can be told something, by the channel that she prefers."""

from typing import Any, Final

from msgspec import Struct, field, to_builtins

from twins.handler import done, failed, told
from twins.outputs import Outcome, Target
from twins.people.messages import (
    Channel,
    Contact,
    Letter,
    MessageRequest,
    MessageSettled,
    Urgency,
)
from twins.record import Contacted, note_contact
from twins.rules.template import chosen
from twins.twin import Twin

LIFE_S: Final[dict[Urgency, float]] = {"high": 600.0, "normal": 3600.0, "low": 86_400.0}
"""How long it is tried to reach her; each of her channels has an equal part of it."""

EACH_S: Final[dict[Urgency, float]] = {"high": 60.0, "normal": 1800.0, "low": 43_200.0}
"""How long one channel is tried at most, before the next one."""

MAX_SENDING: Final = 16
"""How many messages may be under way to one person; the next ones are not sent."""

MAX_CONTACTS: Final = 50


class Sending(Struct, kw_only=True, omit_defaults=True):
    """A message that is under way."""

    about: str
    asker: str | None = None
    template: str
    urgency: Urgency = "normal"
    ends_at: float
    """Until when it is tried (log time)."""
    channels: list[str]
    """Addresses not tried yet, the one in use first."""
    letter: dict[str, Any]
    tried: list[str] = []
    """As in `MessageSettled`."""

    @property
    def offered(self) -> dict[str, Any] | None:
        """The offer that it carries."""
        offer: dict[str, Any] | None = self.letter.get("offer")
        return offer


class Reached(Twin):
    """Base of persons who can be told something: one message, by one channel.

    The next channel is tried only where the one before surely carried nothing. Where nobody knows,
    she counts as reached: better one message too few than the same one twice.
    """

    name: str = ""
    language: str = "en"
    channels: list[Channel] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    """The last ones, oldest first."""
    sending: dict[str, Sending] | None = None
    """By message id; None: nothing is under way."""

    @told("message.requested")
    def message_requested(self, request: MessageRequest) -> None:
        """Tell her, by the channel that she prefers, in her language."""
        sending = self.sending or {}
        if request.id in sending:
            return
        if not self.channels or len(sending) >= MAX_SENDING:
            reason = "no_channel" if not self.channels else "too_many"
            self._settle(request.id, self._sending(request), reason=reason)
            return
        self.sending = sending
        sending[request.id] = self._sending(request)
        self._send(request.id, sending[request.id])

    def _sending(self, request: MessageRequest) -> Sending:
        """A message in her language, and by which channels it goes."""
        language, words = chosen(request.texts, self.language)
        letter = Letter(
            to=self.id,
            name=self.name,
            language=language,
            subject=words.subject,
            text=words.text,
            data=request.data,
            urgency=request.urgency,
            offer=request.offer,
        )
        until = self.now + LIFE_S[request.urgency]
        return Sending(
            about=request.about,
            asker=request.asker,
            template=request.template,
            urgency=request.urgency,
            ends_at=until if request.until is None else min(until, request.until),
            channels=[f"{way.channel}:{way.address}" for way in self.channels],
            letter=to_builtins(letter),
        )

    def _send(self, id_: str, sending: Sending) -> None:
        """Let the next channel carry it, for its part of the time that is left."""
        left_s = sending.ends_at - self.now
        self.effect(
            "message",
            Target.CHANNEL,
            sending.channels[0],
            sending.letter,
            key=f"{id_} {len(sending.channels)}",
            expires_at=self.now + min(left_s / len(sending.channels), EACH_S[sending.urgency]),
        )

    @done("message")
    def message_sent(self, outcome: Outcome) -> None:
        """A channel has carried it."""
        self._carried(outcome)

    @failed("message")
    def message_not_sent(self, outcome: Outcome) -> None:
        """The next channel's turn, if this one surely carried nothing."""
        id_, sending = self._of(outcome)
        if sending is None:
            return
        if outcome.reason in (None, "unknown"):
            self._carried(outcome)
            return
        channel = sending.channels.pop(0).partition(":")[0]
        sending.tried.append(f"{channel}: {outcome.reason}"[:200])
        if sending.channels and self.now < sending.ends_at:
            self._send(id_, sending)
            return
        self._over(id_)
        self._settle(id_, sending, reason=outcome.reason)

    def _of(self, outcome: Outcome) -> tuple[str, Sending | None]:
        """The message whose sending, by the channel in use, this is the outcome of."""
        id_, _, left = outcome.key.partition(" ")
        sending = (self.sending or {}).get(id_)
        if sending is None or left != str(len(sending.channels)):
            return id_, None
        return id_, sending

    def _carried(self, outcome: Outcome) -> None:
        id_, sending = self._of(outcome)
        if sending is None:
            return
        self._over(id_)
        channel = sending.channels[0].partition(":")[0]
        note_contact(self, channel, self.now)
        if sending.about != self.id:
            news = Contacted(channel=channel, at=self.now)
            self.tell(sending.about, "context.contacted", news)
        self._settle(id_, sending, channel=channel)

    def _over(self, id_: str) -> None:
        assert self.sending is not None
        del self.sending[id_]
        self.sending = self.sending or None

    def _settle(
        self, id_: str, sending: Sending, *, channel: str | None = None, reason: str | None = None
    ) -> None:
        """Keep what became of it, and tell whoever asked."""
        offer = sending.offered
        contact = Contact(
            at=self.now,
            what=f"{'message' if offer is None else 'offer'}.{'sent' if channel else 'not_sent'}",
            channel=channel or "",
            arrangement_id=None if offer is None else offer["arrangement_id"],
            detail=sending.template if reason is None else f"{sending.template}: {reason}"[:300],
        )
        self._note(contact)
        if sending.asker is not None:
            settled = MessageSettled(
                id=id_,
                channel=channel,
                reason=None if reason is None else reason[:200],
                tried=sending.tried,
            )
            self.tell(sending.asker, "message.settled", settled)

    @told("contact.noted")
    def contact_noted(self, contact: Contact) -> None:
        """Keep that somebody spoke with her."""
        self._note(contact)
        if contact.channel:
            note_contact(self, contact.channel, contact.at)

    def _note(self, contact: Contact) -> None:
        self.contacts.append(contact)
        del self.contacts[:-MAX_CONTACTS]
