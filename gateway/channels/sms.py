"""SMS by any provider that takes one HTTP call: a neutral contract, for a small adapter of theirs.

    POST <channels.sms.url>
    Authorization: Bearer <token>
    Idempotency-Key: <effect id>
    {"id", "to": "+358…", "from", "text"}          answered by 2xx with {"id": "…"}

Whether a repeat is recognised by its id, only its operator knows: `channels.sms.honours_id`.
"""

import re
from typing import Any, Final

import msgspec

from actors.effects.deliverer import Promise, Refused, Unsure
from gateway.channels.calls import Caller, is_success, json_of, refused
from gateway.channels.composing import Composer
from gateway.channels.settings import SmsSettings
from twins.outputs import Effect

MAX_TEXT: Final = 1000
"""Characters; a provider sends that as up to seven messages."""

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{5,14}")
"""E.164."""


class SmsChannel:
    """Delivers to `sms:<number>`."""

    def __init__(self, composer: Composer, caller: Caller, settings: SmsSettings) -> None:
        assert settings.url is not None
        self.promise = Promise.IDEMPOTENT if settings.honours_id else Promise.ONCE
        self._composer = composer
        self._caller = caller
        self._settings = settings

    async def deliver(self, effect: Effect) -> Any:
        """Give it to the provider, and return `{"channel", "id"}`."""
        number = effect.address.partition(":")[2].replace(" ", "")
        if not _NUMBER.fullmatch(number):
            raise Refused("bad_address", "not a telephone number; write it as +358401234567")
        letter, settings = self._composer.compose(effect), self._settings
        body = {"id": effect.id, "to": number, "from": settings.sender,
                "text": letter.short[:MAX_TEXT]}  # fmt: skip
        headers = {"Content-Type": "application/json", "Idempotency-Key": effect.id}
        if settings.token is not None:
            headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
        status, text = await self._caller.post(
            settings.url or "", msgspec.json.encode(body), headers
        )
        if not is_success(status):
            raise refused(status, text)
        return {"channel": "sms", "id": str(json_of(text).get("id", ""))[:200]}

    async def lookup(self, effect: Effect) -> Any | None:
        """The contract has no way to ask."""
        raise Unsure(f"nobody can say whether {effect.id} was sent")
