"""The ground: streets for both towns, on which cars and companies are."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from deploy.demo.cast import town_of
from deploy.demo.ground import FIRST, KERAVA, REAL, SECOND, Ground, lay, made_up
from deploy.demo.plan import TRIPS, load_drives, plan_cars
from deploy.demo.stories.roadside import PLOTS
from deploy.demo.world import TOWNS, build_world
from gateway.streets import Shelf
from gateway.streets.town import generate_town
from gateway.streets.way import span_m
from load.drives.fleet import HELSINKI
from load.drives.rounds import DETAIL_M, LENGTH_M, Rounds
from load.providers.world import Fleet, RentalDepot

GROUND = made_up(1)


def test_a_round_trip_is_driven_as_streets_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some kilometres round the town and home, and nobody drives against a one way street."""
    network = GROUND.networks[0]
    allowed = {
        pair
        for street in network.map.streets
        for line in ((street.line,) if street.one_way else (street.line, street.line[::-1]))
        for pair in pairwise(line)
    }
    monkeypatch.setattr("load.drives.rounds.DETAIL_M", -1.0)  # not even straight pieces are joined
    for seed in range(20):
        trip = Rounds(network).trip(Random(seed))
        corners = trip.corners

        assert LENGTH_M <= trip.length_m < 4 * LENGTH_M
        assert set(pairwise((*corners, corners[0]))) <= allowed


def test_a_trip_keeps_to_its_streets() -> None:
    """Bends that nobody would notice are left out, others are not."""
    network = GROUND.networks[0]
    trip = Rounds(network).trip(Random(1))
    points = [trip.at(metres) for metres in range(0, int(trip.length_m), 50)]

    assert all(network.nearest((each.lat, each.lon)).off_m < 2 * DETAIL_M for each in points)


def test_a_trip_is_the_same_for_the_same_chance() -> None:
    """And another one for another."""
    rounds = Rounds(GROUND.networks[0])

    assert rounds.trip(Random(1)).corners == rounds.trip(Random(1)).corners
    assert rounds.trip(Random(1)).corners != rounds.trip(Random(2)).corners


def test_everybody_is_in_town() -> None:
    """Trucks, cabs, depots and dealers stand on streets; cars begin and stay on theirs."""
    world = build_world(1, 60, GROUND)
    places = [
        vehicle.base
        for each in world.providers
        if isinstance(each, Fleet)
        for vehicle in each.vehicles
    ]
    places += [each.position for each in world.providers if isinstance(each, RentalDepot)]

    assert places
    for place in places:
        assert min(_off_m(network, place) for network in GROUND.networks) < 1.0
    plans, _ = plan_cars(load_drives(None, 1).drives, 60, 1, world, (), 1, 3.0, PLOTS, GROUND)
    for plan in plans:
        start = plan.route.at(0.0)
        town = TOWNS.index(town_of(int(plan.key[1:]), 60))
        assert _off_m(GROUND.networks[town], (start.lat, start.lon)) < 1.0


def _off_m(network: object, place: tuple[float, float]) -> float:
    spot = network.grid.nearest(place, 400.0, network.driven)  # type: ignore[attr-defined]  # a network of streets
    return 1e9 if spot is None else float(spot.off_m)


def test_a_large_fleet_shares_its_trips() -> None:
    """At most so many are drawn; who shares one begins it elsewhere."""
    world = build_world(1, 500, GROUND)
    plans, _ = plan_cars(load_drives(None, 1).drives, 500, 1, world, (), 1, 3.0, PLOTS, GROUND)
    first = [plan for plan in plans if town_of(int(plan.key[1:]), 500) is TOWNS[0]]
    trips = {frozenset(plan.route.corners) for plan in first}
    starts = {plan.route.corners[0] for plan in first[: TRIPS + 1 : TRIPS]}

    assert len(trips) <= TRIPS
    assert 2 == len(starts)


def test_without_a_real_map_a_town_is_made_up(tmp_path: Path) -> None:
    """And stays the same in later runs; a real one that comes later is taken."""
    shelf = Shelf(tmp_path / "user")
    lay(tmp_path / "demo", shelf, 1)
    before = Ground.of(tmp_path / "demo")
    lay(tmp_path / "demo", shelf, 2)

    assert [FIRST, SECOND] == [network.map.name for network in before.networks]
    assert before.networks[0].map == Ground.of(tmp_path / "demo").networks[0].map
    assert not (tmp_path / "user").exists()
    shelf.keep(generate_town(REAL, 9, HELSINKI))
    lay(tmp_path / "demo", shelf, 1)
    assert [REAL, SECOND] == [n.map.name for n in Ground.of(tmp_path / "demo").networks]


def test_a_broken_map_of_the_users_is_left_out(tmp_path: Path) -> None:
    """With a word about it; the demo goes on without."""
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / f"{REAL}.streets").write_bytes(b"broken")
    left_out = lay(tmp_path / "demo", Shelf(tmp_path / "user"), 1)

    assert ["helsinki"] == [why.split()[2] for why in left_out]
    assert FIRST == Ground.of(tmp_path / "demo").networks[0].map.name


@pytest.mark.parametrize(("town", "center"), [(0, HELSINKI), (1, KERAVA)])
def test_towns_lie_where_they_are(town: int, center: tuple[float, float]) -> None:
    """Their places are within some kilometres of the middle that the story names."""
    chance = Random(1)

    assert all(span_m(GROUND.place(town, chance), center) < 7000 for _ in range(50))
