"""Ways: the fastest, from door to door, as one may drive."""

import heapq
import math
import threading
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from support.streets import made_up, network_of, pairs

from gateway.streets import Network, NoWay, OffTheMap, Way
from gateway.streets.way import span_m

SQUARE = {
    1: (60.170, 24.940), 2: (60.170, 24.945), 3: (60.173, 24.945), 4: (60.173, 24.940),
}  # fmt: skip
ROAD = {"highway": "residential", "maxspeed": "30"}


def dijkstra(network: Network, start: object, end: object) -> float:
    """Seconds of the fastest way between two crossings, by another algorithm."""
    beside: dict[object, list[tuple[object, float]]] = {}
    for street in network.map.streets:
        seconds = sum(span_m(a, b) for a, b in pairwise(street.line)) / street.speed_ms
        beside.setdefault(street.line[0], []).append((street.line[-1], seconds))
        if not street.one_way:
            beside.setdefault(street.line[-1], []).append((street.line[0], seconds))
    best = {start: 0.0}
    waiting = [(0.0, 0, start)]
    while waiting:
        seconds, _, here = heapq.heappop(waiting)
        if here == end:
            return seconds
        for there, more in beside.get(here, ()):
            if seconds + more < best.get(there, math.inf):
                best[there] = seconds + more
                heapq.heappush(waiting, (seconds + more, len(best), there))
    raise AssertionError("there is no way")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_way_is_faster(seed: int) -> None:
    """A* finds what Dijkstra's algorithm finds, on a town with one way streets."""
    network = made_up(seed)
    for start, end in pairs(network, Random(seed), 60):
        found = network.way(start, end)

        assert dijkstra(network, start, end) == pytest.approx(found.eta_s, abs=0.01)


def test_a_way_is_driven_as_streets_allow() -> None:
    """Every piece of it is a piece of a street, in a direction in which that may be driven."""
    network = made_up()
    allowed = set()
    for street in network.map.streets:
        allowed |= set(pairwise(street.line))
        if not street.one_way:
            allowed |= set(pairwise(street.line[::-1]))
    for start, end in pairs(network, Random(5), 60):
        found = network.way(start, end)

        assert set(pairwise(found.line)) <= allowed | {(start, end)}


def test_a_way_from_within_a_street_begins_there(tmp_path: Path) -> None:
    """It goes to the street, along it in the better direction, and off it again."""
    network = network_of(tmp_path, SQUARE, [([1, 2], ROAD), ([2, 3], ROAD)])
    start, end = (60.1701, 24.942), (60.172, 24.9452)
    found = network.way(start, end)

    assert [start, end] == [found.line[0], found.line[-1]]
    assert SQUARE[2] in found.line
    assert SQUARE[1] not in found.line


def test_on_one_street_one_drives_straight_on_or_around(tmp_path: Path) -> None:
    """Forwards along a one way street; backwards only around the block."""
    one_way = {**ROAD, "oneway": "yes"}
    network = network_of(tmp_path, SQUARE, [([1, 2], one_way), ([2, 3, 4, 1], ROAD)])
    west, east = (60.170, 24.941), (60.170, 24.944)

    assert span_m(west, east) == pytest.approx(network.way(west, east).length_m, abs=1.0)
    around = network.way(east, west)
    assert {SQUARE[2], SQUARE[3], SQUARE[4], SQUARE[1]} <= set(around.line)


def test_faster_streets_are_preferred(tmp_path: Path) -> None:
    """The longer way round, if it takes less time; times follow from limit and class."""
    nodes = {**SQUARE, 5: (60.1715, 24.9425)}
    network = network_of(
        tmp_path, nodes,
        [([1, 5, 3], {"highway": "service", "maxspeed": "10"}),
         ([1, 2], {"highway": "trunk"}), ([2, 3], {"highway": "trunk"})],
    )  # fmt: skip
    found = network.way(SQUARE[1], SQUARE[3])

    assert SQUARE[2] in found.line
    assert found.length_m / (80 * 0.75 / 3.6) == pytest.approx(found.eta_s, abs=0.01)


