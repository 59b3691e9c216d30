"""Reached: a person who can be told something, when and by what she likes to be.

- `pacing`: when; quiet hours, contacts a day
- `ways`: by which channel; her order, and what has worked
"""

from typing import Final

from msgspec import Struct, field, to_builtins

from twins.handler import done, due, failed, told
from twins.outputs import Outcome, Target
from twins.people.messages import (
    Channel,
    Contact,
    Letter,
    MessageRequest,
    MessageSettled,
    Purpose,
    Urgency,
)
from twins.people.pacing import (
    NEVER,
    Quiet,
    day_of,
    next_day,
    quiet_from,
    quiet_until,
)
from twins.people.sending import Sending
from twins.people.stopped import UNSUBSCRIBED, Stopping
from twins.people.talking import Spoken
from twins.people.ways import What, Worked, in_order
from twins.record import Contacted, note_contact
from twins.rules.template import chosen

LIFE_S: Final[dict[Urgency, float]] = {"high": 600.0, "normal": 3600.0, "low": 86_400.0}
"""How long it is tried to reach her; each of her channels has an equal part of it."""

EACH_S: Final[dict[Urgency, float]] = {"high": 60.0, "normal": 1800.0, "low": 43_200.0}
"""How long one channel is tried at most, before the next one."""

NO_CONSENT: Final = "no_consent"
"""Why a message was not sent: she does not allow contacts of its sort."""

MAX_SENDING: Final = 16
"""How many messages may be under way or held back for one person; the next are not sent."""


class Today(Struct, kw_only=True):
    """How often she was contacted on one of her days."""

    day: int
    count: int


class Asked(Struct, kw_only=True):
    """An offer that she was sent, and has not answered."""

    way: str
    until: float


