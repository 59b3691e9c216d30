"""The demo's cast and world: whole, repeatable, and taken by the twins."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from actors.supervisors import Roadside
from deploy.demo.cast import Cast, Master, build_cast, town_of
from deploy.demo.ground import made_up
from deploy.demo.world import RENTAL_CARS, TIMEZONE, TOWNS, build_world
from load.providers.world import RentalDepot, TowOperator
from twins.event import Event
from twins.kind import kind_of
from twins.people.messages import Busy

GROUND = made_up(1)
DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def cast(cars: int = 50, day: datetime = DAY, seed: int = 1) -> Cast:
    """A cast with its world."""
    return build_cast(
        seed, cars, build_world(seed, cars, GROUND),
        providers_url="http://127.0.0.1:1", inbox_url="http://127.0.0.1:2", today=day,
        ground=GROUND,
    )  # fmt: skip


def test_there_is_everybody_that_the_stories_need() -> None:
    """Cars and owners one to one, three dealers and depots, tow operators, rides, two insurers."""
    kinds = Counter(master.twin_id.partition("/")[0] for master in cast().masters)

    assert {
        "vehicle": 50, "customer": 50, "dealer": 3, "rental_depot": 3, "tow_operator": 4,
        "ride_company": 3, "insurer": 2, "desk": 2, "employee": 14,
    } == dict(kinds)  # fmt: skip


@pytest.mark.parametrize("master", cast().masters, ids=lambda master: master.twin_id)
def test_every_twin_takes_its_master_data(master: Master) -> None:
    """No field is unknown or out of range: the handler of the kind decodes and applies it."""
    assert Roadside.kind.name == "roadside"  # the import registers what twins link to
    kind, _, key = master.twin_id.partition("/")
    twin = kind_of(kind).new(key)
    payload = kind_of(kind).handler("configured").payload
    settings = msgspec.convert(master.settings, payload)

    twin.receive(Event("e1", "configured", master.twin_id, 1.0, "demo", settings))

    state = msgspec.to_builtins(twin)
    assert all(state.get(name, value) == value for name, value in master.settings.items())


def test_the_same_seed_and_day_give_the_same_ids() -> None:
    """So the next start repeats nothing; another seed is another cast."""
    assert cast().masters == cast().masters
    assert [m.event_id(2) for m in cast().masters] == [m.event_id(2) for m in cast().masters]
    assert not {m.event_id(1) for m in cast().masters} & {m.event_id(2) for m in cast().masters}
    assert cast().masters != cast(seed=2).masters


def test_another_day_changes_only_calendars() -> None:
    """A customer's event has a new id when her calendar went on; all else is as it was."""
    today = {master.twin_id: master for master in cast().masters}
    tomorrow = {master.twin_id: master for master in cast(day=DAY + timedelta(days=1)).masters}
    changed = {
        id_ for id_, master in today.items() if master.event_id() != tomorrow[id_].event_id()
    }

    assert {id_.partition("/")[0] for id_ in changed} == {"customer"}
    for id_ in changed:
        before, after = dict(today[id_].settings), dict(tomorrow[id_].settings)
        early, late = before.pop("calendar"), after.pop("calendar")
        ends = min(DAY.timestamp() + 10 * 86_400, late[-1]["ends_at"])

        assert before == after
        # What both days know is the same: an appointment does not move because a day went by.
        assert [busy for busy in early if busy["starts_at"] >= late[0]["starts_at"]] == [
            busy for busy in late if busy["starts_at"] < ends and busy in early
        ]


def test_calendars_lie_in_working_hours() -> None:
    """Appointments begin on the hour from 8 to 15 local time, on working days, in order."""
    for master in cast().masters:
        calendar = msgspec.convert(master.settings.get("calendar", []), list[Busy])
        starts = [datetime.fromtimestamp(busy.starts_at, ZoneInfo(TIMEZONE)) for busy in calendar]

        assert all(8 <= start.hour <= 15 and start.weekday() < 5 for start in starts)
        assert starts == sorted(starts)
        assert all(busy.ends_at > busy.starts_at for busy in calendar)


def test_somebody_is_on_shift_at_every_hour() -> None:
    """At each desk two people with the skill work at any time, and a lead is always there."""
    employees = [m.settings for m in cast().masters if m.twin_id.startswith("employee/")]
    for town in TOWNS:
        there = [each for each in employees if each["desk"] == town.desk]
        for hour in range(24):
            on = [
                each for each in there
                if not each["lead"]
                and each["shift"]["starts_s"] <= hour * 3600 < each["shift"]["ends_s"]
            ]  # fmt: skip

            assert 2 == len(on)
        assert 1 == sum(each["lead"] for each in there)


def test_directories_name_services_that_are_there() -> None:
    """A desk sends nobody to a company that no twin stands for."""
    found = cast()
    ids = {master.twin_id for master in found.masters}
    for master in found.masters:
        for field in ("tow_operators", "ride_companies", "rental_depots", "insurers"):
            assert {entry["id"] for entry in master.settings.get(field, [])} <= ids
        for field in ("owner", "dealer", "desk", "insurer"):
            assert master.settings.get(field, master.twin_id) in ids


def test_towns_share_the_cars() -> None:
    """Four of five drive in the first town; each town has some, however few there are."""
    assert 40 == sum(town_of(number, 50) is TOWNS[0] for number in range(1, 51))
    assert {TOWNS[0], TOWNS[1]} == {town_of(number, 20) for number in range(1, 21)}


def test_the_world_has_cars_for_many_rescues() -> None:
    """Rentals stay away for days of the clock, so one a rescue must not empty a depot soon."""
    world = build_world(1, 50, GROUND)
    depots = [each for each in world.providers if isinstance(each, RentalDepot)]

    assert [RENTAL_CARS] * 3 == [len({car.item for car in depot.cars}) for depot in depots]
    assert world == build_world(1, 50, GROUND)
    tows = [each.provider_id for each in world.providers if isinstance(each, TowOperator)]
    assert sorted(id_ for town in TOWNS for id_ in town.tows) == tows