def test_places_without_a_street_are_off_the_map() -> None:
    """Said with the place and how far was looked."""
    network = made_up()

    with pytest.raises(OffTheMap, match=r"within 500 m of 61\.000000,24\.940000"):
        network.way((60.17, 24.94), (61.0, 24.94))


def test_an_island_is_not_driven(tmp_path: Path) -> None:
    """What cannot be reached is drawn; cars keep to the streets that lead everywhere."""
    nodes = {**SQUARE, 8: (60.1703, 24.9401), 9: (60.1703, 24.9405)}
    network = network_of(tmp_path, nodes, [([1, 2], ROAD), ([2, 3], ROAD), ([8, 9], ROAD)])

    assert [True, True, False] == list(network.driven)
    assert 0 == network.nearest((60.1703, 24.9403)).street


def test_a_place_is_on_the_nearest_street() -> None:
    """The foot of the perpendicular, or the nearer end; by looking at every piece."""
    network = made_up()
    chance = Random(3)
    for _ in range(15):
        place = (chance.uniform(60.155, 60.185), chance.uniform(24.91, 24.97))
        spot = network.nearest(place, 5000.0)
        nearest = min(
            span_m(place, (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))
            for street in network.map.streets
            for a, b in pairwise(street.line)
            for share in (each / 20 for each in range(21))
        )

        assert spot.off_m <= nearest * 1.005 + 0.01
        assert nearest - 6.0 <= spot.off_m * 1.005 + 0.01


def test_a_car_passes_the_points_of_its_way_in_time() -> None:
    """At its start before it leaves, at its end ever after, and between at an even speed."""
    way = Way(((60.0, 24.0), (60.001, 24.0), (60.001, 24.004)), (0.0, 10.0, 30.0))

    assert [(60.0, 24.0), (60.0005, 24.0), (60.001, 24.0), (60.001, 24.001), (60.001, 24.004)] == [
        pytest.approx(way.at(seconds)) for seconds in (-1.0, 5.0, 10.0, 15.0, 99.0)
    ]


def test_nowhere_to_go_takes_no_time() -> None:
    """A way from a place to itself."""
    network = made_up()
    place = network.map.streets[0].line[0]

    assert 0.0 == network.way(place, place).eta_s


def test_searches_do_not_disturb_each_other() -> None:
    """Several threads on one network find what each finds alone, and leave nothing behind."""
    network = made_up()
    asked = list(pairs(network, Random(9), 40))
    alone = [network.way(*each) for each in asked]
    size = network._graph.num_nodes(), network._graph.num_edges()
    found: list[list[Way]] = [[] for _ in range(4)]

    def ask(mine: list[Way]) -> None:
        mine.extend(network.way(*each) for each in asked)

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in found]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert [alone] * 4 == found
    assert size == (network._graph.num_nodes(), network._graph.num_edges())


def test_streets_that_only_lead_away_are_not_driven(tmp_path: Path) -> None:
    """Of two that are joined by a one way street only one can be left and reached again."""
    nodes = {**SQUARE, 5: (60.175, 24.945)}
    away = {**ROAD, "oneway": "yes"}
    network = network_of(
        tmp_path, nodes, [([1, 2], ROAD), ([2, 3], ROAD), ([3, 4], ROAD), ([3, 5], away)]
    )

    assert [False] == [
        driven for street, driven in zip(network.map.streets, network.driven, strict=True)
        if street.line[-1] == nodes[5]
    ]  # fmt: skip


def test_no_way_is_an_error_of_its_own() -> None:
    """For who asks without a map's main part."""
    network = made_up()
    start, end = network.map.streets[0].line[0], network.map.streets[-1].line[0]
    network._graph.remove_edges_from(list(network._graph.edge_list()))

    with pytest.raises(NoWay, match="no way leads from"):
        network.way(start, end)
