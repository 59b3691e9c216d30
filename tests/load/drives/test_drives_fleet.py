"""A few drives become a fleet in which no two cars look alike."""

from itertools import islice, pairwise

import pytest

from load.drives import Drive, FaultError, Sample, longest_rise, plan_fleet, simulate_drive
from load.drives.fleet import PARKED_S, CarPlan, lap
from load.drives.rising import overheats


def _drive(*coolant: float | None, name: str = "d") -> Drive:
    samples = tuple(
        Sample(at_s=float(i), coolant_c=c, speed_kmh=36.0) for i, c in enumerate(coolant)
    )
    return Drive(name=name, source="recorded", samples=samples)


@pytest.fixture(scope="module")
def fleet(drives: tuple[Drive, ...]) -> list[CarPlan]:
    """Two hundred cars."""
    return plan_fleet(drives, seed=11)


def test_the_cars_are_called_in_order(fleet: list[CarPlan]) -> None:
    """v1 to v200."""
    assert [f"v{i}" for i in range(1, 201)] == [plan.key for plan in fleet]


def test_no_two_cars_look_alike(fleet: list[CarPlan]) -> None:
    """Cars that share a drive begin apart in it, and each has its own route."""
    starts = [(plan.drive.name, plan.offset_s) for plan in fleet]

    assert len(set(starts)) == 200
    assert len({plan.route.corners for plan in fleet}) == 200


def test_drives_are_dealt_out_evenly_and_offsets_spread(
    fleet: list[CarPlan], drives: tuple[Drive, ...]
) -> None:
    """Each drive has its share of cars, in each quarter of it."""
    for drive in drives:
        shares = [p.offset_s / drive.duration_s for p in fleet if p.drive is drive]

        assert abs(len(shares) - 200 / len(drives)) <= 1
        assert {0, 1, 2, 3} == {int(share * 4) for share in shares}


def test_a_seed_gives_one_fleet(drives: tuple[Drive, ...]) -> None:
    """The same seed plans the same cars; another one does not."""

    def facts(seed: int) -> list[tuple[str, float, str, object]]:
        plans = plan_fleet(drives, 20, seed)
        return [(p.drive.name, p.offset_s, p.role, p.route.corners) for p in plans]

    assert facts(5) == facts(5)
    assert facts(5) != facts(6)


def test_one_car_overheats_soon_and_stops(fleet: list[CarPlan]) -> None:
    """It is sound when it starts, gets hotter half a minute later, and ends with its drive."""
    (plan,) = (plan for plan in fleet if plan.role == "overheating")
    readings = [(r.elapsed_s, r.sample.coolant_c or 0.0) for r in plan.replay()]
    soon = [(s, c) for s, c in readings if s < 180]

    assert plan.drive.faults == ("overheating",)
    assert max(c for s, c in readings if s <= 30) < 95
    assert overheats(soon)


def test_every_other_car_stays_sound(fleet: list[CarPlan]) -> None:
    """Over the end of its drive and into the next lap, no other car triggers the rule."""
    checked: set[int] = set()
    for plan in fleet:
        # Where a car begins decides nothing here: one car for each drive, for two laps.
        if plan.role == "overheating" or id(plan.drive) in checked:
            continue
        checked.add(id(plan.drive))
        readings = islice(plan.replay(), 2 * len(plan.drive.samples) + 10)
        coolant = [(r.elapsed_s, r.sample.coolant_c or 0.0) for r in readings]

        assert not overheats(coolant)
        assert longest_rise(coolant, from_c=80.0).rises <= 12


def test_a_lap_ends_in_a_fall_and_a_pause(fleet: list[CarPlan]) -> None:
    """From one lap to the next the coolant does not leap up; time and place run on."""
    plan = next(plan for plan in fleet if plan.role == "sound")
    readings = list(islice(plan.replay(), 2 * len(plan.drive.samples)))
    waits = [(a, b) for a, b in pairwise(readings) if b.elapsed_s - a.elapsed_s >= PARKED_S]

    assert waits
    for before, after in waits:
        assert before.sample.coolant_c is not None
        assert after.sample.coolant_c is not None
        assert after.sample.coolant_c <= before.sample.coolant_c
        assert before.point == after.point
    assert all(b.elapsed_s >= a.elapsed_s for a, b in pairwise(readings))


@pytest.mark.parametrize(
    ("coolant", "expected"),
    [
        ((20, 50, 88), (0, 3)),
        ((92, 90, 91), (1, 3)),
        ((92, 88, 89, 90, 85), (1, 4)),
        ((88, 92, 87), (0, 2)),
        ((None, 80, 85, None), (1, 3)),
        ((None, None), (0, 2)),
        ((90, 89, 88), (0, 1)),
        ((90,), (0, 1)),
    ],
)
def test_a_lap_is_the_longest_part_without_a_leap(
    coolant: tuple[float | None, ...], expected: tuple[int, int]
) -> None:
    """Ends that would make a leap upwards are cut off, and no more than that."""
    found = lap(_drive(*coolant))

    assert expected[1] - expected[0] == found[1] - found[0]
    assert expected == found


def test_a_drive_that_starts_hotter_than_it_ends_does_not_leap() -> None:
    """The hot beginning is driven once, and left out of later laps."""
    plan = plan_fleet([_drive(100, 96, 95, 96, 97)], 1, overheating=0)[0]
    values = [r.sample.coolant_c for r in islice(plan.replay(), 9)]
    leaps = [b - a for a, b in pairwise(values) if a is not None and b is not None]

    assert max(leaps) <= 1


def test_a_drive_of_one_sample_is_replayed_for_ever() -> None:
    """The shortest drive there is does not end the fleet, nor stop its time."""
    plan = plan_fleet([_drive(88)], 1, overheating=0)[0]

    assert [r.elapsed_s for r in islice(plan.replay(), 3)] == [0.0, 30.0, 60.0]


def test_without_a_warm_drive_nothing_can_overheat() -> None:
    """The error says what to add, or what to do without."""
    cold = [simulate_drive(1, 60, cold_start=True, idle=True)]
    with pytest.raises(FaultError, match="ask for no car that overheats"):
        plan_fleet(cold, 3)

    assert len(plan_fleet(cold, 3, overheating=0)) == 3


@pytest.mark.parametrize(("cars", "hot"), [(3, 4), (3, -1)])
def test_more_cars_than_there_are_can_not_overheat(cars: int, hot: int) -> None:
    """A wrong number is refused before anything is planned."""
    with pytest.raises(ValueError, match=f"{hot} of {cars} cars"):
        plan_fleet([_drive(88, 88)], cars, overheating=hot)


def test_a_fleet_needs_drives() -> None:
    """No drive, no fleet."""
    with pytest.raises(ValueError, match="give at least one"):
        plan_fleet([])
