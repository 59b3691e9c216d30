"""Vehicles on streets: where there is a map they drive on it, and arrive when they said."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from provider_kit import Clock, small_world
from support.streets import network_of

from gateway.streets import Network, Shelf, Way
from gateway.streets.town import generate_town
from load.providers.contract import AvailabilityRequest, ConfirmRequest, HoldRequest, Position
from load.providers.inventory import Inventory
from load.providers.movement import Drive, Route, distance_m
from load.providers.movement import Path as StreetPath
from load.providers.offers import Quote
from load.providers.roads import roads_of
from load.providers.world import TowOperator, Vehicle, World

CENTER = (60.20, 24.90)
NEAR: Position = (60.2071, 24.9122)
FAR_OFF: Position = (60.35, 24.90)


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """A folder with the map of a town."""
    Shelf(tmp_path / "maps").keep(generate_town("town", 1, CENTER))
    return tmp_path / "maps"


@pytest.fixture
def towing(tmp_path: Path, clock: Clock, maps: Path) -> Iterator[Inventory]:
    """Operator t1 with a truck in town and one far outside, on the town's streets."""
    trucks = (
        Vehicle(item="truck-1", title="truck 1", base=(60.1921, 24.8811)),
        Vehicle(item="truck-2", title="truck 2", base=FAR_OFF),
    )
    operator = small_world().provider("t1")
    assert isinstance(operator, TowOperator)
    world = World(time_scale=60, providers=(operator.model_copy(update={"vehicles": trucks}),))
    opened = Inventory(world, tmp_path / "inventory.db", clock, roads_of(maps))
    yield opened
    opened.close()


def test_a_truck_drives_on_streets_and_arrives_when_it_said(
    towing: Inventory, clock: Clock
) -> None:
    """At every moment it is on a street, its estimate falls with the clock, and it is there."""
    network = Network(generate_town("town", 1, CENTER))
    offer = towing.offers("t1", AvailabilityRequest(service="tow", near=NEAR))[0]
    assert offer.eta_s is not None
    request = HoldRequest(
        offer_id="truck-1", arrangement_id="a1", customer_id="c1", expires_at=None, near=NEAR
    )
    towing.hold("t1", "h1", request)
    towing.confirm("t1", "h1", ConfirmRequest())
    began, seen = clock.now, []
    while clock.now < began + offer.eta_s / 60:
        seen.append(towing.position("t1", "h1"))
        clock.now += 0.25
    clock.now = began + offer.eta_s / 60 + 0.001
    there = towing.position("t1", "h1")

    assert (True, NEAR) == (there.arrived, there.position)
    for at in seen[1:]:
        off_m = network.nearest(at.position, 5000).off_m
        # To and from the street it may cross a yard.
        assert off_m < 1.0 or min(
            distance_m(at.position, end) for end in (NEAR, (60.1921, 24.8811))
        ) <= 150  # fmt: skip
    for before, after in pairwise(seen):
        assert before.eta_s - after.eta_s == pytest.approx(15.0, abs=0.11)
    metres = [distance_m(a.position, b.position) for a, b in pairwise(seen)]
    assert max(metres) / 15 * 3.6 <= 80 * 0.75


def test_off_the_map_a_truck_drives_as_the_crow_flies(towing: Inventory) -> None:
    """The one far outside has no street there: its estimate is that of the geodesic."""
    offers = towing.offers("t1", AvailabilityRequest(service="tow", near=NEAR))
    far = next(offer for offer in offers if offer.item == "truck-2")

    assert far.eta_s == pytest.approx(distance_m(FAR_OFF, NEAR) / 10, abs=0.1)


def test_the_price_is_for_the_way_that_is_driven(towing: Inventory) -> None:
    """A detour costs what it is long, and both legs count."""
    operator = towing.world.provider("t1")
    assert isinstance(operator, TowOperator)
    to: Position = (60.1931, 24.9102)
    request = AvailabilityRequest(service="tow", near=NEAR, to=to)
    offer = next(each for each in towing.offers("t1", request) if each.item == "truck-1")
    network = Network(generate_town("town", 1, CENTER))
    length_m = network.way((60.1921, 24.8811), NEAR).length_m + network.way(NEAR, to).length_m

    assert operator.base_cents + operator.km_cents * length_m / 1000 == pytest.approx(
        offer.price_cents, abs=1
    )


def test_the_soonest_comes_first_not_the_nearest(tmp_path: Path, clock: Clock) -> None:
    """Beside the place but on the wrong side of a one way street is farther than down the road."""
    nodes = {1: (60.20, 24.90), 2: (60.20, 24.91), 3: (60.22, 24.91), 4: (60.22, 24.90)}
    one_way = {"highway": "residential", "oneway": "yes"}
    network = network_of(tmp_path, nodes, [([1, 2], one_way), ([2, 3, 4, 1], one_way)])
    trucks = (
        Vehicle(item="beside", title="beside", base=(60.20, 24.9059)),
        Vehicle(item="before", title="before", base=(60.20, 24.9010)),
    )
    operator = small_world().provider("t1")
    assert isinstance(operator, TowOperator)
    world = World(providers=(operator.model_copy(update={"vehicles": trucks}),))
    inventory = Inventory(world, tmp_path / "inventory.db", clock, network.way)
    request = AvailabilityRequest(service="tow", near=(60.20, 24.9050))
    items = [offer.item for offer in inventory.offers("t1", request)]
    inventory.close()

    assert ["before", "beside"] == items


def test_a_job_is_kept_with_its_way() -> None:
    """What a route says of itself survives the database; one of before has no way, and goes on."""
    way = Way(((60.0, 24.0), (60.01, 24.0)), (0.0, 100.0))
    path = StreetPath.along(way)
    route = Route(
        origin=(60.0, 24.0), near=(60.01, 24.0), to=None, speed_kmh=36, stop_s=0, path=path
    )
    drive = Drive(route=route, started_at=0.0, time_scale=1)
    older = {
        "origin": (60.0, 24.0), "near": (60.01, 24.0), "to": None, "speed_kmh": 36, "stop_s": 0,
    }  # fmt: skip

    assert drive == Drive.model_validate_json(drive.model_dump_json())
    assert 50.0 == drive.at(50.0).eta_s
    assert Route.model_validate(older).path is None
    assert Quote.model_validate({"offer": _offer(), "route": older}).route is not None


def _offer() -> dict[str, object]:
    return {
        "offer_id": "x", "item": "x", "title": "x", "price_cents": 1, "currency": "EUR",
    }  # fmt: skip


@pytest.mark.parametrize("times", [(), (0.0,), (5.0, 0.0), (0.0, 1.0, 2.0)])
def test_a_path_has_a_time_for_each_point(times: tuple[float, ...]) -> None:
    """What does not fit together is refused where it is read."""
    with pytest.raises(ValueError, match="a time for each of them"):
        StreetPath(line=((60.0, 24.0), (60.01, 24.0)), times_s=times, length_m=1.0)
