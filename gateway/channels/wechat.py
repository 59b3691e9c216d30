"""WeChat: customer-service messages of an official account.

    POST <url>/cgi-bin/stable_token                          {"access_token", "expires_in"}
    POST <url>/cgi-bin/message/custom/send?access_token=…    {"touser", "msgtype", …}

Both answer 200 with `errcode` where something is wrong. The *stable* token is the same for all of
our workers; the plain one would end those of the others. An account may write within 48 hours after
the person did. The API knows no id of ours and cannot be asked: *once*.
"""

import asyncio
from typing import Any, Final

import msgspec

from actors.effects.deliverer import DeliveryError, NotNow, Promise, Refused, Unsure
from gateway.channels.calls import Caller, is_success, json_of, refused
from gateway.channels.composing import Composed, Composer
from gateway.channels.settings import WeChatSettings
from gateway.wording import say
from twins.outputs import Effect

MAX_BYTES: Final = 2048
"""Of one text message."""

EARLY_S: Final = 300.0
"""How long before its end a token is fetched anew."""

_TOKEN_OVER: Final = frozenset({40001, 40014, 42001})
"""The token is not valid (any more); nothing was sent."""

_LATER: Final = frozenset({-1, 45009, 45011})
"""The system is busy, or we have called too often."""

MENU: Final = ("accept", "decline", "call_me")


class WeChatChannel:
    """Delivers to `wechat:<openid>`."""

    promise = Promise.ONCE

    def __init__(self, composer: Composer, caller: Caller, settings: WeChatSettings) -> None:
        self._composer = composer
        self._caller = caller
        self._settings = settings
        self._token = ""
        self._until = 0.0
        self._fetching = asyncio.Lock()

    async def deliver(self, effect: Effect) -> Any:
        """Send it, and return `{"channel"}`."""
        person = effect.address.partition(":")[2]
        if not person.isascii() or not person or len(person) > 128:  # noqa: PLR2004 - an openid
            raise Refused("bad_address", "not an openid")
        letter = self._composer.compose(effect)
        body = msgspec.json.encode({"touser": person, **_message(letter)})
        for attempt in (0, 1):
            token = await self._access_token()
            answer = await self._call("message/custom/send", body, {"access_token": token})
            code = answer.get("errcode")
            if code == 0:
                return {"channel": "wechat"}
            if code not in _TOKEN_OVER or attempt:
                raise _failure(answer)
            if token == self._token:
                self._until = 0.0  # somebody has ended it before its time
        raise AssertionError("unreachable")

    async def lookup(self, effect: Effect) -> Any | None:
        """The API has no way to ask."""
        raise Unsure(f"nobody can say whether {effect.id} was sent")

    async def _access_token(self) -> str:
        clock = self._composer.clock
        async with self._fetching:
            if clock() < self._until:
                return self._token
            settings = self._settings
            assert settings.secret is not None
            body = {"grant_type": "client_credential", "appid": settings.app_id,
                    "secret": settings.secret.get_secret_value()}  # fmt: skip
            try:
                answer = await self._call("stable_token", msgspec.json.encode(body))
            except Unsure as error:
                # Fetching a token twice does no harm, and no message was sent.
                raise NotNow(f"no access token: {error}") from error
            token, lives = answer.get("access_token"), answer.get("expires_in")
            if not isinstance(token, str) or not isinstance(lives, int | float):
                raise NotNow(f"no access token: errcode {answer.get('errcode')!r}")
            self._token, self._until = token, clock() + max(0.0, float(lives) - EARLY_S)
            return token

    async def _call(
        self, path: str, body: bytes, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        url = f"{self._settings.url.rstrip('/')}/cgi-bin/{path}"
        headers = {"Content-Type": "application/json; charset=utf-8"}
        status, text = await self._caller.post(url, body, headers, params=params)
        if not is_success(status):
            raise refused(status, text)
        return json_of(text)


def _message(letter: Composed) -> dict[str, Any]:
    text = letter.text if len(letter.text.encode()) <= MAX_BYTES else letter.short
    text = text.encode()[:MAX_BYTES].decode("utf-8", "ignore")
    if letter.token is None:
        return {"msgtype": "text", "text": {"content": text}}
    choices = [
        {"id": what, "content": say(letter.language, f"quick.{what}")} for what in MENU
    ]  # fmt: skip
    menu = {"head_content": text, "list": choices, "tail_content": ""}
    return {"msgtype": "msgmenu", "msgmenu": menu}


def _failure(answer: dict[str, Any]) -> DeliveryError:
    """What an `errcode` means."""
    code = answer.get("errcode")
    said = f"errcode {code} {str(answer.get('errmsg', ''))[:100]}"
    if not isinstance(code, int):
        return Unsure("the answer has no errcode")
    if code in _LATER or code in _TOKEN_OVER:
        return NotNow(said)
    if code == 45015:  # noqa: PLR2004 - WeChat's code
        return Refused("outside_window", "she has not written within 48 hours")
    return Refused("receiver_refused", said)
