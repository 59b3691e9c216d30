"""Calls to providers, by the published HTTP contract (docs/providers.md). Idempotent by hold id."""

import asyncio
from typing import Any

import httpx2
import msgspec

from actors.effects.deliverer import NotNow, Promise, Refused, Unsure
from twins.outputs import Effect

MAX_ANSWER_BYTES = 256 * 1024
"""Largest answer that is read; a hostile provider must not fill the memory."""

NOT_DONE = {408, 425, 429, 503}
"""Statuses that say that nothing was done. Of other server errors (5xx) nobody can say."""

CALLS = {
    "availability": ("POST", "/availability"),
    "hold": ("PUT", "/holds/{hold_id}"),
    "confirm": ("POST", "/holds/{hold_id}/confirm"),
    "release": ("POST", "/holds/{hold_id}/release"),
    "status": ("GET", "/holds/{hold_id}"),
    "reposition": ("POST", "/reposition"),
    "position": ("GET", "/holds/{hold_id}/position"),
}


class ProviderDeliverer:
    """Calls a provider over HTTP; the contract makes every call safe to repeat.

    Args:
        client: Makes the calls.
        timeout_s: How long one call may take, its whole answer included.
    """

    promise = Promise.IDEMPOTENT

    def __init__(self, client: httpx2.AsyncClient, timeout_s: float = 5.0) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def deliver(self, effect: Effect) -> Any:
        """Make the call and return the provider's answer."""
        request = effect.request
        try:
            method, path = CALLS[request["call"]]
        except KeyError:
            raise Refused("unknown_call", f"{request.get('call')!r}; {sorted(CALLS)}") from None
        url = effect.address.rstrip("/") + path.format(hold_id=request.get("hold_id", ""))
        headers = {"Idempotency-Key": effect.id}
        if effect.traceparent:
            headers["traceparent"] = effect.traceparent
        body = request.get("body") if method != "GET" else None
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream(method, url, json=body, headers=headers) as answer,
            ):
                status = answer.status_code
                text = await _read(answer)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotNow(f"{url}: {error!r}") from error
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise Refused("bad_address", f"{url}: {error!r}") from error
        except (httpx2.HTTPError, TimeoutError) as error:
            raise Unsure(f"{url}: {error!r}") from error
        if status in NOT_DONE:
            raise NotNow(f"{url}: status {status}")
        if status >= 500:  # noqa: PLR2004 - HTTP's class of server errors
            raise Unsure(f"{url}: status {status}")
        try:
            content = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unsure(f"{url}: status {status} and no JSON: {error}") from error
        if answer.is_success:
            return content
        reason = content.get("reason") if isinstance(content, dict) else None
        detail = content.get("detail") if isinstance(content, dict) else None
        raise Refused(str(reason or status), str(detail or ""))

    async def lookup(self, effect: Effect) -> Any | None:
        """Not needed: repeating is the way to ask."""
        return await self.deliver(effect)


async def _read(answer: httpx2.Response) -> bytes:
    """The body; raises `Unsure` when it is larger than any that the contract knows."""
    text = bytearray()
    async for chunk in answer.aiter_bytes():
        text += chunk
        if len(text) > MAX_ANSWER_BYTES:
            raise Unsure(f"{answer.request.url}: more than {MAX_ANSWER_BYTES} bytes of answer")
    return bytes(text)