class Reached(Stopping):
    """Base of persons who can be told something: one message, by one channel.

    What is not urgent (`high`) waits for the end of her quiet hours, and for the next day where
    she was contacted often enough. What would come too late then becomes urgent, or is not sent, as
    whoever asked has said (`by`, `until`); who asked hears when she may be told (`free_at`).

    The next channel is tried only where the one before surely carried nothing. Where nobody knows,
    she counts as reached: better one message too few than the same one twice.
    """

    channels: list[Channel] = field(default_factory=list)
    sending: dict[str, Sending] | None = None
    """By message id; None: nothing is under way."""
    quiet: list[Quiet] = field(default_factory=list)
    """When only what is urgent reaches her."""
    contacts_a_day: int | None = None
    """So often she is told something on one day, but for what is urgent; None: however often."""
    today: Today | None = None
    worked: dict[str, Worked] | None = None
    """Way (`sms:+358…`) -> what came of contacts by it."""
    asked: dict[str, Asked] | None = None
    """By arrangement."""

    @told("message.requested")
    def message_requested(self, request: MessageRequest) -> None:
        """Tell her, by the channel that suits her best, in her language."""
        sending = self.sending or {}
        if request.id in sending:
            return
        reason = self._unreachable() or ("too_many" if len(sending) >= MAX_SENDING else None)
        if reason is not None:
            self._settle(request.id, self._sending(request), reason=reason)
            return
        self.sending = sending
        one = sending[request.id] = self._sending(request)
        if not self.seek_advice(request, one):
            self._go_on(request.id, one)
        self._wake()

    def _unreachable(self) -> str | None:
        """Why there is no way to tell her anything; None: there is one."""
        if not self.channels:
            return "no_channel"
        return None if self._open_ways() else UNSUBSCRIBED

    def _open_ways(self) -> list[str]:
        """Her channels, in her order, but for those that she wants left alone."""
        return [
            f"{way.channel}:{way.address}"
            for way in self.channels
            if not self.is_stopped(way.channel, way.address)
        ]

    # -- hooks -------------------------------------------------------------------------------

    def seek_advice(self, request: MessageRequest, sending: Sending) -> bool:  # noqa: ARG002 - a hook: layers above look at what this default does not need
        """Whether somebody is asked how she is told it; then it is held back."""
        return False

    def may_tell(self, purpose: Purpose) -> bool:  # noqa: ARG002 - a hook: layers above look at what this default does not need
        """Whether she may be told something for a purpose."""
        return True

    def was_told(self, id_: str, sending: Sending) -> None:
        """A channel has carried a message."""

    def follows(self, offer: Spoken) -> bool:  # noqa: ARG002 - a hook: layers above look at what this default does not need
        """Whether it is learned what she does about an offer."""
        return False

    def _sending(self, request: MessageRequest) -> Sending:
        """A message in her language."""
        language, words = chosen(request.texts, self.language)
        letter = Letter(
            to=self.id,
            name=self.name,
            language=language,
            subject=words.subject,
            text=words.text,
            html=words.html,
            data=request.data,
            urgency=request.urgency,
            offer=request.offer,
            purpose=request.purpose,
            survey=request.survey,
        )
        return Sending(
            about=request.about,
            asker=request.asker,
            template=request.template,
            urgency=request.urgency,
            until=request.until,
            by=request.by,
            letter=to_builtins(letter),
        )

    # -- when --------------------------------------------------------------------------------

    def _go_on(self, id_: str, sending: Sending) -> None:
        """Let the next channel carry it: now, or when she may be told; or say that it is late."""
        barred = self._barred(sending)
        if barred is not None:
            self._over(id_)
            self._settle(id_, sending, reason=barred)
            return
        at, reason = self._free_at(sending)
        if sending.by is not None and self.now < at and at >= sending.by:
            sending.urgency = sending.letter["urgency"] = "high"
            at, reason = self.now, "expired"
        if at == NEVER or (sending.until is not None and at >= sending.until):
            self._over(id_)
            self._settle(id_, sending, reason=reason, free_at=at)
        elif at > self.now:
            sending.held_until, sending.ends_at = at, None
        else:
            sending.held_until = None
            self._send(id_, sending)

    def _barred(self, sending: Sending) -> str | None:
        """Why it is not sent, by what she has said since it was asked for; None: it is."""
        if not self.may_tell(sending.purpose):
            return NO_CONSENT
        if not sending.channels:
            return self._unreachable()
        open_ = self._open_ways()
        gone = [way for way in sending.channels if way not in open_]
        sending.channels = [way for way in sending.channels if way in open_]
        sending.tried += [f"{way.partition(':')[0]}: {UNSUBSCRIBED}" for way in gone]
        return None if sending.channels else UNSUBSCRIBED

    def _free_at(self, sending: Sending) -> tuple[float, str]:
        """When she may be told it, and what keeps her from being told before."""
        if sending.urgency == "high":
            return self.now, "expired"
        at = quiet_until(self.quiet, self.timezone, self.now)
        reason = "quiet_hours" if at > self.now else "expired"
        if at != NEVER and sending.day is None and self._enough(day_of(self.timezone, at)):
            at = quiet_until(self.quiet, self.timezone, next_day(self.timezone, at))
            reason = "enough_today"
        return at, reason

    def _enough(self, day: int) -> bool:
        most, today = self.contacts_a_day, self.today
        count = today.count if today is not None and today.day == day else 0
        return most is not None and count >= most

    def _count(self, sending: Sending, by: int) -> None:
        """Note that she is contacted, or, where nothing came of it, that she was not."""
        day = day_of(self.timezone, self.now) if sending.day is None else sending.day
        today = self.today
        if today is None or today.day < day:
            today = self.today = Today(day=day, count=0)
        if today.day == day:
            today.count += by
        sending.day = day if by > 0 else None

    def _wake(self) -> None:
        """Be woken when the next message that is held back may go."""
        held = [it.held_until for it in (self.sending or {}).values() if it.held_until is not None]
        if held:
            self.remind("messages", at=min(held))
        else:
            self.forget("messages")

    @due("messages")
    def messages_due(self) -> None:
        """Go on with what was held back, the more urgent first."""
        due_now = [
            (sending.urgency == "low", place, id_)
            for place, (id_, sending) in enumerate((self.sending or {}).items())
            if sending.held_until is not None and sending.held_until <= self.now
        ]
        for _, _, id_ in sorted(due_now):
            assert self.sending is not None
            self._go_on(id_, self.sending[id_])
        self._wake()

    # -- by what -----------------------------------------------------------------------------

    def ways(self) -> list[str]:
        """Her channels, the one first that is likeliest to be answered."""
        self._ignored()
        ways = [f"{way.channel}:{way.address}" for way in self.channels]
        if self.worked is not None:
            self.worked = {way: it for way, it in self.worked.items() if way in ways} or None
        return in_order(self._open_ways(), self.worked or {}, self.now)

    def _ways_for(self, sending: Sending) -> list[str]:
        """The same for one message: what was advised comes first."""
        first = None if sending.advised is None else sending.advised.taken.get("channel")
        return sorted(self.ways(), key=lambda way: way.partition(":")[0] != first)

    def _note_way(self, way: str, what: What, at: float) -> None:
        worked = self.worked or {}
        worked.setdefault(way, Worked()).note(what, at)
        self.worked = worked

    def _ignored(self) -> None:
        """Offers whose time is over were not answered."""
        for id_, asked in list((self.asked or {}).items()):
            if asked.until <= self.now:
                self._note_way(asked.way, "ignored", asked.until)
                self._no_longer_asked(id_)

    def _no_longer_asked(self, arrangement_id: str) -> None:
        assert self.asked is not None
        del self.asked[arrangement_id]
        self.asked = self.asked or None

    def _send(self, id_: str, sending: Sending) -> None:
        """Let the next channel carry it, for its part of the time that is left."""
        if sending.ends_at is None:
            life = self.now + LIFE_S[sending.urgency]
            sending.ends_at = life if sending.until is None else min(life, sending.until)
            sending.channels = sending.channels or self._ways_for(sending)
        if sending.day is None:
            self._count(sending, 1)
        self.introduce(sending.channels[0])
        left_s = sending.ends_at - self.now
        expires_at = self.now + min(left_s / len(sending.channels), EACH_S[sending.urgency])
        if sending.urgency != "high":
            expires_at = min(expires_at, quiet_from(self.quiet, self.timezone, self.now))
        self.effect(
            "message",
            Target.CHANNEL,
            sending.channels[0],
            sending.letter,
            key=f"{id_} {len(sending.channels)}",
            # What is urgent must not wait behind what is not, while that is tried for hours.
            order=f"{sending.channels[0]} {sending.urgency}",
            expires_at=expires_at,
        )

    # -- what came of it ---------------------------------------------------------------------

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
        way = sending.channels.pop(0)
        self._note_way(way, "failed", self.now)
        sending.tried.append(f"{way.partition(':')[0]}: {outcome.reason}"[:200])
        if sending.channels and self.now < (sending.ends_at or 0.0):
            self._go_on(id_, sending)
            self._wake()
            return
        self._over(id_)
        # A channel is not tried beyond the beginning of her quiet hours: then they are why.
        free_at = self._free_at(sending)[0] if outcome.reason == "expired" else None
        self._settle(id_, sending, reason=outcome.reason, free_at=free_at)

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
        way, offer = sending.channels[0], sending.offered
        channel = way.partition(":")[0]
        if offer is not None:
            self.asked = self.asked or {}
            self.asked[offer.arrangement_id] = Asked(way=way, until=offer.until)
            self.spoken = offer
        self.was_told(id_, sending)
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
        self, id_: str, sending: Sending, *, channel: str | None = None, reason: str | None = None,
        free_at: float | None = None,
    ) -> None:  # fmt: skip
        """Keep what became of it, and tell whoever asked."""
        if channel is None and sending.day is not None:
            self._count(sending, -1)
        offer = sending.offered
        contact = Contact(
            at=self.now,
            what=f"{'message' if offer is None else 'offer'}.{'sent' if channel else 'not_sent'}",
            channel=channel or "",
            arrangement_id=None if offer is None else offer.arrangement_id,
            detail=sending.template if reason is None else f"{sending.template}: {reason}"[:300],
        )
        self.note(contact)
        if sending.asker is not None:
            settled = MessageSettled(
                id=id_,
                channel=channel,
                reason=None if reason is None else reason[:200],
                free_at=free_at if free_at is not None and self.now < free_at < NEVER else None,
                tried=sending.tried,
                followed=channel is not None and offer is not None and self.follows(offer),
            )
            self.tell(sending.asker, "message.settled", settled)

    @told("contact.noted")
    def contact_noted(self, contact: Contact) -> None:
        """Keep that somebody spoke with her."""
        self.note(contact)
        asked = (self.asked or {}).get(contact.arrangement_id or "")
        answered = contact.what == "offer.answered" or contact.what.startswith("reply.")
        if answered and asked is not None:
            if not contact.by:  # what somebody else answered says nothing of her channel
                self._note_way(asked.way, "answered", self.now)
            self._no_longer_asked(contact.arrangement_id or "")
        if contact.channel:
            note_contact(self, contact.channel, contact.at)
