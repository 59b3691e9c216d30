"""Breakdown: which cars get hot, and a drive for each in which the rule fires when it is wanted.

Nobody wants to watch an engine for an hour. So a hot car begins its drive shortly before its
coolant reaches the range that matters, the fault heats it faster than a worn pump would, and the
place is chosen so that the car is moving when the rule fires. All of that is added to the drive,
and said to be. Its readings keep the steps and the times of the real sensor.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from random import Random
from typing import Final

import msgspec
from msgspec import Struct

from load.drives.errors import FaultError
from load.drives.faults import overheat
from load.drives.fleet import CarPlan
from load.drives.sample import Drive, Sample
from twins.devices.vehicle import Telemetry, Vehicle
from twins.event import Event
from twins.turn import Turn, enter, leave
from twins.units import Position, distance_m

RATE_C_PER_MIN: Final = 45.0
"""A degree every 1.3 s; a lost water pump heats by one in about 4 s. The rest is impatience."""

PEAK_C: Final = 118.0

MOVING_KMH: Final = 15.0
"""A car that is told to pull over must be driving."""

MOVING_S: Final = 4.0
"""How long after the rule has fired it still has to be driving, in seconds."""

TOLERANCE_S: Final = 4.0

TRIES: Final = 200

NEAREST_M: Final = 4_000.0
FARTHEST_M: Final = 10_000.0
"""How far away the nearest truck stands at best: far enough to be followed, near enough to wait."""

FAR_SHARE: Final = 8
"""Where nobody is so far away, one of the eighth is chosen that is farthest."""


class Breakdown(Struct, frozen=True):
    """A car that gets hot."""

    plan: CarPlan
    """Its drive has the fault; it begins `fires_s` before the rule fires."""
    fires_s: float
    """Seconds after the fleet's start at which the rule fires."""


def fires_at(samples: Iterable[Sample]) -> float | None:
    """When the vehicles' rule fires on these samples (their own seconds); None: it does not."""
    observe = Vehicle.kind.ruleset.by_type["telemetry"]
    car, turn = Vehicle.new("tried"), Turn()
    for sample in samples:
        reading = Telemetry(coolant_c=sample.coolant_c)
        turn.begin(car.id, Event("", "telemetry", car.id, sample.at_s, car.id, reading))
        token = enter(turn)
        try:
            observe(car, turn, reading, sample.at_s, turn.fresh)
        finally:
            leave(token)
        if turn.fired:
            return sample.at_s
    return None


def break_down(plan: CarPlan, drives: Sequence[Drive], fires_s: float, chance: Random) -> Breakdown:
    """Let a car's engine overheat, so that the rule fires about `fires_s` after the start.

    Args:
        plan: The car; it keeps its key and its route.
        drives: One of them becomes its drive; with at most a sample a second, without faults.
        fires_s: Seconds after the fleet's start, 10 or more.
        chance: Chooses the drive and the place.

    Raises:
        FaultError: In none of the drives a car is warm and moving for long enough.
    """
    for _ in range(TRIES):
        drive = chance.choice(drives)
        onset_s = chance.uniform(0.0, drive.duration_s)
        with suppress(FaultError):
            hot = overheat(drive, onset_s, RATE_C_PER_MIN, PEAK_C)
            found = _begun(plan, hot, fires_s)
            if found is not None:
                return found
    raise FaultError(
        f"none of {len(drives)} drives has a place where a warm car moves at {MOVING_KMH:g} km/h "
        "for a minute; add a drive in which the car is on the road"
    )


def _begun(plan: CarPlan, hot: Drive, fires_s: float) -> Breakdown | None:
    """Begin the drive so that the rule fires in time; None where the car would stand by then."""
    samples = hot.samples
    whole_s = fires_at(samples)
    if whole_s is None or whole_s < fires_s:
        return None
    begin = hot.index_at(whole_s - fires_s)
    at_s = fires_at(samples[begin:])
    if at_s is None or abs(at_s - samples[begin].at_s - fires_s) > TOLERANCE_S:
        return None
    around = samples[hot.index_at(at_s - 1.0) : hot.index_at(at_s + MOVING_S)]
    if any(sample.speed_kmh is None or sample.speed_kmh < MOVING_KMH for sample in around):
        return None
    begun = msgspec.structs.replace(
        plan, drive=hot, offset_s=samples[begin].at_s, role="overheating"
    )
    return Breakdown(begun, at_s - samples[begin].at_s)


def choose(
    plans: Sequence[CarPlan], trucks: Sequence[Position], chance: Random, avoid: Iterable[str] = ()
) -> CarPlan:
    """Choose a car to get hot: one whose nearest truck is neither around the corner nor far away.

    Args:
        plans: Cars of one town.
        trucks: Where its free trucks stand; none: any car will do.
        chance: Chooses.
        avoid: Keys of cars that are chosen already.
    """
    avoided = set(avoid)
    free = [plan for plan in plans if plan.key not in avoided]
    if not free:
        raise FaultError(f"all of {len(plans)} cars are chosen; let more cars drive")

    def away(plan: CarPlan) -> float:
        start = plan.route.at(0.0)
        return min(distance_m((start.lat, start.lon), truck) for truck in trucks)

    if not trucks:
        return chance.choice(free)
    good = [plan for plan in free if NEAREST_M <= away(plan) <= FARTHEST_M]
    # In a small town nobody is so far away; those who are farthest will do.
    farthest = sorted(free, key=away, reverse=True)[: max(1, len(free) // FAR_SHARE)]
    return chance.choice(good or farthest)
