"""What supervisors, customers and desks say to each other; of cases see `casework`.

| asks or tells | answered by |
|---|---|
| `profile.requested` (`ProfileRequest`) to a customer | `profile.answered` (`Profile`) |
| `directory.requested` (`DirectoryRequest`) to a desk | `directory.answered` (`Directory`) |
| `arrangement.changed` (`ArrangementNews`), `contact.noted` (`Contact`) to a customer | |
| `message.requested` (`MessageRequest`) to a customer, perhaps with an offer | `offer.chosen` (`OfferChosen`), `message.settled` (`MessageSettled`) |
"""  # noqa: E501 - a table's row is one line

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from twins.ids import CustomerId, DepotId, DeskId, EmployeeId, InsurerId, RideId, TowId, TwinId
from twins.units import Currency, Position, Seconds, Short, Text, Time, Token

MAX_SUBJECT = 200
MAX_WORDINGS = 4
"""How many other wordings a message may have."""

MAX_OFFERS = 8
"""How many other offers may be made by it."""

MAX_TEXT = 4000
MAX_HTML = 8000
"""Characters of a message."""

Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""BCP 47, for example `en` or `de-AT`."""


class Channel(Struct, kw_only=True):
    """One way to reach a person."""

    channel: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    """`sms`, `email`, `webhook`, …"""
    address: Annotated[str, Meta(min_length=1, max_length=500)]


class Busy(Struct, kw_only=True):
    """A span of time in which a customer has no time."""

    starts_at: Time
    ends_at: Time


class Booked(Struct, kw_only=True, omit_defaults=True):
    """One thing that an arrangement has booked for a customer, with its time."""

    leg: Token
    what: Short
    """In her language."""
    by: Short = ""
    """Who does it."""
    starts_at: Time
    ends_at: Time | None = None


class Booking(Struct, kw_only=True, omit_defaults=True, frozen=True):
    """The same as her calendar has it."""

    id: str
    """Constant: of the arrangement and its leg."""
    arrangement_id: str
    what: str
    by: str = ""
    starts_at: float
    ends_at: float | None = None
    sequence: int = 0
    """How often it changed."""
    changed_at: float = 0.0
    """When it last did (log time)."""
    cancelled: bool = False


class ProfileRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks a customer's twin what an arrangement for her must fit."""

    asker: TwinId
    arrangement_id: Token


class Profile(Struct, kw_only=True, omit_defaults=True):
    """What an arrangement for a customer must fit."""

    arrangement_id: Token
    customer: CustomerId
    name: Short = ""
    language: Language = "en"
    channels: list[Channel] = []
    """The one she prefers first."""
    position: Position | None = None
    calendar: list[Busy] = []
    lifetime_value_cents: int = 0
    insurer: InsurerId | None = None
    policy: Short | None = None
    dealer: str | None = None
    timezone: Annotated[str, Meta(max_length=64)] | None = None
    """Hers (IANA name); None: it was never set."""


class ArrangementNews(Struct, kw_only=True, omit_defaults=True):
    """Tells a customer's twin how an arrangement for her stands."""

    arrangement_id: Token
    supervisor: TwinId
    state: Short
    open: bool
    at: Time
    offer: dict[str, Any] | None = None
    booked: list[Booked] = []
    """All that is confirmed by now and has a time."""


CALL = "call.received"
"""What a contact is where she called."""


class Contact(Struct, kw_only=True, omit_defaults=True):
    """Once that Vigil spoke with a customer."""

    at: Time
    what: Short
    """`offer.sent`, `offer.answered`, `call.received`, …"""
    channel: Short = ""
    arrangement_id: Token | None = None
    detail: Text | None = None
    by: Short = ""
    """Who answered for her; empty: she did herself."""


# -- messages --------------------------------------------------------------------------------

Purpose = Literal["devices", "marketing", "position", "web", "learning"]
"""What something is done for; see `twins.people.consents`."""

Urgency = Literal["low", "normal", "high"]
"""How soon a person should see to something."""


class Words(Struct, kw_only=True, omit_defaults=True):
    """A message in one language, with places; see `twins.rules.template`."""

    subject: Annotated[str, Meta(max_length=MAX_SUBJECT)]
    text: Annotated[str, Meta(max_length=MAX_TEXT)]
    html: Annotated[str, Meta(max_length=MAX_HTML)] | None = None
    """The text as a part of a page."""


class Survey(Struct, kw_only=True):
    """Asks how satisfied she is, by a link that the channel makes."""

    arrangement_id: Token
    """After which."""
    until: Time


class MessageRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks a customer's twin to have her told something: `message.requested`."""

    id: Token
    about: TwinId
    """What it is about; this twin is told when she was reached."""
    asker: TwinId | None = None
    """Who is told what became of it."""
    template: Short
    """What it is called, for people."""
    texts: Annotated[dict[str, Words], Meta(min_length=1, max_length=20)]
    """By language; the first is for those whose own is not there."""
    data: dict[str, Any] | None = {}
    """What its places show; None: it has none, and all of it stands as it is."""
    urgency: Urgency = "normal"
    offer: dict[str, Any] | None = None
    """What she is offered with it, as `actors.supervisors.offer.Offer`."""
    until: Time | None = None
    """After that it is of no use any more, and is not sent; None: as long as its urgency says."""
    by: Time | None = None
    """Where she could not be told before this, it is urgent, and disturbs her; None: it waits."""
    purpose: Purpose = "devices"
    """Without her consent for it, it is not sent."""
    wordings: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=64)], dict[str, Words]],
        Meta(max_length=MAX_WORDINGS),
    ] = {}
    """Other wordings of `texts`, by name, each by language: which is answered best is learned (see
    `twins.people.engaged`). One that is not there in the language of the text is left out."""
    offers: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=64)], dict[str, Any]],
        Meta(max_length=MAX_OFFERS),
    ] = {}
    """What could be offered instead, by name: the same arrangement, until the same time. Which is
    answered best is learned, too; who offers it is told `offer.chosen`."""
    survey: Survey | None = None
    """What she is asked with it."""


class OfferChosen(Struct, kw_only=True):
    """Tells who offers which of its offers a person is shown: `offer.chosen`."""

    arrangement_id: Token
    until: Time
    """When the offer ends."""
    name: Short
    """As in `MessageRequest.offers`."""


class MessageSettled(Struct, kw_only=True, omit_defaults=True):
    """Tells what became of a message: `message.settled`."""

    id: Token
    channel: Short | None = None
    """What carried it, as far as anybody knows; None: she was not reached."""
    reason: Short | None = None
    """Why she was not reached."""
    free_at: Time | None = None
    """When she may be told, where it is only that she may not be disturbed before."""
    tried: list[Short] = []
    """Channels that surely carried nothing, each with why: `sms: refused`."""
    followed: bool = False
    """She lets it be learned what she does about the offer: whether she opens it, too."""


class Letter(Struct, kw_only=True, omit_defaults=True):
    """What a channel's worker delivers: the request of a `CHANNEL` effect."""

    to: Short
    """The person's twin."""
    name: Short
    language: Short
    subject: Annotated[str, Meta(max_length=MAX_SUBJECT)]
    text: Annotated[str, Meta(max_length=MAX_TEXT)]
    html: Annotated[str, Meta(max_length=MAX_HTML)] | None = None
    """The text as a part of a page, where a channel shows one; a Jinja template."""
    data: dict[str, Any] | None = None
    """What the places of subject and text show; None: both stand as they are."""
    urgency: Urgency = "normal"
    calendar: str | None = None
    """A calendar (`text/calendar`, RFC 5545) that goes with it, where a channel carries files."""
    offer: dict[str, Any] | None = None
    """As `actors.supervisors.offer.Offer`."""
    purpose: Purpose = "devices"
    """What she does not want any more, if she unsubscribes."""
    survey: Survey | None = None


# -- desk and employees ----------------------------------------------------------------------


class DirectoryRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks a desk with whom it works."""

    asker: TwinId
    arrangement_id: Token


class TowEntry(Struct, kw_only=True, omit_defaults=True):
    """A tow operator in a directory."""

    id: TowId
    name: Short = ""
    position: Position | None = None
    loading_s: Seconds | None = None
    """How long its trucks need to load; None: as usual, a quarter of an hour."""
    towing_kmh: Annotated[float, Meta(ge=1, le=10_000)] | None = None
    """How fast they drive on average with a car, along the geodesic; None: as usual, 35 km/h."""


class RideEntry(Struct, kw_only=True, omit_defaults=True):
    """A ride company in a directory."""

    id: RideId
    name: Short = ""
    position: Position | None = None


class DepotEntry(Struct, kw_only=True, omit_defaults=True):
    """A rental depot in a directory. Without a position nobody can be brought there."""

    id: DepotId
    name: Short = ""
    position: Position | None = None


class InsurerEntry(Struct, kw_only=True, omit_defaults=True):
    """An insurer in a directory."""

    id: InsurerId
    name: Short = ""


class ServiceEntry(Struct, kw_only=True, omit_defaults=True):
    """Any other service in a directory."""

    id: TwinId
    name: Short = ""
    position: Position | None = None


class Directory(Struct, kw_only=True, omit_defaults=True):
    """With whom a desk works."""

    arrangement_id: Token
    desk: DeskId
    currency: Currency = "EUR"
    """Offers in another one are not taken: their sum would mean nothing."""
    tow_operators: list[TowEntry] = []
    ride_companies: list[RideEntry] = []
    rental_depots: list[DepotEntry] = []
    insurers: list[InsurerEntry] = []
    services: dict[str, list[ServiceEntry]] = {}
    """Others, by what they sell."""
    employees: list[EmployeeId] = []


__all__ = [
    "ArrangementNews",
    "Booked",
    "Booking",
    "Busy",
    "Channel",
    "Contact",
    "DepotEntry",
    "Directory",
    "DirectoryRequest",
    "InsurerEntry",
    "Language",
    "Letter",
    "MessageRequest",
    "MessageSettled",
    "OfferChosen",
    "Profile",
    "ProfileRequest",
    "Purpose",
    "RideEntry",
    "ServiceEntry",
    "Survey",
    "TowEntry",
    "Urgency",
    "Words",
]
