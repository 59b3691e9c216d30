"""SMS, Messenger and WeChat against receivers that keep to the contracts, and those that do not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from channel_kit import COMPOSER, NOW, OFFER, SECRETS, SIGNER, caller, letter
from pydantic import SecretStr
from support.sinks import Gate, MessengerPage, Sink, WeChatAccount

from actors.effects.deliverer import Deliverer, NotNow, Promise, Refused, Unsure
from gateway.channels.messenger import MessengerChannel
from gateway.channels.settings import MessengerSettings, SmsSettings, WeChatSettings
from gateway.channels.sms import SmsChannel
from gateway.channels.wechat import WeChatChannel
from gateway.offers import verify_offer

SMS, MESSENGER, WECHAT = "sms:+358 40 1234567", "messenger:123", "wechat:openid-1"


@asynccontextmanager
async def channel(
    address: str, *, timeout_s: float = 5.0, **settings: Any
) -> AsyncIterator[tuple[Deliverer, Sink]]:
    """A channel, set up for a sink."""
    calls, client = caller(timeout_s)
    receivers = {SMS: Gate("sms-token"), MESSENGER: MessengerPage(now=NOW), WECHAT: WeChatAccount()}
    receiver = receivers[address]
    if isinstance(receiver, MessengerPage):
        receiver.wrote_at["123"] = NOW - 3600.0
    async with client, Sink(receiver) as sink:
        made: Deliverer
        if address == SMS:
            sms = SmsSettings(url=f"{sink.url}/send", token=SecretStr("sms-token"), **settings)
            made = SmsChannel(COMPOSER, calls, sms)
        elif address == MESSENGER:
            page = MessengerSettings(
                url=sink.url, page_token=SecretStr("page-token"),
                app_secret=SecretStr("app-secret"), **settings,
            )  # fmt: skip
            made = MessengerChannel(COMPOSER, calls, page)
        else:
            account = WeChatSettings(
                url=sink.url, app_id="wx-app", secret=SecretStr("wx-secret"), **settings
            )
            made = WeChatChannel(COMPOSER, calls, account)
        yield made, sink


def delivered(sink: Sink) -> list[Any]:
    """What the receiver took."""
    found: list[Any] = sink.receiver.delivered  # type: ignore[attr-defined]  # each receiver keeps what it took
    return found


async def test_an_sms_is_short_and_has_its_link() -> None:
    """One call, with its id, to a number without spaces."""
    async with channel(SMS) as (sms, sink):
        answer = await sms.deliver(letter(SMS))
    (body,) = delivered(sink)

    assert {"channel": "sms", "id": "gate-1"} == answer
    assert ("effect-1", "+358401234567") == (body["id"], body["to"])
    assert "effect-1" == sink.calls[0].headers["idempotency-key"]
    assert body["text"].startswith("Your engine overheats\n€89.00\nhttps://help.example/offers/")


@pytest.mark.parametrize(("honours_id", "promise"), [(True, "idempotent"), (False, "once")])
async def test_sms_promises_what_its_provider_does(promise: str, *, honours_id: bool) -> None:
    """Only its operator knows."""
    async with channel(SMS, honours_id=honours_id) as (sms, _):
        assert promise == sms.promise


async def test_messenger_offers_answers_by_one_tap() -> None:
    """Each carries the signed token of the offer."""
    async with channel(MESSENGER) as (messenger, sink):
        answer = await messenger.deliver(letter(MESSENGER))
    (body,) = delivered(sink)
    payloads = [reply["payload"].split(" ") for reply in body["message"]["quick_replies"]]

    assert {"channel": "messenger", "message_id": "m_1"} == answer
    assert "UPDATE" == body["messaging_type"]
    assert ["accept", "decline", "call_me"] == [what for what, _ in payloads]
    assert {"a1"} == {
        verify_offer(SIGNER.offer_key, token, NOW).arrangement_id for _, token in payloads
    }


@pytest.mark.parametrize(
    ("urgency", "tag", "types"),
    [("high", "ACCOUNT_UPDATE", ["UPDATE", "MESSAGE_TAG"]), ("normal", "ACCOUNT_UPDATE", None),
     ("high", None, None)],
)  # fmt: skip
async def test_after_a_day_messenger_takes_only_what_is_tagged(
    urgency: str, tag: str | None, types: list[str] | None
) -> None:
    """And we tag only what is urgent; all else goes by another channel."""
    async with channel(MESSENGER, tag=tag) as (messenger, sink):
        assert isinstance(sink.receiver, MessengerPage)
        sink.receiver.wrote_at["123"] = NOW - 90_000.0
        if types is None:
            with pytest.raises(Refused, match="outside_window"):
                await messenger.deliver(letter(MESSENGER, urgency=urgency))
        else:
            await messenger.deliver(letter(MESSENGER, urgency=urgency))

    assert types is None or types == [it.json["messaging_type"] for it in sink.calls]
    assert (types is not None) == len(delivered(sink))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": 613}, NotNow), ({"code": 1200}, NotNow), ({"code": 2}, Unsure),
        ({"code": 190}, Refused), ({"code": 551}, Refused), ({"code": "x"}, Unsure), (7, Unsure),
    ],
)  # fmt: skip
async def test_what_errors_of_messenger_mean(error: Any, expected: type[Exception]) -> None:
    """Later, never, or nobody knows."""

    class Failing(MessengerPage):
        def take(self, call: Any) -> tuple[int, Any]:  # noqa: ARG002 - it always says the same
            return 400, {"error": error}

    async with channel(MESSENGER) as (messenger, sink):
        sink.receiver = Failing()
        with pytest.raises(expected):
            await messenger.deliver(letter(MESSENGER))


async def test_wechat_sends_a_menu_and_fetches_one_token() -> None:
    """For many messages."""
    async with channel(WECHAT) as (wechat, sink):
        for _ in range(3):
            await wechat.deliver(letter(WECHAT))
        await wechat.deliver(letter(WECHAT, offer=False))
    first, *_, last = delivered(sink)

    assert 1 == sum(call.path.endswith("stable_token") for call in sink.calls)
    assert ["accept", "decline", "call_me"] == [it["id"] for it in first["msgmenu"]["list"]]
    assert "Your engine overheats\n\nPlease stop." == last["text"]["content"]


async def test_a_token_that_somebody_ended_is_fetched_anew() -> None:
    """The message is sent once; twice no, and nobody waits."""
    async with channel(WECHAT) as (wechat, sink):
        assert isinstance(sink.receiver, WeChatAccount)
        await wechat.deliver(letter(WECHAT))
        sink.receiver.tokens = 2
        await wechat.deliver(letter(WECHAT))
        sink.receiver.says.extend([42001, 42001])
        with pytest.raises(NotNow):
            await wechat.deliver(letter(WECHAT))

    assert 2 == len(delivered(sink))


@pytest.mark.parametrize(
    ("code", "expected"),
    [(-1, NotNow), (45009, NotNow), (45015, Refused), (45047, Refused), (40003, Refused)],
)
async def test_what_errors_of_wechat_mean(code: int, expected: type[Exception]) -> None:
    """Busy, too often: later. Outside of 48 hours, a stranger: never."""
    async with channel(WECHAT) as (wechat, sink):
        assert isinstance(sink.receiver, WeChatAccount)
        sink.receiver.says.append(code)
        with pytest.raises(expected):
            await wechat.deliver(letter(WECHAT))

    assert [] == delivered(sink)


async def test_without_a_token_nothing_is_sent_and_that_is_sure() -> None:
    """Also where the token's answer was cut off."""
    async with channel(WECHAT) as (wechat, sink):
        for trouble in ("cut", b"<html>", 500):
            sink.trouble.append(trouble)
            with pytest.raises(NotNow):
                await wechat.deliver(letter(WECHAT))

    assert [] == delivered(sink)


