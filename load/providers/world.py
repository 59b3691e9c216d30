"""Who the providers are and what they own: configuration, as JSON or as `demo_world`."""

import random
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geographiclib.geodesic import Geodesic
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from load.providers.behaviour import Behaviour
from load.providers.contract import (
    AvailabilityRequest,
    Cents,
    Currency,
    Description,
    Details,
    Position,
    Seconds,
    Service,
    Timestamp,
)
from load.providers.errors import UnknownProviderError

ItemId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""Without a dot: slots, rentals and claims append their part after one."""

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Setting(BaseModel):
    """A part of the configuration; typing errors are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Vehicle(Setting):
    """A tow truck or a ride's car. It stays where its last job ended."""

    item: ItemId
    title: str
    base: Position
    """Where it stands before its first job."""


class Car(Setting):
    """A rental car."""

    item: ItemId
    title: str
    day_cents: Cents
    """The price of each 24 hours begun."""


class Policy(Setting):
    """An insurance policy. Each of its claims is one item."""

    number: ItemId
    covers: frozenset[Literal["tow", "ride", "rental"]]
    deductible_cents: Cents
    claims: Annotated[int, Field(ge=1, le=100)]
    """So many claims may be confirmed until the policy ends."""
    valid_until: Timestamp


class Company(Setting):
    """What every provider has."""

    provider_id: ItemId
    name: str
    sells: Service
    """What it is asked for."""
    currency: Currency = "EUR"
    hold_limit_s: Annotated[Seconds, Field(gt=0)] = 600.0
    """The longest that a hold lives unconfirmed."""
    behaviour: Behaviour = Behaviour()
    """How it treats calls when the service starts."""


class Fleet(Company):
    """Vehicles that drive to a place, and on to another."""

    vehicles: Annotated[tuple[Vehicle, ...], Field(min_length=1)]
    speed_kmh: Annotated[float, Field(gt=0, le=10_000)]
    """Average as the crow flies, where there is no map of the streets. A simulation in a hurry has
    vehicles so fast that what they say of their arrival is true by the clock."""
    range_km: Annotated[float, Field(gt=0)]
    """It takes no job that begins farther from the vehicle."""
    stop_s: Seconds
    """World seconds to load or to board."""
    base_cents: Cents
    km_cents: Cents
    """For every kilometre of the whole way, to `near` and on to `to`."""

    @model_validator(mode="after")
    def _distinct(self) -> "Fleet":
        _must_differ(self.provider_id, [vehicle.item for vehicle in self.vehicles])
        return self


class TowOperator(Fleet):
    """Tow trucks."""

    kind: Literal["tow_operator"] = "tow_operator"
    sells: Service = "tow"


class RideCompany(Fleet):
    """Cars with a driver."""

    kind: Literal["ride_company"] = "ride_company"
    sells: Service = "ride"


class RentalDepot(Company):
    """Rental cars, fetched from and returned to the depot at any hour."""

    kind: Literal["rental_depot"] = "rental_depot"
    sells: Service = "rental"
    position: Position
    cars: Annotated[tuple[Car, ...], Field(min_length=1)]
    """Those that stand here at first."""
    longest_days: Annotated[int, Field(ge=1, le=90)] = 30
    fellows: tuple[ItemId, ...] = ()
    """The company's other depots: idle cars are driven there before they are needed."""
    speed_kmh: Annotated[float, Field(gt=0, le=10_000)] = 40.0
    """At which they are driven, on average along the geodesic."""

    @model_validator(mode="after")
    def _distinct(self) -> "RentalDepot":
        _must_differ(self.provider_id, [car.item for car in self.cars])
        return self


