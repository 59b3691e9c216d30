"""Hostile and broken requests: each gets a refusal with problem details, and nothing breaks."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from provider_kit import SCENE, client_of, hold_body
from pydantic import TypeAdapter, ValidationError

from load.providers.contract import Details, Problem

TOW = "/providers/t1"
JSON = {"content-type": "application/json"}


def refusal(response: httpx2.Response) -> tuple[int, str]:
    """Return status and reason of problem details."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = Problem.model_validate(response.json())
    return problem.status, problem.reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"service": "tow", "near": [60, NaN]}',
        b'{"service": "tow", "near": [60, 1e400]}',
        b'{"service": "tow", "near": [60, true]}',
        b'{"service": "tow", "near": ["60", 25]}',
        b'{"service": "tow", "near": [60]}',
        b'{"service": "tow", "near": [90.1, 0]}',
        b'{"service": "tow", "near": [0, 180.1]}',
        b'{"service": "\\ud800"}',
        b'{"service": "tow", "details": {"a": "\\ud800"}}',
        b'{"service": "tow", "details": {"\\ud800": 1}}',
        b'{"service": "tow", "details": {"a": Infinity}}',
        b'{"service": "tow", "details": {"a": ' + b"9" * 5000 + b"}}",
        b'{"service": "tow", "details": ' + b'{"a":' * 17 + b"1" + b"}" * 17 + b"}",
        b'{"service": "tow", "details": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
        b'{"service": "tow", "details": {"a": "' + b"x" * 32_768 + b'"}}',
        b'{"service": "tow", "details": []}',
        b'{"service": "tow", "earliest": -1}',
        b'{"service": "tow", "earliest": 1e12}',
        b'{"service": "tow", "earliest": "now"}',
        b'{"service": "tow", "earliest": 2, "latest": 1}',
        b'{"service": "tow", "near": [60, 25], "speed": 1}',
    ],
)
async def test_bodies_that_are_no_request(client: httpx2.AsyncClient, body: bytes) -> None:
    """What is no JSON, or no request, is 422, and the refusal itself is well-formed."""
    response = await client.post(f"{TOW}/availability", content=body, headers=JSON)

    assert refusal(response) == (422, "invalid")


async def test_a_body_without_bounds_is_cut_off(client: httpx2.AsyncClient) -> None:
    """A body above the limit is refused before it has been read to its end."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 65_536

    response = await client.post(f"{TOW}/availability", content=endless(), headers=JSON)

    assert refusal(response) == (413, "too_large")
    assert sent == 3


@pytest.mark.parametrize(
    "hold_id", ["", "x" * 129, "a%20b", "a%2Fb", "a%0A", "a%00", "%C3%A4", "a*b", "%EF%BC%A1"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", ""), ("GET", ""), ("GET", "/position"), ("POST", "/confirm"), ("POST", "/release")],
)
async def test_ids_that_no_hold_may_have(
    client: httpx2.AsyncClient, method: str, path: str, hold_id: str
) -> None:
    """Every call refuses them, and nothing is counted or noted."""
    body = hold_body() if method == "PUT" else None
    response = await client.request(method, f"{TOW}/holds/{hold_id}{path}", json=body)

    assert refusal(response) == (422, "invalid")
    assert (await client.get(f"{TOW}/calls")).json() == {"calls": {}}


async def test_every_permitted_character_makes_an_id(client: httpx2.AsyncClient) -> None:
    """The longest id of all permitted characters is placed and found again."""
    hold_id = "AZaz09_.:-".ljust(128, "x")
    held = await client.put(f"{TOW}/holds/{hold_id}", json=hold_body())
    seen = await client.get(f"{TOW}/holds/{hold_id}")

    assert held.status_code == 201
    assert (seen.status_code, seen.json()["hold_id"]) == (200, hold_id)


@pytest.mark.parametrize(
    "change",
    [
        {"offer_id": ""},
        {"offer_id": "x" * 129},
        {"arrangement_id": "a\nb"},
        {"customer_id": 7},
        {"expires_at": True},
        {"misspelt": 1},
    ],
)
async def test_holds_that_are_no_request(
    client: httpx2.AsyncClient, change: dict[str, object]
) -> None:
    """A hold with a wrong field is refused and leaves no trace of a hold."""
    response = await client.put(f"{TOW}/holds/h1", json={**hold_body(), **change})

    assert refusal(response) == (422, "invalid")
    assert refusal(await client.get(f"{TOW}/holds/h1")) == (404, "unknown_hold")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere", (404, "unknown_path")),
        ("DELETE", f"{TOW}/holds/h1", (405, "wrong_method")),
        ("GET", f"{TOW}/journal?limit=0", (422, "invalid")),
        ("GET", f"{TOW}/journal?after=-1", (422, "invalid")),
        ("GET", f"{TOW}/journal?after=1e3", (422, "invalid")),
        ("GET", f"{TOW}/journal?after={2**63}", (422, "invalid")),
        ("GET", f"{TOW}/journal?hold_id=a%20b", (422, "invalid")),
        ("GET", f"/providers/{'x' * 129}", (422, "invalid")),
    ],
)
async def test_calls_that_do_not_exist(
    client: httpx2.AsyncClient, method: str, path: str, expected: tuple[int, str]
) -> None:
    """Unknown paths, methods and queries get problem details, too."""
    assert refusal(await client.request(method, path)) == expected


async def test_a_failure_of_ours_is_a_problem(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw is 500 with problem details, and says that it is ours."""

    def fail(*_: object) -> None:
        raise KeyError("a secret of ours")

    monkeypatch.setattr(app.state.inventory, "look", fail)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://providers.test") as client:
        response = await client.get(f"{TOW}/holds/h1")

    assert refusal(response) == (500, "internal")
    assert "secret" not in response.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(details=st.dictionaries(st.text(max_size=5), json_values, max_size=4))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_details_are_kept_as_they_are_or_refused(details: dict[str, object]) -> None:
    """Whatever passes the check can be written as JSON and read again unchanged."""
    adapter = TypeAdapter(Details)
    try:
        checked = adapter.validate_python(details)
    except ValidationError:
        return

    assert adapter.validate_json(adapter.dump_json(checked)) == details


@given(change=st.dictionaries(st.sampled_from(["service", "near", "to", "details"]), json_values))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_any_json_gets_an_answer(app: FastAPI, change: dict[str, object]) -> None:
    """Random JSON in place of any field is answered 200 or refused with 422; never a failure."""
    body = {"service": "tow", "near": SCENE, **change}
    async with client_of(app) as client:
        try:
            request = client.build_request("POST", f"{TOW}/availability", json=body)
        except ValueError:
            return  # the client cannot write it as JSON
        response = await client.send(request)

    if response.status_code != 200:
        assert refusal(response) == (422, "invalid")