@pytest.mark.parametrize("address", [SMS, MESSENGER, WECHAT])
@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ("cut", Unsure), ("slow", Unsure), ("refuse", Unsure), (500, Unsure), (503, NotNow),
        (429, NotNow), (b"<html>", Unsure), (b"[]", Unsure), (b"x" * 100_000, Unsure),
    ],
)  # fmt: skip
async def test_trouble_is_told_for_what_it_is(
    address: str, trouble: Any, expected: type[Exception]
) -> None:
    """What may have been delivered is `Unsure`: these channels are of the sort once."""
    async with channel(address, timeout_s=0.5) as (found, sink):
        if address == WECHAT:
            await found.deliver(letter(address))
        sink.trouble.append(trouble)
        with pytest.raises(expected) as raised:
            await found.deliver(letter(address))

        assert Promise.ONCE is found.promise
        assert not any(secret in str(raised.value) for secret in SECRETS)
        with pytest.raises(Unsure):
            await found.lookup(letter(address))


@pytest.mark.parametrize("address", [SMS, MESSENGER, WECHAT])
async def test_nobody_there_is_surely_not_delivered(address: str) -> None:
    """So another try is safe."""
    async with channel(address) as (found, sink):
        await sink.__aexit__()
        with pytest.raises(NotNow):
            await found.deliver(letter(address))


@pytest.mark.parametrize("address", ["sms:0401234", "messenger:../me", "wechat:", "sms:"])
async def test_bad_addresses_are_never_called(address: str) -> None:
    """They could be anything."""
    known = {"sms": SMS, "messenger": MESSENGER, "wechat": WECHAT}
    async with channel(known[address.partition(":")[0]]) as (found, sink):
        with pytest.raises(Refused, match="bad_address"):
            await found.deliver(letter(address))

        assert [] == sink.calls


async def test_a_long_letter_fits_the_channel() -> None:
    """What does not fit is said shortly, with the link."""
    lines = [{**OFFER["lines"][0], "what": "x" * 200, "by": "y" * 200} for _ in range(16)]
    for address in (SMS, MESSENGER, WECHAT):
        async with channel(address) as (found, sink):
            effect = letter(address, offer=False)
            effect.request["offer"] = {**OFFER, "lines": lines}
            await found.deliver(effect)

            assert "https://help.example/offers/" in str(delivered(sink)[0])
