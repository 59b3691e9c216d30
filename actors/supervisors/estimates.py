"""Estimates: how long things take of which a provider says nothing, to plan what comes after.

Providers say when their vehicle is there. Loading, and the way from there, are figured here; with
average speeds along the geodesic, so low that they make up for roads being longer. What a desk
knows better of an operator, its directory says.
"""

from typing import Final

from twins.units import Position, distance_m, drive_s

TOWING_KMH: Final = 35.0
LOADING_S: Final = 900.0
RIDE_KMH: Final = 30.0
BOARDING_S: Final = 120.0


def towed_s(
    eta_s: float | None,
    here: Position,
    there: Position | None,
    loading_s: float = LOADING_S,
    towing_kmh: float = TOWING_KMH,
) -> float:
    """Seconds from a tow's confirmation until it has brought the car from here to there."""
    return _carried_s(eta_s, here, there, loading_s, towing_kmh)


def ridden_s(eta_s: float | None, here: Position, there: Position | None) -> float:
    """Seconds from a ride's confirmation until it has brought its passenger from here to there."""
    return _carried_s(eta_s, here, there, BOARDING_S, RIDE_KMH)


def _carried_s(
    eta_s: float | None, here: Position, there: Position | None, stop_s: float, speed_kmh: float
) -> float:
    way_s = 0.0 if there is None else drive_s(here, there, speed_kmh)
    return (eta_s or 0.0) + stop_s + way_s


def away_m(here: Position, there: Position | None) -> float:
    """Metres between; what is nowhere is farther than anything."""
    return float("inf") if there is None else distance_m(here, there)
