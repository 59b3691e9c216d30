"""What an entry says: before and after, refusals and crashes, and no person's data."""

import asyncio
from pathlib import Path

import pytest
from activity_kit import AS_PRIVACY, Changing, Client, entries, send_offer, signed
from support.api_server import AS_OPERATOR
from support.arrangements import arrangement, put

from actors.errors import AskFailed, StoreError
from gateway.api.callers import Admission
from gateway.api.recording import settled
from gateway.api.services import Refusal

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
    await signed(client, "/v1/hooks/people", {"customers": customers})
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
