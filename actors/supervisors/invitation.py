"""Invitation: one person's part in one campaign, which is what makes that she is contacted once.

joined ─▶ waiting ─▶ contacted ─▶ settled
   └─────────┴─────▶ turned_away
"""

from enum import StrEnum
from typing import Any, ClassVar

from msgspec import Struct, structs

from actors.supervisors.arrangement import State
from actors.supervisors.campaign import Joined, Limits, Reported, Ticket
from actors.supervisors.composed import Settled, Spec, Wanted, composed_id
from twins.handler import due, told
from twins.ids import CustomerId, DeskId, digest
from twins.outputs import Signal
from twins.people.messages import MessageRequest, MessageSettled, Urgency, Words
from twins.record import Tried
from twins.twin import Twin
from twins.units import Short, Token


class Stage(StrEnum):
    """Where an invitation stands."""

    JOINED = "joined"
    """The campaign was asked."""
    WAITING = "waiting"
    """For the day of its place."""
    CONTACTED = "contacted"
    SETTLED = "settled"
    """What came of it is known."""
    TURNED_AWAY = "turned_away"


class Message(Struct, kw_only=True, omit_defaults=True):
    """What she is told."""

    template: Short
    texts: dict[str, Words]
    data: dict[str, Any] = {}
    urgency: Urgency = "normal"
    wordings: dict[str, dict[str, Words]] = {}
    """As in `MessageRequest`."""


class Invited(Struct, kw_only=True, omit_defaults=True):
    """A rule found somebody who fits: `invitation.wanted`; a message, or an arrangement."""

    campaign: Token
    customer: CustomerId
    cause: Signal
    limits: Limits
    desk: DeskId | None = None
    message: Message | None = None
    spec: Spec | None = None


def invitation_id(campaign: str, customer: str) -> str:
    """The invitation of a person to a campaign."""
    return f"invitation/{campaign}-{digest(campaign, customer)}"


class Invitation(Twin, kind="invitation"):
    """One person's part in one campaign. It is kept for good: who was contacted is not again."""

    personal: ClassVar[str | None] = "person"

    invited: Invited | None = None
    """As she joined; what the rule said later does not change it."""
    stage: Stage | None = None
    place: int | None = None
    """Among the campaign's."""
    repeats: int = 0
    """How often rules wanted her once more."""
    contacted_at: float | None = None
    outcome: str | None = None
    reason: str | None = None
    """Why she was turned away, or not reached."""

    @property
    def person(self) -> str | None:
        """Whose it is."""
        return None if self.invited is None else self.invited.customer

    @told("invitation.wanted")
    def wanted(self, invited: Invited) -> None:
        """Join, once."""
        if self.stage is not None:
            self.repeats += 1
            return
        self.invited, self.stage = invited, Stage.JOINED
        self._ask("campaign.joined")

    def _ask(self, what: str) -> None:
        invited = self.invited
        assert invited is not None
        joined = Joined(invitation=self.id, limits=invited.limits, place=self.place)
        self.tell(f"campaign/{invited.campaign}", what, joined)

    @told("campaign.answered")
    def answered(self, ticket: Ticket) -> None:
        """Contact her now, on another day, or never."""
        if self.stage is not Stage.JOINED or self.invited is None:
            return
        self.place = ticket.place
        if ticket.go:
            self._contact()
        elif ticket.at is not None:
            self.stage = Stage.WAITING
            self.remind("day", at=ticket.at)
        else:
            self.stage, self.reason = Stage.TURNED_AWAY, ticket.reason
            self._forget_words()

    @due("day")
    def day(self) -> None:
        """The day of its place has come."""
        if self.stage is Stage.WAITING:
            self.stage = Stage.JOINED
            self._ask("campaign.claimed")

    # -- the contact -------------------------------------------------------------------------

    def _contact(self) -> None:
        invited = self.invited
        assert invited is not None
        self.stage, self.contacted_at = Stage.CONTACTED, self.now
        about = invited.cause.twin_id
        if invited.message is not None:
            message = invited.message
            request = MessageRequest(
                id=invited.cause.id, about=about, asker=self.id, template=message.template,
                texts=message.texts, data=message.data, urgency=message.urgency,
                wordings=message.wordings,
            )  # fmt: skip
            self.tell(invited.customer, "message.requested", request)
            return
        assert invited.spec is not None
        self._tell_tried(invited)
        wanted = Wanted(cause=invited.cause, spec=invited.spec, desk=invited.desk, starter=self.id)
        self.tell(composed_id(invited.campaign, about), "arrangement.wanted", wanted)

    def _tell_tried(self, invited: Invited) -> None:
        for twin_id in dict.fromkeys((invited.cause.twin_id, invited.customer)):
            self.tell(twin_id, "context.tried", Tried(remedy=invited.campaign))

    @told("message.settled")
    def message_settled(self, settled: MessageSettled) -> None:
        """She was reached, or not."""
        if settled.channel is not None and self.invited and self.stage is Stage.CONTACTED:
            self._tell_tried(self.invited)
        self._settle("unreached" if settled.channel is None else "sent", settled.reason)

    @told("arrangement.settled")
    def arrangement_settled(self, settled: Settled) -> None:
        """What she said to what was arranged, or that nothing was."""
        if settled.state == "busy":
            self._settle("unreached", "another one is open")
        elif settled.accepted is not None:
            self._settle("accepted" if settled.accepted else "declined", None)
        else:
            self._settle(State.WITH_PERSON.value, None)

    def _settle(self, outcome: str, reason: str | None) -> None:
        invited = self.invited
        if self.stage is not Stage.CONTACTED or invited is None:
            return
        self.stage, self.outcome, self.reason = Stage.SETTLED, outcome, reason
        self._forget_words()
        reported = Reported(invitation=self.id, outcome=outcome)
        self.tell(f"campaign/{invited.campaign}", "campaign.reported", reported)

    def _forget_words(self) -> None:
        """What she was told is kept by those who told her."""
        assert self.invited is not None
        self.invited = structs.replace(self.invited, message=None, spec=None)
