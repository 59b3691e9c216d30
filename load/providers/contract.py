"""The provider contract: what Vigil and an outside company say to each other over HTTP.

Units, everywhere: time stamps are seconds since the epoch, UTC; durations are seconds (`_s`);
money is integer cents of `currency`; a position is [latitude, longitude] in degrees (WGS 84).

Messages to a provider forbid unknown fields, so that a typing error is refused and not ignored.
Answers may carry fields that this version does not know; readers skip them.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

Service = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""What is asked for: `tow`, `ride`, `rental`, `slot`, `cover`, or what else a provider sells."""

HoldState = Literal["held", "confirmed", "released", "expired", "done"]
"""held -> confirmed -> done; held -> expired; anything but done -> released, for good."""

Reason = Literal[
    "invalid",
    "conflict",
    "unavailable",
    "expired",
    "released",
    "done",
    "not_confirmed",
    "no_position",
    "unknown_hold",
    "unknown_provider",
    "unknown_path",
    "wrong_method",
    "too_large",
    "refusing",
    "internal",
]
"""Why a call was refused, for programs; `detail` says it for people."""

HOLD_ID_PATTERN = r"^[A-Za-z0-9_.:-]{1,128}$"
MAX_DETAILS_BYTES = 32 * 1024
MAX_DETAILS_DEPTH = 16
MAX_OFFERS = 20
MAX_PLACES = 32
LATEST_TIME = 253_402_300_799.0  # the end of the year 9999, where calendars stop


def _depth(value: object) -> int:
    """Return how deep lists and objects nest; a scalar counts 0."""
    deepest = 0
    level: list[tuple[object, int]] = [(value, 0)]
    while level:
        part, depth = level.pop()
        if isinstance(part, (dict, list)):
            deepest = max(deepest, depth + 1)
            # Deeper than the limit is refused anyway: no need to walk a hostile tree to its end.
            if depth <= MAX_DETAILS_DEPTH:
                inside = part.values() if isinstance(part, dict) else part
                level.extend((each, depth + 1) for each in inside)
    return deepest


def canonical(value: Mapping[str, object]) -> str:
    """Return the one JSON text of `value`: keys sorted, no spaces; equal values, equal texts.

    Raises:
        ValueError: it holds a number that JSON has no word for (NaN, infinity).
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )


def _bounded(details: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Refuse details that could not be stored and answered as they are."""
    if _depth(details) > MAX_DETAILS_DEPTH:
        raise ValueError(f"nests deeper than {MAX_DETAILS_DEPTH} levels")
    # A lone surrogate is legal in JSON's escapes, but no text; encode() refuses it.
    size = len(canonical(details).encode())
    if size > MAX_DETAILS_BYTES:
        raise ValueError(f"is {size} bytes long; the limit is {MAX_DETAILS_BYTES}")
    return details


Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
Position = tuple[Latitude, Longitude]
"""[latitude, longitude] in degrees, WGS 84."""

Timestamp = Annotated[float, Field(strict=True, ge=0, le=LATEST_TIME, allow_inf_nan=False)]
"""Seconds since the epoch, UTC."""

Seconds = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Cents = Annotated[int, Field(strict=True, ge=0)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""

Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
HoldId = Annotated[str, Field(pattern=HOLD_ID_PATTERN)]
Details = Annotated[dict[str, JsonValue], AfterValidator(_bounded)]
"""Free JSON: at most 32 KiB as compact text, nested at most 16 deep, numbers finite."""


class Message(BaseModel):
    """What is sent to a provider."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Answer(BaseModel):
    """What a provider answers."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, populate_by_name=True, serialize_by_alias=True
    )


class AvailabilityRequest(Message):
    """What is wanted, where and when."""

    service: Service
    near: Position | None = None
    """Where help is needed. Tow and ride need it."""
    to: Position | None = None
    """Where vehicle or customer shall be brought."""
    earliest: Timestamp | None = None
    """Slot: not before; rental: the car is fetched. Null: now."""
    latest: Timestamp | None = None
    """Slot: over by then; rental: the car is returned. Null: the provider's own choice."""
    details: Details = Field(default_factory=dict)
    """Free JSON. Cover needs `policy`, the number of the policy."""

    @model_validator(mode="after")
    def _in_order(self) -> "AvailabilityRequest":
        if self.earliest is not None and self.latest is not None and self.latest < self.earliest:
            raise ValueError("latest lies before earliest")
        return self


