"""Wear: the model of the cooling system's remaining life, against figures one can do by hand."""

import math

import pytest

from twins.devices.wear import (
    ACTIVATION_J_MOL,
    BOILING_C,
    GAS_J_MOL_K,
    LONGEST_H,
    REFERENCE_C,
    REFERENCE_LIFE_H,
    ZERO_C,
    ageing_per_h,
    remaining_useful_life,
    trend_c_per_h,
)


def life(readings: list[tuple[float, float]], **known: float) -> float:
    """Hours, for readings of (seconds, °C)."""
    return remaining_useful_life(readings, **known)["remaining_life_h"]


def test_at_the_reference_temperature_a_life_is_the_reference_life() -> None:
    """That is what the reference means."""
    assert REFERENCE_LIFE_H == pytest.approx(life([(0, REFERENCE_C), (60, REFERENCE_C)]))


def test_ageing_follows_arrhenius() -> None:
    """Ten degrees more age it by the factor that the formula gives."""
    factor = math.exp(ACTIVATION_J_MOL / GAS_J_MOL_K * (1 / (90 + ZERO_C) - 1 / (100 + ZERO_C)))

    assert factor == pytest.approx(ageing_per_h(100.0) / ageing_per_h(90.0))
    assert 2.0 < factor < 3.0


def test_a_steep_rise_ends_when_the_coolant_boils() -> None:
    """One degree in two seconds from 105 °C: 24 degrees are left, which is 48 s."""
    readings = [(2.0 * step, 95.0 + step) for step in range(11)]

    assert 48.0 / 3600 == pytest.approx(life(readings), abs=1e-4)


def test_a_slow_rise_ends_by_ageing_before_it_boils() -> None:
    """A degree a month: rubber fails first, later than at the final heat, sooner than at the first.

    The integral has a bound on each side: all of the time at the lowest or highest temperature.
    """
    month_s = 30 * 24 * 3600.0
    hours = life([(0.0, 90.0), (month_s, 91.0)])

    assert hours < REFERENCE_LIFE_H
    assert hours > 1 / ageing_per_h(91.0 + hours / (30 * 24))


@pytest.mark.parametrize(
    "readings",
    [[(0.0, 90.0), (10.0, 88.0)], [(0.0, 88.0)], [(5.0, 90.0), (5.0, 88.0)]],
)
def test_what_does_not_rise_stays(readings: list[tuple[float, float]]) -> None:
    """A falling line, one reading, or two at one moment are no trend upwards."""
    assert 1 / ageing_per_h(88.0) == pytest.approx(life(readings), rel=1e-6)


def test_an_engine_that_stands_gets_no_hotter() -> None:
    """With 0 rpm the trend ends, and only the heat that is there counts."""
    readings = [(float(step), 95.0 + step) for step in range(11)]

    assert 1 / ageing_per_h(105.0) == pytest.approx(life(readings, rpm=0.0), rel=1e-6)


def test_boiling_coolant_has_no_time_left() -> None:
    """At the boiling point and above the answer is zero, whatever came before."""
    assert 0.0 == life([(0.0, BOILING_C)])
    assert 0.0 == life([], coolant_c=BOILING_C + 20)


def test_a_cold_engine_has_the_longest_life() -> None:
    """The answer stays within what the twin takes."""
    assert LONGEST_H == life([(0.0, -40.0)])


def test_the_newest_reading_counts() -> None:
    """What the twin holds is newer than the readings of the signal."""
    assert life([(0.0, 95.0)]) > life([(0.0, 95.0)], coolant_c=110.0)


def test_the_slope_is_that_of_least_squares() -> None:
    """Three points of which no line goes through all: the slope by hand is 1.5 °C a second."""
    assert 1.5 * 3600 == pytest.approx(trend_c_per_h([(0, 0), (1, 2), (2, 3)]))


def test_without_any_reading_there_is_nothing_to_say() -> None:
    """It is the caller's fault, and the error says what to send."""
    with pytest.raises(ValueError, match="send readings or coolant_c"):
        remaining_useful_life([])


def test_what_the_twin_knows_beside_that_is_no_error() -> None:
    """The vehicle sends all that it has; a better model may use it."""
    answer = remaining_useful_life(
        readings=[[0.0, 95.0], [1.0, 96.0]],
        coolant_c=96.0,
        rpm=2000.0,
        engine_load_pct=40.0,
        speed_kmh=50.0,
        twin_id="vehicle/v1",
    )

    assert ["remaining_life_h"] == list(answer)
