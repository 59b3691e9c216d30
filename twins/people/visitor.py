"""Visitor: a browser or an app that somebody uses, by an id that it drew itself; not a person yet.

    visit ──▶ visitor ──signed in by──▶ identity ──claimed by──▶ customer
                 └───────────── visitor.seen, while it is hers ─────▲

What it did stays in its own twin. The customer has a summary of it, by its id, which is replaced as
a whole; so taking it back, when it was somebody else, loses nothing on either side. Without the
consent of whoever uses it nothing is kept.
"""

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct, field

from twins.handler import on, told
from twins.ids import TwinId
from twins.people.consents import Located
from twins.people.identity import Link, Resolved, email_id, phone_id
from twins.twin import Twin
from twins.units import Position, Short, Time

MAX_ACTS: Final = 50
"""So many acts of one visit are taken, and so many are kept."""

SHOWN: Final = 10
"""So many of them a customer's twin is shown."""

MAX_IDENTITIES: Final = 8

What = Literal["view", "click"]


class Act(Struct, kw_only=True, omit_defaults=True, frozen=True):
    """One thing that was done on a page."""

    what: What
    name: Short
    """A page's path, or what was clicked."""
    at: Time | None = None
    """When; default: the visit's time."""


class Visit(Struct, kw_only=True, omit_defaults=True):
    """What a browser or an app tells: `visit`."""

    consent: Annotated[str, Meta(min_length=1, max_length=200)]
    """Version of the text by which its user agreed to be seen."""
    acts: Annotated[list[Act], Meta(max_length=MAX_ACTS)] = []
    position: Position | None = None
    position_consent: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    """The same for its position; without it the position is not taken."""


class SignedIn(Struct, kw_only=True, omit_defaults=True):
    """By what its user has signed in: `visitor.identified`.

    Or that it was somebody else: `visitor.unidentified`. Only who has checked it may say so, not
    the browser.
    """

    email: Annotated[str, Meta(max_length=320)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] | None = None
    """Of a number without country code."""

    def identities(self) -> list[str]:
        """Their ids; what is no address, or no number, is left out."""
        found = [
            None if self.email is None else email_id(self.email),
            None if self.phone is None else phone_id(self.phone, self.country),
        ]
        return [one for one in found if one is not None]


class Seen(Struct, kw_only=True, omit_defaults=True):
    """Tells a customer's twin what one of her browsers did, all in all: `visitor.seen`."""

    visitor: TwinId
    consent: Short
    consent_at: Time
    position_consent: Short | None = None
    position_consent_at: Time | None = None
    first_at: Time
    last_at: Time
    views: int = 0
    clicks: int = 0
    acts: list[Act] = []
    """The last ones, the oldest first."""


class LetGo(Struct, kw_only=True, omit_defaults=True):
    """It is not hers: `visitor.left`, to a customer.

    Or she does not want to be seen any more: `visitor.let_go`, to a visitor.
    """

    visitor: TwinId
    ended: bool = False
    """She herself has ended it, in the browser."""


