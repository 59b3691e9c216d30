"""What people write back: signed, never twice, and never old."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from pydantic import SecretStr
from support.api_server import OFFER_KEY, client_of
from support.fake_services import START, FakeServices

from gateway.api.services import Refusal
from gateway.channels.incoming import BadMessage, Nonces, from_gate, from_messenger, from_wechat
from gateway.channels.settings import ChannelSettings, MessengerSettings, WeChatSettings
from gateway.channels.signing import SIGNATURE, Signer
from gateway.offers import sign_offer
from twins.people.replies import address_id

APP, VERIFY, WECHAT = "app-secret", "verify-me", "wechat-token"
SETTINGS = ChannelSettings(
    messenger=MessengerSettings(app_secret=SecretStr(APP), verify_token=SecretStr(VERIFY)),
    wechat=WeChatSettings(token=SecretStr(WECHAT)),
)
TOKEN = sign_offer(OFFER_KEY, "roadside/v1", "a1", START + 60.0)


async def call(
    services: FakeServices,
    method: str,
    path: str,
    settings: ChannelSettings = SETTINGS,
    **given: Any,
) -> httpx2.Response:
    """One call of a channel's server."""
    async with client_of(services, channels=settings) as client:
        return await client.request(method, path, **given)


def page(*messaging: dict[str, Any], at: float = START) -> bytes:
    """A page's webhook, as Messenger sends it."""
    stamped = [{"timestamp": at * 1000, "sender": {"id": "123"}, **it} for it in messaging]
    return json.encode({"object": "page", "entry": [{"id": "page", "messaging": stamped}]})


async def from_page(services: FakeServices, body: bytes, secret: str = APP) -> httpx2.Response:
    """Signed as the app would."""
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    headers = {"X-Hub-Signature-256": f"sha256={signature}"}
    return await call(services, "POST", "/channels/messenger", content=body, headers=headers)


def xml(text: str = "yes", **more: str) -> bytes:
    """A message, as WeChat sends it."""
    fields = {"FromUserName": "openid-1", "CreateTime": str(int(START)), "MsgType": "text",
              "Content": text, "MsgId": "77", **more}  # fmt: skip
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inside}</xml>".encode()


def signed(nonce: str = "n1", at: float = START, token: str = WECHAT, **more: str) -> str:
    """WeChat's query."""
    timestamp = str(int(at))
    joined = "".join(sorted((token, timestamp, nonce)))
    signature = hashlib.sha1(joined.encode()).hexdigest()  # noqa: S324 - WeChat's way
    return "/channels/wechat?" + urlencode(
        {"signature": signature, "timestamp": timestamp, "nonce": nonce, **more}
    )


async def test_messenger_is_set_up_by_its_challenge() -> None:
    """With our token, and with no other."""
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
    good = await call(FakeServices(), "GET", "/channels/messenger", params=query)
    bad = await call(
        FakeServices(), "GET", "/channels/messenger", params={**query, "hub.verify_token": "x"}
    )

    assert (200, "1158201444") == (good.status_code, good.text)
    assert 403 == bad.status_code


async def test_what_was_tapped_in_messenger_names_its_offer() -> None:
    """The event goes to the address' twin; sent again it has the same id."""
    services = FakeServices()
    message = {"mid": "m1", "text": "Yes", "quick_reply": {"payload": f"accept {TOKEN}"}}
    for _ in range(2):
        answer = await from_page(services, page({"message": message}))

        assert 200 == answer.status_code
    one, two = services.sent

    assert (address_id("messenger", "123"), "reply.received", "inside") == (
        one.twin_id, one.type, one.sender,
    )  # fmt: skip
    assert one.message.id == two.message.id
    assert {
        "channel": "messenger", "at": START, "text": "Yes", "what": "accept",
        "supervisor": "roadside/v1", "arrangement_id": "a1", "until": START + 60.0,
    } == one.message.data  # fmt: skip


async def test_of_a_page_only_what_people_wrote_counts() -> None:
    """Echoes, receipts and what is a day old are passed over; postbacks are not."""
    services = FakeServices()
    body = page(
        {"message": {"mid": "m1", "text": "ours", "is_echo": True}},
        {"delivery": {"watermark": 1}},
        {"postback": {"mid": "m2", "title": "Call me", "payload": "call_me"}},
    )
    await from_page(services, body)
    await from_page(services, page({"message": {"mid": "m3", "text": "x"}}, at=START - 90_000))

    assert ["call_me"] == [it.message.data["what"] for it in services.sent]


async def test_a_forged_token_names_nothing() -> None:
    """It is read as words."""
    services = FakeServices()
    forged = f"accept {TOKEN[:-2]}xx"
    message = {"mid": "m1", "text": "Yes", "quick_reply": {"payload": forged}}
    await from_page(services, page({"message": message}))

    assert {"channel": "messenger", "at": START, "text": "Yes"} == services.sent[0].message.data


