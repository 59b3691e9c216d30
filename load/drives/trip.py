"""How a car moves through traffic: its speed, second by second."""

from collections.abc import Iterator
from random import Random
from typing import Final, Literal, NamedTuple

Road = Literal["congested", "city", "arterial", "highway"]
"""Where a simulated car drives.

The first three are calibrated on recorded drives of that kind (the carOBD drives `live12`,
`drive1`, and `live5` with `live10`). No recorded drive leaves town: `highway` is the same model
with a higher speed limit, and nothing was there to hold it against.
"""

KMH: Final = 3.6
"""km/h in one m/s."""


class Motion(NamedTuple):
    """What a car does in one second."""

    speed_kmh: float
    accel_ms2: float
    coasting: bool
    """Rolling or braking with the clutch open, so that the engine idles."""


class _Traffic(NamedTuple):
    """How traffic flows on a kind of road."""

    cruise_kmh: tuple[float, float]
    """Speeds that drivers aim at, lowest and highest."""
    cruise_s: float
    """How long a speed is held, on average."""
    stop: float
    """How probable it is that a stretch ends with a standstill, and not with another speed."""
    wait_s: float
    """How long a standstill lasts, on average."""
    coast: float
    """How probable it is that the driver opens the clutch when slowing down."""


_TRAFFIC: Final[dict[Road, _Traffic]] = {
    "congested": _Traffic((3.0, 28.0), 6.0, 0.45, 15.0, 0.5),
    "city": _Traffic((7.0, 41.0), 9.0, 0.20, 11.0, 0.45),
    "arterial": _Traffic((13.0, 57.0), 14.0, 0.18, 12.0, 0.4),
    "highway": _Traffic((80.0, 120.0), 90.0, 0.01, 20.0, 0.2),
}
_ACCEL_MS2: Final = (0.5, 1.5)
_BRAKE_MS2: Final = (0.7, 1.9)
_WANDER_KMH: Final = 0.8  # Nobody holds a speed exactly.
_CLOSE_KMH: Final = 8.0  # Drivers ease off the pedal this far from the speed they aim at.
_MIN_SHARE: Final = 0.35  # ... down to this share of their acceleration.


def trip(chance: Random, road: Road) -> Iterator[Motion]:
    """Yield what a car does in each second of an endless trip, beginning at a standstill."""
    traffic = _TRAFFIC[road]
    speed = 0.0
    yield from _wait(chance.uniform(8.0, 35.0))
    while True:
        target = chance.uniform(*traffic.cruise_kmh)
        for motion in _approach(chance, speed, target, traffic.coast):
            speed = motion.speed_kmh
            yield motion
        for motion in _cruise(chance, target, chance.expovariate(1 / traffic.cruise_s)):
            speed = motion.speed_kmh
            yield motion
        if chance.random() < traffic.stop:
            for motion in _approach(chance, speed, 0.0, traffic.coast):
                yield motion
            speed = 0.0
            yield from _wait(2.0 + chance.expovariate(1 / traffic.wait_s))


def _wait(seconds: float) -> Iterator[Motion]:
    """Yield a standstill."""
    for _ in range(round(seconds)):
        yield Motion(0.0, 0.0, coasting=False)


def _approach(chance: Random, speed: float, target: float, coast: float) -> Iterator[Motion]:
    """Yield the seconds until the target speed is reached, from above or below."""
    rate_kmh = chance.uniform(*(_ACCEL_MS2 if target > speed else _BRAKE_MS2)) * KMH
    coasting = target < speed and chance.random() < coast
    while abs(target - speed) > _WANDER_KMH:
        share = max(_MIN_SHARE, min(1.0, abs(target - speed) / _CLOSE_KMH))
        step = min(rate_kmh * share, abs(target - speed))
        before = speed
        speed += step if target > speed else -step
        yield Motion(speed, (speed - before) / KMH, coasting)


def _cruise(chance: Random, target: float, seconds: float) -> Iterator[Motion]:
    """Yield a speed that is held, more or less."""
    speed = target
    for _ in range(round(seconds)):
        before = speed
        speed = max(0.0, speed + 0.2 * (target - speed) + chance.gauss(0.0, _WANDER_KMH))
        yield Motion(speed, (speed - before) / KMH, coasting=False)
