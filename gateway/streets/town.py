"""A town that does not exist: streets where there is no map of a real one.

Like many towns it has a ring road, streets from its middle outwards, a grid of blocks between, one
way streets in its old core, and lanes that end. The same arguments give the same town.
"""

import math
from hashlib import sha256
from random import Random
from typing import Final

from gateway.streets.street import Street, StreetMap
from twins.units import Position

NAMES: Final = (
    "Linden", "Station", "Mill", "Harbour", "Church", "Market", "School", "Garden", "River",
    "Meadow", "Castle", "Bridge", "Maple", "Quarry", "Orchard", "Chapel", "Tower", "Spring",
)  # fmt: skip

BLOCK_M: Final = 210.0
"""Distance of two parallel streets."""

RADIUS_M: Final = 2600.0
"""How far the town reaches from its middle."""

TILT_DEG: Final = 12.0
"""Hardly a town's streets run straight north."""

CORE_M: Final = 700.0
"""Around the middle every second street is one way."""

_AVENUE: Final = 4
"""Every fourth street of the grid is a wide one."""

_GAP: Final = 0.08
"""Which share of the blocks' sides has no street: a park, a yard, a railway."""

_BEND_M: Final = 14.0
_M_PER_DEG: Final = 111_195.0

_Crossing = tuple[int, int]


def generate_town(name: str, seed: int, center: Position) -> StreetMap:
    """Make up a town.

    Args:
        name: Of the map.
        seed: Chooses how its streets bend, which are missing, and what they are called.
        center: Its middle, (latitude, longitude) in degrees.
    """
    if not (abs(center[0]) <= 80 and abs(center[1]) <= 180):  # noqa: PLR2004 - streets end before the poles
        raise ValueError(f"no town lies at {center}; give a place between 80° south and 80° north")
    chance = Random(f"{seed} {center}")  # noqa: S311 - draws streets; guards nothing
    half = int(RADIUS_M / BLOCK_M)
    places: dict[_Crossing, Position] = {}
    for column in range(-half, half + 1):
        for row in range(-half, half + 1):
            if math.hypot(column, row) <= half:
                east = column * BLOCK_M + chance.uniform(-_BEND_M, _BEND_M)
                north = row * BLOCK_M + chance.uniform(-_BEND_M, _BEND_M)
                places[column, row] = _place(center, east, north)
    streets = [*_grid(places, chance), *_ring(center, places)]
    digest = sha256(f"town 1 {seed} {center}".encode()).hexdigest()
    return StreetMap(
        name=name,
        source=f"generated, seed {seed}",
        attribution="Streets are made up",
        licence="CC0-1.0",
        url="",
        digest=digest,
        streets=tuple(streets),
    )


def _place(center: Position, east_m: float, north_m: float) -> Position:
    """A place so far from the middle, along the tilted axes."""
    tilt = math.radians(TILT_DEG)
    east = east_m * math.cos(tilt) + north_m * math.sin(tilt)
    north = north_m * math.cos(tilt) - east_m * math.sin(tilt)
    shrink = math.cos(math.radians(center[0]))
    return (
        round(center[0] + north / _M_PER_DEG, 7),
        round(center[1] + east / (_M_PER_DEG * shrink), 7),
    )


def _grid(places: dict[_Crossing, Position], chance: Random) -> list[Street]:
    """The streets between neighbouring crossings."""
    streets = []
    for (column, row), start in places.items():
        for beside, lane, across in (((column + 1, row), row, 1), ((column, row + 1), column, 0)):
            end = places.get(beside)
            wide = lane % _AVENUE == 0
            if end is None or (not wide and chance.random() < _GAP):
                continue
            name = f"{NAMES[lane % len(NAMES)]} {'Street' if across else 'Road'}"
            inner = max(math.hypot(column, row), math.hypot(*beside)) * BLOCK_M <= CORE_M
            one_way = inner and not wide and lane % 2 == 1
            highway = "secondary" if wide and lane == 0 else "tertiary" if wide else "residential"
            limit = 50.0 if wide else 30.0
            line = (start, _bent(start, end, chance), end)
            # Neighbouring one way streets lead in opposite directions, as in a core of old.
            back = one_way and lane % _AVENUE == 1
            streets.append(Street(highway, name, limit, one_way, line[::-1] if back else line))
    return streets


def _bent(start: Position, end: Position, chance: Random) -> Position:
    """A point between two, a little beside the straight line."""
    share = chance.uniform(-0.02, 0.02)
    (lat, lon), (next_lat, next_lon) = start, end
    shrink = math.cos(math.radians(lat))
    return (
        round((lat + next_lat) / 2 + share * (next_lon - lon) * shrink, 7),
        round((lon + next_lon) / 2 - share * (next_lat - lat) / shrink, 7),
    )


def _ring(center: Position, places: dict[_Crossing, Position]) -> list[Street]:
    """A ring road around the town, and what joins it to the ends of the wide streets."""
    ends = [
        crossing for crossing in places for beside in _outwards(crossing) if beside not in places
    ]
    gates = sorted(set(ends), key=lambda crossing: math.atan2(crossing[1], crossing[0]))
    radius = RADIUS_M + BLOCK_M
    on_ring = []
    for column, row in gates:
        away = radius / math.hypot(column, row)
        on_ring.append(_place(center, column * away, row * away))
    ring = []
    for index, (crossing, start) in enumerate(zip(gates, on_ring, strict=True)):
        ring.append(_both_ways("tertiary", "Gate Street", 50.0, places[crossing], start))
        end = on_ring[(index + 1) % len(on_ring)]
        ring.append(_both_ways("trunk", "Ring Road", 80.0, start, end))
    return ring


def _both_ways(highway: str, name: str, limit_kmh: float, *line: Position) -> Street:
    return Street(highway, name, limit_kmh, one_way=False, line=line)


def _outwards(crossing: _Crossing) -> list[_Crossing]:
    """The next crossings outwards along the wide streets on which a crossing lies."""
    column, row = crossing
    found = []
    if row % _AVENUE == 0 and column:
        found.append((column + (1 if column > 0 else -1), row))
    if column % _AVENUE == 0 and row:
        found.append((column, row + (1 if row > 0 else -1)))
    return found
