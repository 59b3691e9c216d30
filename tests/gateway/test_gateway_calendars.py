"""Customers' feeds: fetched from allowed hosts only, bounded, and not again where unchanged."""

import asyncio
from typing import Any

import httpx2
import pytest

from actors.effects.deliverer import NotNow, Refused
from gateway.calendars import MAX_BYTES, CalendarDeliverer
from twins.outputs import Effect, Target
from twins.people.busy import BadCalendar, BusyTimes, busy_times
from twins.people.calendar import FeedRequest

URL = "https://calendar.example/a.ics"
HOSTS = frozenset({"calendar.example"})
NOW = 1_800_000_000.0
TEXT = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    b"DTSTAMP:20260101T000000Z\r\nDTSTART:20270116T080000Z\r\nDURATION:PT1H\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)


async def expand(text: bytes, request: FeedRequest) -> BusyTimes:
    """In this process; the text is ours."""
    return busy_times(text, request.since, request.until, request.zone)


class Host:
    """Stands where the calendar lies."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Note the request, and answer as was said."""
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def deliver(host: Host, address: str = URL, expanding: Any = expand, **request: Any) -> Any:
    """Deliver one effect."""
    effect = Effect(
        id="e", twin_id="customer/c1", name="calendar", target=Target.CALENDAR, address=address,
        order=address, request={"since": NOW, "until": NOW + 9e6, **request},
    )  # fmt: skip
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(host)) as client:
        return await CalendarDeliverer(client, HOSTS, expanding).deliver(effect)


async def test_busy_spans_come_back_with_what_saves_the_next_fetch() -> None:
    """ETag and Last-Modified are told, and sent with the next one."""
    headers = {"etag": '"v1"', "last-modified": "Fri, 15 Jan 2027 08:00:00 GMT"}
    host = Host(httpx2.Response(200, content=TEXT, headers=headers), httpx2.Response(304))
    answer = await deliver(host)
    again = await deliver(host, etag=answer["etag"], modified=answer["modified"])

    assert answer["busy"] == [(1_800_086_400.0, 1_800_090_000.0)]
    assert again == {"unchanged": True}
    assert host.requests[1].headers["if-none-match"] == '"v1"'
    assert host.requests[1].headers["if-modified-since"] == headers["last-modified"]


async def test_webcal_is_https() -> None:
    """As calendars themselves take it."""
    host = Host(httpx2.Response(200, content=TEXT))
    await deliver(host, "webcal://calendar.example/a.ics")

    assert str(host.requests[0].url) == URL


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://internal.example/a.ics", "host_not_allowed"),
        ("https://calendar.example.evil.example/a.ics", "host_not_allowed"),
        ("https://user:pass@calendar.example/a.ics", "bad_address"),
        ("https://calendar.example:port/a.ics", "bad_address"),
        ("file:///etc/passwd", "bad_address"),
    ],
)
async def test_nothing_else_is_called(address: str, reason: str) -> None:
    """Refused before anything leaves."""
    host = Host()
    with pytest.raises(Refused) as refused:
        await deliver(host, address)

    assert refused.value.reason == reason
    assert host.requests == []


async def test_a_redirect_is_not_followed() -> None:
    """It could lead anywhere."""
    host = Host(httpx2.Response(302, headers={"location": "http://127.0.0.1/secret"}))
    with pytest.raises(Refused, match="302"):
        await deliver(host)

    assert len(host.requests) == 1


@pytest.mark.parametrize(
    "answer", [httpx2.Response(503), httpx2.Response(429), httpx2.ConnectError("no")]
)
async def test_what_may_pass_is_tried_again(answer: httpx2.Response | Exception) -> None:
    """Later, by the worker."""
    with pytest.raises(NotNow):
        await deliver(Host(answer))


async def test_a_flood_is_cut_off() -> None:
    """More bytes than any calendar of a person has."""
    with pytest.raises(Refused) as refused:
        await deliver(Host(httpx2.Response(200, content=b"x" * (MAX_BYTES + 1))))

    assert refused.value.reason == "too_large"


@pytest.mark.parametrize("error", [BadCalendar("no calendar"), TimeoutError()])
async def test_what_cannot_be_expanded_says_so(error: Exception) -> None:
    """Too long, or no calendar: her twin hears why."""

    async def fails(_text: bytes, _request: FeedRequest) -> BusyTimes:
        await asyncio.sleep(0)
        raise error

    with pytest.raises(Refused) as refused:
        await deliver(Host(httpx2.Response(200, content=TEXT)), expanding=fails)

    assert refused.value.reason == "bad_calendar"
