"""One reading of a car's sensors, and the drive that it belongs to."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal

import msgspec

COLD_C = 50.0
"""A drive whose first coolant reading is at most this began cold.

A thermostat opens above 80 °C, and an engine keeps more than 50 °C for hours, so a recorded drive
is clearly on one side.
"""


class Sample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a car's sensors said at one moment. `None`: not measured, or not readable.

    Scales and ranges are those of the OBD-II parameters (SAE J1979, mode 01); the number of the
    parameter stands beside each field.
    """

    at_s: float
    """Seconds since the drive's first sample; never falls within a drive."""
    engine_run_s: float | None = None
    """Seconds since the engine was started (1F)."""
    rpm: float | None = None
    """Engine speed (0C)."""
    speed_kmh: float | None = None
    """Vehicle speed (0D), whole km/h in most cars."""
    throttle_pct: float | None = None
    """Throttle plate, absolute (11): does not reach 0 when closed."""
    engine_load_pct: float | None = None
    """Calculated load (04)."""
    coolant_c: float | None = None
    """Engine coolant (05), whole degrees in nearly all cars."""
    intake_air_c: float | None = None
    """Intake air (0F), whole degrees; a warm engine bay heats it."""
    fuel_level_pct: float | None = None
    """Fuel in the tank (2F); sloshes while the car moves."""
    battery_v: float | None = None
    """Voltage at the control module (42)."""
    manifold_kpa: float | None = None
    """Intake manifold, absolute (0B)."""
    timing_advance_deg: float | None = None
    """Ignition before top dead centre (0E)."""
    catalyst_c: float | None = None
    """Catalyst, bank 1, sensor 1 (3C)."""
    short_fuel_trim_pct: float | None = None
    """Short-term fuel trim, bank 1 (06)."""
    long_fuel_trim_pct: float | None = None
    """Long-term fuel trim, bank 1 (07)."""
    barometric_kpa: float | None = None
    """Air pressure outside (33)."""


class Drive(msgspec.Struct, frozen=True, kw_only=True):
    """One trip of one car.

    A drive never changes, so that many cars of a fleet can replay the same one.
    """

    name: str
    """The log's file name without its ending, or `simulated-<seed>`."""
    source: Literal["recorded", "simulated"]
    """Where the samples come from; a fault that was added to them is named in `faults`."""
    samples: tuple[Sample, ...]
    """In the order of `at_s`; at least one."""
    faults: tuple[str, ...] = ()
    """Faults added to the samples afterwards, such as `overheating`; never recorded ones."""

    def __post_init__(self) -> None:
        """Refuse a drive without samples: nothing could be replayed."""
        if not self.samples:
            raise ValueError(f"drive {self.name!r} has no samples; give it at least one")

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the last."""
        return self.samples[-1].at_s - self.samples[0].at_s

    @property
    def started_cold(self) -> bool:
        """Whether the first coolant reading was at most `COLD_C`; False if there is none."""
        first = next(self.coolant(), None)
        return first is not None and first[1] <= COLD_C

    def coolant(self) -> Iterator[tuple[float, float]]:
        """Yield (at_s, coolant_c) of every sample that has a coolant reading."""
        for sample in self.samples:
            if sample.coolant_c is not None:
                yield sample.at_s, sample.coolant_c

    def index_at(self, at_s: float) -> int:
        """Return the index of the first sample at or after `at_s`; `len(samples)` if none is."""
        return bisect_left(self.samples, at_s, key=lambda sample: sample.at_s)

    def every(self, seconds: float) -> "Drive":
        """Return the drive with at most one sample in each span of `seconds`.

        Loggers ask sensors in turn and write several rows a second that differ little; a fleet
        need not send them all. The samples kept are unchanged, their times too.
        """
        if not seconds > 0:
            raise ValueError(f"a span of {seconds} s holds no sample; give a positive one")
        kept: list[Sample] = []
        last_span = -1
        for sample in self.samples:
            span = int(sample.at_s // seconds)
            if span > last_span:
                kept.append(sample)
                last_span = span
        return msgspec.structs.replace(self, samples=tuple(kept))
