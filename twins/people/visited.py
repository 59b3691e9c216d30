"""Visited: the identities by which a customer is found, and which visitors are hers."""

from typing import Final

from twins.handler import told
from twins.people.consents import Consenting, ConsentSaid
from twins.people.identity import Claim, e164, email_id, phone_id
from twins.people.messages import Channel, Purpose
from twins.people.visitor import LetGo, Seen

MAX_VISITORS: Final = 16
"""So many visitors are shown, those seen last."""

PHONES: Final = frozenset({"sms", "phone", "whatsapp"})
"""Channels whose addresses are telephone numbers."""


class Visited(Consenting):
    """Base of persons who visit web pages."""

    country: str | None = None
    """Of telephone numbers without country code (ISO 3166, `FI`)."""
    claimed: list[str] | None = None
    """Identities by which she is found."""
    visitors: dict[str, Seen] | None = None
    """Her browsers and apps, and what they did."""

    def write_numbers(self) -> None:
        """Write her telephone numbers as providers, and what comes back from them, do.

        One that is none stays as it is: its channel refuses it.
        """
        self.channels = [
            way
            if way.channel not in PHONES or (number := e164(way.address, self.country)) is None
            else Channel(channel=way.channel, address=number)
            for way in self.channels
        ]

    def claim_identities(self) -> None:
        """Claim the addresses by which she can be reached, and let go of others."""
        found = []
        for way in self.channels:
            if way.channel == "email":
                found.append(email_id(way.address))
            elif way.channel in PHONES:
                found.append(phone_id(way.address, self.country))
        now = list(dict.fromkeys(one for one in found if one is not None))
        before = self.claimed or []
        claim = Claim(customer=self.id)
        for identity in before:
            if identity not in now:
                self.tell(identity, "identity.released", claim)
        for identity in now:
            if identity not in before:
                self.tell(identity, "identity.claimed", claim)
        self.claimed = now or None

    @told("visitor.seen")
    def visitor_seen(self, seen: Seen) -> None:
        """Take over what one of her browsers did, by the consent that it was given."""
        self._consent_there("web", seen.consent, seen.consent_at)
        if seen.position_consent is not None and seen.position_consent_at is not None:
            self._consent_there("position", seen.position_consent, seen.position_consent_at)
        if not self.allows("web"):
            self.drop("web")
            self.tell(seen.visitor, "visitor.let_go", LetGo(visitor=seen.visitor))
            return
        visitors = {**(self.visitors or {}), seen.visitor: seen}
        last = sorted(visitors.values(), key=lambda one: (one.last_at, one.visitor))
        self.visitors = {one.visitor: one for one in last[-MAX_VISITORS:]}

    def _consent_there(self, purpose: Purpose, text: str, at: float) -> None:
        """What she agreed to in a browser counts, unless she has said otherwise since."""
        held = (self.consents or {}).get(purpose)
        if held is None or at > held.at:
            said = ConsentSaid(purpose=purpose, given=True, how="web", text_version=text, at=at)
            self.consent_said(said)

    @told("visitor.left")
    def visitor_left(self, left: LetGo) -> None:
        """It was not hers, or is not any more; or she has taken back there what she had allowed."""
        if self.visitors is not None:
            self.visitors.pop(left.visitor, None)
            self.visitors = self.visitors or None
        if left.ended:
            self._take_back("position")
            if self.visitors is None:
                self._take_back("web")

    def _take_back(self, purpose: Purpose) -> None:
        """What she allowed in a browser, and nowhere else, holds no more."""
        held = (self.consents or {}).get(purpose)
        if held is not None and held.given and held.how == "web":
            at = max(held.at, self.event.time)
            self.consent_said(ConsentSaid(purpose=purpose, given=False, how="web", at=at))

    def withdrawn(self, purpose: Purpose) -> None:
        """Let go of her visitors, too."""
        super().withdrawn(purpose)
        if purpose == "web" and self.visitors is not None:
            for visitor in self.visitors:
                self.tell(visitor, "visitor.let_go", LetGo(visitor=visitor))
            self.visitors = None