class Visitor(Twin, kind="visitor"):
    """One browser or app."""

    personal: ClassVar[str | None] = "customer"

    consent: str | None = None
    consent_at: float | None = None
    position_consent: str | None = None
    position_consent_at: float | None = None
    ended_at: float | None = None
    """When its user did not want to be seen any more: what was known is gone, and nothing is taken
    from then on. Who agrees again, gets a new id."""
    dropped: int = 0
    """Visits after that, and sign-ins without consent."""
    first_at: float | None = None
    last_at: float | None = None
    views: int = 0
    clicks: int = 0
    acts: list[Act] = field(default_factory=list)
    """The last ones, the oldest first."""
    identities: dict[str, str | None] = field(default_factory=dict)
    """Identity -> whose it is; the one that was told last stands last."""
    customer: str | None = None
    """Whose it is, by the last identity that is anybody's."""

    @on("visit")
    def visit(self, visit: Visit) -> None:
        """Take in what was done."""
        at = self.event.time
        if self.ended_at is not None:
            self.dropped += 1
            return
        if visit.consent != self.consent:
            self.consent, self.consent_at = visit.consent, at
        if visit.position_consent != self.position_consent:
            self.position_consent, self.position_consent_at = visit.position_consent, at
        self.first_at = at if self.first_at is None else min(self.first_at, at)
        self.last_at = at if self.last_at is None else max(self.last_at, at)
        for act in visit.acts:
            if act.what == "view":
                self.views += 1
            else:
                self.clicks += 1
            self.acts.append(act if act.at is not None else Act(what=act.what, name=act.name,
                                                                at=at))  # fmt: skip
        self.acts.sort(key=lambda act: act.at or 0.0)
        del self.acts[:-MAX_ACTS]
        self._show()
        located = visit.position is not None and visit.position_consent is not None
        if located and self.customer is not None and visit.position is not None:
            self.tell(self.customer, "position.reported", Located(position=visit.position, at=at))

    @on("visit.ended")
    def visit_ended(self) -> None:
        """Its user does not want to be seen any more."""
        if self.customer is not None:
            self.tell(self.customer, "visitor.left", LetGo(visitor=self.id, ended=True))
            self.customer = None
        self._end()

    @told("visitor.let_go")
    def let_go(self, _let_go: LetGo) -> None:
        """Its user said so elsewhere."""
        self._end()

    def _end(self) -> None:
        """Forget all that it did and whose it is."""
        for identity in self.identities:
            self.tell(identity, "identity.unlinked", Link(visitor=self.id))
        self.identities = {}
        self._belongs()
        self.ended_at = self.event.time if self.ended_at is None else self.ended_at
        self.consent = self.consent_at = self.position_consent = self.position_consent_at = None
        self.first_at = self.last_at = None
        self.views = self.clicks = 0
        self.acts = []

    # -- whose it is -------------------------------------------------------------------------

    @told("visitor.identified")
    def identified(self, signed_in: SignedIn) -> None:
        """Its user has signed in."""
        if self.consent is None:
            self.dropped += 1
            return
        for identity in signed_in.identities():
            if identity not in self.identities and len(self.identities) >= MAX_IDENTITIES:
                continue
            self.identities[identity] = self.identities.pop(identity, None)
            self.tell(identity, "identity.linked", Link(visitor=self.id))
        self._belongs()

    @told("visitor.unidentified")
    def unidentified(self, signed_in: SignedIn) -> None:
        """That was somebody else."""
        for identity in signed_in.identities():
            if identity in self.identities:
                del self.identities[identity]
                self.tell(identity, "identity.unlinked", Link(visitor=self.id))
        self._belongs()

    @told("visitor.resolved")
    def resolved(self, resolved: Resolved) -> None:
        """An identity says whose it is."""
        if resolved.identity in self.identities:
            self.identities[resolved.identity] = resolved.customer
            self._belongs()

    def _belongs(self) -> None:
        """Move over to whose it is now."""
        whose = [customer for customer in self.identities.values() if customer is not None]
        customer = whose[-1] if whose else None
        if customer == self.customer:
            return
        if self.customer is not None:
            self.tell(self.customer, "visitor.left", LetGo(visitor=self.id))
        self.customer = customer
        self._show()

    def _show(self) -> None:
        if self.customer is None or self.consent is None:
            return
        assert self.consent_at is not None
        assert self.first_at is not None
        assert self.last_at is not None
        seen = Seen(
            visitor=self.id,
            consent=self.consent,
            consent_at=self.consent_at,
            position_consent=self.position_consent,
            position_consent_at=(
                None if self.position_consent is None else self.position_consent_at
            ),
            first_at=self.first_at,
            last_at=self.last_at,
            views=self.views,
            clicks=self.clicks,
            acts=self.acts[-SHOWN:],
        )
        self.tell(self.customer, "visitor.seen", seen)
