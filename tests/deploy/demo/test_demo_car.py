"""The demo's car: it drives its plan until it is told to pull over, and tells the truth."""

import pytest
from demo_kit import drive, plan

from deploy.demo.car import BRAKE_KMH_S, STANDS, Car, Refused
from twins.units import distance_m

SPEEDS = [36.0] * 60
COOLANT = [100.0 + second // 10 for second in range(60)]


def driving(seconds: int = 5) -> Car:
    """A car that has sent so many readings at 36 km/h."""
    car = Car(plan(drive(COOLANT, SPEEDS)))
    for _ in range(seconds):
        car.read()
    return car


def test_it_sends_what_its_drive_has() -> None:
    """Reading after reading a second apart, with a position that is ten metres further each."""
    car = Car(plan(drive(COOLANT, SPEEDS)))
    due, readings = [], []
    for _ in range(5):
        due.append(car.due_s)
        readings.append(car.read())

    assert [0.0, 1.0, 2.0, 3.0, 4.0] == due
    assert [100.0] * 5 == [reading.coolant_c for reading in readings]
    assert all(reading.speed_kmh == 36.0 for reading in readings)
    first, second = readings[1], readings[2]
    assert first.lat is not None
    assert first.lon is not None
    assert second.lat is not None
    assert second.lon is not None
    away = distance_m((first.lat, first.lon), (second.lat, second.lon))
    assert 10.0 == pytest.approx(away, abs=0.2)


def test_a_drive_that_is_over_sends_nothing_more() -> None:
    """A car with a fault stops where its drive ends."""
    car = driving(60)

    assert car.due_s is None


def test_the_trunk_stays_shut_while_it_moves() -> None:
    """The car itself refuses, with its speed; at a stand the trunk opens."""
    car = driving()

    with pytest.raises(Refused, match="moving at 36 km/h"):
        car.obey("open_trunk")
    assert not car.trunk_open

    car.obey("pull_over")
    while not car.standing:
        car.read()

    assert "the trunk is open" == car.obey("open_trunk")
    assert car.trunk_open


def test_it_brakes_as_drivers_do_and_stands() -> None:
    """From 36 km/h at 2 m/s² that takes five seconds; engine and position then stay."""
    car = driving()
    answer = car.obey("pull_over")
    speeds = []
    while not car.standing:
        reading = car.read()
        speeds.append(reading.speed_kmh)
    after = [car.read() for _ in range(3)]

    assert answer is None
    assert [round(36.0 - BRAKE_KMH_S * second) for second in range(1, 6)] == speeds
    assert all((each.speed_kmh, each.rpm) == (0.0, 0.0) for each in after)
    assert 1 == len({(each.lat, each.lon) for each in after})
    assert STANDS == car.obey("pull_over")


def test_time_goes_on_when_it_pulls_over() -> None:
    """The next reading is due a second after the last one, and so on."""
    car = driving(5)
    car.obey("pull_over")
    due = []
    for _ in range(4):
        due.append(car.due_s)
        car.read()

    assert [5.0, 6.0, 7.0, 8.0] == due


def test_the_engine_cools_once_it_is_off() -> None:
    """It heats on while it runs, then falls in whole degrees towards the air, never below it."""
    car = driving(9)
    car.obey("pull_over")
    while not car.standing:
        car.read()
    hot = car.coolant_c
    values = [car.read().coolant_c or 0.0 for _ in range(3000)]

    assert 101.0 == hot
    assert values == sorted(values, reverse=True)
    assert all(value == round(value) for value in values)
    assert 15.0 < values[-1] < 50.0


def test_a_warning_is_shown_at_once() -> None:
    """Whether it moves or not."""
    car = driving()

    assert "dashboard" in (car.obey("warn_driver") or "")
    assert car.warned


def test_an_unknown_command_is_refused_by_name() -> None:
    """And the text says what the car knows."""
    with pytest.raises(Refused, match=r"'fly'; it knows warn_driver, pull_over, open_trunk"):
        driving().obey("fly")
