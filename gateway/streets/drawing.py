"""Drawing: streets of a box as GeoJSON (RFC 7946), no finer than can be seen."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from gateway.streets.network import Network
from gateway.streets.street import HIGHWAYS, Box, Street
from gateway.streets.way import EARTH_M
from twins.units import Position

PIXELS: Final = 1500
"""How wide a screen is taken to be: what is less than a pixel apart is one."""

MAX_STREETS: Final = 20_000
"""More than these are never drawn at once; the small ones are left out first."""

RANKS: Final = ((0.08, 3), (0.4, 2), (2.0, 1))
"""(up to so many degrees wide, up to this rank of streets is drawn); beyond: rank 0."""

M_PER_DEG: Final = math.pi * EARTH_M / 180


def chosen(networks: Iterable[Network], box: Box) -> list[Street]:
    """The streets that are worth drawing in a box, large ones last, so that they lie on top."""
    width = max(box.east - box.west, box.north - box.south)
    rank = next((rank for limit, rank in RANKS if width <= limit), 0)
    found = [
        network.map.streets[number]
        for network in networks
        if network.box.meets(box)
        for number in network.grid.inside(box)
    ]
    found = [street for street in found if HIGHWAYS[street.highway].rank <= rank]
    found.sort(key=lambda street: -HIGHWAYS[street.highway].rank)
    return found[-MAX_STREETS:]


def tolerance_m(box: Box) -> float:
    """What cannot be told apart on a screen that shows the box, in metres."""
    return max(box.east - box.west, box.north - box.south) * M_PER_DEG / PIXELS


def feature_collection(networks: Sequence[Network], box: Box) -> bytes:
    """The streets of a box, with what has to be said about where they come from."""
    seen = [network for network in networks if network.box.meets(box)]
    off_m = tolerance_m(box)
    features = [_feature(street, off_m) for street in chosen(seen, box)]
    body: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": features,
        "attribution": [attribution(network) for network in seen],
    }
    return msgspec.json.encode(body)


def attribution(network: Network) -> dict[str, str]:
    """What has to be shown wherever the streets of a map are."""
    streets = network.map
    return {
        "map": streets.name,
        "text": streets.attribution,
        "licence": streets.licence,
        "url": streets.url,
    }


def _feature(street: Street, off_m: float) -> dict[str, Any]:
    line = simplified(street.line, off_m)
    return {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": [(round(lon, 6), round(lat, 6)) for lat, lon in line],
        },
        "properties": {
            "highway": street.highway,
            "rank": HIGHWAYS[street.highway].rank,
            "name": street.name,
            "one_way": street.one_way,
        },
    }


def simplified(line: Sequence[Position], off_m: float) -> list[Position]:
    """The line without points that lie less than `off_m` beside it (Douglas and Peucker 1973)."""
    shrink = math.cos(math.radians(line[0][0]))
    flat = [(lon * shrink * M_PER_DEG, lat * M_PER_DEG) for lat, lon in line]
    kept = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        offs = [
            (_off_m(flat[each], flat[first], flat[last]), each) for each in range(first + 1, last)
        ]
        farthest, index = max(offs, default=(-math.inf, 0))
        if farthest > off_m:
            kept.add(index)
            spans += [(first, index), (index, last)]
    return [line[each] for each in sorted(kept)]


def _off_m(
    point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> float:
    """The distance of a point from a piece, in metres."""
    (x, y), (u, v) = start, end
    dx, dy = u - x, v - y
    length2 = dx * dx + dy * dy
    share = 0.0 if not length2 else ((point[0] - x) * dx + (point[1] - y) * dy) / length2
    share = min(1.0, max(0.0, share))
    return math.hypot(x + share * dx - point[0], y + share * dy - point[1])
