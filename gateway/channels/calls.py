"""Calls: one HTTP request of a channel, and what each way of failing means.

| what happened | means |
|---|---|
| no connection, or a certificate that is not trusted | `NotNow`: surely not delivered |
| 408, 425, 429, 503 | `NotNow` |
| another 5xx, a timeout, a cut or endless answer | `Unsure` |
| 3xx, 4xx | the channel looks; by default `Refused` |
"""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from actors.effects.deliverer import NotNow, Refused, Unsure
from gateway.channels.trust import trouble

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 64 * 1024
"""Largest answer that is read; a hostile receiver must not fill the memory."""
MAX_REASON = 200

NOT_DONE = frozenset({408, 425, 429, 503})
"""Statuses that say that nothing was done. Of other server errors (5xx) nobody can say."""


class Caller:
    """Makes calls to hosts that are allowed, and follows no redirect: it could lead anywhere.

    Args:
        client: Makes them.
        hosts: Which hosts may be called.
        timeout_s: How long one call may take, its whole answer included.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        hosts: frozenset[str] = LOOPBACK,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._client = client
        self._hosts = hosts
        self._timeout_s = timeout_s

    async def post(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        *,
        params: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """POST, and return (status, answer); raises as the table says, but for 3xx and 4xx.

        What is raised names the URL without its parameters, which may be secret.
        """
        where = self._checked(url)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream(
                    "POST", url, content=body, headers=headers, params=params,
                    follow_redirects=False,
                ) as answer,
            ):  # fmt: skip
                status = answer.status_code
                text = await _read(answer, where)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotNow(f"{where}: {trouble(error) or type(error).__name__}") from error
        except httpx2.InvalidURL as error:
            raise Refused("bad_address", where) from error
        except (httpx2.HTTPError, TimeoutError) as error:
            raise Unsure(f"{where}: {type(error).__name__}") from error
        if status in NOT_DONE:
            raise NotNow(f"{where}: status {status}")
        if status >= 500:  # noqa: PLR2004 - HTTP's class of server errors
            raise Unsure(f"{where}: status {status}")
        return status, text

    def _checked(self, url: str) -> str:
        """The URL without secrets, if it may be called; else `Refused`."""
        shown = url.partition("?")[0][:MAX_REASON]
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise Refused("bad_address", f"{shown!r}: {error}") from error
        if parts.scheme not in {"http", "https"} or not host:
            raise Refused("bad_address", f"{shown!r}; write http://host:port/path")
        if parts.username is not None or parts.password is not None:
            raise Refused("bad_address", "an address must not carry a password")
        if host.lower() not in self._hosts:
            known = ", ".join(sorted(self._hosts))
            raise Refused("host_not_allowed", f"{host!r}; allowed: {known}; see the settings")
        return shown


def host_of(url: str) -> str:
    """The host of a URL that is set, for `Caller`'s list."""
    return (urlsplit(url).hostname or "").lower()


def json_of(text: bytes) -> dict[str, Any]:
    """An answer as an object; `Unsure` where it is none: nobody knows what was meant."""
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unsure(f"the answer is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise Unsure("the answer is no JSON object")
    return content


def refused(status: int, text: bytes) -> Refused:
    """The receiver's no, as it said it."""
    said = text[:MAX_REASON].decode("utf-8", "replace")
    return Refused("receiver_refused", f"status {status} {said}")


def is_success(status: int) -> bool:
    """Whether a status says that it was done."""
    return status // 100 == 2  # noqa: PLR2004 - HTTP's class of successes


async def _read(answer: httpx2.Response, where: str) -> bytes:
    text = bytearray()
    async for chunk in answer.aiter_bytes():
        text += chunk
        if len(text) > MAX_ANSWER_BYTES:
            raise Unsure(f"{where}: more than {MAX_ANSWER_BYTES} bytes of answer")
    return bytes(text)
