"""Nights: when it is night where something stands, by whichever clock is known there.

Spans are of the clock, not of seconds that pass: a night over a change of the clocks is an hour
shorter or longer, and still begins and ends when the clock says so.
"""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

from twins.people.pacing import zone_of
from twins.units import Position

_DEGREE_S = 240.0
"""The sun takes so long for a degree of longitude."""

_DAYS = (-1, 0, 1, 2)


def clock_of(zone: str | None, position: Position | None) -> tzinfo:
    """The clock of a time zone (IANA name); without one that of the sun there; without both UTC."""
    if zone is not None:
        return zone_of(zone)
    if position is None:
        return UTC
    return timezone(timedelta(seconds=round(position[1] * _DEGREE_S)))


def night_of(starts_s: int, ends_s: int, clock: tzinfo, now: float) -> tuple[float, float]:
    """When the night begins and ends that it is now, or that comes next; log time.

    Args:
        starts_s: Second of the day, by that clock.
        ends_s: The same; not after the start: on the next day.
        clock: Of the place.
        now: The night's begin is never before it.
    """
    today = datetime.fromtimestamp(now, UTC).astimezone(clock)
    midnight = datetime(today.year, today.month, today.day, tzinfo=clock)
    over = timedelta(days=1 if ends_s <= starts_s else 0)
    for day in _DAYS:
        begin = midnight + timedelta(days=day, seconds=starts_s)
        end = midnight + timedelta(days=day, seconds=ends_s) + over
        starts_at, ends_at = begin.timestamp(), end.timestamp()
        # Where clocks are set forward over its end, a short night may not be there at all.
        if max(starts_at, now) < ends_at:
            return max(starts_at, now), ends_at
    raise AssertionError("one of these days has a night that is not over")
