"""Positions for drives that have none: added to them, never recorded.

OBD-II has no position, so each car of a fleet is given a route. A route is not on a real map: it is
a round trip over a grid of streets that all routes around one centre share, so that cars meet,
turn, and go the same ways. How fast a car moves along it is its drive's own speed.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise
from random import Random
from typing import Any, Final, NamedTuple

from geographiclib.geodesic import Geodesic

from load.drives.sample import Drive, Sample

BLOCK_M: Final = 180.0
"""Distance between two parallel streets of the grid."""
GRID_BEARING_DEG: Final = 12.0
"""Where the grid's "north" streets lead: hardly a town's streets run straight north."""


class Area(NamedTuple):
    """How far a grid of streets reaches from its centre, in blocks along its own axes."""

    west: int = -8
    east: int = 8
    south: int = 6
    north: int = 38


NORTH_OF_HARBOUR: Final = Area()
"""A strip that begins a kilometre north of the centre. The default centre of a fleet is Helsinki,
whose south is the sea; without a map this keeps nearly all cars on land."""

_TURNS: Final = 40
_LEG_BLOCKS: Final = (2, 3, 4, 6, 9)
_WGS84: Final = Geodesic.WGS84


class RoutePoint(NamedTuple):
    """Where a car is, in degrees (WGS 84)."""

    lat: float
    lon: float
    heading_deg: float
    """Clockwise from north, 0 <= heading < 360."""


class Route:
    """A round trip, given by its corners; its legs are geodesics.

    Attributes:
        corners: (lat, lon) in degrees; the last one leads back to the first.
        length_m: Once around.
    """

    def __init__(self, corners: tuple[tuple[float, float], ...]) -> None:
        if len(set(corners)) < 2:  # noqa: PLR2004 - two ends make a line
            raise ValueError(f"a route of corners {corners} leads nowhere; give it two or more")
        self.corners = corners
        self._ends = [ends for ends in pairwise((*corners, corners[0])) if ends[0] != ends[1]]
        lengths = (_WGS84.Inverse(*a, *b, Geodesic.DISTANCE)["s12"] for a, b in self._ends)
        self._starts_m = [0.0, *accumulate(lengths)]
        self.length_m: float = self._starts_m[-1]
        # A fleet has thousands of legs and drives along few of them: made when first driven.
        self._legs: dict[int, Any] = {}

    def at(self, distance_m: float) -> RoutePoint:
        """Return the point so far along the route; it begins again at its end."""
        along_m = math.fmod(distance_m, self.length_m)
        if along_m < 0:
            along_m += self.length_m
        index = min(bisect_right(self._starts_m, along_m) - 1, len(self._ends) - 1)
        leg = self._legs.get(index)
        if leg is None:
            start, end = self._ends[index]
            leg = self._legs[index] = _WGS84.InverseLine(*start, *end)
        found = leg.Position(along_m - self._starts_m[index])
        return RoutePoint(found["lat2"], found["lon2"], found["azi2"] % 360.0)


def route(seed: int, center: tuple[float, float], area: Area = NORTH_OF_HARBOUR) -> Route:
    """Return a round trip over the streets around a centre, the same for the same arguments.

    Args:
        seed: Chooses where it begins and how it turns.
        center: (lat, lon) in degrees.
        area: How far the streets reach.
    """
    lat, lon = center
    if not (-80 <= lat <= 80 and -180 <= lon <= 180):  # noqa: PLR2004 - streets end before the poles
        raise ValueError(f"{center} is no (lat, lon) in degrees between 80° south and 80° north")
    chance = Random(seed)
    column, row = chance.randint(area.west, area.east), chance.randint(area.south, area.north)
    start = column, row
    crossings = [start]
    along_row = chance.random() < 0.5  # noqa: PLR2004 - one of two ways
    for _ in range(_TURNS):
        low, high, here = (
            (area.west, area.east, column) if along_row else (area.south, area.north, row)
        )
        leg = chance.choice(_LEG_BLOCKS) * chance.choice((-1, 1))
        there = here + leg
        if not low <= there <= high:
            there = min(high, max(low, here - leg))
        column, row = (there, row) if along_row else (column, there)
        crossings.append((column, row))
        along_row = not along_row
    # Home by one corner, in the direction that does not turn on the spot.
    crossings.append((start[0], row) if along_row else (column, start[1]))
    corners = [_crossing(center, *crossing) for crossing in _without_repeats(crossings)]
    return Route(tuple(corners))


def _without_repeats(crossings: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the crossings without ones that are passed twice in a row, the ends included."""
    kept = [crossings[0], *(b for a, b in pairwise(crossings) if a != b)]
    return kept[:-1] if kept[-1] == kept[0] else kept


@lru_cache(maxsize=4096)
def _crossing(center: tuple[float, float], column: int, row: int) -> tuple[float, float]:
    """Return where two streets cross, in degrees."""
    bearing = GRID_BEARING_DEG + math.degrees(math.atan2(column, row))
    found = _WGS84.Direct(*center, bearing, BLOCK_M * math.hypot(column, row))
    return found["lat2"], found["lon2"]


class Odometer:
    """How far a car has come, from its speeds."""

    def __init__(self) -> None:
        self.distance_m = 0.0
        self._at_s: float | None = None
        self._speed_kmh = 0.0

    def add(self, sample: Sample) -> float:
        """Return the distance in metres up to this sample.

        Between two samples the speed is taken to change evenly; a sample without a speed keeps the
        last one.
        """
        speed = self._speed_kmh if sample.speed_kmh is None else sample.speed_kmh
        if self._at_s is not None:
            mean_ms = (self._speed_kmh + speed) / 2 / 3.6
            self.distance_m += mean_ms * max(0.0, sample.at_s - self._at_s)
        self._at_s = sample.at_s
        self._speed_kmh = speed
        return self.distance_m

    def park(self) -> None:
        """Forget the last sample's time and speed: the next one begins another lap."""
        self._at_s = None
        self._speed_kmh = 0.0


def place(drive: Drive, along: Route) -> Iterator[RoutePoint]:
    """Yield where the car is at each sample of the drive, beginning at the route's first corner."""
    odometer = Odometer()
    for sample in drive.samples:
        yield along.at(odometer.add(sample))
