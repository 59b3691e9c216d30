"""Legs: what can be booked, and how each is asked for, chosen, and looked for again.

cover ─▶ tow ─▶ slot ─▶ rental   Her insurer is asked first: what it pays for decides what all else
  └────▶ ride ─────────▶ rental   costs her, and what suits her; confirming it opens the claim.

The tow brings the car to her dealer, and only then can it be served; the rental is there when the
ride ends, until the slot does.

A policy says which of them it takes, and the rest is the same for all. Whoever brings a policy
adds sorts of its own by `LEGS["charger"] = Charger()`; what they come after has to stand in `LEGS`
before them. `FromDirectory` is for what any service of the desk's directory sells.
"""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from actors.supervisors.arrangement import Leg, LegState, Option
from actors.supervisors.errand import Errand, cover_of
from actors.supervisors.estimates import away_m
from twins.people.messages import RideEntry, TowEntry
from twins.units import Position

DAY_S = 86_400.0

APART_S = 3 * 3600.0
"""How much later one alternative begins than the other: so that there is something to choose."""

TOW_ROUNDS = 2
TOW_PAUSE_S = 10.0
"""Where no truck is free, all operators are asked once more after a while: trucks get free."""

COVER_S = 5.0
"""So long all else waits for what her insurer says; it counts until the offer is made."""

WAITING_CENTS_S = 1.0
"""Where she pays herself, a minute sooner is worth 60 cents to her, and no more."""

MOST_ASKED = 8
"""So many services of a kind are asked at once, the nearest ones."""

ROUNDING_S = 60.0
"""A provider may round up to its own grid; a minute's wait is no reason to refuse a car."""


