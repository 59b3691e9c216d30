"""The expansion runs on Ray, and a rule that never ends is ended with its process."""

from collections.abc import Iterator

import pytest
import ray

import gateway.calendars
from deploy.ray_local import start_ray
from deploy.settings import Settings
from gateway.calendars import expand_on_ray
from twins.people.busy import BadCalendar
from twins.people.calendar import FeedRequest

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

NOW = 1_800_000_000.0
REQUEST = FeedRequest(since=NOW, until=NOW + 60 * 86_400)


def feed(rule: str) -> bytes:
    """A calendar with one series."""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        "DTSTAMP:20260101T000000Z\r\nDTSTART:20270116T080000Z\r\nDURATION:PT1H\r\n"
        f"RRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Ray on this machine."""
    start_ray(Settings())
    yield
    ray.shutdown()


async def test_what_is_expanded_comes_back() -> None:
    """Its errors as well, as what they are."""
    found = await expand_on_ray(feed("FREQ=DAILY;COUNT=2"), REQUEST)

    assert 2 == len(found.busy)
    with pytest.raises(BadCalendar, match="no calendar"):
        await expand_on_ray(b"<html>", REQUEST)


async def test_what_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The 30th of February, looked for in every second there is; the next one is served.

    Within sixty days that takes 7 s of a processor, so it is not given as much.
    """
    monkeypatch.setattr(gateway.calendars, "EXPAND_S", 3.0)
    endless = feed("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30")
    with pytest.raises(TimeoutError):
        await expand_on_ray(endless, REQUEST)

    monkeypatch.setattr(gateway.calendars, "EXPAND_S", 60.0)
    assert 1 == len((await expand_on_ray(feed("FREQ=DAILY;COUNT=1"), REQUEST)).busy)
