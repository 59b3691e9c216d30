"""Who changed what: every unsafe call leaves an entry, and none holds what opens something."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import httpx2
from activity_kit import AS_PRIVACY, HER_MAIL, OFFER, Changing, Client, entries, send_offer, signed
from msgspec import json
from support.api_server import AS_OPERATOR, OFFER_KEY, OPERATOR, app_of
from support.arrangements import arrangement, put
from support.calls import calls_of
from support.fake_services import START

from gateway.api.callers import CSRF
from gateway.api.needs import THEMSELVES
from gateway.api.recording import CHANGES, READS
from gateway.api.services import Services
from gateway.roles import MET_BY, Need
from gateway.surveys import sign_survey
from gateway.unsubscribing import unsubscribe_link


async def test_every_unsafe_call_of_people_leaves_an_entry(
    client: Client, services: Changing
) -> None:
    """Whatever comes of it: who, what, from where, and the answer."""
    calls = [
        call for call in calls_of(app_of(services))
        if not call.safe and Need(call.need) not in MET_BY
    ]  # fmt: skip
    assert len(calls) > 20
    for call in calls:
        headers = AS_PRIVACY if call.need == Need.PRIVACY else AS_OPERATOR
        answer = await client.request(call.method, call.url, content=b"{}", headers=headers)
        (entry,) = await entries(client, limit="1")

        assert answer.headers["x-request-id"] == entry["request"], str(call)
        assert answer.status_code == entry["status"], str(call)
        assert "node" == entry["via"], str(call)
        assert entry["what"], str(call)


async def send_messenger(client: Client) -> httpx2.Response:
    """She writes by Messenger."""
    body = json.encode({"object": "page", "entry": [{"id": "page", "messaging": [
        {"timestamp": START * 1000, "sender": {"id": "123"},
         "message": {"mid": "m1", "text": "yes"}},
    ]}]})  # fmt: skip
    mac = hmac.digest(b"app", body, "sha256").hex()
    headers = {"X-Hub-Signature-256": f"sha256={mac}"}
    return await client.post("/channels/messenger", content=body, headers=headers)


async def send_wechat(client: Client) -> httpx2.Response:
    """She writes by WeChat."""
    fields = {"FromUserName": "openid-1", "CreateTime": str(int(START)), "MsgType": "text",
              "Content": "yes", "MsgId": "77"}  # fmt: skip
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    joined = "".join(sorted(("wechat", str(int(START)), "n1")))
    query = {"signature": hashlib.sha1(joined.encode()).hexdigest(),  # noqa: S324 - WeChat's way
             "timestamp": str(int(START)), "nonce": "n1"}  # fmt: skip
    return await client.post(
        f"/channels/wechat?{urlencode(query)}", content=f"<xml>{inside}</xml>".encode()
    )


async def send_sms(client: Client) -> httpx2.Response:
    """She writes an SMS."""
    message = {"id": "s1", "from": "+358401234567", "text": "yes", "at": START}
    return await signed(client, "/channels/sms", message)


async def send_people(client: Client) -> httpx2.Response:
    """A shop tells of a customer."""
    return await signed(client, "/v1/hooks/people", {"customers": [{"id": "c1", "name": "Aino"}]})


async def send_survey(client: Client) -> httpx2.Response:
    """She says how satisfied she is."""
    token = sign_survey(OFFER_KEY, "customer/c1", "a04d33f16f702b89", START + 3600)
    return await client.post(f"/surveys/{token}", json={"score": 9})


async def unsubscribe(client: Client) -> httpx2.Response:
    """She wants no more letters."""
    link = unsubscribe_link(
        OFFER_KEY, "customer/c1", "email", "lisa@example.org", "marketing", START
    )
    return await client.post(f"/unsubscribe/{link}")


async def sign_in(client: Client) -> httpx2.Response:
    """Somebody signs in."""
    return await client.post("/v1/session", json={"token": OPERATOR})


async def sign_out(client: Client) -> httpx2.Response:
    """And out."""
    page = await sign_in(client)
    return await client.delete("/v1/session", headers={CSRF: page.json()["csrf"]})


OTHERS: dict[str, tuple[Callable[[Client], Awaitable[httpx2.Response]], str]] = {
    "POST /offers/{token}": (send_offer, "a customer"),
    "POST /surveys/{token}": (send_survey, "a customer"),
    "POST /unsubscribe/{link}": (unsubscribe, "a customer"),
    "POST /channels/messenger": (send_messenger, "a signed call"),
    "POST /channels/wechat": (send_wechat, "a signed call"),
    "POST /channels/{channel}": (send_sms, "a signed call"),
    "POST /v1/hooks/people": (send_people, "a signed call"),
    "POST /v1/session": (sign_in, "administrator"),
    "DELETE /v1/session": (sign_out, "administrator"),
}
"""Unsafe calls that no role opens, but the calls of devices and visitors: one that is right."""


async def test_every_other_unsafe_call_leaves_an_entry_too(
    client: Client, services: Changing
) -> None:
    """A call that is new has to be tried here, or be one of devices or visitors."""
    put(services, arrangement())
    services.add("customer/c1", 10_000, channels=[HER_MAIL])
    found = {
        str(call) for call in calls_of(app_of(services))
        if not call.safe and Need(call.need) in MET_BY and Need(call.need) not in THEMSELVES
    }  # fmt: skip
    assert OTHERS.keys() == found
    for name, (make, who) in OTHERS.items():
        answer = await make(client)
        entry = (await entries(client, limit="1"))[0]

        assert answer.status_code < 400, f"{name}: {answer.text}"
        assert answer.headers["x-request-id"] == entry["request"], name
        assert (who, answer.status_code) == (entry["who"], entry["status"]), name
        assert entry["changes"], name


async def test_no_entry_holds_what_opens_something(client: Client, services: Changing) -> None:
    """Neither the links in paths, nor tokens, nor the secrets that were made."""
    put(services, arrangement())
    await send_offer(client)
    given = {"name": "ci", "roles": ["operator"]}
    token = await client.post("/v1/tokens", json=given, headers=AS_OPERATOR)
    once = await client.post("/v1/sign-ins", json=given, headers=AS_OPERATOR)
    told = json.encode(await entries(client)).decode()

    assert "ci" in told
    for secret in (OFFER, token.json()["secret"], once.json()["token"], OPERATOR):
        assert secret not in told


async def test_garbage_from_nobody_leaves_nothing(client: Client) -> None:
    """Whoever proves nothing can't fill the log."""
    for path in ("/v1/session", "/offers/x", "/channels/sms", "/v1/hooks/people", "/v1/tokens"):
        answer = await client.post(path, json={"token": "x"})

        assert answer.status_code >= 400
    assert [] == await entries(client)


def test_whatever_the_cluster_does_is_known_to_read_or_to_change() -> None:
    """A new method of the services has to be noted by the recorder, or be named as reading."""
    methods = {name for name in vars(Services) if not name.startswith("_")}

    assert READS | CHANGES == methods
    assert set() == READS & CHANGES
