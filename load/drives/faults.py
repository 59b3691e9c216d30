"""Faults that are added to drives, because no recorded car was left to overheat.

What is added is named in `Drive.faults`; everything else in the drive stays as it was.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final

import msgspec

from load.drives.errors import FaultError
from load.drives.sample import Drive

WARM_C: Final = 80.0
"""An engine is warm from here on: its thermostat is about to open."""
OVERHEATING: Final = "overheating"
"""The fault's name in `Drive.faults`."""

_HEAT_S: Final = 15.0  # An engine's metal and water smooth what is shorter than this.
_FINEST_C: Final = 0.01
_HOTTEST_C: Final = 215.0  # What parameter 05 can send.


def overheat(
    drive: Drive, at_s: float, rate_c_per_min: float = 14.0, peak_c: float = 120.0
) -> Drive:
    """Return the drive with an engine that overheats, from `at_s` or as soon as it is warm after.

    The coolant climbs by `rate_c_per_min` on top of what was recorded (14 °C a minute are a degree
    every 4.3 s, about what a car does that lost its water pump), until it is at `peak_c`, and stays
    there. Added is to the recorded temperature with its wander; flicker shorter than 15 s is
    averaged first, since it comes from rounding, and would be rounded twice. The sum is rounded to
    the steps of the drive's own sensor, so that it looks no finer than the rest. No sample is added
    or taken away, and no other sensor changed.

    Args:
        drive: A drive without this fault.
        at_s: Seconds since the drive's first sample.
        rate_c_per_min: Degrees a minute.
        peak_c: No reading is above this.

    Raises:
        FaultError: The engine isn't warm after `at_s`, or the drive ends before the peak.
    """
    if OVERHEATING in drive.faults:
        raise FaultError(f"drive {drive.name!r} overheats already; give the drive without it")
    if not (math.isfinite(rate_c_per_min) and rate_c_per_min > 0):
        raise FaultError(f"a rate of {rate_c_per_min} °C a minute is no climb; give one above 0")
    readings = list(drive.coolant())
    onset = next((i for i, (s, c) in enumerate(readings) if s >= at_s and c >= WARM_C), None)
    if onset is None:
        raise FaultError(
            f"drive {drive.name!r} has no coolant reading of {WARM_C:g} °C or more after {at_s:g} "
            "s; let the fault begin earlier, or take a drive that gets warm"
        )
    smooth = _smoothed(readings)
    onset_s, highest_c = readings[onset][0], readings[onset][1]
    if not highest_c < peak_c <= _HOTTEST_C:
        raise FaultError(
            f"a peak of {peak_c:g} °C is not between the {highest_c:g} °C that the engine has at "
            f"{onset_s:g} s and the {_HOTTEST_C:g} °C that its sensor can send"
        )
    climb_c = peak_c - smooth[onset]
    climb_s = climb_c / rate_c_per_min * 60.0
    if onset_s + climb_s > readings[-1][0]:
        raise FaultError(
            f"drive {drive.name!r} ends at {readings[-1][0]:g} s, before {peak_c:g} °C are reached "
            f"at {onset_s + climb_s:.0f} s; let the fault begin earlier, or climb faster"
        )
    step_c = resolution(c for _, c in readings)
    heated: list[float] = [c for _, c in readings]
    for i in range(onset, len(readings)):
        added_c = min(climb_c, (readings[i][0] - onset_s) * rate_c_per_min / 60.0)
        heated[i] = min(peak_c, round(round((smooth[i] + added_c) / step_c) * step_c, 4))
    values = iter(heated)
    samples = tuple(
        sample
        if sample.coolant_c is None
        else msgspec.structs.replace(sample, coolant_c=next(values))
        for sample in drive.samples
    )
    return msgspec.structs.replace(drive, samples=samples, faults=(*drive.faults, OVERHEATING))


def resolution(values: Iterable[float]) -> float:
    """Return the smallest step between readings, in their unit; 1 if they are all the same."""
    gaps = [b - a for a, b in pairwise(sorted(set(values)))]
    return max(_FINEST_C, round(min(gaps), 4)) if gaps else 1.0


def _smoothed(readings: Sequence[tuple[float, float]]) -> list[float]:
    """Return the mean of the readings (at_s, value) within `_HEAT_S` around each."""
    times = [at_s for at_s, _ in readings]
    sums = [0.0, *accumulate(value for _, value in readings)]
    result: list[float] = []
    for at_s in times:
        first = bisect_left(times, at_s - _HEAT_S / 2)
        end = bisect_right(times, at_s + _HEAT_S / 2)
        result.append((sums[end] - sums[first]) / (end - first))
    return result
