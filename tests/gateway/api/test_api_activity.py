"""Who changed what: every unsafe call leaves an entry, with before and after, and no person's."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from msgspec import json
from pydantic import SecretStr
from support.api_server import AS_OPERATOR, OFFER_KEY, OPERATOR, PRIVACY, app_of, client_of
from support.arrangements import ENDS, ID, SUPERVISOR, arrangement, put
from support.calls import calls_of
from support.fake_services import START, FakeServices

import twins.devices
import twins.people
import twins.policies
from actors.errors import AskFailed, StoreError
from gateway.activity import ActivityLog
from gateway.api.callers import CSRF, Admission
from gateway.api.needs import THEMSELVES
from gateway.api.recording import CHANGES, READS, settled
from gateway.api.services import Refusal, Services
from gateway.channels.settings import ChannelSettings, MessengerSettings, WeChatSettings
from gateway.channels.signing import SIGNATURE, Signer
from gateway.credentials import Credentials
from gateway.offers import sign_offer
from gateway.roles import MET_BY, Need
from gateway.settings import AccessSettings
from gateway.surveys import sign_survey
from gateway.unsubscribing import unsubscribe_link

assert twins.people, "importing them registers the kinds"
assert twins.devices, "the same"
assert twins.policies, "the same"

Client = httpx2.AsyncClient
AS_PRIVACY = {"Authorization": f"Bearer {PRIVACY}"}
HER_MAIL = {"channel": "email", "address": "lisa@example.org"}
OFFER = sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)


class Changing(FakeServices):
    """Asked or told, a twin's fields become what was said."""

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """Answer, and change."""
        answer = await super().ask(twin_id, name, data, event_id)
        self._become(twin_id, data)
        return answer

    async def send(self, twin_id: str, *more: Any) -> Any:
        """Take it, and change."""
        answer = await super().send(twin_id, *more)
        if self.sent and not isinstance(answer, Refusal):
            self._become(twin_id, self.sent[-1].message.data)
        return answer

    def _become(self, twin_id: str, data: Any) -> None:
        if twin_id in self.states and isinstance(data, dict):
            old = self.states[twin_id]
            self.add(twin_id, old.position + 1000, **{**old.state, **data})


@pytest.fixture
def services() -> Changing:
    """A cluster in memory."""
    return Changing()


@pytest.fixture
def admission(tmp_path: Path, services: Changing) -> Iterator[Admission]:
    """With tokens, sessions and an activity log in files."""
    credentials = Credentials(tmp_path, lambda: services.now)
    credentials.prepare()
    log = ActivityLog(tmp_path, clock=lambda: services.now)
    log.prepare()
    yield Admission(AccessSettings(), credentials, activity=log)
    log.close()
    credentials.close()


@pytest.fixture
async def client(services: Changing, admission: Admission) -> AsyncIterator[Client]:
    """Calls it."""
    channels = ChannelSettings(
        messenger=MessengerSettings(app_secret=SecretStr("app")),
        wechat=WeChatSettings(token=SecretStr("wechat")),
    )
    async with client_of(services, channels=channels, admission=admission) as client:
        yield client
        await settled()


async def entries(client: Client, **asked: str) -> list[dict[str, Any]]:
    """What the log tells, newest first."""
    await settled()
    answer = await client.get("/v1/activity", params=asked, headers=AS_OPERATOR)
    assert 200 == answer.status_code, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


# -- every unsafe call -------------------------------------------------------------------------


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


async def send_offer(client: Client) -> httpx2.Response:
    """A customer says yes."""
    return await client.post(f"/offers/{OFFER}", json={"accept": True})


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


async def _signed(client: Client, path: str, body: Any) -> httpx2.Response:
    content = json.encode(body)
    headers = {SIGNATURE: Signer(OFFER_KEY).signature(content, START)}
    return await client.post(path, content=content, headers=headers)


