"""Busy: when somebody is busy by an iCalendar feed (RFC 5545).

It is pure, and for a worker, not for a twin: a hostile rule can keep it at work for hours, so
whoever calls `busy_times` bounds its time from outside (`gateway.calendars`).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import recurring_ical_events
from icalendar import Calendar, vText
from msgspec import Struct

from twins.people.spans import merge

MAX_SPANS: Final = 200
"""So many busy spans of one feed are told; what comes after them is not known."""

MAX_PARTS: Final = 20_000
"""Components of one calendar; a larger one is refused."""

MAX_OCCURRENCES: Final = 20_000
"""Occurrences that are looked at within the horizon."""

_WINDOW: Final = timedelta(days=7)
_MARGIN: Final = timedelta(days=1)
"""The library compares floating times without their zone, so up to a day too early or late."""

_EXACT: Final = "X-VIGIL-EXACT"
"""Seconds of a DURATION with hours. Its days follow the wall clock, its hours do not (RFC 5545,
3.3.6), which the library makes no difference of."""

_FREE: Final = frozenset({"FREE", "WORKINGELSEWHERE"})


class BadCalendar(ValueError):
    """The feed's fault, or its owner's: it is no calendar that can be read."""


class BusyTimes(Struct, kw_only=True):
    """When somebody is busy."""

    busy: list[tuple[float, float]]
    """(start, end) in seconds since the epoch; in order, none touches another."""
    until: float
    """Up to here nothing is missing."""


def busy_times(text: bytes, since: float, until: float, zone: str = "UTC") -> BusyTimes:
    """When the owner of a calendar is busy.

    Recurring events, their exceptions and moved occurrences count; what is cancelled, or marked as
    free, does not. Free-and-busy components (`VFREEBUSY`) count as well.

    Args:
        text: The calendar, RFC 5545.
        since: From when, seconds since the epoch.
        until: Until when.
        zone: IANA name of where times without a zone and whole days are meant, unless the
            calendar names one itself (`X-WR-TIMEZONE`).

    Raises:
        BadCalendar: It cannot be read, is too large, or recurs too often.
    """
    try:
        home = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadCalendar(f"{zone!r} is no time zone; name one such as Europe/Berlin") from error
    calendars = _read(text)
    spans: list[tuple[float, float]] = []
    for calendar in calendars:
        spans += _spans(calendar, since, until, _zone_of(calendar, home))
    merged = merge((max(start, since), min(end, until)) for start, end in spans)
    if len(merged) > MAX_SPANS:
        return BusyTimes(busy=merged[:MAX_SPANS], until=merged[MAX_SPANS][0])
    return BusyTimes(busy=merged, until=until)


def _read(text: bytes) -> list[Calendar]:
    if text.upper().count(b"BEGIN:") > MAX_PARTS:
        raise BadCalendar(f"the calendar has more than {MAX_PARTS} parts; share a smaller one")
    try:
        found = Calendar.from_ical(text.decode("utf-8-sig"), multiple=True)
    except (ValueError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise BadCalendar(f"this is no calendar (RFC 5545): {error}"[:500]) from error
    calendars = [one for one in found if isinstance(one, Calendar)]
    if not calendars:
        raise BadCalendar("this is no calendar (RFC 5545): it has no VCALENDAR")
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            length = event.get("DURATION")
            if length is not None and isinstance(length.dt, timedelta) and length.dt.seconds:
                event[_EXACT] = vText(f"{length.dt.total_seconds():.0f}")
    return calendars


def _zone_of(calendar: Calendar, home: ZoneInfo) -> ZoneInfo:
    named = calendar.get("X-WR-TIMEZONE")
    try:
        return home if named is None else ZoneInfo(str(named))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return home


def _spans(
    calendar: Calendar, since: float, until: float, zone: ZoneInfo
) -> Iterator[tuple[float, float]]:
    try:
        for event in _occurrences(calendar, since, until):
            if _is_busy(event):
                yield _start(event, zone), _end(event, zone)
        for part in calendar.walk("VFREEBUSY"):
            yield from _freebusy(part)
    except BadCalendar:
        raise
    # The library raises what it comes across; each of these says what it did not understand.
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
        raise BadCalendar(f"an event of the calendar makes no sense: {error!r}"[:500]) from error


def _occurrences(calendar: Calendar, since: float, until: float) -> Iterator[Any]:
    query = recurring_ical_events.of(calendar, skip_bad_series=True)
    start = datetime.fromtimestamp(since, UTC) - _MARGIN
    end = datetime.fromtimestamp(until, UTC) + _MARGIN
    count = 0
    while start < end:
        # One window after the other, so that a rule for every second is found out early. An
        # occurrence across a border is seen twice, which merging undoes.
        following = min(start + _WINDOW, end)
        for event in query.between(start, following):
            count += 1
            if count > MAX_OCCURRENCES:
                raise BadCalendar(
                    f"the calendar has more than {MAX_OCCURRENCES} occurrences in "
                    f"{(until - since) / 86_400:.0f} days"
                )
            yield event
        start = following


def _is_busy(event: Any) -> bool:
    said = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()
    return (
        str(event.get("STATUS", "")).upper() != "CANCELLED"
        and str(event.get("TRANSP", "OPAQUE")).upper() != "TRANSPARENT"
        and said not in _FREE
    )


def _start(event: Any, zone: ZoneInfo) -> float:
    return _seconds(event["DTSTART"].dt, zone)


def _end(event: Any, zone: ZoneInfo) -> float:
    if _EXACT not in event:
        return _seconds(event["DTEND"].dt, zone)
    length = timedelta(seconds=int(event[_EXACT]))
    days = timedelta(days=length.days)
    return _seconds(event["DTSTART"].dt + days, zone) + (length - days).total_seconds()


def _freebusy(part: Any) -> Iterator[tuple[float, float]]:
    given = part.get("FREEBUSY", [])
    for period in given if isinstance(given, list) else [given]:
        if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
            start, end = period.start, period.end
            yield _seconds(start, ZoneInfo("UTC")), _seconds(end, ZoneInfo("UTC"))


def _seconds(at: date, zone: ZoneInfo) -> float:
    """Seconds since the epoch; a whole day begins at its midnight there.

    A time that a clock skips in spring counts by the offset before it, and one that it shows twice
    in autumn is the first of both (RFC 5545, 3.3.5).
    """
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=zone)
    elif at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    return at.timestamp()
