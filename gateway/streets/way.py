"""Way: from one place to another along streets, with the time at each of its points."""

import math
from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import Final

from msgspec import Struct

from twins.units import Position

EARTH_M: Final = 6_371_008.8
"""The globe's mean radius (IUGG)."""

OFF_STREET_MS: Final = 10 / 3.6
"""How fast one gets from a yard to the street: 10 km/h, assumed."""


class Way(Struct, frozen=True):
    """A way. It describes itself: where a car is on it after so many seconds needs no map.

    Invariant: `times_s` begins with 0, never falls, and has as many entries as `line`.
    """

    line: tuple[Position, ...]
    times_s: tuple[float, ...]
    """Seconds from the start until each point."""
    names: tuple[str, ...] = ()
    """The streets' names in order, as far as they have one."""

    @property
    def eta_s(self) -> float:
        """Seconds from its start to its end."""
        return self.times_s[-1]

    @property
    def length_m(self) -> float:
        """How long it is, in metres."""
        return sum(span_m(start, end) for start, end in pairwise(self.line))

    def at(self, seconds: float) -> Position:
        """Where one is so many seconds after the start; beyond its ends: there."""
        if seconds <= 0:
            return self.line[0]
        if seconds >= self.eta_s:
            return self.line[-1]
        index = bisect_right(self.times_s, seconds) - 1
        began, ended = self.times_s[index], self.times_s[index + 1]
        share = (seconds - began) / (ended - began)
        (lat, lon), (next_lat, next_lon) = self.line[index], self.line[index + 1]
        return (lat + share * (next_lat - lat), lon + share * (next_lon - lon))


def span_m(start: Position, end: Position) -> float:
    """The distance of two places in metres, by the haversine formula.

    Half a percent from the truth at worst, and twenty times as fast as a geodesic: maps have very
    many short pieces.
    """
    lat, next_lat = math.radians(start[0]), math.radians(end[0])
    up = math.sin((next_lat - lat) / 2)
    along = math.sin(math.radians(end[1] - start[1]) / 2)
    part = up * up + math.cos(lat) * math.cos(next_lat) * along * along
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(part)))


def running(times_s: list[float]) -> tuple[float, ...]:
    """Running sums, from 0, to a tenth of a millisecond."""
    return tuple(round(each, 4) for each in accumulate(times_s, initial=0.0))
