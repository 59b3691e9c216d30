"""Busy: feeds become spans; recurrence, exceptions, whole days and clock changes are right."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.people.busy import MAX_SPANS, BadCalendar, busy_times
from twins.people.spans import merge

BERLIN = "Europe/Berlin"
ZONES = [BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC",
         "America/St_Johns", "Pacific/Apia"]  # fmt: skip


def feed(*parts: str, more: str = "") -> bytes:
    """A calendar with these events, each written as its lines."""
    events = "".join(
        "BEGIN:VEVENT\nUID:e{}\nDTSTAMP:20260101T000000Z\n{}\nEND:VEVENT\n".format(
            number, "\n".join(line.strip() for line in part.strip().splitlines())
        )
        for number, part in enumerate(parts)
    )
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//t//EN\n{more}{events}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def at(zone: str, *when: int) -> float:
    """Seconds since the epoch of a wall clock somewhere."""
    return datetime(*when, tzinfo=ZoneInfo(zone)).timestamp()  # type: ignore[arg-type,misc]  # it may be more than a date


def spans(
    text: bytes, since: float, days: float = 60, zone: str = "UTC"
) -> list[tuple[float, float]]:
    """The busy spans from then on."""
    return busy_times(text, since, since + days * 86_400, zone).busy


MARCH = at("UTC", 2026, 3, 1)


def test_a_weekly_hour_keeps_its_wall_clock() -> None:
    """Across the change to summer time, without the occurrence that is excepted."""
    text = feed(f"""DTSTART;TZID={BERLIN}:20260306T090000
        DTEND;TZID={BERLIN}:20260306T100000
        RRULE:FREQ=WEEKLY;COUNT=5
        EXDATE;TZID={BERLIN}:20260320T090000""")

    assert spans(text, MARCH) == [
        (at(BERLIN, *day, 9), at(BERLIN, *day, 10))
        for day in ((2026, 3, 6), (2026, 3, 13), (2026, 3, 27), (2026, 4, 3))
    ]


def test_hours_last_as_long_as_a_clock_says_and_days_as_the_calendar_does() -> None:
    """In the night of the change two hours are two hours; a day and an hour end an hour later."""
    text = feed(
        f"DTSTART;TZID={BERLIN}:20260329T013000\nDURATION:PT2H",
        f"DTSTART;TZID={BERLIN}:20260328T120000\nDURATION:P1DT1H",
    )

    assert spans(text, MARCH) == [(at(BERLIN, 2026, 3, 28, 12), at(BERLIN, 2026, 3, 29, 13))]
    assert spans(text.split(b"BEGIN:VEVENT\r\nUID:e1")[0] + b"END:VCALENDAR\r\n", MARCH) == [
        (at(BERLIN, 2026, 3, 29, 1, 30), at(BERLIN, 2026, 3, 29, 4, 30))
    ]


def test_a_moved_occurrence_counts_where_it_is() -> None:
    """RECURRENCE-ID replaces one, and a cancelled one is gone."""
    series = f"DTSTART;TZID={BERLIN}:20260302T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"
    text = feed(series).replace(b"END:VCALENDAR\r\n", b"") + (
        b"BEGIN:VEVENT\r\nUID:e0\r\nDTSTAMP:20260101T000000Z\r\n"
        b"RECURRENCE-ID;TZID=Europe/Berlin:20260303T090000\r\n"
        b"DTSTART;TZID=Europe/Berlin:20260303T150000\r\nDURATION:PT30M\r\nSEQUENCE:1\r\n"
        b"END:VEVENT\r\n"
        b"BEGIN:VEVENT\r\nUID:e0\r\nDTSTAMP:20260101T000000Z\r\n"
        b"RECURRENCE-ID;TZID=Europe/Berlin:20260304T090000\r\n"
        b"DTSTART;TZID=Europe/Berlin:20260304T090000\r\nDURATION:PT1H\r\nSTATUS:CANCELLED\r\n"
        b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    )

    assert spans(text, MARCH) == [
        (at(BERLIN, 2026, 3, 2, 9), at(BERLIN, 2026, 3, 2, 10)),
        (at(BERLIN, 2026, 3, 3, 15), at(BERLIN, 2026, 3, 3, 15, 30)),
    ]


def test_a_whole_day_is_hers() -> None:
    """It begins at midnight where she is; on the day of the change it has 23 hours."""
    text = feed("DTSTART;VALUE=DATE:20260329\nDTEND;VALUE=DATE:20260330")
    (span,) = spans(text, MARCH, zone=BERLIN)

    assert span == (at(BERLIN, 2026, 3, 29), at(BERLIN, 2026, 3, 30))
    assert span[1] - span[0] == 23 * 3600


def test_a_time_without_zone_is_meant_where_the_calendar_says() -> None:
    """By X-WR-TIMEZONE, else where she is."""
    event = "DTSTART:20260310T090000\nDTEND:20260310T100000"

    assert spans(feed(event), MARCH, zone=BERLIN)[0][0] == at(BERLIN, 2026, 3, 10, 9)
    named = feed(event, more="X-WR-TIMEZONE:Asia/Kathmandu\n")
    assert spans(named, MARCH, zone=BERLIN)[0][0] == at("Asia/Kathmandu", 2026, 3, 10, 9)


def test_a_calendar_brings_its_own_zones() -> None:
    """A VTIMEZONE under a name that nobody else knows."""
    zone = (
        "BEGIN:VTIMEZONE\nTZID:House\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
        "TZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    text = feed("DTSTART;TZID=House:20260310T090000\nDURATION:PT1H", more=zone)

    assert spans(text, MARCH) == [(at("UTC", 2026, 3, 10, 3, 30), at("UTC", 2026, 3, 10, 4, 30))]


@pytest.mark.parametrize(
    "more", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"]
)
def test_what_is_free_is_not_busy(more: str) -> None:
    """Marked as free, or cancelled."""
    assert spans(feed(f"DTSTART:20260310T090000Z\nDURATION:PT1H\n{more}"), MARCH) == []


def test_free_and_busy_components_count() -> None:
    """VFREEBUSY, but for its free periods."""
    part = (
        "BEGIN:VFREEBUSY\nUID:f\nDTSTAMP:20260101T000000Z\n"
        "FREEBUSY;FBTYPE=BUSY:20260310T090000Z/PT1H\n"
        "FREEBUSY;FBTYPE=FREE:20260311T090000Z/PT1H\nEND:VFREEBUSY\n"
    )

    assert spans(feed(more=part), MARCH) == [
        (at("UTC", 2026, 3, 10, 9), at("UTC", 2026, 3, 10, 10))
    ]


def test_only_the_horizon_is_told() -> None:
    """What lies across its borders is cut; what is over, or later, is left out."""
    daily = feed("DTSTART:20200101T220000Z\nDURATION:PT4H\nRRULE:FREQ=DAILY")
    found = spans(daily, MARCH, days=1)

    assert found == [(MARCH, MARCH + 2 * 3600), (MARCH + 22 * 3600, MARCH + 24 * 3600)]


def test_more_than_can_be_told_ends_earlier() -> None:
    """`until` says so: up to there nothing is missing."""
    hourly = feed("DTSTART:20260301T000000Z\nDURATION:PT10M\nRRULE:FREQ=HOURLY")
    found = busy_times(hourly, MARCH, MARCH + 60 * 86_400)

    assert len(found.busy) == MAX_SPANS
    assert found.until == MARCH + MAX_SPANS * 3600


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no calendar"),
        (b"<html>Please sign in</html>", "no calendar"),
        (b"\xff\xfe\x00", "no calendar"),
        (feed("DTSTART:20260310T090000Z\nDURATION:PT1H") * 20_000, "parts"),
        (feed("DTSTART:20260301T000000Z\nDURATION:PT1S\nRRULE:FREQ=MINUTELY"), "occurrences"),
    ],
)
def test_what_cannot_be_read_is_refused(text: bytes, says: str) -> None:
    """With what is wrong with it."""
    with pytest.raises(BadCalendar, match=says):
        busy_times(text, MARCH, MARCH + 60 * 86_400)


def test_an_unknown_zone_is_refused() -> None:
    """By its name."""
    with pytest.raises(BadCalendar, match="Europe/Atlantis"):
        busy_times(feed(), MARCH, MARCH + 1, "Europe/Atlantis")


def test_one_bad_event_does_not_hide_the_others() -> None:
    """A rule that makes no sense is left out."""
    text = feed(
        "DTSTART:20260310T090000Z\nDURATION:PT1H\nRRULE:FREQ=NEVER",
        "DTSTART:20260311T090000Z\nDURATION:PT1H",
    )

    assert (at("UTC", 2026, 3, 11, 9), at("UTC", 2026, 3, 11, 10)) in spans(text, MARCH)


@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    minute=st.integers(0, 1439),
    length=st.integers(1, 180),
    step=st.integers(1, 9),
    count=st.integers(1, 12),
    skipped=st.sets(st.integers(0, 11), max_size=4),
)
def test_recurrence_against_a_wall_clock(
    zone: str, first: date, minute: int, length: int, step: int, count: int, skipped: set[int]
) -> None:
    """Every so many days at the same wall clock, whatever the clocks do in between."""
    home = ZoneInfo(zone)
    start = datetime.combine(first, time(minute // 60, minute % 60))
    days = [start + timedelta(days=step * n) for n in range(count)]
    kept = [day for number, day in enumerate(days) if number not in skipped]
    lines = [f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}", f"DURATION:PT{length}M",
             f"RRULE:FREQ=DAILY;INTERVAL={step};COUNT={count}"]  # fmt: skip
    lines += [
        f"EXDATE;TZID={zone}:{day:%Y%m%dT%H%M%S}"
        for number, day in enumerate(days)
        if number in skipped
    ]
    since = datetime(2025, 12, 1, tzinfo=UTC).timestamp()
    found = spans(feed("\n".join(lines)), since, days=500)
    expected = merge(
        (start, start + length * 60.0)
        for start in (day.replace(tzinfo=home).timestamp() for day in kept)
    )

    assert found == expected


@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2026, 1, 1), date(2026, 12, 1)),
    length=st.integers(1, 4),
)
def test_whole_days_against_a_wall_clock(zone: str, first: date, length: int) -> None:
    """From midnight to midnight there, however long the days are."""
    last = first + timedelta(days=length)
    text = feed(f"DTSTART;VALUE=DATE:{first:%Y%m%d}\nDTEND;VALUE=DATE:{last:%Y%m%d}")
    since = datetime(2025, 12, 1, tzinfo=UTC).timestamp()
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()
        for day in (first, last)
    )

    assert spans(text, since, days=500, zone=zone) == [(start, end)]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_merging_keeps_the_same_time(some: list[tuple[int, int]]) -> None:
    """The same moments are covered, by spans in order that do not touch."""
    merged = merge((float(start), float(end)) for start, end in some)
    covered = {n for start, end in some for n in range(start, end)}

    assert covered == {n for start, end in merged for n in range(int(start), int(end))}
    assert all(one[1] < other[0] for one, other in pairwise(merged))