async def send_sms(client: Client) -> httpx2.Response:
    """She writes an SMS."""
    message = {"id": "s1", "from": "+358401234567", "text": "yes", "at": START}
    return await _signed(client, "/channels/sms", message)


async def send_people(client: Client) -> httpx2.Response:
    """A shop tells of a customer."""
    return await _signed(client, "/v1/hooks/people", {"customers": [{"id": "c1", "name": "Aino"}]})


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


# -- before and after --------------------------------------------------------------------------


async def test_an_entry_says_what_was_before_and_what_is_after(
    client: Client, services: Changing
) -> None:
    """Of a call that answers when it is applied, and of an event, that is applied later."""
    services.add("policy/roadside", level="propose", pinned=False)
    services.answers["policy.set"] = None
    said = {"by": "Aino", "level": "act"}
    await client.post("/v1/twins/policy/roadside/ask/policy.set", json=said, headers=AS_OPERATOR)
    (asked,) = (await entries(client, what="askTwin"))[0]["changes"]
    services.add("policy/care", 10_000, level="propose")
    await client.post(
        "/v1/twins/policy/care/events/x", json={"level": "shadow"}, headers=AS_OPERATOR
    )
    (sent,) = (await entries(client, subject="policy/care"))[0]["changes"]

    assert ("policy/roadside", "policy.set", said) == (
        asked["subject"], asked["what"], asked["said"],
    )  # fmt: skip
    assert ({"by": None, "level": "propose"}, said) == (asked["before"], asked["after"])
    assert ({"level": "propose"}, {"level": "shadow"}) == (sent["before"], sent["after"])
    assert services.sent[-1].message.id == sent["event_id"]
    assert 1 == sent["position"]


async def test_of_a_persons_twin_it_tells_which_fields_and_never_what(
    client: Client, services: Changing, tmp_path: Path
) -> None:
    """Nor do its files: of a customer, of what is hers, and of what becomes hers."""
    services.add("customer/c1", 10_000, name="Aurelia", phone="+358 40 1111111")
    services.add("vehicle/v1", 10_000, owner="customer/c1", plate="AAA-111")
    services.add("vehicle/v2", 10_000, plate="BBB-222")
    services.add("visitor/w1", 10_000)
    for twin, said in {
        "customer/c1": {"phone": "+358 40 2222222"},
        "vehicle/v1": {"plate": "CCC-333"},
        "vehicle/v2": {"owner": "customer/c1", "plate": "DDD-444"},
        "visitor/w1": {"email": "aurelia@example.com"},
    }.items():
        path = f"/v1/twins/{twin}/events/configured"
        assert 202 == (await client.post(path, json=said, headers=AS_OPERATOR)).status_code
    found = {entry["changes"][0]["subject"]: entry["changes"][0] for entry in await entries(client)}

    assert ["phone"] == found["customer/c1"]["fields"]
    assert ["plate"] == found["vehicle/v1"]["fields"]
    assert all(change["masked"] for change in found.values())
    assert found.pop("visitor/w1")["said"] is None, "nobody's as yet, but what is said names her"
    assert all(change["after"] is None for change in found.values())
    files = b"".join(path.read_bytes() for path in tmp_path.glob("activity.db*"))  # noqa: ASYNC240 - small files
    for value in (b"Aurelia", b"1111111", b"2222222", b"AAA-111", b"CCC-333", b"DDD-444"):
        assert value not in files


async def test_a_large_value_is_told_by_its_size_and_many_changes_by_their_count(
    client: Client, services: Changing
) -> None:
    """An entry has bounds, whatever is sent."""
    services.add("policy/x", 10_000, note="")
    await client.post(
        "/v1/twins/policy/x/events/x", json={"note": "n" * 5000}, headers=AS_OPERATOR
    )  # fmt: skip
    (large,) = (await entries(client, subject="policy/x"))[0]["changes"]
    customers = [{"id": f"c{number}", "name": "Aino"} for number in range(30)]
    await _signed(client, "/v1/hooks/people", {"customers": customers})
    (many,) = await entries(client, limit="1")

    assert {"note": {"bytes": 5002}} == large["after"]
    assert (8, 22) == (len(many["changes"]), many["more"])