class Offer(Answer):
    """What could be had at this moment. It reserves nothing."""

    offer_id: Name
    """Names the offer in a hold; opaque to the caller."""
    item: Name
    """The one thing that a hold would take: a vehicle, a car, a slot, a claim of a policy."""
    title: str
    """For people."""
    price_cents: Cents
    """What it costs. Cover: the deductible, which the customer still pays."""
    currency: Currency
    eta_s: Seconds | None = None
    """Tow and ride: world seconds from confirmation to arrival at `near`. See `Hold.eta_s`. Goods:
    from confirmation until they are there, in seconds of the clock."""
    starts_at: Timestamp | None = None
    """Slot and rental: from then."""
    ends_at: Timestamp | None = None
    """Slot and rental: until then. Cover: the policy ends."""
    position: Position | None = None
    """Where it stands: the vehicle, the depot, the dealer."""
    details: Details = Field(default_factory=dict)
    """Free JSON. Cover: `policy`, `claim`, `covers` (service -> bool), `deductible_cents`."""


class Offers(Answer):
    """The answer to an availability request."""

    offers: Annotated[list[Offer], Field(max_length=MAX_OFFERS)]
    """At most 20. Tow and ride: nearest first; slot: earliest first. Empty: nothing to be had."""


class HoldRequest(Message):
    """Take the item of an offer, for a while."""

    offer_id: Name
    arrangement_id: Name
    """The caller's arrangement; the provider notes it in its journal."""
    customer_id: Name
    details: Details = Field(default_factory=dict)
    expires_at: Timestamp | None = None
    """When the hold shall lapse. The provider may lapse it earlier; null: as late as it allows."""
    near: Position | None = None
    """As in the availability request. Tow and ride need it."""
    to: Position | None = None


class Hold(Answer):
    """A hold and its state; the description stays as it was when the item was taken.

    Where a release came before its hold, all that describes the item is null.
    """

    hold_id: HoldId
    state: HoldState
    item: Name | None = None
    title: str | None = None
    price_cents: Cents | None = None
    """What was agreed. It may differ from the offer's, which reserved nothing."""
    currency: Currency | None = None
    eta_s: Seconds | None = None
    """World seconds from confirmation to arrival, as estimated when the item was taken.

    In a simulation with `time_scale` 60, an ETA of 720 passes in 12 s of the clock.
    """
    starts_at: Timestamp | None = None
    ends_at: Timestamp | None = None
    expires_at: Timestamp | None = None
    """When the hold lapses (lapsed) by the provider's clock, unless it is confirmed before."""
    details: Details = Field(default_factory=dict)


class ConfirmRequest(Message):
    """What goes with a confirmation: for insurers, the claim's evidence."""

    details: Details = Field(default_factory=dict)


class VehiclePosition(Answer):
    """Where the vehicle of a confirmed tow or ride is."""

    position: Position
    eta_s: Seconds
    """World seconds until it arrives at `near`; 0 from then on."""
    arrived: bool
    """It has been at `near`; it may have driven on to `to` since."""
    at: Timestamp
    """The provider's clock. Time stamps are never scaled, only driving is."""


class ExpectedPlace(Message):
    """Where breakdowns are expected."""

    near: Position
    expected: Annotated[float, Field(strict=True, gt=0, le=1000, allow_inf_nan=False)]
    """So many around it within the next hour."""


class RepositionRequest(Message):
    """Have what is idle where it will be needed."""

    places: Annotated[list[ExpectedPlace], Field(max_length=MAX_PLACES)]
    """Most expected first."""


class Moving(Answer):
    """One vehicle or car that drives because of that."""

    item: Name
    to: Position
    eta_s: Seconds
    """World seconds until it is there."""


class Repositioned(Answer):
    """What follows a request: nothing drives that is near enough, or busy."""

    moves: list[Moving]


class Description(Answer):
    """Who a provider is."""

    provider_id: Name
    name: str
    services: list[Service]
    currency: Currency
    hold_limit_s: Seconds
    """The longest a hold lives unconfirmed, in seconds of the provider's clock."""
    time_scale: Annotated[float, Field(strict=True, gt=0)] = 1.0
    """World seconds driven in one second of the clock; 1 for anybody but a simulation."""
    at: Timestamp
    """The provider's clock."""
    trial: AvailabilityRequest
    """A request that yields an offer on a quiet day; the conformance kit begins with it."""


class Problem(Answer):
    """A refusal: RFC 9457 problem details, with what a program needs to decide."""

    model_config = ConfigDict(extra="allow")

    type: str
    """`urn:vigil:problem:<reason>`."""
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    """The HTTP status, again."""
    detail: str
    """Whose fault it is and what to do."""
    reason: Reason
    provider_id: str | None = None
    hold_id: str | None = None
