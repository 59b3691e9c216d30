"""Breakdowns: the rule fires when it is wanted, on a car that moves; and only on that car."""

from random import Random

import pytest
from demo_kit import drive, plan

from deploy.demo.breakdown import (
    FARTHEST_M,
    MOVING_KMH,
    NEAREST_M,
    PEAK_C,
    RATE_C_PER_MIN,
    break_down,
    choose,
    fires_at,
)
from load.drives.errors import FaultError
from load.drives.fleet import plan_fleet
from load.drives.rising import longest_rise
from load.drives.simulator import simulate_drive
from twins.units import distance_m

WARM = drive([88.0 + second % 2 for second in range(400)], [40.0] * 400)
STANDING = drive([88.0] * 400, [0.0] * 400)
SIMULATED = [simulate_drive(seed, 900.0, cold_start=False, idle=False) for seed in range(3)]


def test_the_rule_fires_at_the_tenth_rise() -> None:
    """It is the vehicles' own rule: ten rises from 95 °C up, so the eleventh value fires."""
    samples = drive([90, 95, *range(96, 110)], [40.0] * 16).samples

    assert 11.0 == fires_at(samples)
    assert fires_at(samples[:11]) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_breakdown_fires_when_it_is_wanted(seed: int) -> None:
    """Within a few seconds, with the car on the road then and a while after."""
    found = break_down(plan(WARM), [*SIMULATED, WARM], 20.0, Random(seed))
    made, begin = found.plan.drive, found.plan.drive.index_at(found.plan.offset_s)
    at_s = fires_at(made.samples[begin:])

    assert at_s is not None
    assert 20.0 == pytest.approx(at_s - found.plan.offset_s, abs=4.0)
    assert found.fires_s == at_s - made.samples[begin].at_s
    after = made.samples[made.index_at(at_s) : made.index_at(at_s + 4.0)]
    assert all((sample.speed_kmh or 0.0) >= MOVING_KMH for sample in after)
    assert ("overheating",) == made.faults


def test_a_breakdown_keeps_what_the_sensor_can_say() -> None:
    """Whole degrees stay whole, the peak holds, and no sample is added or lost."""
    found = break_down(plan(WARM), [WARM], 20.0, Random(1)).plan.drive
    values = [c for _, c in found.coolant()]

    assert len(WARM.samples) == len(found.samples)
    assert all(value == round(value) for value in values)
    assert max(values) <= PEAK_C


def test_a_breakdown_heats_as_fast_as_it_says() -> None:
    """What the report calls the rate is the rate, to the resolution of the sensor."""
    found = break_down(plan(WARM), [WARM], 20.0, Random(1)).plan.drive
    rise = longest_rise(found.coolant(), from_c=95.0)
    rate = (rise.end_c - rise.start_c) / (rise.end_s - rise.start_s) * 60

    assert RATE_C_PER_MIN == pytest.approx(rate, rel=0.1)


def test_a_car_that_only_stands_cannot_be_pulled_over() -> None:
    """Without a place where it moves the error says what kind of drive is missing."""
    with pytest.raises(FaultError, match="on the road"):
        break_down(plan(STANDING), [STANDING], 20.0, Random(1))


def test_the_car_chosen_has_a_truck_at_a_good_distance() -> None:
    """Neither around the corner, where nobody could follow it, nor far away."""
    plans = plan_fleet([WARM], 40, 1, overheating=0)
    start = plans[7].route.at(0.0)
    truck = (start.lat + 0.05, start.lon)  # 5.6 km north of it
    chosen = choose(plans, [truck], Random(1))
    begins = chosen.route.at(0.0)

    assert NEAREST_M <= distance_m((begins.lat, begins.lon), truck) <= FARTHEST_M


def test_where_no_distance_is_good_any_car_will_do() -> None:
    """A demo with badly placed trucks is better than none."""
    plans = plan_fleet([WARM], 5, 1, overheating=0)

    assert choose(plans, [(0.0, 0.0)], Random(1)) in plans
    assert choose(plans, [], Random(1)) in plans


def test_cars_of_earlier_runs_are_avoided() -> None:
    """What is avoided is never chosen; when nothing is left the error says so."""
    plans = plan_fleet([WARM], 4, 1, overheating=0)

    assert "v3" == choose(plans, [], Random(1), ("v1", "v2", "v4")).key
    with pytest.raises(FaultError, match="let more cars drive"):
        choose(plans, [], Random(1), [each.key for each in plans])
