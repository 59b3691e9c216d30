"""Small maps: an extract of OpenStreetMap as text, and towns that are made up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium

from gateway.streets.network import Network
from gateway.streets.osm import read_extract
from gateway.streets.town import generate_town

HELSINKI = (60.17, 24.94)

Nodes = dict[int, tuple[float, float]]


def write_extract(file: Path, nodes: Nodes, ways: list[tuple[list[int], dict[str, str]]]) -> Path:
    """Write an extract with these nodes, (latitude, longitude) each, and these ways."""
    with osmium.SimpleWriter(str(file), overwrite=True) as writer:
        for number, (lat, lon) in sorted(nodes.items()):
            writer.add_node(osmium.osm.mutable.Node(id=number, location=(lon, lat)))
        for number, (refs, tags) in enumerate(ways, 1):
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags))
    return file


def network_of(folder: Path, nodes: Nodes, ways: list[tuple[list[int], dict[str, str]]]) -> Network:
    """The network of such an extract."""
    return Network(read_extract(write_extract(folder / "small.osm.pbf", nodes, ways), "small"))


def made_up(seed: int = 1) -> Network:
    """A town that does not exist, about Helsinki's centre."""
    return Network(generate_town("town", seed, HELSINKI))


def pairs(network: Network, chance: Any, count: int) -> Iterator[tuple[Any, Any]]:
    """Places on streets of a network, two and two."""
    ends = sorted({street.line[0] for street in network.map.streets})
    for _ in range(count):
        yield chance.choice(ends), chance.choice(ends)
