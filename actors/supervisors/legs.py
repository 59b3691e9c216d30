"""Legs: what can be booked, and how each is asked for, chosen, and looked for again.

tow ─▶ slot ─▶ rental      The tow brings the car to her dealer, and only then can it be served;
ride ─────────▶ rental     the rental is there when the ride ends, until the slot does.
cover                      What her insurer pays for; its confirmation opens the claim.

A policy says which of them it takes, and the rest is the same for all. A package adds its own by
`LEGS["charger"] = Charger()`; what it comes after has to stand in `LEGS` before it.
"""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

import msgspec

from actors.supervisors.arrangement import Leg, LegState, Option
from actors.supervisors.errand import Errand
from actors.supervisors.estimates import away_m, towed_s
from twins.people.messages import RideEntry, TowEntry
from twins.services.companies import Cover
from twins.units import Position

DAY_S = 86_400.0

TOW_ROUNDS = 2
TOW_PAUSE_S = 10.0
"""Where no truck is free, all operators are asked once more after a while: trucks get free."""

MOST_ASKED = 8
"""So many services of a kind are asked at once, the nearest ones."""

ROUNDING_S = 60.0
"""A provider may round up to its own grid; a minute's wait is no reason to refuse a car."""


class LegKind:
    """One sort of leg. It keeps nothing: what is known stands in the arrangement."""

    after: ClassVar[tuple[str, ...]] = ()
    """Legs that it waits for, where they are planned."""
    last: ClassVar[bool] = False
    """Confirmed when all others are; see `Leg.last`."""
    moves: ClassVar[bool] = False
    """Whether somebody drives to the customer, and can be followed."""

    def missing(self, errand: Errand) -> str | None:  # noqa: ARG002 - most need nothing
        """What has to be known for it and is not, for people; None: nothing."""
        return None

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:
        """Whom to ask, and what: service -> body of the availability call."""
        raise NotImplementedError

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:
        """Whether an option fits what is known by now."""
        raise NotImplementedError

    def rank(self, option: Option) -> tuple[float, ...]:
        """The smallest is tried first: here the cheapest."""
        return (float(option.offer.price_cents),)

    def hold_body(self, errand: Errand) -> dict[str, Any]:  # noqa: ARG002 - most say nothing more
        """What a hold says beside offer, customer and expiry."""
        return {}

    def replan(self, errand: Errand, leg: Leg) -> bool:  # noqa: ARG002 - most give up
        """It could not be had: set it back to be asked otherwise (`again`), or return False."""
        return False

    def replaces(self, errand: Errand, option: Option) -> bool:  # noqa: ARG002 - most do
        """Whether an option may replace what the customer accepted, beside its price."""
        return True


class _Driven(LegKind):
    """Somebody comes to where help is needed, and goes on to somewhere."""

    moves: ClassVar[bool] = True

    def entries(self, errand: Errand) -> Sequence[TowEntry | RideEntry]:
        """Who could come."""
        raise NotImplementedError

    def goal(self, errand: Errand) -> Position | None:
        """Where it goes."""
        raise NotImplementedError

    def missing(self, errand: Errand) -> str | None:
        """A place."""
        if errand.need.position is None:
            return f"nobody knows where {errand.arr.cause.twin_id} is"
        return None

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:  # noqa: ARG002 - as all
        """The nearest ones."""
        nearest = sorted(
            (away_m(errand.here, entry.position), entry.id) for entry in self.entries(errand)
        )
        body = self.hold_body(errand)
        return {service: body for _, service in nearest[:MOST_ASKED]}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - as all
        """It has to say when it is there."""
        return option.offer.eta_s is not None

    def rank(self, option: Option) -> tuple[float, ...]:
        """The soonest."""
        return (option.offer.eta_s or 0.0, float(option.offer.price_cents))

    def hold_body(self, errand: Errand) -> dict[str, Any]:
        """From where, and where to."""
        goal = self.goal(errand)
        way: dict[str, Any] = {"near": errand.here}
        return way if goal is None else {**way, "to": goal}


class Tow(_Driven):
    """A truck, that brings the car to its dealer."""

    def entries(self, errand: Errand) -> Sequence[TowEntry | RideEntry]:
        """Tow operators."""
        return errand.directory.tow_operators

    def goal(self, errand: Errand) -> Position | None:
        """The dealer."""
        return errand.towed_to

    def replan(self, errand: Errand, leg: Leg) -> bool:
        """Look again for trucks, after a while."""
        again = leg.round < TOW_ROUNDS
        if again:
            leg.again(errand.now + TOW_PAUSE_S)
        return again

    def replaces(self, errand: Errand, option: Option) -> bool:
        """Another truck must still bring the car in time for its slot."""
        slot = errand.arr.got("slot")
        if slot is None or slot.starts_at is None:
            return True
        way_s = towed_s(option.offer.eta_s, errand.here, errand.towed_to)
        return errand.now + way_s <= slot.starts_at


