"""Reading an extract of OpenStreetMap (`.osm.pbf`, `.osm`, …): its streets for cars.

They are cut at crossings.
What is left out: turn restrictions, barriers, and ways that are closed to cars or private. Ways
that leave the extract are cut where it ends.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import osmium
from msgspec import Struct
from osmium.filter import IdFilter, KeyFilter

from gateway.streets.errors import BadExtract
from gateway.streets.street import HIGHWAYS, Street, StreetMap
from twins.units import Position

ATTRIBUTION: Final = "© OpenStreetMap contributors"
LICENCE: Final = "ODbL-1.0"
URL: Final = "https://www.openstreetmap.org/copyright"

MAX_WAYS: Final = 2_000_000
"""A larger extract is refused: it would not fit into memory while it is read."""

Progress = Callable[[str, float | None], None]
"""Takes (what is being done, the share of it that is done, or None where nobody can tell)."""

_CLOSED: Final = frozenset({"no", "private", "agricultural", "forestry", "emergency"})
_ROUND: Final = frozenset({"roundabout", "circular"})
_KMH_PER_MPH: Final = 1.609344
_SPEED: Final = re.compile(r"(\d{1,3}(?:\.\d)?)\s*(mph|km/h|kmh)?")
_MOST_KMH: Final = 150.0
_TICK: Final = 4096


class _Way(Struct, frozen=True):
    """A way of the extract, before it is cut."""

    highway: str
    name: str
    limit_kmh: float
    one_way: bool
    nodes: list[int]


def read_extract(file: Path, name: str, progress: Progress | None = None) -> StreetMap:
    """Read the streets of an extract.

    Args:
        file: Of any format that libosmium reads.
        name: Of the map.
        progress: Is told how far it is.

    Raises:
        BadExtract: It is none, it is damaged, or it has no street for cars.
    """
    tell = progress or (lambda _what, _share: None)
    try:
        digest = _digest(file)
        ways = _ways(file, tell)
        places = _places(file, {node for way in ways for node in way.nodes}, tell)
    except OSError as error:
        raise BadExtract(f"{file} cannot be read: {error.strerror}") from error
    except (RuntimeError, ValueError, OverflowError) as error:
        raise BadExtract(
            f"{file} cannot be read as an extract of OpenStreetMap: {error}; it may be cut off: "
            "get it again, as .osm.pbf"
        ) from error
    tell("cutting them at crossings", 0.0)
    streets = tuple(_cut(ways, places))
    if not streets:
        raise BadExtract(f"{file} has no street on which cars drive; give an extract of a place")
    tell("cutting them at crossings", 1.0)
    return StreetMap(
        name=name,
        source=file.name,
        attribution=ATTRIBUTION,
        licence=LICENCE,
        url=URL,
        digest=digest,
        streets=streets,
    )


def _digest(file: Path) -> str:
    found = sha256()
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def _ways(file: Path, tell: Progress) -> list[_Way]:
    ways: list[_Way] = []
    tell("reading streets", None)
    read = osmium.FileProcessor(file, osmium.osm.WAY).with_filter(KeyFilter("highway"))
    for each in read:
        assert isinstance(each, osmium.osm.Way), "only ways were asked for"
        way = _way(each)
        if way is not None:
            ways.append(way)
        if len(ways) > MAX_WAYS:
            raise BadExtract(
                f"{file} has more than {MAX_WAYS:,} streets; cut the region that you need out of "
                "it (`osmium extract --bbox`)"
            )
    tell("reading streets", 1.0)
    return ways


def _places(file: Path, wanted: set[int], tell: Progress) -> dict[int, Position]:
    """Where the nodes lie, as far as the extract has them."""
    places: dict[int, Position] = {}
    tell("placing them", 0.0)
    for node in osmium.FileProcessor(file, osmium.osm.NODE).with_filter(IdFilter(wanted)):
        assert isinstance(node, osmium.osm.Node), "only nodes were asked for"
        if node.location.valid():
            places[node.id] = (node.location.lat, node.location.lon)
        if not len(places) % _TICK:
            tell("placing them", len(places) / len(wanted))
    tell("placing them", 1.0)
    return places


def _way(each: "osmium.osm.Way") -> _Way | None:
    """What a car can make of a way; None where it may not drive."""
    tags = each.tags
    highway = tags.get("highway") or ""
    if highway not in HIGHWAYS or tags.get("area") == "yes":
        return None
    # The most exact key counts.
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            if tags[key] in _CLOSED:
                return None
            break
    nodes = [node.ref for node in each.nodes]
    one_way = tags.get("oneway") or ""
    if one_way in ("-1", "reverse"):
        nodes.reverse()
    along = one_way in ("yes", "true", "1", "-1", "reverse") or (
        one_way not in ("no", "false", "0")
        and (tags.get("junction") in _ROUND or highway.startswith("motorway"))
    )
    limit = limit_kmh(tags.get("maxspeed") or "") or HIGHWAYS[highway].limit_kmh
    return _Way(highway, (tags.get("name") or "")[:100], limit, along, nodes)


def limit_kmh(text: str) -> float | None:
    """What a tag `maxspeed` says, in km/h; None where it says no number."""
    found = _SPEED.fullmatch(text.strip())
    if found is None:
        return None
    limit = float(found[1]) * (_KMH_PER_MPH if found[2] == "mph" else 1.0)
    return min(limit, _MOST_KMH) if limit >= 1 else None


def _cut(ways: list[_Way], places: dict[int, Position]) -> Iterator[Street]:
    """Cut ways at nodes that several share, or one way passes twice, and where the extract ends."""
    uses = Counter(node for way in ways for node in way.nodes)
    for way in ways:
        piece: list[int] = []
        for node in [*way.nodes, None]:
            here = node if node in places else None
            if here is not None:
                piece.append(here)
            if piece and (here is None or (uses[here] > 1 and len(piece) > 1)):
                yield from _street(way, [places[each] for each in piece])
                piece = [] if here is None else [here]
        # The end of the way has been seen as the end of its last piece.


def _street(way: _Way, line: list[Position]) -> Iterator[Street]:
    kept = [place for index, place in enumerate(line) if not index or place != line[index - 1]]
    if len(kept) > 1:
        yield Street(way.highway, way.name, way.limit_kmh, way.one_way, tuple(kept))