# -- what goes wrong ---------------------------------------------------------------------------


async def test_a_refusal_is_entered_with_its_answer(client: Client, services: Changing) -> None:
    """By role, by the twin, by the gateway: who tried, and what came of it."""
    given = {"name": "ci", "roles": ["read-only"]}
    token = (await client.post("/v1/tokens", json=given, headers=AS_OPERATOR)).json()
    bearer = {"Authorization": f"Bearer {token['secret']}"}
    await client.post("/v1/twins/vehicle/v1/skip", headers=bearer)
    services.answers["x"] = AskFailed("no")
    await client.post("/v1/twins/vehicle/v1/ask/x", headers=AS_OPERATOR)
    services.refusals["vehicle/v1"] = Refusal(429, "too many")
    await client.post("/v1/twins/vehicle/v1/resume", headers=AS_OPERATOR)
    found = await entries(client, refused="true")

    assert [("resumeTwin", 429), ("askTwin", 409), ("skipTwin", 403)] == [
        (entry["what"], entry["status"]) for entry in found
    ]
    assert ("ci", ["read-only"], token["token"]["id"], []) == (
        found[2]["who"], found[2]["roles"], found[2]["credential"], found[2]["changes"],
    )  # fmt: skip


async def test_nothing_is_changed_where_nothing_can_be_entered(
    client: Client, services: Changing, admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: 503, and the twin has heard nothing."""
    assert admission.activity is not None

    async def full(_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(admission.activity, "begin", full)
    put(services, arrangement())
    answers = [
        await client.post("/v1/twins/vehicle/v1/events/x", json={}, headers=AS_OPERATOR),
        await send_offer(client),
    ]

    assert [503, 503] == [answer.status_code for answer in answers]
    assert ([], []) == (services.sent, services.asked)


async def test_a_call_that_ends_in_a_crash_is_there_without_outcome(
    client: Client, services: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is gone between the deed and the answer: the entry says who, and no status."""
    asked = asyncio.Event()

    async def never(*_: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(services, "ask", never)
    call = asyncio.create_task(
        client.post("/v1/twins/vehicle/v1/ask/unlock", json={}, headers=AS_OPERATOR)
    )
    await asked.wait()
    (during,) = await entries(client)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    (after,) = await entries(client)

    assert ("askTwin", None) == (during["what"], during["status"])
    assert None is after["status"]


# -- asking ------------------------------------------------------------------------------------


async def test_it_is_paged_and_for_those_who_may_audit(client: Client) -> None:
    """A cursor goes on; an author is refused; the privacy officer reads it."""
    given = {"name": "ci", "roles": ["rule-author"]}
    token = (await client.post("/v1/tokens", json=given, headers=AS_OPERATOR)).json()
    for _ in range(4):
        await client.post("/v1/twins/vehicle/v1/skip", headers=AS_OPERATOR)
    await settled()
    numbers: list[int] = []
    params = {"limit": "2"}
    while True:
        page = (await client.get("/v1/activity", params=params, headers=AS_PRIVACY)).json()
        numbers += [entry["number"] for entry in page["items"]]
        if page["cursor"] is None:
            break
        params["cursor"] = page["cursor"]
    bearer = {"Authorization": f"Bearer {token['secret']}"}
    refused = await client.get("/v1/activity", headers=bearer)

    assert [5, 4, 3, 2, 1] == numbers
    assert 403 == refused.status_code


@pytest.mark.parametrize(
    "query", ["cursor=0", "cursor=x", "limit=0", "since=yesterday", "refused=maybe", "until=nan"]
)
async def test_a_question_that_makes_no_sense_is_refused(client: Client, query: str) -> None:
    """422."""
    answer = await client.get(f"/v1/activity?{query}", headers=AS_OPERATOR)

    assert 422 == answer.status_code