@pytest.mark.parametrize("secret", ["other", ""])
async def test_a_page_of_somebody_else(secret: str) -> None:
    """Nothing of it is kept."""
    services = FakeServices()
    answer = await from_page(services, page({"message": {"mid": "m", "text": "x"}}), secret or "x")
    bare = await call(services, "POST", "/channels/messenger", content=b"{}")

    assert (403, 403, []) == (answer.status_code, bare.status_code, services.sent)


async def test_wechat_is_set_up_by_its_challenge() -> None:
    """Signed with our token."""
    good = await call(FakeServices(), "GET", signed(echostr="42"))
    bad = await call(FakeServices(), "GET", signed(echostr="42", token="x"))

    assert (200, "42", 403) == (good.status_code, good.text, bad.status_code)


async def test_wechat_messages_become_events() -> None:
    """What was tapped in a menu says what it means."""
    services = FakeServices()
    answer = await call(services, "POST", signed(), content=xml("好的", bizmsgmenuid="accept"))

    assert (200, "success") == (answer.status_code, answer.text)
    assert address_id("wechat", "openid-1") == services.sent[0].twin_id
    assert ("accept", "好的") == tuple(services.sent[0].message.data[it] for it in ("what", "text"))


async def test_a_nonce_counts_once() -> None:
    """The signature does not cover the body, so whoever saw one could send another body."""
    services = FakeServices()
    async with client_of(services, channels=SETTINGS) as client:
        for text in ("yes", "no"):
            answer = await client.post(signed(), content=xml(text))

            assert "success" == answer.text

    assert ["yes"] == [it.message.data["text"] for it in services.sent]


async def test_what_did_not_get_through_may_come_again() -> None:
    """With the same nonce: it counts only once the message is durable."""
    services = FakeServices()
    twin_id = address_id("wechat", "openid-1")
    services.refusals[twin_id] = Refusal(503, "full")
    async with client_of(services, channels=SETTINGS) as client:
        first = await client.post(signed(), content=xml())
        services.refusals.clear()
        services.sent.clear()
        second = await client.post(signed(), content=xml())

    assert (503, 200, 1) == (first.status_code, second.status_code, len(services.sent))


@pytest.mark.parametrize("at", [START - 301, START + 301])
async def test_wechat_of_long_ago_is_refused(at: float) -> None:
    """A recorded call cannot be played again later."""
    services = FakeServices()
    answer = await call(services, "POST", signed(at=at), content=xml())

    assert (403, []) == (answer.status_code, services.sent)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<xml>", b"nonsense", xml(CreateTime="soon"), xml(CreateTime="9" * 400),
        b'<!DOCTYPE x [<!ENTITY a "aa">]><xml><MsgType>text</MsgType></xml>',
        '<!DOCTYPE x [<!ENTITY a "aa">]><xml><MsgType>text</MsgType></xml>'.encode("utf-16"),
    ],
)  # fmt: skip
async def test_garbled_xml_is_refused(body: bytes) -> None:
    """Also what would grow when it is read."""
    services = FakeServices()
    answer = await call(services, "POST", signed(), content=body)

    assert (422, []) == (answer.status_code, services.sent)


async def test_events_of_the_account_are_no_messages() -> None:
    """Somebody follows it."""
    services = FakeServices()
    answer = await call(services, "POST", signed(), content=xml(MsgType="event", Event="subscribe"))

    assert (200, []) == (answer.status_code, services.sent)


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_a_gate_of_ones_own(channel: str) -> None:
    """Signed as our own webhooks are."""
    services = FakeServices()
    body = json.encode({"id": "1", "from": "+358401234567", "text": "soita", "at": START})
    headers = {SIGNATURE: Signer(OFFER_KEY).signature(body, START)}
    answer = await call(services, "POST", f"/channels/{channel}", content=body, headers=headers)
    old = {SIGNATURE: Signer(OFFER_KEY).signature(body, START - 301)}
    again = await call(services, "POST", f"/channels/{channel}", content=body, headers=old)

    assert (200, 403) == (answer.status_code, again.status_code)
    assert ["soita"] == [it.message.data["text"] for it in services.sent]


@pytest.mark.parametrize(
    "path", ["/channels/messenger", "/channels/wechat", "/channels/pigeon", "/channels/sms"]
)
async def test_a_channel_that_is_not_set_up_takes_nothing(path: str) -> None:
    """And says so."""
    services = FakeServices()
    answer = await call(services, "POST", path, ChannelSettings(), content=b"{}")

    assert answer.status_code in {403, 404, 422}
    assert [] == services.sent


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing else."""
    for read in (lambda it: list(from_messenger(it, START)), from_wechat,
                 lambda it: from_gate("sms", it)):  # fmt: skip
        try:
            read(body)
        except BadMessage:
            continue


def test_nonces_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten."""
    monkeypatch.setattr("gateway.channels.incoming.NONCES", 2)
    nonces = Nonces()
    for nonce in "abc":
        nonces.add(nonce)

    assert ["b", "c"] == [nonce for nonce in "abc" if nonce in nonces]
