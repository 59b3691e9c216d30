"""Simulated drives, with the columns and the resolution of recorded ones.

A small model: a trip through traffic (`trip`) sets the speed; gears and the driver's wish set
engine speed and torque; burnt fuel heats the coolant until thermostat and fan hold it. Every value
is rounded to what its sensor can send, so that a simulated drive looks like a log.

The constants of `EngineModel` were fitted to five recorded drives of one car (a Toyota Etios 1.5 of
2014, carOBD data set) and are held against them by a test. The rest of physics in here is textbook:
drag, rolling resistance and inertia for the load; one lump of metal and water for the heat.
"""

import math
from collections.abc import Iterator
from random import Random
from typing import Final

import msgspec

from load.drives.sample import Drive, Sample
from load.drives.trip import KMH, Motion, Road, trip

PERIOD_S: Final = 1.0
"""Simulated drives have a sample a second."""


class EngineModel(msgspec.Struct, frozen=True, kw_only=True):
    """A car and its engine; the defaults are the calibrated ones."""

    mass_kg: float = 1100.0
    drag_m2: float = 0.7
    """Drag coefficient times frontal area."""
    rolling: float = 0.012
    """Rolling resistance over weight."""
    gears: tuple[float, ...] = (125.0, 72.0, 48.0, 36.0, 29.0)
    """rpm per km/h of each gear."""
    upshift_kmh: tuple[float, ...] = (9.0, 22.0, 33.0, 52.0)
    """Speed at which the next gear is taken."""
    torque_nm: float = 130.0
    """The most that the engine gives; taken as the same at every speed."""
    drag_nm: float = 25.0
    """What the engine needs to turn itself."""
    air_conditioning_nm: float = 12.0
    idle_rpm: float = 680.0
    """Warm, without air conditioning."""
    heat: float = 0.0054
    """Degrees a second into the coolant per (rpm * load)^0.6."""
    loss: float = 0.0011
    """Share of the difference to the air outside that is lost each second, at a standstill."""
    wind_loss: float = 0.00003
    """The same, for each km/h."""
    thermostat_c: float = 84.0
    """Begins to open here, and is open `thermostat_span_c` above."""
    thermostat_span_c: float = 7.0
    radiator: float = 0.009
    """Share of the difference lost each second with an open thermostat and the fan on."""
    fan_on_c: float = 90.0
    fan_off_c: float = 87.0
    alternator_v: float = 14.35
    """At 25 °C under the bonnet; less when warmer."""
    litres: float = 45.0
    """Fuel in a full tank."""


def simulate_drive(
    seed: int,
    duration_s: float,
    cold_start: bool,  # noqa: FBT001 - a pair of plain questions, asked by name by every caller
    idle: bool,  # noqa: FBT001 - the same
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
    if road is None:
        road = chance.choices(("congested", "city", "arterial", "highway"), (15, 40, 35, 10))[0]
    motions = _standing() if idle else trip(chance, road)
    car = _Car(engine or EngineModel(), chance, cold_start=cold_start)
    count = int(duration_s / PERIOD_S) + 1
    samples = [car.off(0.0)]
    samples += [car.step(second * PERIOD_S, next(motions)) for second in range(1, count)]
    return Drive(name=f"simulated-{seed}", source="simulated", samples=tuple(samples))


def _standing() -> Iterator[Motion]:
    """Yield a standstill without end."""
    while True:
        yield Motion(0.0, 0.0, coasting=False)