class Dealer(Company):
    """A workshop with bays, and slots in its working hours."""

    kind: Literal["dealer"] = "dealer"
    sells: Service = "slot"
    position: Position
    bays: Annotated[tuple[ItemId, ...], Field(min_length=1)]
    timezone: str = "UTC"
    """IANA name; working hours are local."""
    opens: TimeOfDay = "08:00"
    closes: TimeOfDay = "17:00"
    weekdays: frozenset[Annotated[int, Field(ge=0, le=6)]] = frozenset(range(5))
    """0 is Monday."""
    slot_s: Annotated[int, Field(ge=300, le=43_200)] = 3600
    slot_cents: Cents = 0
    horizon_days: Annotated[int, Field(ge=1, le=365)] = 30
    """Slots farther ahead are not given yet."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{timezone!r} is no IANA time zone") from error
        return timezone

    @model_validator(mode="after")
    def _usable(self) -> "Dealer":
        _must_differ(self.provider_id, list(self.bays))
        if self.closes <= self.opens:
            raise ValueError(f"dealer {self.provider_id} closes before it opens")
        return self


class Insurer(Company):
    """Policies, found by their number."""

    kind: Literal["insurer"] = "insurer"
    sells: Service = "cover"
    policies: Annotated[tuple[Policy, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> "Insurer":
        _must_differ(self.provider_id, [policy.number for policy in self.policies])
        return self

    @cached_property
    def by_number(self) -> dict[str, Policy]:
        """The policies by their number."""
        return {policy.number: policy for policy in self.policies}


class Good(Setting):
    """One sort of thing that a store has so many of."""

    item: ItemId
    title: str
    price_cents: Cents
    stock: Annotated[int, Field(ge=0, le=10_000)]
    """So many can be held or sold, ever."""
    eta_s: Seconds | None = None
    """From confirmation until it is there."""
    details: Details = Field(default_factory=dict)
    """What else its offer says."""


class Store(Company):
    """Things that it has so many of: spare parts, parcels, seats, downloads."""

    kind: Literal["store"] = "store"
    goods: Annotated[tuple[Good, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> "Store":
        _must_differ(self.provider_id, [good.item for good in self.goods])
        return self


_TRIAL_DEG: Final = 0.05  # of latitude: 5.6 km

Provider = TowOperator | RideCompany | RentalDepot | Dealer | Insurer | Store


def describe(provider: Provider, time_scale: float, now: float) -> Description:
    """Return who the provider is, with a request that yields an offer on a quiet day."""
    service = provider.sells
    trial = AvailabilityRequest(service=service)
    if isinstance(provider, Fleet):
        latitude, longitude = provider.vehicles[0].base
        # Some way off, so that a trial's drive is not over before it has been looked at.
        near = (round(latitude + (_TRIAL_DEG if latitude < 0 else -_TRIAL_DEG), 6), longitude)
        trial = AvailabilityRequest(service=service, near=near)
    elif isinstance(provider, Insurer):
        number = provider.policies[0].number
        trial = AvailabilityRequest(service=service, details={"policy": number})
    return Description(
        provider_id=provider.provider_id,
        name=provider.name,
        services=[service],
        currency=provider.currency,
        hold_limit_s=provider.hold_limit_s,
        time_scale=time_scale,
        at=now,
        trial=trial,
    )


class World(Setting):
    """All providers of one service.

    A database belongs to one world: change positions and prices as you like, but a provider or an
    item that vanishes leaves holds behind that nobody can look at.
    """

    providers: tuple[Annotated[Provider, Field(discriminator="kind")], ...]
    time_scale: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] = 1.0
    """World seconds driven in one second of the clock."""

    @model_validator(mode="after")
    def _distinct(self) -> "World":
        _must_differ("the world", [provider.provider_id for provider in self.providers])
        depots = {
            each.provider_id: each for each in self.providers if isinstance(each, RentalDepot)
        }
        for depot in depots.values():
            unknown = [
                id_ for id_ in depot.fellows if id_ not in depots or id_ == depot.provider_id
            ]
            if unknown:
                raise ValueError(
                    f"{depot.provider_id} has fellows that are no other depots: {unknown}"
                )
            company = (depot, *(depots[id_] for id_ in depot.fellows))
            _must_differ(depot.provider_id, [car.item for each in company for car in each.cars])
        return self

    def fellows(self, depot: RentalDepot) -> list[RentalDepot]:
        """The other depots of its company."""
        found = [self.provider(id_) for id_ in depot.fellows]
        return [each for each in found if isinstance(each, RentalDepot)]

    @cached_property
    def _by_id(self) -> dict[str, Provider]:
        return {provider.provider_id: provider for provider in self.providers}

    def provider(self, provider_id: str) -> Provider:
        """Return the provider of that id.

        Raises:
            UnknownProviderError: there is none.
        """
        found = self._by_id.get(provider_id)
        if found is None:
            known = ", ".join(self._by_id)
            raise UnknownProviderError(
                f"No provider {provider_id!r} works here; there are {known}.",
                provider_id=provider_id,
            )
        return found


def _must_differ(owner: str, ids: list[str]) -> None:
    if len(set(ids)) != len(ids):
        raise ValueError(f"{owner} has two things of one id among {ids}")


_TOWS: Final = ("Harbour Towing", "Northway Recovery", "Ring Road Assist")
_RIDES: Final = ("Quick Cabs", "Blue Line Rides")
_DEPOTS: Final = ("Station Rentals", "Airport Rentals")
_DEALERS: Final = ("Central Motors", "Westside Service", "Lakeside Garage")
_CARS: Final = (("small car", 4500), ("compact car", 5900), ("estate car", 7900), ("van", 9900))
_CITY_RADIUS_M: Final = 12_000.0


def demo_world(
    seed: int,
    center: Position,
    *,
    timezone: str = "UTC",
    policies: int = 200,
    time_scale: float = 1.0,
    place: Callable[[random.Random], Position] | None = None,
) -> World:
    """Return tow operators t1..t3, rides r1..r2, depots d1..d2, dealers dealer1..3, insurer i1.

    Everything lies within 12 km of `center`, or where `place` says. The same
    arguments give the same world.

    Args:
        seed: Of the positions and the policies' terms.
        center: The middle of the city.
        timezone: IANA name, for the dealers' working hours.
        policies: The insurer's policies are `P-1` .. `P-<policies>`.
        time_scale: World seconds driven in one second of the clock.
        place: Draws a place: on a street, say.
    """
    chance = random.Random(seed)

    def somewhere() -> Position:
        if place is not None:
            return place(chance)
        metres, azimuth = chance.uniform(0, _CITY_RADIUS_M), chance.uniform(0, 360)
        point = Geodesic.WGS84.Direct(*center, azimuth, metres)
        return (round(point["lat2"], 6), round(point["lon2"], 6))

    def vehicles(provider_id: str, noun: str, count: int) -> tuple[Vehicle, ...]:
        return tuple(
            Vehicle(item=f"{provider_id}-{noun}-{k}", title=f"{noun} {k}", base=somewhere())
            for k in range(1, count + 1)
        )

    tows = [
        TowOperator(
            provider_id=f"t{n}", name=name, vehicles=vehicles(f"t{n}", "truck", n + 1),
            speed_kmh=35, range_km=120, stop_s=900, base_cents=9000, km_cents=250,
        )
        for n, name in enumerate(_TOWS, 1)
    ]  # fmt: skip
    rides = [
        RideCompany(
            provider_id=f"r{n}", name=name, vehicles=vehicles(f"r{n}", "cab", n + 3),
            speed_kmh=30, range_km=60, stop_s=120, base_cents=450, km_cents=220,
        )
        for n, name in enumerate(_RIDES, 1)
    ]  # fmt: skip
    depots = [
        RentalDepot(
            provider_id=f"d{n}", name=name, position=somewhere(),
            cars=tuple(
                Car(item=f"d{n}-car-{k}", title=title, day_cents=cents)
                for k, (title, cents) in enumerate(_CARS[: n + 2], 1)
            ),
        )
        for n, name in enumerate(_DEPOTS, 1)
    ]  # fmt: skip
    dealers = [
        Dealer(
            provider_id=f"dealer{n}", name=name, position=somewhere(),
            bays=tuple(f"dealer{n}-bay-{k}" for k in range(1, n + 1)),
            timezone=timezone, slot_cents=8900 + 1000 * n,
        )
        for n, name in enumerate(_DEALERS, 1)
    ]  # fmt: skip
    insurer = Insurer(
        provider_id="i1",
        name="Mutual Mobility Insurance",
        policies=tuple(_policy(number, chance) for number in range(1, policies + 1)),
    )
    return World(providers=(*tows, *rides, *depots, *dealers, insurer), time_scale=time_scale)


def _policy(number: int, chance: random.Random) -> Policy:
    """Return a policy; every one covers towing, and the rest by chance."""
    extras = [service for service in ("ride", "rental") if chance.random() < 0.7]  # noqa: PLR2004 - seven of ten
    return Policy.model_validate(
        {
            "number": f"P-{number}",
            "covers": frozenset(["tow", *extras]),
            "deductible_cents": chance.choice([0, 5000, 15_000, 30_000]),
            "claims": 4,
            "valid_until": 4_102_444_800.0,  # 2100-01-01: a demo is no time to renew a policy
        }
    )