class Ride(_Driven):
    """A car with a driver, that brings the customer to her rental, or to her dealer."""

    def entries(self, errand: Errand) -> Sequence[TowEntry | RideEntry]:
        """Ride companies."""
        return errand.directory.ride_companies

    def goal(self, errand: Errand) -> Position | None:
        """The depot or the dealer."""
        return errand.ridden_to


class Slot(LegKind):
    """A service appointment at the customer's dealer."""

    after: ClassVar[tuple[str, ...]] = ("tow",)

    def missing(self, errand: Errand) -> str | None:
        """A dealer."""
        return f"{errand.arr.cause.twin_id} has no dealer" if errand.dealer is None else None

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:  # noqa: ARG002 - as all
        """Her dealer, from when the car is there."""
        dealer = errand.dealer
        assert dealer is not None
        wish = {"earliest": max(errand.towed_at(), errand.arr.facts.get("slot_from", 0.0))}
        if errand.latest is not None:
            wish["latest"] = errand.latest
        return {dealer.service: wish}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - as all
        """It must fit her calendar and the tow."""
        starts_at, ends_at = option.offer.starts_at, option.offer.ends_at
        if starts_at is None or ends_at is None or ends_at <= starts_at:
            return False
        if errand.latest is not None and ends_at > errand.latest:
            return False
        calendar = errand.profile.calendar
        free = all(ends_at <= busy.starts_at or busy.ends_at <= starts_at for busy in calendar)
        return free and starts_at >= errand.towed_at()

    def rank(self, option: Option) -> tuple[float, ...]:
        """The earliest."""
        return (option.offer.starts_at or 0.0, float(option.offer.price_cents))

    def replan(self, errand: Errand, leg: Leg) -> bool:
        """Look further, behind what was offered."""
        if leg.seen_to is None or leg.seen_to > (errand.latest or float("inf")):
            return False
        further: bool = leg.seen_to >= errand.arr.facts.get("slot_from", 0.0)
        if further:
            errand.arr.facts["slot_from"] = leg.seen_to + 1.0
            leg.again()
        return further


class Rental(LegKind):
    """A car to drive meanwhile."""

    after: ClassVar[tuple[str, ...]] = ("ride", "slot")

    def _from(self, errand: Errand) -> float | None:
        """When she is at the depot; None: she does not get there."""
        if "ride" in errand.arr.legs:
            ride = errand.arr.got("ride")
            return None if ride is None else errand.ride_ends_at(ride)
        slot = errand.arr.got("slot")
        return errand.earliest if slot is None or slot.starts_at is None else slot.starts_at

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:  # noqa: ARG002 - as all
        """The depot that she gets to, until the slot ends."""
        earliest, depot = self._from(errand), errand.depot
        if earliest is None or depot is None:
            return {}
        slot = errand.arr.got("slot")
        latest = earliest + DAY_S
        if slot is not None and slot.ends_at is not None:
            latest = max(slot.ends_at, earliest + 3600.0)
        return {depot["id"]: {"earliest": earliest, "latest": latest}}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - as all
        """It must be there when she is."""
        starts_at, ends_at = option.offer.starts_at, option.offer.ends_at
        if starts_at is None or ends_at is None or ends_at <= starts_at:
            return False
        earliest = self._from(errand)
        return earliest is not None and starts_at <= earliest + ROUNDING_S

    def replan(self, errand: Errand, leg: Leg) -> bool:
        """Bring her to the next depot, or, where there is none, to her dealer."""
        arr = errand.arr
        ride = arr.legs.get("ride")
        if errand.depot is None or (ride is not None and ride.state is not LegState.HELD):
            return False
        arr.facts["depot"] += 1
        left = errand.depot is not None
        if ride is not None and (left or errand.dealer is not None):
            errand.supervisor.give_back(arr, ride, LegState.RELEASED, "it goes elsewhere")
            ride.again()
        if left:
            leg.again()
        return left


class Insured(LegKind):
    """What the customer's insurer pays for."""

    last: ClassVar[bool] = True

    def missing(self, errand: Errand) -> str | None:
        """An insurer."""
        return "the customer has no insurer" if errand.profile.insurer is None else None

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:  # noqa: ARG002 - as all
        """Her insurer, by her policy."""
        profile = errand.profile
        if profile.insurer is None or profile.policy is None:
            return {}
        return {profile.insurer: {"details": {"policy": profile.policy}}}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - as all
        """It has to say what it covers."""
        return cover_of(option) is not None


def cover_of(option: Option) -> Cover | None:
    """What an insurer's offer covers; None where it does not say so."""
    try:
        return msgspec.convert(option.offer.details, Cover)
    except msgspec.ValidationError:
        return None


LEGS: dict[str, LegKind] = {
    "tow": Tow(),
    "slot": Slot(),
    "ride": Ride(),
    "rental": Rental(),
    "cover": Insured(),
}
"""Every leg that an arrangement can have, by name, in the order in which they are planned."""


def in_order(names: Collection[str]) -> list[str]:
    """These legs in the order in which they are planned; unknown ones are left out."""
    return [name for name in LEGS if name in names]
