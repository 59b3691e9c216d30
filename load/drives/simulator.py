"""Simulated drives, with the columns and the resolution of recorded ones.

A small model: a trip through traffic (`trip`) sets the speed; gears and the driver's wish set
engine speed and torque; burnt fuel heats the coolant until thermostat and fan hold it. Every value
is rounded to what its sensor can send, so that a simulated drive looks like a log.

The constants of `EngineModel` (in `engine`) were fitted to five recorded drives of one car (a
Toyota Etios 1.5 of 2014, carOBD data set) and are held against them by a test. The rest of the
physics is textbook: drag, rolling resistance and inertia for the load; one lump of metal and water
for the heat.
"""

import math
from collections.abc import Iterator
from random import Random
from typing import Final

from load.drives.engine import Car, EngineModel
from load.drives.sample import Drive
from load.drives.trip import Motion, Road, trip

PERIOD_S: Final = 1.0
"""Simulated drives have a sample a second."""

_ROADS: Final[dict[Road, int]] = {"congested": 15, "city": 40, "arterial": 35, "highway": 10}


def simulate_drive(
    seed: int,
    duration_s: float,
    cold_start: bool,
    idle: bool,
    *,
    road: Road | None = None,
    engine: EngineModel | None = None,
) -> Drive:
    """Return a drive of a car with a sound engine, the same for the same arguments.

    Args:
        seed: Chooses the trip, the weather, the tank and all noise.
        duration_s: Seconds from the first sample to the last; at least 1.
        cold_start: Begin with an engine as cold as the air; otherwise shortly after a trip.
        idle: Stay where it stands.
        road: Where it drives; None lets the seed choose, mostly roads in town.
        engine: Another model than the calibrated one.
    """
    if not (math.isfinite(duration_s) and duration_s >= PERIOD_S):
        raise ValueError(f"a drive of {duration_s} s holds no trip; give at least {PERIOD_S} s")
    chance = Random(seed)
    chosen = chance.choices(tuple(_ROADS), tuple(_ROADS.values()))[0]
    motions = _standing() if idle else trip(chance, road or chosen)
    car = Car(engine or EngineModel(), chance, cold_start=cold_start)
    count = int(duration_s / PERIOD_S) + 1
    samples = [car.off(0.0)]
    samples += [car.step(second * PERIOD_S, next(motions)) for second in range(1, count)]
    return Drive(name=f"simulated-{seed}", source="simulated", samples=tuple(samples))


def _standing() -> Iterator[Motion]:
    """Yield a standstill without end."""
    while True:
        yield Motion(0.0, 0.0, coasting=False)
