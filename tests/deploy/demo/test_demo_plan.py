"""The plan: three stories in their towns, on cars of their own, one after the other."""

from pathlib import Path

import pytest
from demo_kit import drive

from deploy.demo.breakdown import fires_at
from deploy.demo.cast import town_of
from deploy.demo.ground import made_up
from deploy.demo.plan import FIRST_S, PAUSE_S, free_trucks, load_drives, plan_cars
from deploy.demo.stories.roadside import DECLINED, NO_TRUCK, PLOTS, RESCUED
from deploy.demo.watch import Telling
from deploy.demo.world import TOWNS, build_world
from load.drives.errors import DriveFileError
from load.drives.fleet import CarPlan
from load.drives.simulator import simulate_drive
from twins.units import distance_m

CARS = 40
DRIVES = [simulate_drive(seed, 600.0, cold_start=False, idle=False) for seed in range(3)]
GROUND = made_up(1)
WORLD = build_world(1, CARS, GROUND)


def planned(
    run: int = 1, heated: tuple[str, ...] = (), patience_s: float = 3.0
) -> tuple[list[CarPlan], list[Telling]]:
    """A plan for forty cars."""
    return plan_cars(DRIVES, CARS, 1, WORLD, heated, run, patience_s, PLOTS, GROUND)


def test_each_story_has_its_town_and_its_car() -> None:
    """Two where trucks are free, one where none is; three cars, each its own owner's."""
    _, tellings = planned()

    assert [RESCUED, DECLINED, NO_TRUCK] == [telling.plot for telling in tellings]
    assert [TOWNS[0], TOWNS[0], TOWNS[1]] == [
        town_of(int(telling.key[1:]), CARS) for telling in tellings
    ]
    assert 3 == len({telling.key for telling in tellings})
    assert [f"customer/c{t.key[1:]}" for t in tellings] == [t.customer for t in tellings]


def test_stories_come_one_after_the_other() -> None:
    """Each leaves the customer of the one before the time to answer."""
    _, tellings = planned(patience_s=20.0)

    for number, telling in enumerate(tellings):
        assert FIRST_S + number * (PAUSE_S + 20.0) == pytest.approx(telling.fires_s, abs=4.0)


def test_only_the_cars_of_the_stories_overheat() -> None:
    """The rule fires on none of the others, however long they drive their drive."""
    plans, tellings = planned()
    hot = {telling.key for telling in tellings}

    assert CARS == len({plan.key for plan in plans})
    for plan in plans:
        assert (plan.key in hot) == (fires_at(plan.drive.samples) is not None)
        assert (plan.key in hot) == bool(plan.drive.faults)


def test_the_same_run_is_planned_the_same() -> None:
    """And another run otherwise, so that nobody is unlucky every time."""
    assert [t.key for t in planned()[1]] == [t.key for t in planned()[1]]
    runs = {tuple(t.key for t in planned(run)[1]) for run in range(1, 4)}

    assert len(runs) > 1


def test_cars_of_earlier_runs_rest() -> None:
    """They may still stand at a dealer; only when too few are left it is their turn again."""
    heated: tuple[str, ...] = ()
    for run in range(1, 6):
        cars = [telling.key for telling in planned(run, heated)[1]]
        second_town = [key for key in heated if town_of(int(key[1:]), CARS) is TOWNS[1]]

        assert cars[2] not in second_town[-4:]
        assert not set(cars[:2]) & set(heated)
        heated += tuple(cars)


def test_towns_lie_where_they_say() -> None:
    """Cars of the second town start around it, not around the first."""
    plans, _ = planned()
    for plan in plans:
        start = plan.route.at(0.0)
        near = town_of(int(plan.key[1:]), CARS)
        other = TOWNS[1] if near is TOWNS[0] else TOWNS[0]
        here = (start.lat, start.lon)

        assert distance_m(here, near.center) < distance_m(here, other.center)


def test_trucks_that_are_not_free_do_not_count() -> None:
    """In the second town there are two, and none to be had."""
    assert [] == free_trucks(WORLD, TOWNS[1])
    assert 9 == len(free_trucks(WORLD, TOWNS[0]))


def test_without_recorded_drives_they_are_simulated_and_it_says_so() -> None:
    """The header tells which, and how to give real ones."""
    drives = load_drives(None, 1)

    assert "simulated" == drives.source
    assert "simulated" in str(drives)
    assert "--drives" in str(drives)


def test_recorded_drives_are_named(tmp_path: Path) -> None:
    """With what could not be read of them."""
    rows = "\n".join(f"{second},{80 + second},{second % 50}" for second in range(30))
    header = "ENGINE_RUN_TIME (),ENGINE_COOLANT_TEMP (),VEHICLE_SPEED ()"
    (tmp_path / "monday.csv").write_text(f"{header}\n{rows}\n")
    (tmp_path / "broken.csv").write_text("nothing,of,use\n1,2,3\n")
    drives = load_drives(tmp_path, 1)

    assert "recorded" == drives.source
    assert "drives: recorded, 1 real OBD-II logs (monday)" == str(drives)
    assert any("broken.csv" in note for note in drives.notes)


def test_a_folder_without_drives_is_an_error(tmp_path: Path) -> None:
    """Nobody who asks for recorded drives is shown simulated ones."""
    with pytest.raises(DriveFileError, match="csv"):
        load_drives(tmp_path, 1)


def test_a_drive_is_thinned_to_one_reading_a_second(tmp_path: Path) -> None:
    """Loggers write several rows a second; a fleet sends one."""
    made = drive([80.0] * 20, [10.0] * 20)
    rows = "\n".join(f"{sample.at_s / 4},80,10" for sample in made.samples)
    (tmp_path / "fast.csv").write_text(
        f"Time (sec),ENGINE_COOLANT_TEMP (),VEHICLE_SPEED ()\n{rows}\n"
    )
    (fast,) = load_drives(tmp_path, 1).drives

    assert 5 == len(fast.samples)
