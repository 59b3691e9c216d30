"""How often a coolant temperature rose in a row: what Vigil's overheating rule counts.

The rule: ten rises beyond the noise band, without a fall beyond it, from 95 °C up. A cold engine
rises sixty times in a row while it warms up, and a warm one by ten degrees when a thermostat opens
late; a sound engine does neither at 95 °C and above.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

NOISE_BAND_C: Final = 0.5
"""A change of at most this is noise: less than the one degree that most sensors resolve."""
OVERHEATING_FROM_C: Final = 95.0
"""The rule counts from this reading up."""
OVERHEATING_RISES: Final = 10
"""So many rises in a row are overheating."""


class Rise(msgspec.Struct, frozen=True):
    """The longest run of rises without a fall between."""

    rises: int
    """How many; 0 if the temperature never rose."""
    start_s: float
    """When the run began; 0 without a rise."""
    end_s: float
    """When it was at its highest."""
    start_c: float
    """The reading that it rose from; NaN without a rise."""
    end_c: float
    """Its highest reading."""

    def __str__(self) -> str:
        if not self.rises:
            return "no rise"
        return (
            f"{self.rises} rises from {self.start_c:g} °C at {self.start_s:.0f} s "
            f"to {self.end_c:g} °C at {self.end_s:.0f} s"
        )


def longest_rise(
    coolant: Iterable[tuple[float, float]],
    *,
    from_c: float = -273.15,
    below_c: float = 1000.0,
    band_c: float = NOISE_BAND_C,
) -> Rise:
    """Return the longest run of rises in readings (at_s, coolant_c).

    A reading more than `band_c` above the last one that counted is a rise, one more than `band_c`
    below it is a fall and begins a new run; others are noise and don't count. A reading outside
    `from_c <= reading < below_c` ends the run: the first one inside again is where the next rises
    from. So a climb in steps smaller than the band counts too, once they add up to more.
    """
    longest = Rise(0, 0.0, 0.0, float("nan"), float("nan"))
    level_c: float | None = None
    rises, start_s, start_c = 0, 0.0, 0.0
    for at_s, reading_c in coolant:
        if not from_c <= reading_c < below_c:
            level_c = None
        elif level_c is None or reading_c < level_c - band_c:
            level_c = reading_c
            rises, start_s, start_c = 0, at_s, reading_c
        elif reading_c > level_c + band_c:
            level_c = reading_c
            rises += 1
            if rises > longest.rises:
                longest = Rise(rises, start_s, at_s, start_c, reading_c)
    return longest


def overheats(coolant: Iterable[tuple[float, float]]) -> bool:
    """Return whether the rule would call these readings (at_s, coolant_c) overheating."""
    return longest_rise(coolant, from_c=OVERHEATING_FROM_C).rises >= OVERHEATING_RISES
