"""A few drives replayed as a large fleet.

Every car has a drive, a place in it where it begins, and a route of its own, so that two cars with
the same drive are never at the same point of it. A drive that ends begins again after a pause; it
is cut so that its coolant does not leap upwards there, since a leap would look like a rise.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import Final, Literal

import msgspec

from load.drives.errors import FaultError
from load.drives.faults import WARM_C, overheat
from load.drives.routes import Odometer, Route, RoutePoint, route
from load.drives.sample import Drive, Sample

HELSINKI: Final = (60.17, 24.94)
PARKED_S: Final = 30.0
"""Between the end of a drive and its next beginning a car sends nothing for this long."""

Role = Literal["sound", "overheating"]


class CarReading(msgspec.Struct, frozen=True):
    """What one car of the fleet sends."""

    elapsed_s: float
    """Seconds since the fleet started."""
    sample: Sample
    point: RoutePoint
    """Added, not recorded."""


class CarPlan(msgspec.Struct, frozen=True):
    """What one car of a fleet replays."""

    key: str
    """`v1`, `v2`, …"""
    drive: Drive
    offset_s: float
    """Where in its drive the car begins, in the drive's own seconds."""
    route: Route
    role: Role

    def replay(self) -> Iterator[CarReading]:
        """Yield the car's readings, for ever; a car that overheats stops where its drive ends.

        `elapsed_s` never falls. The first lap begins at `offset_s`; later ones are the part of the
        drive that `lap` returns.
        """
        samples = self.drive.samples
        first, end = lap(self.drive)
        if self.role == "overheating":
            end = len(samples)
        begin = min(self.drive.index_at(self.offset_s), end - 1)
        odometer = Odometer()
        elapsed_s = 0.0
        while True:
            for sample in samples[begin:end]:
                point = self.route.at(odometer.add(sample))
                at_s = elapsed_s + sample.at_s - samples[begin].at_s
                yield CarReading(round(at_s, 3), sample, point)
            if self.role == "overheating":
                return
            elapsed_s += samples[end - 1].at_s - samples[begin].at_s + PARKED_S
            odometer.park()
            begin = first


def lap(drive: Drive) -> tuple[int, int]:
    """Return (first, end) of the longest part of a drive that can be repeated.

    Its coolant is not higher at its beginning than at its end, so that the step from one lap to the
    next is a fall, or none. Samples without a coolant reading at either end are left out; a drive
    that only ever cools, or has one reading, is a lap of one sample.
    """
    readings = [(i, s.coolant_c) for i, s in enumerate(drive.samples) if s.coolant_c is not None]
    if not readings:
        return 0, len(drive.samples)
    # Only a reading below all before it can begin the longest part.
    lows: list[tuple[int, float]] = []
    for index, value in readings:
        if not lows or value < lows[-1][1]:
            lows.append((index, value))
    best = (readings[0][0], readings[0][0] + 1)
    for index, value in reversed(readings):
        while lows and lows[-1][0] > index:
            lows.pop()
        low = next((start for start, start_c in lows if start_c <= value), index)
        if index + 1 - low > best[1] - best[0]:
            best = (low, index + 1)
        if index + 1 - readings[0][0] <= best[1] - best[0]:
            break
    return best


def plan_fleet(
    drives: Sequence[Drive],
    cars: int = 200,
    seed: int = 1,
    center: tuple[float, float] = HELSINKI,
    *,
    overheating: int = 1,
    breakdown_after_s: float = 30.0,
) -> list[CarPlan]:
    """Return what each car of a fleet replays, the same for the same arguments.

    Drives are dealt out evenly. Cars that share a drive begin at different places of it, spread
    over its whole length, and each drives a route of its own.

    Args:
        drives: At least one, without added faults.
        cars: How many cars; they are called v1 to v<cars>.
        seed: Chooses which car has which drive, place and route, and which ones overheat.
        center: (lat, lon) in degrees; routes lie around it, see `load.drives.routes`.
        overheating: How many cars overheat.
        breakdown_after_s: Seconds after its first sample at which such a car begins to get hotter.

    Raises:
        FaultError: A car is to overheat, and no drive is warm long enough for it.
    """
    if not drives:
        raise ValueError("a fleet needs drives; give at least one")
    if not 0 <= overheating <= cars:
        raise ValueError(f"{overheating} of {cars} cars can't overheat; give 0 to {cars}")
    chance = Random(seed)
    order = [drives[i % len(drives)] for i in range(cars)]
    chance.shuffle(order)
    hot = set(chance.sample(range(cars), overheating))
    share = Counter(id(drive) for drive in order)
    dealt = dict.fromkeys(share, 0)
    plans: list[CarPlan] = []
    for number, drive in enumerate(order):
        way = route(seed * 1_000_003 + number, center)
        key = f"v{number + 1}"
        turn = dealt[id(drive)]
        dealt[id(drive)] += 1
        if number in hot:
            broken, offset_s = _breakdown(drives, chance, breakdown_after_s)
            plans.append(CarPlan(key, broken, offset_s, way, "overheating"))
            continue
        first, end = lap(drive)
        begin_s, end_s = drive.samples[first].at_s, drive.samples[end - 1].at_s
        place_s = (turn + chance.random()) / share[id(drive)] * (end_s - begin_s)
        plans.append(CarPlan(key, drive, round(begin_s + place_s, 1), way, "sound"))
    return plans


def _breakdown(drives: Sequence[Drive], chance: Random, after_s: float) -> tuple[Drive, float]:
    """Return a drive that overheats, and where in it to begin so that it does after `after_s`."""
    for drive in chance.sample(list(drives), len(drives)):
        warm_s = next((at_s for at_s, c in drive.coolant() if c >= WARM_C), None)
        if warm_s is None:
            continue
        earliest_s = max(warm_s, after_s)
        # Several such cars should not break down at the same place of the same drive.
        for at_s in (chance.uniform(earliest_s, drive.samples[-1].at_s), earliest_s):
            with suppress(FaultError):
                return overheat(drive, at_s), at_s - after_s
    longest_s = max(drive.duration_s for drive in drives)
    raise FaultError(
        f"none of {len(drives)} drives (the longest has {longest_s:.0f} s) is warm long enough to "
        "overheat; add a drive of 15 minutes, or ask for no car that overheats"
    )
