"""Consents: what a customer allows, for which purpose; told when, how, and to which text.

| purpose | without her word | when it is withdrawn |
|---|---|---|
| `devices`: contacts about what she has | allowed: her contract asks for it | no message goes out |
| `marketing`: all other contacts | not allowed | no message goes out |
| `position`: where her telephone is | not allowed | her last position is deleted |
| `web`: what she does on web pages | not allowed | her visits are let go |
| `learning`: to choose what suits her | not allowed, but which channel works | not even that |

What comes without its consent is dropped and counted. Each word of hers is kept as a proof; a late
one stands where it belongs, and changes what holds only if it is the newest.
"""

from typing import Final, Literal

from msgspec import Struct, field

from twins.handler import told
from twins.people.messages import MessageRequest, Purpose
from twins.people.reached import NO_CONSENT, Reached
from twins.people.serviced import Serviced
from twins.people.ways import What
from twins.units import Position, Short, Time

MAX_PROOFS: Final = 100
"""So many words of hers are kept beside those that hold."""

WITHOUT_ASKING: Final = frozenset({"devices"})
"""Purposes for which nobody has to ask her; she can object."""

Standing = Literal["given", "withdrawn"]


class ConsentSaid(Struct, kw_only=True, omit_defaults=True):
    """She gives or withdraws a consent: `consent.said`."""

    purpose: Purpose
    given: bool
    how: Short
    """Where she said so: `web form`, `telephone`, `paper 17`."""
    text_version: Short = ""
    """Of the text that she agreed to; needed to give one."""
    at: Time | None = None
    """When; default: the event's time. A time that lies ahead counts as now."""


class Consent(Struct, kw_only=True, omit_defaults=True, frozen=True):
    """Her word, as it is kept."""

    purpose: str
    given: bool
    how: str
    text_version: str = ""
    at: float


class Located(Struct, kw_only=True, omit_defaults=True):
    """Where her telephone is: `position.reported`."""

    position: Position
    at: Time | None = None
    """When it was there; default: the event's time."""


class Consenting(Serviced):
    """Base of persons without whose consent some things are not done."""

    consents: dict[str, Consent] | None = None
    """Purpose -> what holds."""
    consents_before: list[Consent] = field(default_factory=list)
    """What she said before that, by time, the oldest first."""
    dropped: dict[str, int] | None = None
    """Purpose -> how often something came without her consent."""
    position: Position | None = None
    """Where she was last, (lat, lon) in degrees."""
    position_at: float | None = None
    """When she was there, where she told it herself; None: it was set."""

    def allows(self, purpose: Purpose) -> bool:
        """Whether something may be done for a purpose."""
        consent = (self.consents or {}).get(purpose)
        return purpose in WITHOUT_ASKING if consent is None else consent.given

    def may_tell(self, purpose: Purpose) -> bool:
        """Whether she allows it by now; a message may have waited since she was asked for it."""
        return self.allows(purpose)

    def drop(self, purpose: Purpose) -> None:
        """Count what came without consent; nothing else of it is kept."""
        self.dropped = self.dropped or {}
        self.dropped[purpose] = self.dropped.get(purpose, 0) + 1

    @told("consent.said")
    def consent_said(self, said: ConsentSaid) -> None:
        """Keep her word; the newest one holds, and of two at one time the one that withdraws."""
        if said.given and not said.text_version:
            return  # nobody could say what she agreed to, so it is no consent
        word = Consent(
            purpose=said.purpose,
            given=said.given,
            how=said.how,
            text_version=said.text_version,
            at=self._heard_at(said.at),
        )
        consents = self.consents or {}
        held = consents.get(said.purpose)
        if word == held or word in self.consents_before:
            return
        if held is None or (word.at, not word.given) > (held.at, not held.given):
            consents[said.purpose], word_before = word, held
        else:
            word_before = word
        self.consents = consents
        if word_before is not None:
            self.consents_before.append(word_before)
            self.consents_before.sort(key=lambda one: (one.at, one.purpose, one.given))
            del self.consents_before[:-MAX_PROOFS]
        if not self.allows(said.purpose):
            self.withdrawn(said.purpose)

    def _heard_at(self, at: float | None) -> float:
        """When it was so: as she says, by default the event's time, and never later than now."""
        return min(self.now, self.event.time if at is None else at)

    def withdrawn(self, purpose: Purpose) -> None:
        """Let go of what was taken in by a consent that holds no more."""
        if purpose == "position" and self.position_at is not None:
            self.position = self.position_at = None
        if purpose == "learning":
            self.worked = None

    def _note_way(self, way: str, what: What, at: float) -> None:
        """Remember what came of a channel, which her contract asks for; unless she objects."""
        consent = (self.consents or {}).get("learning")
        if consent is None or consent.given:
            super()._note_way(way, what, at)

    @told("position.reported")
    def position_reported(self, located: Located) -> None:
        """Take over where she is, if she allows it; a late one does not overwrite a newer."""
        if not self.allows("position"):
            self.drop("position")
            return
        at = self._heard_at(located.at)
        if self.position_at is None or at >= self.position_at:
            self.position, self.position_at = located.position, at

    @told("message.requested")
    def message_requested(self, request: MessageRequest) -> None:
        """Tell her, if she allows contacts of this sort; whoever asked hears why not."""
        if self.allows(request.purpose):
            Reached.message_requested(self, request)
        else:
            self.drop(request.purpose)
            self._settle(request.id, self._sending(request), reason=NO_CONSENT)
