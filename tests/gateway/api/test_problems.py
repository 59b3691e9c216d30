"""Every refusal is problem details with an id, and that id stands in the log."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from offer_kit import PATH, services_with
from structlog.testing import capture_logs
from support.api_server import AS_OPERATOR, PRIVACY, app_of, as_device
from support.arrangements import arrangement, put
from support.calls import Call, calls_of
from support.fake_services import FakeServices

from actors.errors import AskFailed, Unavailable
from actors.telemetry import Pace
from gateway.api.app import ROUTERS
from gateway.api.console import Build
from gateway.api.context import Limits
from gateway.api.edge import MAX_BODY_BYTES
from gateway.api.openapi import METHODS
from gateway.api.problems import PROBLEM_TYPE
from gateway.api.refusals import MOST, Refusals
from gateway.api.services import Refusal
from gateway.roles import MET_BY, Need

EVENT = {"specversion": "1.0", "id": "a", "source": "vehicle/v1", "type": "telemetry",
         "subject": "vehicle/v1"}  # fmt: skip
STRUCTURED = {"content-type": "application/cloudevents+json"}
AS_PRIVACY = {"Authorization": f"Bearer {PRIVACY}"}
AS_V1 = as_device("vehicle/v1")
CLIENT_ERROR = 400


@pytest.fixture(scope="module")
def services() -> FakeServices:
    """A cluster with a vehicle, its arrangement, and the offer of it."""
    found = FakeServices()
    found.add("vehicle/v1", speed_kmh=1.0)
    put(found, arrangement())
    return found


@pytest.fixture(scope="module")
def app(services: FakeServices) -> FastAPI:
    """The application of that cluster."""
    return app_of(services)


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    """What is logged meanwhile."""
    with capture_logs() as lines:
        yield lines


def of(app: FastAPI) -> httpx2.AsyncClient:
    """A client of an application."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://vigil.test")


def check(answer: httpx2.Response, logged: list[Any], about: str) -> dict[str, Any]:
    """Hold a refusal against RFC 9457 and against the log; returns what it says."""
    request_id = answer.headers["x-request-id"]
    asked = dict(answer.request.headers)
    told = f"{about}, asked with {asked}: {answer.status_code} {answer.text[:300]}"
    assert PROBLEM_TYPE == answer.headers["content-type"], told
    found: dict[str, Any] = answer.json()
    assert answer.status_code == found["status"], told
    assert f"urn:vigil:problem:{found['reason']}" == found["type"], told
    assert found["title"], told
    assert found["detail"], told
    assert f"urn:vigil:request:{request_id}" == found["instance"], told
    lines = [one for one in logged if one.get("request_id") == request_id]
    assert (answer.status_code, found["reason"]) in [
        (one.get("status"), one.get("reason")) for one in lines
    ], f"{told}: {lines}"
    return found


def headers_of(call: Call) -> dict[str, str]:
    """Who may make a call."""
    if call.need == Need.DEVICE:
        return AS_V1
    return AS_PRIVACY if call.need == Need.PRIVACY else AS_OPERATOR


def wrong_method(call: Call) -> str | None:
    """One that no route has at the place of a call."""
    routes = [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute)]
    there = {it for one in routes if one.path_regex.match(call.url) for it in one.methods}
    return next((it for it in sorted(it.upper() for it in METHODS) if it not in there), None)


