"""What is idle drives to where it will be needed, and is offered from where it is."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from provider_kit import SCENE, START, Clock, hold_request, small_world
from pydantic import ValidationError

from load.providers import World
from load.providers.contract import (
    AvailabilityRequest,
    ConfirmRequest,
    ExpectedPlace,
    Moving,
    Position,
    RepositionRequest,
)
from load.providers.errors import NothingMovesError, UnavailableError
from load.providers.inventory import Inventory
from load.providers.movement import distance_m
from load.providers.repositioning import NEAR_M, depot_journeys, fleet_journeys
from load.providers.world import Car, RentalDepot, TowOperator, Vehicle

EAST: Position = (60.20, 25.30)
NORTH: Position = (60.30, 24.90)
BRANCH: Position = (60.21, 25.29)


def company() -> World:
    """The small world, whose depot has a fellow in the east."""
    plain = small_world()
    depot = plain.provider("d1")
    assert isinstance(depot, RentalDepot)
    branch = RentalDepot(
        provider_id="d2", name="Rentals East", position=BRANCH, fellows=("d1",),
        cars=(Car(item="car-9", title="estate", day_cents=5900),),
    )  # fmt: skip
    others = [each for each in plain.providers if each is not depot]
    depots = (depot.model_copy(update={"fellows": ("d2",)}), branch)
    return World(providers=(*others, *depots), time_scale=60)


@pytest.fixture
def inventory(tmp_path: Path, clock: Clock) -> Iterator[Inventory]:
    """The truth of that world."""
    opened = Inventory(company(), tmp_path / "inventory.db", clock)
    yield opened
    opened.close()


def ask(inventory: Inventory, provider_id: str, *places: tuple[Position, float]) -> list[Moving]:
    """Say where so many are expected."""
    wanted = [ExpectedPlace(near=near, expected=expected) for near, expected in places]
    return inventory.reposition(provider_id, RepositionRequest(places=wanted))


def eta_s(inventory: Inventory, near: Position) -> float:
    """Of the first truck that could be had."""
    offers = inventory.offers("t1", AvailabilityRequest(service="tow", near=near))
    return offers[0].eta_s or 0.0


def test_a_truck_drives_there_and_is_sooner(inventory: Inventory, clock: Clock) -> None:
    """The nearest one alone, since one is expected; its position lives, its offer with it."""
    before = eta_s(inventory, EAST)
    (move,) = ask(inventory, "t1", (EAST, 0.8))

    assert ("truck-2", EAST, before) == (move.item, move.to, move.eta_s)

    clock.now += before / 60 / 2
    (half,) = inventory.moves("t1")

    assert half.seen.eta_s == pytest.approx(before / 2, abs=0.2)
    assert eta_s(inventory, EAST) == pytest.approx(before / 2, abs=0.2)

    clock.now += before / 60
    (there,) = inventory.moves("t1")

    assert (EAST, True, 0.0) == (there.seen.position, there.seen.arrived, eta_s(inventory, EAST))


def test_the_same_request_again_moves_nothing(inventory: Inventory, clock: Clock) -> None:
    """While they drive, and when they are there."""
    moves = ask(inventory, "t1", (EAST, 2.0))

    assert {"truck-1", "truck-2"} == {move.item for move in moves}
    assert [] == ask(inventory, "t1", (EAST, 2.0))

    clock.now += 1000.0

    assert [] == ask(inventory, "t1", (EAST, 2.0))
    assert 2 == len(inventory.moves("t1"))


def test_they_are_sent_elsewhere_on_their_way(inventory: Inventory, clock: Clock) -> None:
    """From where they are by then; the first way ends there."""
    ask(inventory, "t1", (EAST, 1.0))
    clock.now += 5.0
    (on_its_way,) = inventory.moves("t1")
    ask(inventory, "t1", (NORTH, 2.0))
    first, *rest = inventory.moves("t1")
    second = next(move for move in rest if move.row.item == first.row.item)

    assert on_its_way.seen.position == second.drive.route.origin == first.seen.position
    assert clock.now == first.row.stopped_at


def test_who_has_a_job_is_not_moved(inventory: Inventory, clock: Clock) -> None:
    """Held or confirmed; and who is taken on its way stops, and starts from there."""
    inventory.hold("t1", "h1", hold_request("truck-1"))

    assert ["truck-2"] == [move.item for move in ask(inventory, "t1", (NORTH, 2.0))]

    clock.now += 4.0
    (driving,) = inventory.moves("t1")
    offer = inventory.offers("t1", AvailabilityRequest(service="tow", near=SCENE))[0]
    held, _ = inventory.hold("t1", "h2", hold_request("truck-2"))
    clock.now += 4.0
    inventory.confirm("t1", "h2", ConfirmRequest())
    (stopped,) = inventory.moves("t1")

    assert offer.eta_s == held.eta_s
    assert driving.seen.position == stopped.seen.position
    assert START + 4.0 == stopped.row.stopped_at
    assert driving.seen.position == inventory.position("t1", "h2").position
    assert [] == ask(inventory, "t1", (EAST, 2.0))


def test_rental_cars_go_to_the_fellow_that_is_nearer(inventory: Inventory, clock: Clock) -> None:
    """They can be fetched there from when they are, and no longer here."""
    moves = ask(inventory, "d1", (EAST, 2.0))

    assert [("car-2", BRANCH)] == [(move.item, move.to) for move in moves]
    assert [] == ask(inventory, "d1", (EAST, 2.0))

    def items(provider_id: str) -> list[str]:
        offers = inventory.offers(provider_id, AvailabilityRequest(service="rental"))
        return [offer.item for offer in offers]

    old = inventory.offers("d1", AvailabilityRequest(service="rental"))[0]

    assert (["car-1"], ["car-9"]) == (items("d1"), items("d2"))

    clock.now += moves[0].eta_s / 60 + 1.0

    assert ["car-2", "car-9"] == sorted(items("d2"))

    inventory.hold("d2", "h1", hold_request(old.offer_id.replace("car-1", "car-9"), near=None))
    taken = f"car-2.{int(clock.now) + 1}-{int(clock.now) + 4000}"
    with pytest.raises(UnavailableError):
        inventory.hold("d1", "h2", hold_request(taken, near=None))
    held, _ = inventory.hold("d2", "h3", hold_request(taken, near=None))

    assert ("held", []) == (held.state, items("d2"))
    # Now they are needed in the west: what is taken stays, and only what is free comes back.
    assert [] == ask(inventory, "d2", ((60.17, 24.94), 3.0))


def test_a_depot_keeps_what_it_needs_itself(inventory: Inventory) -> None:
    """What is expected around it is not driven away."""
    assert [] == ask(inventory, "d1", ((60.17, 24.95), 2.0), (EAST, 2.0))


@pytest.mark.parametrize("provider_id", ["dealer1", "i1"])
def test_who_has_nothing_that_moves_does_not_know_the_call(
    inventory: Inventory, provider_id: str
) -> None:
    """As any provider may."""
    with pytest.raises(NothingMovesError):
        ask(inventory, provider_id, (EAST, 1.0))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_near_enough_is_as_much_as_is_expected(seed: int) -> None:
    """For any fleet: nobody twice, no more than are expected, and nobody who need not drive."""
    print(f"seed {seed}")  # noqa: T201 - shown where a test fails
    chance = random.Random(seed)

    def somewhere() -> Position:
        return (chance.uniform(60.0, 60.4), chance.uniform(24.5, 25.5))

    trucks = {f"truck-{number}": somewhere() for number in range(chance.randint(1, 12))}
    fleet = TowOperator(
        provider_id="t", name="T", speed_kmh=40, range_km=chance.uniform(5, 80), stop_s=0,
        base_cents=0, km_cents=0,
        vehicles=tuple(Vehicle(item=item, title=item, base=at) for item, at in trucks.items()),
    )  # fmt: skip
    # Middles of cells, as a forecast names them: no two are near to each other.
    cells = [(60.05 + 0.1 * lat, 24.55 + 0.1 * lon) for lat in range(4) for lon in range(9)]
    places = [
        ExpectedPlace(near=near, expected=chance.uniform(0.05, 4.0))
        for near in chance.sample(cells, chance.randint(0, 8))
    ]
    journeys = list(fleet_journeys(fleet, trucks, places))
    items = [journey.item for journey in journeys]
    after = trucks | {journey.item: journey.to for journey in journeys}

    assert len(items) == len(set(items))
    assert all(distance_m(trucks[each.item], each.to) > NEAR_M for each in journeys)
    assert [] == list(fleet_journeys(fleet, after, places))
    for place in places:
        sent = sum(journey.to == place.near for journey in journeys)

        assert sent < place.expected + 1


@pytest.mark.parametrize("seed", range(20))
def test_a_company_never_sends_more_cars_than_it_has(seed: int) -> None:
    """Each car once, none that its own depot needs, and after that nothing more drives."""
    print(f"seed {seed}")  # noqa: T201 - shown where a test fails
    chance = random.Random(seed)
    car = Car(item="car", title="car", day_cents=1)
    depots = [
        RentalDepot(
            provider_id=f"d{number}", name="D", cars=(car,),
            position=(chance.uniform(60.0, 60.4), chance.uniform(24.5, 25.5)),
        )
        for number in range(chance.randint(2, 4))
    ]  # fmt: skip
    idle = {
        depot.provider_id: [f"{depot.provider_id}-{n}" for n in range(chance.randint(0, 6))]
        for depot in depots
    }
    places = [
        ExpectedPlace(
            near=(chance.uniform(60.0, 60.4), chance.uniform(24.5, 25.5)),
            expected=chance.uniform(0.05, 3.0),
        )
        for _ in range(chance.randint(0, 6))
    ]
    first, *fellows = depots
    journeys = list(depot_journeys(first, fellows, idle, places))
    sent = [journey.item for journey in journeys]
    after = {id_: list(items) for id_, items in idle.items()}
    for journey in journeys:
        assert journey.depot is not None
        after[first.provider_id].remove(journey.item)
        after[journey.depot].append(journey.item)

    assert len(sent) == len(set(sent))
    assert [] == list(depot_journeys(first, fellows, after, places))


async def test_broken_requests_are_refused(client: httpx2.AsyncClient) -> None:
    """Places that are none, expectations that are none, and too many of them."""
    place = {"near": [60.0, 25.0], "expected": 1.0}
    for places in (
        None, [{"near": [91.0, 0.0], "expected": 1.0}], [{**place, "expected": -1.0}],
        [{**place, "expected": 0.0}], [{**place, "more": 1}], [place] * 33,
    ):  # fmt: skip
        answer = await client.post("/providers/t1/reposition", json={"places": places})

        assert (422, "invalid") == (answer.status_code, answer.json()["reason"])


def test_fellows_are_other_depots_with_other_cars() -> None:
    """A company whose cars cannot be told apart, or that names nobody, is refused."""
    depots = [each for each in company().providers if isinstance(each, RentalDepot)]
    first, second = depots
    for wrong in (
        (first.model_copy(update={"fellows": ("d1",)}), second),
        (first.model_copy(update={"fellows": ("nobody",)}), second),
        (first, second.model_copy(update={"cars": first.cars})),
    ):
        with pytest.raises(ValidationError):
            World(providers=wrong)


def test_books_of_an_earlier_format_are_taken_over(tmp_path: Path, clock: Clock) -> None:
    """What was held stays held, and what is idle can drive."""
    path = tmp_path / "old.db"
    old = Inventory(company(), path, clock)
    old.hold("t1", "h1", hold_request("truck-1"))
    old.close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DROP TABLE moves")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    opened = Inventory(company(), path, clock)
    moves = ask(opened, "t1", (EAST, 2.0))
    held = opened.look("t1", "h1")
    opened.close()

    assert (["truck-2"], "held") == ([move.item for move in moves], held.state)
