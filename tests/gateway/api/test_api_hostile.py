"""Hostile input: whatever comes, the answer is a problem of the sender, and never a 500."""

from functools import cache
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import json
from support.api_server import AS_OPERATOR, OFFER_KEY, OPERATOR, app_of, as_device, client_of
from support.arrangements import ENDS, ID, SUPERVISOR, arrangement, put
from support.fake_services import FakeServices

from gateway.offers import sign_offer

TOKEN = sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)

PATHS = [
    "/",
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/v1/events",
    "/v1/search",
    "/v1/count",
    "/v1/arrangements",
    "/v1/status",
    "/v1/twins/{}/{}",
    "/v1/twins/{}/{}/ask/{}",
    "/v1/twins/{}/{}/events/{}",
    "/v1/history/{}/{}",
    "/offers/{}",
    f"/offers/{TOKEN}",
    "/{}",
]
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
NAMES = [
    "min_position", "where", "sort", "limit", "cursor", "since", "until", "after", "sender", "x",
]  # fmt: skip
TYPES = [
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/msgpack",
    "text/plain",
    "",
    "\x7f",
]

text = st.text(max_size=30)
part = st.one_of(st.sampled_from(["vehicle", "v1", "..", "%00", "%2f", "*", "a" * 70]), text)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
EVENT = {
    "specversion": "1.0",
    "id": "a",
    "source": "vehicle/v1",
    "type": "telemetry",
    "subject": "vehicle/v1",
}
events = st.builds(
    lambda change: {**EVENT, **change},
    st.dictionaries(
        st.sampled_from(
            [*EVENT, "data", "time", "sequence", "boot", "base", "data_base64", "datacontenttype",
             "traceparent"]
        ),
        values,
        max_size=3,
    ),
)  # fmt: skip


def encoded(value: Any) -> bytes:
    """JSON, as far as there is any; what has none is sent as garbage."""
    try:
        return json.encode(value)
    except (ValueError, OverflowError, UnicodeEncodeError):
        return repr(value).encode("utf-8", "replace")


bodies = st.one_of(
    st.binary(max_size=200),
    values.map(encoded),
    events.map(encoded),
    st.lists(events, max_size=3).map(encoded),
    text.map(lambda word: f"answer={word}&keep={word}".encode("utf-8", "replace")),
)
headers = st.one_of(
    st.just(AS_OPERATOR),
    st.just(as_device("vehicle/*")),
    st.builds(
        lambda scheme, word: {"Authorization": f"{scheme} {word}".strip()},
        st.sampled_from(["Bearer", "Basic", "bearer", "x", OPERATOR]),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
    ),
)
odd_headers = st.dictionaries(
    st.sampled_from(
        ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-sequence",
         "Idempotency-Key", "Accept-Language", "traceparent", "Last-Event-ID"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    max_size=6,
)  # fmt: skip


def services_with() -> FakeServices:
    """A cluster with a vehicle and an offer, which answers one call."""
    services = FakeServices()
    services.add("vehicle/v1", speed_kmh=1.0)
    services.answers["v1"] = {"done": True}
    put(services, arrangement())
    return services


async def answer_to(request: httpx2.Request) -> httpx2.Response:
    """What the API says; whatever it raises is a failure of the test."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app())) as client:
        return await client.send(request)


@cache
def app() -> FastAPI:
    """One application for all examples: making it takes longer than most of them."""
    return app_of(services_with())


calm = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@calm
@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    parts=st.lists(part, min_size=3, max_size=3),
    params=st.dictionaries(st.sampled_from(NAMES), text | st.integers().map(str), max_size=3),
    content_type=st.sampled_from(TYPES),
    who=headers,
    odd=odd_headers,
    body=bodies,
)
async def test_no_request_makes_it_fail(
    method: str,
    path: str,
    parts: list[str],
    params: dict[str, str],
    content_type: str,
    who: dict[str, str],
    odd: dict[str, str],
    body: bytes,
) -> None:
    """Every refusal is a problem with its status, and names the request."""
    given_headers = {
        name.encode(): value.strip().encode("latin-1") for name, value in {**odd, **who}.items()
    }
    given_headers[b"Content-Type"] = content_type.encode()
    try:
        request = httpx2.Request(
            method,
            f"http://vigil.test{path.format(*parts)}",
            params=params,
            headers=given_headers,
            content=body,
        )
    except (httpx2.InvalidURL, UnicodeEncodeError):
        return  # no client can send it

    answer = await answer_to(request)

    assert answer.status_code < 500 or answer.status_code == 504
    if answer.status_code >= 400 and "html" not in answer.headers.get("content-type", ""):
        problem = answer.json() if method != "HEAD" else {"status": answer.status_code}
        assert answer.status_code == problem["status"]


@calm
@given(batch=st.lists(events | values, max_size=5))
async def test_no_batch_makes_it_fail(batch: list[Any]) -> None:
    """As many results as events, whatever they are."""
    body = encoded(batch)
    request = httpx2.Request(
        "POST",
        "http://vigil.test/v1/events",
        headers={
            **as_device("vehicle/*"),
            "Content-Type": "application/cloudevents-batch+json",
        },
        content=body,
    )

    answer = await answer_to(request)

    assert answer.status_code in {202, 207, 422}
    if answer.status_code != 422:
        assert len(batch) == len(answer.json()["events"])


@pytest.mark.parametrize("path", ["/v1/twins/vehicle/v1\n", "/a\x00b", "/v1/twins/veh\ricle/v1"])
async def test_control_characters_reach_no_route(path: str) -> None:
    """Routing would overlook a line feed at the end, and take one id for another."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("vigil.test", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app()(scope, receive, send)

    assert 422 == sent[0]["status"]
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_endless_body_is_not_read_to_its_end() -> None:
    """One that says no length, and never stops."""
    pieces = 0

    async def endless() -> Any:
        nonlocal pieces
        while True:
            pieces += 1
            yield b"x" * 65_536

    async with client_of(services_with()) as client:
        answer = await client.post("/v1/events", content=endless())

    assert (413, 17) == (answer.status_code, pieces)
