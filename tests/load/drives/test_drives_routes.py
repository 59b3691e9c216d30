"""Added positions follow plausible streets at the drive's own speed."""

from itertools import islice, pairwise

import pytest
from geographiclib.geodesic import Geodesic

from load.drives import Drive, Route, Sample, place, route, simulate_drive
from load.drives.routes import BLOCK_M, GRID_BEARING_DEG, Odometer

HELSINKI = (60.17, 24.94)
WGS84 = Geodesic.WGS84


def _metres(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return float(WGS84.Inverse(*a[:2], *b[:2])["s12"])


@pytest.mark.parametrize("seed", range(20))
def test_a_route_is_a_round_trip_of_streets(seed: int) -> None:
    """Legs are whole blocks along one of two directions, none doubles back at once, all near."""
    way = route(seed, HELSINKI)
    ring = (*way.corners, way.corners[0])
    legs = [WGS84.Inverse(*a, *b) for a, b in pairwise(ring)]

    assert way.length_m == pytest.approx(sum(leg["s12"] for leg in legs))
    assert way.length_m > 10_000
    for leg in legs:
        blocks = leg["s12"] / BLOCK_M
        turn = (leg["azi1"] - GRID_BEARING_DEG) % 90.0

        assert blocks == pytest.approx(round(blocks), abs=0.01)
        assert min(turn, 90.0 - turn) < 0.5
    assert max(_metres(HELSINKI, corner) for corner in way.corners) < 8_000


def test_a_seed_gives_one_route() -> None:
    """The same seed gives the same corners; two hundred seeds give two hundred routes."""
    routes = [route(seed, HELSINKI).corners for seed in range(200)]

    assert route(3, HELSINKI).corners == routes[3]
    assert len(set(routes)) == 200


@pytest.mark.parametrize("center", [HELSINKI, (-33.9, 151.2), (0.0, 0.0), (52.0, 179.99)])
def test_a_route_lies_around_its_center(center: tuple[float, float]) -> None:
    """Any town will do, on the equator, in the south and at the date line."""
    way = route(1, center)

    assert all(_metres(center, way.at(d)) < 8_000 for d in range(0, int(way.length_m), 500))


@pytest.mark.parametrize("center", [(90.0, 0.0), (91.0, 0.0), (60.0, 181.0), (float("nan"), 0.0)])
def test_what_is_no_place_is_refused(center: tuple[float, float]) -> None:
    """Latitude and longitude in the wrong order, or no numbers, are noticed."""
    with pytest.raises(ValueError, match=r"no \(lat, lon\)"):
        route(1, center)


def test_a_route_needs_two_corners() -> None:
    """One place is no way."""
    with pytest.raises(ValueError, match="leads nowhere"):
        Route((HELSINKI, HELSINKI))


def test_a_point_is_as_far_along_as_was_driven() -> None:
    """Corners lie at the sum of the legs, headings point along them, and the end is the start."""
    north, east = (60.18, 24.94), (60.18, 24.96)
    way = Route((HELSINKI, north, east))
    first = _metres(HELSINKI, north)

    assert way.at(first / 2).heading_deg == pytest.approx(0.0, abs=0.01)
    assert way.at(first + 10).heading_deg == pytest.approx(90.0, abs=0.1)
    assert _metres(way.at(first), north) == pytest.approx(0.0, abs=0.01)
    assert _metres(way.at(way.length_m), HELSINKI) == pytest.approx(0.0, abs=0.01)
    assert _metres(way.at(way.length_m * 3 + 7), way.at(7)) == pytest.approx(0.0, abs=0.01)
    assert _metres(way.at(-5), way.at(way.length_m - 5)) == pytest.approx(0.0, abs=0.01)


def test_a_car_moves_by_its_own_speed(drives: tuple[Drive, ...]) -> None:
    """The way between two positions is what the speeds give, except for cut corners."""
    drive = max(drives, key=lambda d: sum(s.speed_kmh or 0 for s in d.samples))
    way = route(5, HELSINKI)
    points = list(place(drive, way))

    assert len(drive.samples) == len(points)
    for (a, b), (p, q) in zip(islice(pairwise(drive.samples), 600), pairwise(points), strict=False):
        assert a.speed_kmh is not None
        assert b.speed_kmh is not None
        driven = (a.speed_kmh + b.speed_kmh) / 2 / 3.6 * (b.at_s - a.at_s)

        assert _metres(p, q) <= driven + 0.01
        assert p.heading_deg != q.heading_deg or _metres(p, q) == pytest.approx(driven, abs=0.01)


def test_a_standing_car_stays() -> None:
    """An idling car has one position."""
    drive = simulate_drive(1, 30, cold_start=True, idle=True)

    assert len(set(place(drive, route(1, HELSINKI)))) == 1


def test_a_missing_speed_keeps_the_last_one() -> None:
    """A gap in the readings does not stop the car; a parked one begins anew."""
    odometer = Odometer()
    speeds = (36.0, None, None, 36.0)
    ways = [odometer.add(Sample(at_s=float(i), speed_kmh=v)) for i, v in enumerate(speeds)]
    odometer.park()

    assert ways == pytest.approx([0.0, 10.0, 20.0, 30.0])
    assert odometer.add(Sample(at_s=0.0, speed_kmh=72.0)) == pytest.approx(30.0)
