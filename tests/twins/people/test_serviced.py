"""Her devices: how well they serve is told by themselves, cheaply, and tied to what she says."""

import pytest
from support.world import World

from twins.devices.serving import DAY_S
from twins.handler import Origin
from twins.people.serviced import MAX_DEVICES, MAX_WEEKS
from twins.testing import START, Trial

CAR, AINO, BEN = "vehicle/v1", "customer/c1", "customer/c2"


def owned() -> World:
    """A car that belongs to Aino."""
    world = World()
    world.send(CAR, "configured", {"owner": AINO, "description": "blue, ABC-1"})
    world.run()
    return world


def context(world: World, what: str, id_: str) -> None:
    """An arrangement for the car is opened, or closed."""
    data = {"arrangement_id": id_} | ({"name": "roadside"} if what == "opened" else {})
    world.send(CAR, f"context.{what}", data, origin=Origin.TWIN)
    world.run()


def test_a_car_tells_whose_it_is() -> None:
    """And when it is somebody else's."""
    world = owned()
    assert world.twin(AINO).devices[CAR].description == "blue, ABC-1"
    world.send(CAR, "configured", {"owner": BEN})
    world.run()

    assert world.twin(AINO).devices is None
    assert list(world.twin(BEN).devices) == [CAR]
    world.send(CAR, "configured", {"owner": None})
    world.run()
    assert world.twin(BEN).devices is None


def test_readings_tell_her_twin_nothing() -> None:
    """A thousand of them cost it not one message; a day costs it one."""
    world = owned()
    before = len([1 for _, twin, *_ in world.log if twin == AINO])
    for second in range(1000):
        world.send(CAR, "telemetry", {"at": START + second, "speed_kmh": 50.0},
                   origin=Origin.DEVICE)  # fmt: skip
    world.run()
    assert before == len([1 for _, twin, *_ in world.log if twin == AINO])
    world.advance(2 * DAY_S)

    assert 1 <= len([1 for _, twin, *_ in world.log if twin == AINO]) - before <= 2


def test_availability_is_the_time_in_which_nothing_is_open() -> None:
    """Two arrangements that overlap take away their union, once."""
    world = owned()
    world.advance(1000)
    context(world, "opened", "a")
    world.advance(100)
    context(world, "opened", "b")
    world.advance(100)
    context(world, "closed", "a")
    world.advance(200)
    context(world, "closed", "b")
    context(world, "closed", "b")

    assert world.twin(AINO).devices[CAR].availability == pytest.approx(1 - 400 / 1400)


def test_what_is_open_over_midnight_is_counted_once() -> None:
    """The daily report has its part, and the end the rest."""
    world = owned()
    context(world, "opened", "a")
    world.advance(5 * DAY_S)
    context(world, "closed", "a")
    world.advance(5 * DAY_S)
    context(world, "opened", "c")
    context(world, "closed", "c")

    assert world.twin(AINO).devices[CAR].availability == pytest.approx(0.5)


def test_a_day_with_a_reading_is_a_day_of_use() -> None:
    """Seen at the day's end by the time of the newest reading."""
    world = owned()
    world.advance(2 * DAY_S)
    days = 10
    for day in range(days):
        if day % 2:
            world.send(CAR, "telemetry", {"at": world.now, "rpm": 900.0}, origin=Origin.DEVICE)
        world.advance(DAY_S)
    device = world.twin(AINO).devices[CAR]

    assert device.use == pytest.approx(0.5, abs=0.06)
    assert device.availability == 1.0


def test_only_the_last_weeks_count() -> None:
    """A bad month long ago is forgotten; what is kept stays small."""
    world = owned()
    context(world, "opened", "a")
    world.advance(30 * DAY_S)
    context(world, "closed", "a")
    world.advance(MAX_WEEKS * 7 * DAY_S)
    device = world.twin(AINO).devices[CAR]

    assert device.availability == 1.0
    assert len(device.weeks) == MAX_WEEKS


def test_what_she_says_is_kept_with_how_it_served_her() -> None:
    """Late answers stand where they belong; satisfaction is the mean of the last ones."""
    world = owned()
    world.advance(3 * DAY_S)
    for at, score in ((30.0, 4), (10.0, 9), (20.0, 8)):
        world.send(AINO, "satisfaction.answered", {"score": score, "device": CAR, "at": START + at})
    world.send(AINO, "satisfaction.answered", {"score": 1, "at": START})
    world.run()
    twin = world.twin(AINO)

    assert [answer.score for answer in twin.answers] == [1, 9, 8, 4]
    assert twin.answers[1].availability == 1.0
    assert twin.devices[CAR].satisfaction == 7.0


def test_devices_are_bounded() -> None:
    """One more than so many is not shown."""
    trial = Trial(AINO)
    for number in range(MAX_DEVICES + 1):
        trial.tell("device.joined", {"device": f"vehicle/v{number}", "at": START})
    trial.tell("device.served", {"device": "vehicle/other", "until": START, "watched_s": 1.0})

    assert len(trial.twin.devices) == MAX_DEVICES
