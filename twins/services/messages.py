"""What supervisors and services say to each other.

| asks | body | answered by |
|---|---|---|
| `card.requested` (`CardRequest`) | | `card.answered` (`Card`) |
| `availability.requested` (`Request`) | near, to, earliest, latest, details | `Availability` |
| `hold.requested` (`Request`) | offer_id, customer_id, details, expires_at, near, to | `Held` |
| `confirm.requested` (`Request`) | details | `Answer`, as `confirm.answered` |
| `release.requested` (`Request`) | | `Answer`, as `release.answered` |
| `position.requested` (`Request`) | | `Moved`, as `position.answered` |
| `reposition.requested` (`Request`) | places | `Repositioned`, as `reposition.answered` |

Bodies and results are those of the provider contract. An answer with a `reason` is a failure:
`refused` (the provider said no: nothing was done), `expired` and `unknown` (nobody can say),
`garbled` (the answer makes no sense), `unconfigured` (the twin knows no provider).
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from twins.ids import TwinId
from twins.units import Cents, Currency, Position, Seconds, Short, Text, Time, Token

MAX_OFFERS = 20
"""So many offers of one answer are looked at."""


class CardRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks a service who and where it is."""

    asker: TwinId
    arrangement_id: Token


class Card(Struct, kw_only=True, omit_defaults=True):
    """Who and where a service is."""

    arrangement_id: Token
    service: TwinId
    name: Short = ""
    position: Position | None = None


class Request(Struct, kw_only=True, omit_defaults=True):
    """A call to the provider behind a service, and where its answer goes."""

    asker: TwinId
    arrangement_id: Token
    leg: Token
    round: int = 0
    """Which asking of this leg it is; comes back with the answer."""
    hold_id: Token | None = None
    """None for availability only."""
    body: dict[str, Any] = {}
    by: Time | None = None
    """After this time (log time) the provider is not called again for it."""


class Answer(Struct, kw_only=True, omit_defaults=True):
    """Base of all answers; by itself, what a confirmation or a release came to."""

    arrangement_id: Token
    leg: Token
    service: TwinId
    hold_id: Token | None = None
    reason: Short | None = None
    """Why it failed; None: it succeeded."""
    detail: Text | None = None

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.reason is None


class Repositioned(Answer, kw_only=True, omit_defaults=True):
    """`reposition.answered`: whether a company follows."""

    moves: int = 0
    """So many of its vehicles or cars drive because of it."""


class Offered(Struct, kw_only=True, omit_defaults=True):
    """What a provider could give. It reserves nothing."""

    offer_id: Annotated[str, Meta(min_length=1, max_length=128)]
    title: str = ""
    price_cents: Cents
    """What it costs; of cover the deductible, which the customer still pays."""
    currency: Currency
    eta_s: Seconds | None = None
    """Tow and ride: seconds from confirmation to arrival."""
    starts_at: Time | None = None
    ends_at: Time | None = None
    position: Position | None = None
    details: dict[str, Any] = {}
    """What the kind of service keeps of them; see `Service.keeps`."""


class Offers(Struct):
    """A provider's answer to `availability`."""

    offers: list[Offered]


class Availability(Answer, kw_only=True, omit_defaults=True):
    """`availability.answered`: what could be had, best first as the provider sees it."""

    round: int = 0
    name: Short = ""
    """The service's."""
    offers: list[Offered] = []


class Hold(Struct, kw_only=True, omit_defaults=True):
    """A provider's answer to `hold`, `confirm` and `release`."""

    hold_id: str
    state: str
    """held, confirmed, released, expired or done."""
    price_cents: Cents | None = None
    currency: Currency | None = None
    eta_s: Seconds | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    expires_at: Time | None = None
    """When it lapses by the provider's clock, unless confirmed before."""


class Held(Answer, kw_only=True, omit_defaults=True):
    """`hold.answered`: what was taken, as agreed; it may differ from the offer."""

    price_cents: Cents | None = None
    currency: Currency | None = None
    eta_s: Seconds | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    expires_at: Time | None = None


class Place(Struct, kw_only=True, omit_defaults=True):
    """A provider's answer to `position`."""

    position: Position
    eta_s: Seconds
    arrived: bool
    at: Time


class Moved(Answer, kw_only=True, omit_defaults=True):
    """`position.answered`: where the vehicle of a confirmed hold is."""

    position: Position | None = None
    eta_s: Seconds | None = None
    """Until it arrives where it is needed; 0 from then on."""
    arrived: bool = False
    at: Time = 0.0
    """By the provider's clock."""
