"""Parked twins by the API: listed with why, and let go on, all at once."""

from typing import Any

import httpx2
import pytest
from support.api_server import AS_OPERATOR, app_of, client_of
from support.fake_services import FakeServices
from support.fleet_services import FleetServices

import twins.bulk
import twins.devices
import twins.people
from actors.quarantine import RESUME, SKIP
from actors.state import TwinState

assert twins.bulk, "the kinds that this is about"
assert twins.devices
assert twins.people


def services_with(*parked: str, well: tuple[str, ...] = ()) -> FakeServices:
    """Some twins that are set aside, and some that are not."""
    services = FleetServices()
    for twin_id in (*parked, *well):
        kind, key = twin_id.split("/")
        services.states[twin_id] = TwinState(
            id=twin_id, kind=kind, exists=True, position=7, epoch=1, state={"key": key}, now=1.0,
            applied=3, digest=0, parked="KeyError: 'x'" if twin_id in parked else None,
        )  # fmt: skip
    return services


async def asked(client: httpx2.AsyncClient, path: str, **query: Any) -> Any:
    """What a call answers."""
    answer = await client.get(path, params=query, headers=AS_OPERATOR)

    assert 200 == answer.status_code, answer.text
    return answer.json()


async def test_they_are_listed_a_page_at_a_time() -> None:
    """With why, how many wait, and how many twins there are in all."""
    services = services_with("vehicle/a", "vehicle/b", "customer/c", well=("vehicle/w",))
    async with client_of(services) as client:
        first = await asked(client, "/v1/parked", limit=2)
        rest = await asked(client, "/v1/parked", limit=2, cursor=first["cursor"])
        cars = await asked(client, "/v1/parked", where="kind = vehicle")
        wrong = await client.get("/v1/parked?where=kind+=", headers=AS_OPERATOR)

    assert (["customer/c", "vehicle/a"], 3) == ([one["id"] for one in first["items"]],
                                                first["total"])  # fmt: skip
    assert (["vehicle/b"], None) == ([one["id"] for one in rest["items"]], rest["cursor"])
    assert (2, "KeyError: 'x'", 3) == (
        cars["total"], cars["items"][0]["reason"], cars["items"][0]["waiting"],
    )  # fmt: skip
    assert (422, "application/problem+json") == (wrong.status_code, wrong.headers["content-type"])


@pytest.mark.parametrize(("word", "said"), [("resume", RESUME), ("skip", SKIP)])
async def test_all_that_a_filter_finds_go_on(word: str, said: str) -> None:
    """Those that are parked alone, and of whatever kind; the job says what came of each."""
    services = services_with("vehicle/a", "policy/p", well=("vehicle/w",))
    app = app_of(services)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://vigil.test", headers=AS_OPERATOR
    ) as client:
        given = {"by": "Mika", "where": "exists id", "parked": word, "rate": 1000}
        preview = await client.post("/v1/bulk/preview", json=given)
        both = await client.post("/v1/bulk", json={**given, "event": "x"})
        begun = await client.post("/v1/bulk", json=given)

        assert 202 == begun.status_code, begun.text
        await app.state.context.bulk.settled(begun.json()["id"])
        job = await asked(client, f"/v1/bulk/{begun.json()['id']}")

    assert (2, word, ["policy/p", "vehicle/a"]) == (
        preview.json()["count"], preview.json()["operation"], preview.json()["sample"],
    )  # fmt: skip
    assert 422 == both.status_code
    assert ("done", 2, 0) == (job["state"], job["succeeded"], job["failed"])
    assert [("policy/p", said), ("vehicle/a", said)] == [
        (one.twin_id, one.type) for one in services.sent
    ]
