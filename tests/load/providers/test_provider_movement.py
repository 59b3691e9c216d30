"""Vehicles on geodesics."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from provider_kit import HOSPITAL, SCENE, START

from load.providers.contract import Position
from load.providers.movement import Drive, Route, between, distance_m

positions = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def drive(to: Position | None = None) -> Drive:
    """Return a drive of some 5.6 km at 10 m/s, at 60 world seconds a second."""
    route = Route(origin=(60.25, 24.9), near=SCENE, to=to, speed_kmh=36, stop_s=600)
    return Drive(route=route, started_at=START, time_scale=60)


def test_distances_are_those_of_the_ellipsoid() -> None:
    """A degree of latitude at the equator is 110,574 m, one of longitude 111,319 m (WGS 84)."""
    metres = [distance_m((0, 0), (1, 0)), distance_m((0, 0), (0, 1))]

    assert metres == pytest.approx([110_574.4, 111_319.5], abs=0.1)


@given(start=positions, end=positions, fraction=st.floats(0, 1))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_point_between_lies_on_the_way(start: Position, end: Position, fraction: float) -> None:
    """Its distances to both ends are the fractions of the whole, anywhere on earth."""
    whole = distance_m(start, end)
    point = between(start, end, fraction)

    assert distance_m(start, point) == pytest.approx(whole * fraction, abs=0.001)
    assert distance_m(point, end) == pytest.approx(whole * (1 - fraction), abs=0.001)


def test_a_drive_is_a_function_of_the_clock() -> None:
    """It waits at its origin, comes nearer second by second, stops, and carries on to its end."""
    driving = drive(HOSPITAL)
    arrives_at = START + driving.route.eta_s / 60
    # Stopped for 600 world seconds, 10 of the clock: looked at one after its start and its middle.
    moments = (START - 1, arrives_at + 1, arrives_at + 5, driving.ends_at + 1)
    seen = [driving.at(now) for now in moments]

    assert [each.position for each in seen] == [(60.25, 24.9), SCENE, SCENE, HOSPITAL]
    assert [each.arrived for each in seen] == [False, True, True, True]
    assert [each.eta_s for each in seen] == [557.1, 0, 0, 0]


def test_the_eta_falls_with_the_clock() -> None:
    """Every second of the clock takes time_scale world seconds off the ETA."""
    etas = [drive().at(START + second).eta_s for second in range(5)]

    assert etas == pytest.approx([557.1, 497.1, 437.1, 377.1, 317.1])


def test_a_vehicle_on_the_spot_has_arrived() -> None:
    """A way of no length is over at once, and the stop still takes its time."""
    route = Route(origin=SCENE, near=SCENE, to=SCENE, speed_kmh=36, stop_s=60)
    driving = Drive(route=route, started_at=START, time_scale=1)

    assert (driving.at(START).arrived, driving.ends_at) == (True, START + 60)
    assert driving.at(START + 61).position == SCENE


def test_the_way_counts_both_legs() -> None:
    """Length and time cover the way to the scene, the stop and the way on."""
    route = drive(HOSPITAL).route
    legs_m = distance_m((60.25, 24.9), SCENE) + distance_m(SCENE, HOSPITAL)

    assert route.length_km == pytest.approx(legs_m / 1000)
    assert route.total_s == pytest.approx(legs_m / 10 + 600, abs=0.1)
