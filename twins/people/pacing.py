"""Pacing: when a person may be told something: her quiet hours, and how often a day.

Everything here is a function of what is set and of log time. Time zones are those of the package
`tzdata`, which is locked, so that a replay on another machine knows the same ones.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from twins.people.casework import SecondOfDay, Weekday

MAX_QUIET: Final = 14
"""How many spans of quiet hours a person may have."""

NEVER: Final = float("inf")
"""Her quiet hours leave no time at all."""

DAY_S: Final = 86_400

_MOST_SPANS: Final = 8 * MAX_QUIET
"""So many ends of spans are looked at: those of a week."""


class Quiet(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A span of the day, by her own clock, in which only what is urgent reaches her.

    One whose end is not after its start ends on the next day.
    """

    starts_s: SecondOfDay = 22 * 3600
    ends_s: SecondOfDay = 7 * 3600
    weekdays: tuple[Weekday, ...] = (0, 1, 2, 3, 4, 5, 6)
    """On which it begins; 0 is Monday."""


QuietHours = Annotated[list[Quiet], Meta(max_length=MAX_QUIET)]


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name; UTC where there is none of this name."""
    parts = name.split("/")
    if all(parts) and not any(part.startswith(".") for part in parts):
        try:
            with files("tzdata.zoneinfo").joinpath(*parts).open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (OSError, ValueError):
            pass
    return zone_of("UTC")


def local(name: str, at: float) -> datetime:
    """What a clock in a zone shows at a time (seconds since the epoch)."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone_of(name))


def is_quiet(quiet: list[Quiet], zone: str, at: float) -> bool:
    """Whether her clock stands within one of the spans."""
    if not quiet:
        return False
    here = local(zone, at)
    second = here.hour * 3600 + here.minute * 60 + here.second
    day = here.weekday()
    return any(_within(span, day, second) for span in quiet)


def _within(span: Quiet, day: int, second: int) -> bool:
    begun = second >= span.starts_s and day in span.weekdays
    if span.starts_s < span.ends_s:
        return begun and second < span.ends_s
    return begun or (second < span.ends_s and (day - 1) % 7 in span.weekdays)


def quiet_until(quiet: list[Quiet], zone: str, now: float) -> float:
    """When she may be told something: `now`, or the end of the quiet hours; or `NEVER`.

    Where clocks are set forward over that end, it may be up to that much later.
    """
    at = now
    for _ in range(_MOST_SPANS):
        if not is_quiet(quiet, zone, at):
            return at
        at = min(_ends_after(quiet, zone, at))
    return NEVER


def _ends_after(quiet: list[Quiet], zone: str, at: float) -> list[float]:
    """The next ends of all spans after a time, on whichever days they began."""
    here = local(zone, at)
    midnight = datetime(here.year, here.month, here.day, tzinfo=zone_of(zone))
    found = []
    for span in quiet:
        for day in range(3):
            # By the clock, not by seconds that pass: a day may have 23 or 25 hours.
            end = midnight + timedelta(days=day + span.ends_s // DAY_S)
            end += timedelta(seconds=span.ends_s % DAY_S)
            later = [it for fold in (0, 1) if (it := end.replace(fold=fold).timestamp()) > at]
            if later:
                found.append(min(later))
                break
    return found


def quiet_from(quiet: list[Quiet], zone: str, now: float) -> float:
    """When quiet hours begin after a time at which there are none; or `NEVER`."""
    here = local(zone, now)
    midnight = datetime(here.year, here.month, here.day, tzinfo=zone_of(zone))
    found = [NEVER]
    for span in quiet:
        for days in range(9):
            day = midnight + timedelta(days=days)
            start = (day + timedelta(seconds=span.starts_s)).timestamp()
            if start > now and day.weekday() in span.weekdays:
                found.append(start)
                break
    return min(found)


def day_of(zone: str, at: float) -> int:
    """The number of her day; the next one's is one more."""
    return local(zone, at).toordinal()


def next_day(zone: str, at: float) -> float:
    """When her next day begins."""
    here = local(zone, at)
    midnight = datetime(here.year, here.month, here.day, tzinfo=zone_of(zone))
    return (midnight + timedelta(days=1)).timestamp()
