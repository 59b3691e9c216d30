"""Sending: a message that is under way to a person."""

from typing import Any

from msgspec import Struct, ValidationError, convert

from twins.ids import TwinId
from twins.learning.messages import Dimension, How
from twins.people.messages import Purpose, Urgency, Words
from twins.people.talking import Spoken
from twins.units import Time, Token


class _Line(Struct):
    alternative: int = 0


class _Offered(Struct):
    """What has to be known of an offer here."""

    supervisor: TwinId
    arrangement_id: Token
    expires_at: Time
    lines: list[_Line] = []


class Advised(Struct, kw_only=True, omit_defaults=True):
    """How a learner says that she is told it; see `twins.people.engaged`."""

    by: str
    segment: str
    how: How | None = None
    """None: it has not answered."""
    taken: dict[Dimension, str] = {}
    wordings: dict[str, Words] = {}
    """Other wordings, in her language, as long as none was chosen."""
    offers: dict[str, dict[str, Any]] = {}
    """Other offers, as long as none was chosen."""


class Sending(Struct, kw_only=True, omit_defaults=True):
    """A message that is under way."""

    about: str
    asker: str | None = None
    template: str
    urgency: Urgency = "normal"
    until: float | None = None
    """After that it is of no use any more."""
    by: float | None = None
    """What she cannot be told before this is urgent."""
    ends_at: float | None = None
    """Until when it is tried (log time); None: it is held back."""
    held_until: float | None = None
    """When it is looked at again."""
    day: int | None = None
    """Hers on which it counts as a contact."""
    channels: list[str] = []
    """Addresses not tried yet, the one in use first."""
    letter: dict[str, Any]
    advised: Advised | None = None
    """None: nobody was asked."""
    tried: list[str] = []
    """As in `MessageSettled`."""

    @property
    def purpose(self) -> Purpose:
        """What it is sent for."""
        purpose: Purpose = self.letter.get("purpose", "devices")
        return purpose

    @property
    def offered(self) -> Spoken | None:
        """The offer that it carries; one that is garbled is refused by every channel."""
        offer: dict[str, Any] | None = self.letter.get("offer")
        try:
            found = None if offer is None else convert(offer, _Offered)
        except ValidationError:
            return None
        if found is None:
            return None
        return Spoken(
            supervisor=found.supervisor,
            arrangement_id=found.arrangement_id,
            way=self.channels[0] if self.channels else "",
            until=found.expires_at,
            numbers=sorted({line.alternative for line in found.lines if line.alternative}),
        )
