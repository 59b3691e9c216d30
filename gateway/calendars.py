"""Calendars: customers' own feeds (iCalendar), fetched and expanded for their twins.

    GET <feed>
    If-None-Match, If-Modified-Since: as the answer before said

Only hosts that the settings allow are called (`people.calendar_hosts`), redirects are not followed,
and what comes is bounded in bytes, components, occurrences and time. The expansion is a Ray task: a
rule that never ends is ended with its process.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import msgspec
import ray

from actors.effects.deliverer import NotNow, Promise, Refused
from twins.outputs import Effect
from twins.people.busy import BadCalendar, BusyTimes, busy_times
from twins.people.calendar import FeedAnswer, FeedRequest

MAX_BYTES: Final = 4 * 1024 * 1024
"""Largest calendar that is read."""

FETCH_S: Final = 20.0
"""How long one fetch may take, its whole answer included."""

EXPAND_S: Final = 20.0
"""How long the expansion may take, the start of its process included."""

_UNCHANGED: Final = 304
_NOT_NOW: Final = frozenset({408, 425, 429})
_SERVERS: Final = 500
_MAX_HEADER: Final = 200

Expand = Callable[[bytes, FeedRequest], Awaitable[BusyTimes]]
"""(calendar, request) -> when its owner is busy; raises `BadCalendar`, `TimeoutError`."""


class CalendarDeliverer:
    """Delivers `CALENDAR` effects. The workers hold one.

    Args:
        client: Makes the calls; it must not follow redirects, for they could lead anywhere.
        hosts: Which hosts may be called.
        expand: Runs the expansion.
    """

    promise = Promise.IDEMPOTENT

    def __init__(self, client: httpx2.AsyncClient, hosts: frozenset[str], expand: Expand) -> None:
        self._client = client
        self._hosts = hosts
        self._expand = expand

    async def deliver(self, effect: Effect) -> Any:
        """Fetch a feed; returns a `FeedAnswer` as plain data, or raises `Refused` or `NotNow`."""
        try:
            request = msgspec.convert(effect.request, FeedRequest)
        except msgspec.ValidationError as error:
            raise Refused("bad_request", str(error)) from error
        url = checked(effect.address, self._hosts)
        answer, text = await self._fetch(url, request)
        if answer.status_code == _UNCHANGED:
            return msgspec.to_builtins(FeedAnswer(unchanged=True))
        try:
            found = await self._expand(text, request)
        except BadCalendar as error:
            raise Refused("bad_calendar", str(error)) from error
        except TimeoutError as error:
            raise Refused(
                "bad_calendar", f"its rules cannot be expanded within {EXPAND_S:g} s"
            ) from error
        return msgspec.to_builtins(
            FeedAnswer(
                busy=found.busy,
                until=found.until,
                etag=_header(answer, "etag"),
                modified=_header(answer, "last-modified"),
            )
        )

    async def lookup(self, effect: Effect) -> Any | None:
        """Not needed: fetching again is harmless."""
        return await self.deliver(effect)

    async def _fetch(self, url: str, request: FeedRequest) -> tuple[httpx2.Response, bytes]:
        headers = {"Accept": "text/calendar"}
        if request.etag is not None:
            headers["If-None-Match"] = request.etag
        if request.modified is not None:
            headers["If-Modified-Since"] = request.modified
        try:
            async with (
                asyncio.timeout(FETCH_S),
                self._client.stream("GET", url, headers=headers) as answer,
            ):
                status = answer.status_code
                if status in _NOT_NOW or status >= _SERVERS:
                    raise NotNow(f"{url}: status {status}")
                if status != _UNCHANGED and not answer.is_success:
                    raise Refused("feed_refused", f"{url}: status {status}")
                text = bytearray()
                async for chunk in answer.aiter_bytes():
                    text += chunk
                    if len(text) > MAX_BYTES:
                        raise Refused("too_large", f"{url}: more than {MAX_BYTES} bytes")
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise Refused("bad_address", f"{url}: {error!r}") from error
        except (httpx2.HTTPError, TimeoutError) as error:
            raise NotNow(f"{url}: {error!r}") from error
        return answer, bytes(text)


def checked(address: str, hosts: frozenset[str]) -> str:
    """The feed's URL, if it may be called; else `Refused`. `webcal` is HTTPS by another name."""
    url = f"https://{address[9:]}" if address.startswith("webcal://") else address
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("bad_address", f"{address[:_MAX_HEADER]!r}: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise Refused("bad_address", f"{address[:_MAX_HEADER]!r}; write https://host/path.ics")
    if parts.username is not None or parts.password is not None:
        raise Refused("bad_address", "a feed's address must not carry a password")
    if host.lower() not in hosts:
        allowed = ", ".join(sorted(hosts))
        raise Refused("host_not_allowed", f"{host!r}; people.calendar_hosts allows: {allowed}")
    return url


def _header(answer: httpx2.Response, name: str) -> str | None:
    value = answer.headers.get(name)
    fits = value is not None and len(value) <= _MAX_HEADER and value.isprintable()
    return value if fits else None


async def expand_on_ray(text: bytes, request: FeedRequest) -> BusyTimes:
    """Expand in a process of its own, which is ended when it takes too long."""
    task: Any = ray.remote(busy_times).options(num_cpus=0.1, max_retries=0)
    reference = task.remote(text, request.since, request.until, request.zone)
    try:
        async with asyncio.timeout(EXPAND_S):
            found: BusyTimes = await reference
            return found
    except TimeoutError:
        ray.cancel(reference, force=True)
        raise
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, BadCalendar):
            raise error.cause from error
        raise BadCalendar(repr(error.cause)[:500]) from error
    except ray.exceptions.RayError as error:
        raise NotNow(repr(error)) from error


def make_calendar(hosts: frozenset[str]) -> CalendarDeliverer:
    """The deliverer of a worker."""
    client = httpx2.AsyncClient(timeout=10.0, trust_env=False, follow_redirects=False)
    return CalendarDeliverer(client, hosts, expand_on_ray)
