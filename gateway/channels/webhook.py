"""Webhooks: a receiver of one's own passes the letter on. It recognises repeats by the id.

POST <address>
Idempotency-Key: <effect id>
Vigil-Signature: t=<seconds>,v1=<hex of HMAC-SHA-256 over "<seconds>.<body>">
{"id", "to", "name", "language", "subject", "urgency", "text", "calendar"?, "link"?, "offer"?}
"""

from typing import Any

import msgspec

from actors.effects.deliverer import Promise
from gateway.channels.calls import Caller, is_success, refused
from gateway.channels.composing import Composer, content_of
from gateway.channels.signing import SIGNATURE
from twins.outputs import Effect


class WebhookChannel:
    """Delivers to `webhook:<url>`. The same id may come more than once; receivers keep ids."""

    promise = Promise.IDEMPOTENT

    def __init__(self, composer: Composer, caller: Caller) -> None:
        self._composer = composer
        self._caller = caller

    async def deliver(self, effect: Effect) -> Any:
        """Deliver, and return `{"channel", "status"}`; raises `Refused`, `NotNow` or `Unsure`."""
        composer = self._composer
        body = msgspec.json.encode(content_of(composer.compose(effect)))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": effect.id,
            SIGNATURE: composer.sign.signature(body, composer.clock()),
        }
        if effect.traceparent:
            headers["traceparent"] = effect.traceparent
        url = effect.address.partition(":")[2]
        status, text = await self._caller.post(url, body, headers)
        if not is_success(status):
            raise refused(status, text)
        return {"channel": "webhook", "status": status}

    async def lookup(self, effect: Effect) -> Any | None:
        """Not needed: the receiver keeps ids, so repeating is the way to ask."""
        return await self.deliver(effect)
