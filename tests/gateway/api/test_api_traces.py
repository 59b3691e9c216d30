"""Traces by the API: what took how long, the newest or slowest first, and who did not answer."""

from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from support.api_server import AS_OPERATOR, client_of
from support.fake_services import FakeServices

from actors.telemetry import KeptSpan, decode_spans
from actors.telemetry.ring import SpanRing
from actors.telemetry.traces import start_traces, stop_traces

ONE, TWO = "1" * 32, "2" * 32


def kept(trace: str, name: str, process: str, began: float, ended: float, **more: Any) -> KeptSpan:
    """A span."""
    error, slow = more.pop("error", None), more.pop("slow", False)
    span_id = f"{len(name):08x}{len(process):08x}"
    return KeptSpan(trace, span_id, None, name, process, began, ended, more, error, slow)


@pytest.fixture
def services() -> FakeServices:
    """One message from its gateway to an effect that failed, and one slow block, which is later."""
    services = FakeServices()
    services.kept = [
        kept(ONE, "apply", "host-0", 10.3, 10.4, twin_id="roadside/v1", type="signal"),
        kept(ONE, "effect", "effects-0", 10.5, 12.0, effect="tow.hold", error="no truck"),
        kept(ONE, "take", "gateway-0", 10.0, 10.1, twin_id="vehicle/v1", type="telemetry"),
        kept(TWO, "log", "host-1", 20.0, 21.5, twin_id="vehicle/v2", slow=True),
    ]
    return services


async def got(services: FakeServices, path: str) -> tuple[int, Any]:
    """What the call answers."""
    async with client_of(services) as client:
        answer = await client.get(path, headers=AS_OPERATOR)
    return answer.status_code, answer.json()


async def test_a_list_has_a_line_for_each(services: FakeServices) -> None:
    """From its first stage to its last one, with whose message began it."""
    _, found = await got(services, "/v1/traces")
    slow, message = found["items"]

    assert (TWO, True, False, 1.5) == (slow["id"], slow["slow"], slow["failed"], slow["seconds"])
    assert {
        "id": ONE, "began": 10.0, "seconds": 2.0, "twin_id": "vehicle/v1", "type": "telemetry",
        "names": ["take", "apply", "effect"], "spans": 3, "slow": False, "failed": True,
        "processes": ["effects-0", "gateway-0", "host-0"],
    } == message  # fmt: skip
    assert (2, []) == (found["total"], found["unreachable"])


async def test_the_slowest_come_first_where_asked_for(services: FakeServices) -> None:
    """And only so many; how many there are is said all the same."""
    _, found = await got(services, "/v1/traces?order=slowest&limit=1")

    assert ([ONE], 2) == ([one["id"] for one in found["items"]], found["total"])


async def test_one_trace_is_its_stages_in_order(services: FakeServices) -> None:
    """Whichever process had them, with times, attributes and errors."""
    services.unreachable = ["host-1"]
    _, found = await got(services, f"/v1/traces/{ONE}")

    assert [("take", 10.0), ("apply", 10.3), ("effect", 10.5)] == [
        (one["name"], one["began"]) for one in found["spans"]
    ]
    assert "no truck" == found["spans"][2]["error"]
    assert {"effect": "tow.hold"} == found["spans"][2]["attributes"]
    assert ["host-1"] == found["unreachable"]


async def test_what_nobody_keeps_is_not_found_and_says_who_was_silent(
    services: FakeServices,
) -> None:
    """For then nobody knows whether it is gone."""
    services.unreachable = ["host-1"]
    status, problem = await got(services, f"/v1/traces/{'3' * 32}")

    assert (404, "not_found") == (status, problem["reason"])
    assert "host-1 did not answer" in problem["detail"]


@pytest.mark.parametrize("path", ["?order=best", "?limit=0", "/xyz", f"/{'A' * 32}"])
async def test_what_is_no_question_is_refused(services: FakeServices, path: str) -> None:
    """With the reason."""
    assert 422 == (await got(services, f"/v1/traces{path}"))[0]


async def test_a_call_with_a_traceparent_is_a_stage(services: FakeServices) -> None:
    """By its route, never by what stands in its path; one without is none."""
    ring = SpanRing("api", 10, 60.0)
    start_traces(Resource.create({}), 0.0, ring)
    try:
        async with client_of(services) as client:
            for more in ({}, {"traceparent": f"00-{ONE}-{'b' * 16}-01"}):
                await client.get("/v1/twins/vehicle/v1", headers={**AS_OPERATOR, **more})
    finally:
        stop_traces()
    (call,) = decode_spans(ring.encoded())

    assert (ONE, "call", "api") == (call.trace_id, call.name, call.process)
    assert {"method": "GET", "route": "/v1/twins/{kind}/{key}", "status": 200} == call.attributes
