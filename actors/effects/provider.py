"""Calls to providers, by the published HTTP contract (docs/providers.md). Idempotent by hold id."""

from typing import Any

import httpx2

from actors.effects.deliverer import NotNow, Promise, Refused, Unsure
from twins.outputs import Effect

CALLS = {
    "availability": ("POST", "/availability"),
    "hold": ("PUT", "/holds/{hold_id}"),
    "confirm": ("POST", "/holds/{hold_id}/confirm"),
    "release": ("POST", "/holds/{hold_id}/release"),
    "status": ("GET", "/holds/{hold_id}"),
    "position": ("GET", "/holds/{hold_id}/position"),
}


class ProviderDeliverer:
    """Calls a provider over HTTP; the contract makes every call safe to repeat."""

    promise = Promise.IDEMPOTENT

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

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
            answer = await self._client.request(method, url, json=body, headers=headers)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise NotNow(f"{url}: {error!r}") from error
        except httpx2.HTTPError as error:
            raise Unsure(f"{url}: {error!r}") from error
        if answer.status_code in {408, 425, 429} or answer.status_code >= 500:  # noqa: PLR2004 - HTTP's class of server errors
            raise NotNow(f"{url}: status {answer.status_code}")
        try:
            content = answer.json()
        except ValueError as error:
            raise Unsure(f"{url}: not JSON: {error}") from error
        if answer.is_success:
            return content
        reason = content.get("reason") if isinstance(content, dict) else None
        detail = content.get("detail") if isinstance(content, dict) else None
        raise Refused(str(reason or answer.status_code), str(detail or ""))

    async def lookup(self, effect: Effect) -> Any | None:
        """Not needed: repeating is the way to ask."""
        return await self.deliver(effect)
