"""Flying: what is booked for who misses a connection: a seat, and a room for a night between.

The seat is the first to leave that she can reach. Where she would wait through the night, a room
near the place where she changes is held with it, from when she is there until she boards.
"""

from typing import Any, ClassVar, Final

import msgspec
from msgspec import Struct

from actors.supervisors.arrangement import Arrangement, Leg, Option
from actors.supervisors.errand import Errand
from actors.supervisors.estimates import away_m
from actors.supervisors.legs import LEGS, MOST_ASKED, ROUNDING_S, FromDirectory
from actors.supervisors.nights import clock_of, night_of
from twins.units import Position

ROUNDS: Final = 3
"""How often airlines are asked: a seat that was offered may be gone when it is held."""

LEAST_WAIT_S: Final = 6 * 3600.0
"""Who waits less needs no bed, whatever the hour."""

DEEP_S: Final = 3 * 3600
"""Three o'clock: who waits then waits through a night."""

CHECK_OUT_S: Final = 4 * 3600.0
"""So much earlier than she boards she may have to leave the room."""

NEAR_M: Final = 30_000.0
"""A hotel farther from where she changes is of no use."""

READY_AT = "ready_at"
"""Fact of an arrangement: when she can be at a gate, as it was heard last."""


class Missed(Struct):
    """What the signal says."""

    plane: str = ""
    connection: str | None = None
    """The twin of the flight that she was to take."""
    onward: str = ""
    destination: str = ""
    boards_at: float | None = None
    arrives_at: float | None = None
    transfer_s: float = 0.0
    position: Position | None = None
    """Where she changes."""
    timezone: str = "UTC"
    """Of that place."""

    @property
    def ready_at(self) -> float:
        """When she can be at a gate; 0: nobody knows when she lands."""
        return 0.0 if self.arrives_at is None else self.arrives_at + self.transfer_s


class Flown(Struct):
    """What an airline says of a seat: an offer's details."""

    destination: str
    boards_at: float
    plane: str | None = None
    """The flight's twin, where there is one."""


def missed_of(arr: Arrangement) -> Missed:
    """What is known of it."""
    return msgspec.convert(arr.cause.data, Missed)


def ready_at(arr: Arrangement) -> float:
    """When she can be at a gate."""
    found: float = arr.facts.get(READY_AT, missed_of(arr).ready_at)
    return found


def flown(option: Option | None) -> Flown | None:
    """Where a seat brings her, and when; None where its airline does not say so."""
    try:
        return None if option is None else msgspec.convert(option.offer.details, Flown)
    except msgspec.ValidationError:
        return None


def seat_of(arr: Arrangement) -> Flown | None:
    """The seat that is held or booked."""
    leg = arr.got("seat")
    return None if leg is None else flown(leg.choice)


def waits_overnight(arr: Arrangement) -> bool:
    """Whether a night lies between her landing and the flight of her seat."""
    seat = seat_of(arr)
    return seat is not None and overnight(ready_at(arr), seat.boards_at, missed_of(arr).timezone)


def overnight(starts_at: float, ends_at: float, zone: str) -> bool:
    """Whether a wait is one through a night, by the clock of a time zone (IANA name)."""
    deep_at, _ = night_of(DEEP_S, DEEP_S + 1, clock_of(zone, None), starts_at)
    return ends_at - starts_at >= LEAST_WAIT_S and deep_at < ends_at


class Seat(FromDirectory):
    """A seat to where she goes, on a flight that she can reach."""

    def wish(self, errand: Errand, leg: Leg) -> dict[str, Any]:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """From when, and where to."""
        said = missed_of(errand.arr)
        return {"earliest": ready_at(errand.arr), "details": {"destination": said.destination}}

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:
        """All airlines of the desk, wherever they are."""
        entries = errand.directory.services.get(leg.sort_name, [])
        return {entry.id: self.wish(errand, leg) for entry in entries[:MOST_ASKED]}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """It goes there, and not before she is at its gate."""
        said, seat = missed_of(errand.arr), flown(option)
        return (
            seat is not None
            and seat.destination == said.destination
            and (seat.plane is None or seat.plane != said.connection)
            and seat.boards_at >= max(ready_at(errand.arr), errand.now)
        )

    def rank(self, errand: Errand, option: Option) -> tuple[float, ...]:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """The first to leave, and of these the cheapest."""
        seat = flown(option)
        return (0.0 if seat is None else seat.boards_at, float(option.offer.price_cents))

    def replan(self, errand: Errand, leg: Leg) -> bool:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """Ask again: others of the same plane look for seats, too."""
        again = leg.round < ROUNDS
        if again:
            leg.again()
        return again

    def replaces(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - the base has it: other sorts of legs look at it, this one does not
        """She has accepted a flight: another seat of the same time."""
        before, seat = flown(leg.choice), flown(option)
        return before is not None and seat is not None and before.boards_at == seat.boards_at


class Hotel(FromDirectory):
    """A room near where she changes, where a night lies between."""

    after: ClassVar[tuple[str, ...]] = ("seat",)

    def wishes(self, errand: Errand, leg: Leg) -> dict[str, dict[str, Any]]:
        """The nearest ones; where nobody knows the place, or none is needed, nobody."""
        seat, here = seat_of(errand.arr), errand.need.position
        if seat is None or here is None or not waits_overnight(errand.arr):
            return {}
        entries = errand.directory.services.get(leg.sort_name, [])
        near = sorted((away_m(here, entry.position), entry.id) for entry in entries)
        span = {"earliest": ready_at(errand.arr), "latest": seat.boards_at}
        return {id_: span for away, id_ in near[:MOST_ASKED] if away <= NEAR_M}

    def suits(self, errand: Errand, leg: Leg, option: Option) -> bool:  # noqa: ARG002 - a hook: policies look at what this default does not need
        """It is hers when she comes, and until she has to go."""
        seat, starts_at, ends_at = (
            seat_of(errand.arr), option.offer.starts_at, option.offer.ends_at
        )  # fmt: skip
        if seat is None or starts_at is None or ends_at is None:
            return False
        in_time = starts_at <= ready_at(errand.arr) + ROUNDING_S
        return in_time and ends_at >= seat.boards_at - CHECK_OUT_S

    def replaces(self, errand: Errand, leg: Leg, option: Option) -> bool:
        """Another room for the same night."""
        return self.suits(errand, leg, option)


LEGS["seat"] = Seat()
LEGS["hotel"] = Hotel()
