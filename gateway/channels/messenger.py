"""Messenger: the Send API of a page (Graph API).

    POST <url>/me/messages?appsecret_proof=…       Authorization: Bearer <page token>
    {"recipient": {"id"}, "messaging_type", "tag"?, "message": {"text", "quick_replies"?}}

A page may write within 24 hours after the person wrote; later only with a tag that Meta's policy
allows for the occasion (`channels.messenger.tag`), and then only what is urgent is sent with it.
The API knows no id of ours and cannot be asked: *once*.
"""

import hmac
from typing import Any, Final

import msgspec

from actors.effects.deliverer import DeliveryError, NotNow, Promise, Refused, Unsure
from gateway.channels.calls import Caller, is_success, json_of
from gateway.channels.composing import Composed, Composer
from gateway.channels.settings import MessengerSettings
from gateway.wording import say
from twins.outputs import Effect

MAX_TEXT: Final = 2000
MAX_TITLE: Final = 20

OUTSIDE_WINDOW: Final = (10, 2018278)
"""(code, error_subcode): more than 24 hours since she wrote."""

_LATER: Final = frozenset({4, 17, 32, 341, 368, 613, 1200, 80006})
"""Limits of rate, and `1200`: sending failed for the moment."""

_NOBODY_KNOWS: Final = frozenset({1, 2})
"""An unknown error, or one of the service."""

QUICK: Final = ("accept", "decline", "call_me")
"""What she can answer with one tap."""


class MessengerChannel:
    """Delivers to `messenger:<page-scoped id>`."""

    promise = Promise.ONCE

    def __init__(self, composer: Composer, caller: Caller, settings: MessengerSettings) -> None:
        self._composer = composer
        self._caller = caller
        self._settings = settings

    async def deliver(self, effect: Effect) -> Any:
        """Send it, and return `{"channel", "message_id"}`."""
        person = effect.address.partition(":")[2]
        if not (person.isascii() and person.isdigit()):
            raise Refused("bad_address", "not a page-scoped id")
        letter, tag = self._composer.compose(effect), self._settings.tag
        body: dict[str, Any] = {"recipient": {"id": person}, "messaging_type": "UPDATE",
                                "message": _message(letter)}  # fmt: skip
        try:
            return await self._send(body)
        except Refused as error:
            # Surely nothing was sent, so it may be tried otherwise.
            if error.reason != "outside_window" or tag is None or letter.urgency != "high":
                raise
        return await self._send({**body, "messaging_type": "MESSAGE_TAG", "tag": tag})

    async def _send(self, body: dict[str, Any]) -> Any:
        settings = self._settings
        assert settings.page_token is not None
        token = settings.page_token.get_secret_value()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        params = {}
        if settings.app_secret is not None:
            secret = settings.app_secret.get_secret_value().encode()
            params["appsecret_proof"] = hmac.digest(secret, token.encode(), "sha256").hex()
        url = f"{settings.url.rstrip('/')}/me/messages"
        status, text = await self._caller.post(
            url, msgspec.json.encode(body), headers, params=params
        )
        answer = json_of(text)
        if "error" in answer or not is_success(status):
            raise _failure(answer.get("error"), status)
        if "message_id" not in answer:
            raise Unsure("the answer names no message")
        return {"channel": "messenger", "message_id": str(answer["message_id"])[:200]}

    async def lookup(self, effect: Effect) -> Any | None:
        """The API has no way to ask."""
        raise Unsure(f"nobody can say whether {effect.id} was sent")


def _message(letter: Composed) -> dict[str, Any]:
    message: dict[str, Any] = {"text": letter.text[:MAX_TEXT]}
    if letter.token is not None:
        if len(letter.text) > MAX_TEXT:
            message["text"] = letter.short[:MAX_TEXT]
        message["quick_replies"] = [
            {"content_type": "text", "title": say(letter.language, f"quick.{what}")[:MAX_TITLE],
             "payload": f"{what} {letter.token}"}
            for what in QUICK
        ]  # fmt: skip
    return message


def _failure(error: Any, status: int) -> DeliveryError:
    """What an error of the Graph API means."""
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return Unsure(f"status {status} without an error's code")
    code, sub = error["code"], error.get("error_subcode")
    said = f"code {code}, subcode {sub}"
    if (code, sub) == OUTSIDE_WINDOW:
        return Refused("outside_window", "she has not written within 24 hours")
    if code in _LATER:
        return NotNow(said)
    if code in _NOBODY_KNOWS:
        return Unsure(said)
    return Refused("receiver_refused", said)