async def test_wherever_a_call_goes_wrong_the_refusal_is_a_problem(
    app: FastAPI, logged: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All calls, each with a wrong method, a wrong body, too much of it, no token, unknown ids."""
    # It refuses more in a second than the log takes.
    monkeypatch.setattr(Pace, "lets", lambda *_: True)
    calls = calls_of(app)
    seen: dict[str, set[int]] = {}
    async with of(app) as client:

        async def refused(what: str, call: Call, method: str, **sent: Any) -> None:
            answer = await client.request(method, call.url, **sent)
            if answer.status_code >= CLIENT_ERROR:
                seen.setdefault(what, set()).add(answer.status_code)
                check(answer, logged, f"{what} {call}")

        for call in calls:
            program = headers_of(call) | {"accept": "application/json"}
            other = wrong_method(call)
            assert other is not None, str(call)
            await refused("method", call, other, headers=program)
            await refused("size", call, call.method, content=b" " * (MAX_BODY_BYTES + 1))
            if Need(call.need) not in MET_BY:
                await refused("nobody", call, call.method)
                await refused("wrong token", call, call.method,
                              headers={"authorization": "Bearer x"})  # fmt: skip
            if call.streams:
                continue  # what is right with it would not end
            await refused("unknown", call, call.method, headers=program)
            if not call.safe:
                for body in (b'{"x', b"[]", b"\xff", b"null"):
                    sent = program | {"content-type": "application/json"}
                    await refused("body", call, call.method, headers=sent, content=body)

    assert len(calls) > 100
    assert {405} == seen["method"]
    assert {413} == seen["size"]
    assert {401} == seen["nobody"] == seen["wrong token"]
    assert {404, 422} <= seen["unknown"]
    assert {422} <= seen["body"]
    assert not [status for found in seen.values() for status in found if status == 500]


def trouble(error: Exception) -> Callable[[FakeServices], None]:
    """Whatever is asked of the cluster raises that."""

    def make(services: FakeServices) -> None:
        services.trouble = error

    return make


def refuse(code: int) -> Callable[[FakeServices], None]:
    """Gateways refuse what the vehicle sends."""

    def make(services: FakeServices) -> None:
        services.refusals["vehicle/v1"] = Refusal(code, "no")

    return make


def late(services: FakeServices) -> None:
    """All links are over."""
    services.now += 1e7


def fine(_: FakeServices) -> None:
    """Nothing is wrong with the cluster."""


V1 = "/v1/twins/vehicle/v1"
PROGRAM = {"accept": "application/json"}
SENT: dict[str, Any] = {"json": EVENT, "headers": STRUCTURED | AS_V1}
OTHERS: dict[str, Any] = {"json": EVENT, "headers": STRUCTURED | as_device("vehicle/v2")}
PATCH: dict[str, Any] = {"json": {"owner": "customer/c1"}}
STALE: dict[str, Any] = {**PATCH, "headers": AS_OPERATOR | {"if-match": '"99"'}}

REFUSED: list[tuple[int, str, str, str, dict[str, Any], Callable[[FakeServices], None]]] = [
    (401, "unauthenticated", "GET", "/v1/live", {"headers": {}}, fine),
    (403, "forbidden", "POST", "/v1/events", OTHERS, fine),
    (404, "unknown_path", "GET", "/v1/nowhere", {}, fine),
    (404, "unknown_path", "GET", "/plain/none.js", {}, fine),
    (404, "not_found", "GET", "/console/assets/none.js", {}, fine),
    (404, "unknown_kind", "PATCH", "/v1/twins/nothing/x", PATCH, fine),
    (404, "not_found", "GET", "/offers/x", {"headers": PROGRAM}, fine),
    (404, "not_found", "GET", "/offers/x/about", {"headers": PROGRAM}, fine),
    (404, "not_found", "GET", "/offers/x/live", {"headers": {}}, fine),
    (404, "not_found", "GET", "/surveys/x", {"headers": PROGRAM}, fine),
    (404, "not_found", "GET", "/unsubscribe/x", {"headers": PROGRAM}, fine),
    (404, "not_found", "POST", "/unsubscribe/x", {"headers": PROGRAM}, fine),
    (405, "wrong_method", "PUT", "/offers/x", {}, fine),
    (405, "wrong_method", "POST", "/console/", {}, fine),
    (409, "ask_failed", "POST", f"{V1}/ask/x", {"json": {}}, fine),
    (410, "gone", "GET", PATH, {"headers": PROGRAM}, late),
    (412, "stale_revision", "PATCH", V1, STALE, trouble(AskFailed("StaleRevision: it is 7"))),
    (413, "too_large", "POST", "/v1/events", {"content": b"x" * (MAX_BODY_BYTES + 1)}, fine),
    (415, "unsupported", "POST", "/v1/events", {"content": b"x", "headers": AS_V1}, fine),
    (422, "bad_filter", "GET", "/v1/live?where=a+%3D", {}, fine),
    (422, "invalid", "GET", "/v1/search?limit=x", {}, fine),
    (429, "refused", "POST", "/v1/events", SENT, refuse(429)),
    (500, "internal", "GET", V1, {}, trouble(RuntimeError("a secret"))),
    (500, "internal", "GET", PATH, {"headers": PROGRAM}, trouble(RuntimeError("a secret"))),
    (503, "refused", "POST", "/v1/events", SENT, refuse(503)),
    (503, "unavailable", "GET", V1, {}, trouble(Unavailable("nobody has it"))),
    (503, "unavailable", "GET", PATH, {"headers": PROGRAM}, trouble(Unavailable("nobody"))),
    (504, "no_answer", "GET", V1, {}, trouble(TimeoutError())),
    (507, "refused", "POST", "/v1/events", SENT, refuse(507)),
]
"""Of each status one, and more where another part answers; as an operator, if it is not said."""


@pytest.mark.parametrize(("status", "reason", "method", "path", "sent", "prepare"), REFUSED)
async def test_each_status_is_a_problem(
    status: int, reason: str, method: str, path: str, sent: dict[str, Any],
    prepare: Callable[[FakeServices], None], logged: list[Any], tmp_path: Path,
) -> None:  # fmt: skip
    """Whoever refuses it: a route, the gateway, the twin, the cluster, or the edge."""
    services = services_with()
    services.add("vehicle/v1", speed_kmh=1.0)
    prepare(services)
    app = app_of(services)
    (tmp_path / "index.html").write_text("<p>console</p>", "utf-8")
    app.state.console = Build(tmp_path)
    async with of(app) as client:
        answer = await client.request(method, path, **{"headers": AS_OPERATOR, **sent})

    found = check(answer, logged, f"{method} {path}")

    assert (status, reason) == (answer.status_code, found["reason"])
    assert "a secret" not in answer.text


async def test_a_stream_too_many_is_a_problem(logged: list[Any]) -> None:
    """Before it begins."""
    async with of(app_of(FakeServices(), Limits(streams=0))) as client:
        answer = await client.get("/v1/live", headers=AS_OPERATOR)

    assert "overloaded" == check(answer, logged, "a stream")["reason"]
    assert 503 == answer.status_code


@pytest.mark.parametrize("path", ["/offers/x", "/surveys/x", "/unsubscribe/x"])
async def test_a_browser_gets_words_and_the_log_the_id(logged: list[Any], path: str) -> None:
    """A person is told on a page; the operator finds why, without the link."""
    async with of(app_of(FakeServices())) as client:
        answer = await client.get(path, headers={"accept": "text/html,application/json;q=0.1"})

    (line,) = [one for one in logged if one["event"] == "refused"]

    assert answer.headers["content-type"].startswith("text/html")
    assert (404, answer.headers["x-request-id"]) == (line["status"], line["request_id"])
    assert path not in str(line)


def test_a_flood_of_refusals_is_none_in_the_log(logged: list[Any]) -> None:
    """So many lines a second; then how many there would have been."""
    refusals, scope = Refusals(), {"vigil.request_id": "r", "method": "GET"}
    for _ in range(MOST + 5):
        refusals.note(scope, 429, 7.0)
    refusals.note(scope, 503, 8.0)

    assert MOST + 1 == len(logged)
    assert (5, "warning") == (logged[-1]["left_out"], logged[-1]["log_level"])
    assert "left_out" not in logged[0]
