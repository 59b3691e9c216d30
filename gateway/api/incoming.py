"""`/channels/…`: what people write back, from the channels' own servers.

Whoever sends it is known by a signature (`gateway.channels.incoming`); what is not signed is
answered 403, and nothing of it is kept. A message becomes an event of its address' twin, which
knows whose it is. The event's id is made of the channel's, so a message that comes again is one.
"""

import hmac
from collections.abc import Iterable
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from pydantic import SecretStr

from gateway.api.context import Context
from gateway.api.errors import Forbidden, Invalid, NoAnswer, NotFound
from gateway.api.events import Places, took
from gateway.api.models import Problem
from gateway.api.needs import BySignature
from gateway.channels.incoming import (
    BadMessage,
    Incoming,
    from_gate,
    from_messenger,
    from_wechat,
    signed_by_app,
    signed_by_wechat,
)
from gateway.channels.signing import SIGNATURE, Signer, verify_signature
from twins.event import encode_message

router = APIRouter(tags=["channels"])

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (403, 404, 422, 503, 504)
}


def _secret(value: SecretStr | None, name: str) -> str:
    if value is None:
        raise NotFound(f"nobody set channels.{name}")
    return value.get_secret_value()


async def _tell(shared: Context, messages: Iterable[Incoming]) -> None:
    """Bring them into the log; returns once all of them are durable, so that none is lost."""
    now, key = shared.services.clock(), shared.keys.offer_key
    for message in messages:
        ids = {"twin_id": message.twin_id, "event_id": message.event_id}
        body = encode_message(message.reply(key, now), id=message.event_id)
        with Places(shared, 1):
            try:
                answer = await shared.services.send(
                    message.twin_id, "reply.received", body, "inside", shared.limits.send_s
                )
            except TimeoutError as error:
                raise NoAnswer("the log did not answer in time; send it again", **ids) from error
        took(answer, **ids)


@router.get("/channels/messenger", response_class=PlainTextResponse, responses=_PROBLEMS)
async def verify_messenger(request: Request, shared: BySignature) -> PlainTextResponse:
    """Answer Messenger's challenge when the webhook is set up."""
    query = request.query_params
    expected = _secret(shared.channels.messenger.verify_token, "messenger.verify_token")
    given = query.get("hub.verify_token", "")
    if query.get("hub.mode") != "subscribe" or not _equal(given, expected):
        raise Forbidden("the verify token is another one")
    return PlainTextResponse(query.get("hub.challenge", "")[:200])


@router.post("/channels/messenger", response_class=PlainTextResponse, responses=_PROBLEMS)
async def take_messenger(request: Request, shared: BySignature) -> PlainTextResponse:
    """Take what people wrote to the page."""
    body = await request.body()
    secret = _secret(shared.channels.messenger.app_secret, "messenger.app_secret")
    if not signed_by_app(secret, request.headers.get("x-hub-signature-256", ""), body):
        raise Forbidden("the signature is not the app's")
    try:
        await _tell(shared, list(from_messenger(body, shared.services.clock())))
    except BadMessage as error:
        raise Invalid(str(error)) from error
    return PlainTextResponse("EVENT_RECEIVED")


def _check_wechat(request: Request, shared: Context) -> None:
    token = _secret(shared.channels.wechat.token, "wechat.token")
    if not signed_by_wechat(token, dict(request.query_params), shared.services.clock()):
        raise Forbidden("the signature is not the account's, or five minutes old")


@router.get("/channels/wechat", response_class=PlainTextResponse, responses=_PROBLEMS)
async def verify_wechat(request: Request, shared: BySignature) -> PlainTextResponse:
    """Answer WeChat's challenge when the server is set up."""
    _check_wechat(request, shared)
    return PlainTextResponse(request.query_params.get("echostr", "")[:200])


@router.post("/channels/wechat", response_class=PlainTextResponse, responses=_PROBLEMS)
async def take_wechat(request: Request, shared: BySignature) -> PlainTextResponse:
    """Take what somebody wrote to the account."""
    _check_wechat(request, shared)
    nonce = request.query_params["nonce"] + request.query_params["timestamp"]
    if nonce not in shared.nonces:
        try:
            message = from_wechat(await request.body())
        except BadMessage as error:
            raise Invalid(str(error)) from error
        await _tell(shared, [] if message is None else [message])
        # Only now: what did not get through comes again with the same nonce.
        shared.nonces.add(nonce)
    return PlainTextResponse("success")


@router.post("/channels/{channel}", response_class=PlainTextResponse, responses=_PROBLEMS)
async def take_gate(
    channel: Literal["sms", "email"], request: Request, shared: BySignature
) -> PlainTextResponse:
    """Take an SMS or an e-mail from a gate of one's own: `{"id", "from", "text", "at"}`, signed."""
    body = await request.body()
    key = Signer(shared.keys.offer_key).webhook_key
    header = request.headers.get(SIGNATURE, "")
    if not verify_signature(key, header, body, shared.services.clock()):
        raise Forbidden(f"send {SIGNATURE}, made with the webhooks' key, within five minutes")
    try:
        await _tell(shared, [from_gate(channel, body)])
    except BadMessage as error:
        raise Invalid(str(error)) from error
    return PlainTextResponse("taken")


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
