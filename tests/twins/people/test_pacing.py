"""When a person may be told something: by her own clock, on both nights when it is changed."""

from datetime import UTC, datetime
from zoneinfo import available_timezones

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from twins.people.pacing import (
    NEVER,
    Quiet,
    day_of,
    is_quiet,
    local,
    next_day,
    quiet_from,
    quiet_until,
    zone_of,
)

NIGHT = [Quiet()]
HELSINKI = "Europe/Helsinki"
ZONES = st.sampled_from(
    [HELSINKI, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Beirut", "UTC"]
)
MINUTE = 60
SPANS = st.lists(
    st.builds(
        Quiet,
        starts_s=st.integers(0, 1440).map(MINUTE.__mul__),
        ends_s=st.integers(0, 1440).map(MINUTE.__mul__),
        weekdays=st.sets(st.integers(0, 6)).map(sorted).map(tuple),
    ),
    max_size=3,
)
# From 2024 to 2030, at whole minutes.
TIMES = st.integers(1_704_067_200 // 60, 1_893_456_000 // 60).map(lambda it: it * 60.0)


def at(text: str) -> float:
    """A time, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-01-10 21:00", "2026-01-11 05:00"),  # winter: 23:00 to 07:00, UTC+2
        ("2026-07-10 21:00", "2026-07-11 04:00"),  # summer: 00:00 to 07:00, UTC+3
        ("2026-03-28 21:00", "2026-03-29 04:00"),  # the short night
        ("2026-10-24 21:00", "2026-10-25 05:00"),  # the long one
        ("2026-01-10 12:00", "2026-01-10 12:00"),
        ("2026-01-10 05:00", "2026-01-10 05:00"),  # at the end's second she may be told
    ],
)
def test_a_night_ends_at_seven_by_her_clock(now: str, until: str) -> None:
    """Also when clocks are changed in it."""
    assert at(until) == quiet_until(NIGHT, HELSINKI, at(now))


@pytest.mark.parametrize(
    ("now", "begins"),
    [("2026-01-10 12:00", "2026-01-10 20:00"), ("2026-03-29 12:00", "2026-03-29 19:00")],
)
def test_when_the_night_begins(now: str, begins: str) -> None:
    """At ten by her clock."""
    assert at(begins) == quiet_from(NIGHT, HELSINKI, at(now))


def test_spans_that_follow_one_another_are_one() -> None:
    """She is told something when the last of them ends."""
    quiet = [Quiet(starts_s=0, ends_s=3600), Quiet(starts_s=3600, ends_s=7200)]

    assert at("2026-01-10 02:00") == quiet_until(quiet, "UTC", at("2026-01-10 00:30"))


def test_only_on_its_days() -> None:
    """A span belongs to the day on which it begins: this one to Saturdays."""
    quiet = [Quiet(weekdays=(5,))]

    assert is_quiet(quiet, "UTC", at("2026-01-10 23:00"))
    assert is_quiet(quiet, "UTC", at("2026-01-11 06:59"))
    assert not is_quiet(quiet, "UTC", at("2026-01-11 23:00"))
    assert not is_quiet(quiet, "UTC", at("2026-01-10 06:00"))


def test_quiet_for_ever() -> None:
    """Then only what is urgent reaches her."""
    for ends_s in (0, 86_400):
        quiet = [Quiet(starts_s=0, ends_s=ends_s)]

        assert NEVER == quiet_until(quiet, HELSINKI, at("2026-01-10 12:00"))


@given(SPANS, ZONES, TIMES)
@example([Quiet(starts_s=0, ends_s=3 * 3600 + 1800)], HELSINKI, at("2026-03-28 23:00"))
@example([Quiet(starts_s=0, ends_s=3 * 3600 + 1800)], HELSINKI, at("2026-10-24 23:00"))
def test_it_ends_when_her_clock_says_so(quiet: list[Quiet], zone: str, now: float) -> None:
    """It is not quiet then; and until then it was, minute by minute."""
    until = quiet_until(quiet, zone, now)
    assume(until != NEVER)

    assert until >= now
    assert not is_quiet(quiet, zone, until)
    offsets = {local(zone, it).utcoffset() for it in (now, until)}
    if len(offsets) == 1:  # else it may be as much later as clocks were changed
        minutes = range(int(now), int(until), 60)
        assert all(is_quiet(quiet, zone, float(it)) for it in minutes)


@given(SPANS, ZONES, TIMES)
def test_it_begins_when_her_clock_says_so(quiet: list[Quiet], zone: str, now: float) -> None:
    """From a time that is not quiet until then, no minute is."""
    assume(not is_quiet(quiet, zone, now))
    begins = min(quiet_from(quiet, zone, now), now + 2 * 86_400.0)
    same = local(zone, now).utcoffset() == local(zone, begins).utcoffset()
    assume(same)

    assert not any(is_quiet(quiet, zone, float(it)) for it in range(int(now), int(begins), 60))


@given(ZONES, TIMES)
def test_her_next_day_is_one_more(zone: str, now: float) -> None:
    """Whether it has 23, 24 or 25 hours."""
    then = next_day(zone, now)

    assert 0 < then - now <= 25 * 3600
    assert day_of(zone, now) + 1 == day_of(zone, then)
    assert day_of(zone, now) == day_of(zone, then - 60) or zone == "Asia/Beirut"


@pytest.mark.parametrize("name", ["", "Mars/Phobos", "../../etc/passwd", "/etc", "Europe", "a//b"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    """A typing error sets nobody's twin aside; no file is read but those of the package."""
    assert "UTC" == zone_of(name).key


def test_every_zone_is_there() -> None:
    """By the package's own list."""
    assert all(name == zone_of(name).key for name in available_timezones() - {"localtime"})