class LegKind:
    """One sort of leg. It keeps nothing: what is known stands in the arrangement."""

    after: ClassVar[tuple[str, ...]] = ()
    """Legs that it waits for, where they are planned."""
    ahead_s: ClassVar[float | None] = None
    """Asked before all others, which wait so long for it; None: it is asked with them."""
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

    def rank(self, errand: Errand, option: Option) -> tuple[float, ...]:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """The smallest is tried first: here the cheapest."""
        return (float(option.offer.price_cents),)

    def hold_body(self, errand: Errand, leg: Leg) -> dict[str, Any]:  # noqa: ARG002 - most say nothing more
        """What a hold says beside offer, customer and expiry."""
        return {}

    def replan(self, errand: Errand, leg: Leg) -> bool:  # noqa: ARG002 - most give up
        """It could not be had: set it back to be asked otherwise (`again`), or return False."""
        return False

    def replaces(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - most do
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

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:
        """The nearest ones."""
        nearest = sorted(
            (away_m(errand.here, entry.position), entry.id) for entry in self.entries(errand)
        )
        body = self.hold_body(errand, leg)
        return {service: body for _, service in nearest[:MOST_ASKED]}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """It has to say when it is there."""
        return option.offer.eta_s is not None

    def rank(self, errand: Errand, option: Option) -> tuple[float, ...]:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """The soonest."""
        return (option.offer.eta_s or 0.0, float(option.offer.price_cents))

    def hold_body(self, errand: Errand, leg: Leg) -> dict[str, Any]:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
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

    def replaces(self, errand: Errand, leg: Leg, option: Option) -> bool:
        """Another truck must still bring the car in time for its slot."""
        slot = errand.arr.got_beside(leg, "slot")
        if slot is None or slot.starts_at is None:
            return True
        way_s = errand.towed_s(option.service, option.offer.eta_s)
        return errand.now + way_s <= slot.starts_at


class Ride(_Driven):
    """A car with a driver, that brings the customer to her rental, or to her dealer."""

    def entries(self, errand: Errand) -> Sequence[TowEntry | RideEntry]:
        """Ride companies."""
        return errand.directory.ride_companies

    def rank(self, errand: Errand, option: Option) -> tuple[float, ...]:
        """The soonest where her insurer pays; else what it costs her counts, too."""
        cover, soonest = errand.cover, super().rank(errand, option)
        if cover is not None and cover.covers.get("ride", False):
            return soonest
        return (option.offer.price_cents + WAITING_CENTS_S * soonest[0], *soonest)

    def goal(self, errand: Errand) -> Position | None:
        """The depot or the dealer."""
        return errand.ridden_to


class Slot(LegKind):
    """A service appointment at the customer's dealer."""

    after: ClassVar[tuple[str, ...]] = ("tow",)

    def missing(self, errand: Errand) -> str | None:
        """A dealer."""
        return f"{errand.arr.cause.twin_id} has no dealer" if errand.dealer is None else None

    def _from(self, errand: Errand, leg: Leg) -> float:
        """When it can begin: when the car is there, and some time after other alternatives."""
        earliest = errand.towed_at()
        for other in errand.arr.legs.values():
            if other.sort_name == leg.sort_name and 0 < other.alternative < leg.alternative:
                got = errand.arr.got(other.name)
                if got is not None and got.starts_at is not None:
                    earliest = max(earliest, got.starts_at + APART_S)
        return earliest

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:
        """Her dealer, from when the car is there."""
        dealer = errand.dealer
        assert dealer is not None
        facts = errand.arr.facts
        seen_to = facts.get(f"{leg.name}_from", 0.0)
        # `slot_from`: she wants another time than all before it.
        wish = {"earliest": max(self._from(errand, leg), seen_to, facts.get("slot_from", 0.0))}
        if errand.latest is not None:
            wish["latest"] = errand.latest
        return {dealer.service: wish}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:
        """It must fit her calendar and the tow."""
        starts_at, ends_at = option.offer.starts_at, option.offer.ends_at
        if starts_at is None or ends_at is None or ends_at <= starts_at:
            return False
        if errand.latest is not None and ends_at > errand.latest:
            return False
        calendar = errand.profile.calendar
        free = all(ends_at <= busy.starts_at or busy.ends_at <= starts_at for busy in calendar)
        return free and starts_at >= self._from(errand, leg)

    def rank(self, errand: Errand, option: Option) -> tuple[float, ...]:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """The earliest."""
        return (option.offer.starts_at or 0.0, float(option.offer.price_cents))

    def replan(self, errand: Errand, leg: Leg) -> bool:
        """Look further, behind what was offered."""
        if leg.seen_to is None or leg.seen_to > (errand.latest or float("inf")):
            return False
        name = f"{leg.name}_from"
        further: bool = leg.seen_to >= errand.arr.facts.get(name, 0.0)
        if further:
            errand.arr.facts[name] = leg.seen_to + 1.0
            leg.again()
        return further

    def replaces(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """What she chose among others stays at its time."""
        return not leg.alternative or option.offer.starts_at == leg.starts_at


class Rental(LegKind):
    """A car to drive meanwhile."""

    after: ClassVar[tuple[str, ...]] = ("ride", "slot")

    def _from(self, errand: Errand, leg: Leg) -> float | None:
        """When she is at the depot; None: she does not get there."""
        if errand.arr.beside(leg, "ride") is not None:
            ride = errand.arr.got_beside(leg, "ride")
            return None if ride is None else errand.ride_ends_at(ride)
        slot = errand.arr.got_beside(leg, "slot")
        return errand.earliest if slot is None or slot.starts_at is None else slot.starts_at

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:
        """The depot that she gets to, until the slot ends."""
        earliest, depot = self._from(errand, leg), errand.depot
        slot = errand.arr.got_beside(leg, "slot")
        lost = leg.alternative and slot is None and errand.arr.beside(leg, "slot") is not None
        if earliest is None or depot is None or lost:
            return {}
        latest = earliest + DAY_S
        if slot is not None and slot.ends_at is not None:
            latest = max(slot.ends_at, earliest + 3600.0)
        return {depot["id"]: {"earliest": earliest, "latest": latest}}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:
        """It must be there when she is."""
        starts_at, ends_at = option.offer.starts_at, option.offer.ends_at
        if starts_at is None or ends_at is None or ends_at <= starts_at:
            return False
        earliest = self._from(errand, leg)
        return earliest is not None and starts_at <= earliest + ROUNDING_S

    def replan(self, errand: Errand, leg: Leg) -> bool:
        """Bring her to the next depot, or, where there is none, to her dealer."""
        arr = errand.arr
        ride = arr.beside(leg, "ride")
        if leg.alternative:
            return False
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


class FromDirectory(LegKind):
    """Something that the desk's services sell which are named for it: the nearest are asked."""

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:
        """The nearest ones; what is known of the place does not matter to those without one."""
        here = errand.need.position
        entries = errand.directory.services.get(leg.sort_name, [])
        nearest = sorted(
            (0.0 if here is None else away_m(here, entry.position), entry.id) for entry in entries
        )
        return {service: self.wish(errand, leg) for _, service in nearest[:MOST_ASKED]}

    def wish(self, errand: Errand, leg: Leg) -> dict[str, Any]:  # noqa: ARG002 - for overriding
        """What each of them is asked."""
        return {}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - for overriding
        """Anything."""
        return True


class Insured(LegKind):
    """What the customer's insurer pays for."""

    last: ClassVar[bool] = True
    ahead_s: ClassVar[float | None] = COVER_S

    def missing(self, errand: Errand) -> str | None:
        """An insurer."""
        return "the customer has no insurer" if errand.profile.insurer is None else None

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """Her insurer, by her policy."""
        profile = errand.profile
        if profile.insurer is None or profile.policy is None:
            return {}
        return {profile.insurer: {"details": {"policy": profile.policy}}}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """It has to say what it covers."""
        return cover_of(option) is not None


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
    known = [name for name in LEGS if name in names]
    return sorted(known, key=lambda name: LEGS[name].ahead_s is None)  # those ahead come first
