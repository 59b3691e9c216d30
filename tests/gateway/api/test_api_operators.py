"""Operators' calls: read, ask, send, search, history, status."""

from typing import Any

import pytest
from structlog.testing import capture_logs
from support.api_server import AS_OPERATOR, as_device, client_of
from support.fake_services import PARTITION, START, FakeServices

from actors.errors import AskFailed, AskUnknown, LogFull, NotOwner, Unavailable
from gateway.api.context import Limits
from gateway.twin_views import HistoryEvent
from twins.errors import UnknownKind


async def get(services: FakeServices, path: str, **params: Any) -> tuple[int, Any]:
    """Status and content of an operator's GET."""
    async with client_of(services, Limits(read_s=0.05)) as client:
        answer = await client.get(path, params=params, headers=AS_OPERATOR)
        return answer.status_code, answer.json()


async def test_twin_is_read_with_its_position() -> None:
    """The snapshot says as of when, and by whom."""
    services = FakeServices()
    services.add("vehicle/v1", position=9, speed_kmh=50.0)

    status, found = await get(services, "/v1/twins/vehicle/v1", min_position=9)

    assert 200 == status
    assert ("vehicle/v1", 9, 2, True) == (
        found["id"],
        found["position"],
        found["epoch"],
        found["exists"],
    )
    assert {"key": "v1", "speed_kmh": 50.0} == found["state"]


async def test_position_that_does_not_come_ends_the_wait() -> None:
    """504 names twin and position, and where to look."""
    services = FakeServices()
    services.add("vehicle/v1", position=9)

    status, problem = await get(services, "/v1/twins/vehicle/v1", min_position=10)

    assert (504, "no_answer", "vehicle/v1") == (status, problem["reason"], problem["twin_id"])
    assert "position 10" in problem["detail"]


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (UnknownKind("no kind 'x'"), 404, "unknown_kind"),
        (Unavailable("nobody owns it"), 503, "unavailable"),
        (NotOwner("not me"), 503, "unavailable"),
        (LogFull("full"), 507, "log_full"),
    ],
)
async def test_troubles_of_the_cluster_are_problems(
    error: Exception, status: int, reason: str
) -> None:
    """Each keeps the words that say what to do."""
    services = FakeServices()
    services.trouble = error

    found, problem = await get(services, "/v1/twins/vehicle/v1")

    assert (status, reason, str(error)) == (found, problem["reason"], problem["detail"])


async def test_what_nobody_expected_is_found_by_its_request() -> None:
    """Outside goes the request's id alone; the log has the rest under it."""
    services = FakeServices()
    services.trouble = RuntimeError("a secret of the house")

    with capture_logs() as logs:
        status, problem = await get(services, "/v1/twins/vehicle/v1")

    assert (500, "internal") == (status, problem["reason"])
    assert "secret" not in str(problem)
    assert ["request failed", "refused"] == [log["event"] for log in logs]
    assert {problem["instance"]} == {f"urn:vigil:request:{log['request_id']}" for log in logs}


async def test_ask_gives_the_answer_and_its_id() -> None:
    """The id given is the call's; so it can be repeated."""
    services = FakeServices()
    services.answers["unlock_trunk"] = {"state": "queued"}
    async with client_of(services) as client:
        answer = await client.post(
            "/v1/twins/vehicle/v1/ask/unlock_trunk",
            json={"soon": True},
            headers={**AS_OPERATOR, "Idempotency-Key": "call-1"},
        )

    expected = {"twin_id": "vehicle/v1", "event_id": "call-1", "value": {"state": "queued"}}

    assert (200, expected) == (answer.status_code, answer.json())
    assert [("vehicle/v1", "unlock_trunk", {"soon": True}, "call-1")] == services.asked


@pytest.mark.parametrize(
    ("error", "reason"),
    [(AskFailed("BadPayload: no"), "ask_failed"), (AskUnknown("not kept"), "ask_unknown")],
)
async def test_ask_that_fails_says_why(error: Exception, reason: str) -> None:
    """The twin's own words come through."""
    services = FakeServices()
    services.answers["unlock_trunk"] = error
    async with client_of(services) as client:
        answer = await client.post("/v1/twins/vehicle/v1/ask/unlock_trunk", headers=AS_OPERATOR)

    assert (409, reason, str(error)) == (
        answer.status_code,
        answer.json()["reason"],
        answer.json()["detail"],
    )


async def test_operators_event_is_vigils_own() -> None:
    """It reaches handlers that devices do not, and is numbered by its id alone."""
    services = FakeServices()
    async with client_of(services) as client:
        answer = await client.post(
            "/v1/twins/customer/c1/events/configured",
            json={"name": "Lisa"},
            headers={**AS_OPERATOR, "Idempotency-Key": "set-1"},
        )
    sent = services.sent[0]

    expected = {
        "twin_id": "customer/c1",
        "event_id": "set-1",
        "partition": PARTITION,
        "position": 1,
    }

    assert (202, expected) == (answer.status_code, answer.json())
    assert ("inside", "configured", "set-1", {"name": "Lisa"}) == (
        sent.sender,
        sent.type,
        sent.message.id,
        sent.message.data,
    )


@pytest.mark.parametrize("word", ["resume", "skip"])
async def test_a_parked_twin_is_let_go_on(word: str) -> None:
    """By a call of its own, once for each id."""
    services = FakeServices()
    async with client_of(services) as client:
        answer = await client.post(
            f"/v1/twins/vehicle/v1/{word}", headers={**AS_OPERATOR, "Idempotency-Key": "go-1"}
        )

    assert (202, "go-1") == (answer.status_code, answer.json()["event_id"])
    assert [("vehicle/v1", "inside", f"vigil.{word}", "go-1")] == [
        (sent.twin_id, sent.sender, sent.type, sent.message.id) for sent in services.sent
    ]


@pytest.mark.parametrize("word", ["vigil.erase", "vigil.resume", "vigil.anything"])
async def test_what_only_vigil_says_cannot_be_sent(word: str) -> None:
    """To erase a person takes a right of its own."""
    services = FakeServices()
    async with client_of(services) as client:
        answer = await client.post(
            f"/v1/twins/customer/c1/events/{word}",
            json={"person": "customer/c1", "key_id": 1},
            headers=AS_OPERATOR,
        )

    assert 422 == answer.status_code
    assert word in answer.json()["detail"]
    assert [] == services.sent


async def test_operator_may_send_as_the_device() -> None:
    """For trying out what a device's message does."""
    services = FakeServices()
    async with client_of(services) as client:
        await client.post(
            "/v1/twins/vehicle/v1/events/telemetry",
            params={"sender": "device"},
            json={"speed_kmh": 1},
            headers=AS_OPERATOR,
        )

    assert ["device"] == [sent.sender for sent in services.sent]


@pytest.mark.parametrize(
    ("path", "content", "key"),
    [
        ("events/a..b", b"{}", "k"),
        ("events/a.*", b"{}", "k"),
        ("events/configured", b"{", "k"),
        ("events/configured", b'{"a": 1e999}', "k"),
        ("events/configured", b"18446744073709551616", "k"),
        ("events/configured", b'"' + b"x" * 65_536 + b'"', "k"),
        ("events/configured", b"{}", "k" * 201),
        ("events/configured", b"{}", "a b"),
        ("ask/a b", b"{}", "k"),
        ("ask/unlock", b"[[[", "k"),
    ],
)
async def test_garbled_calls_reach_no_twin(path: str, content: bytes, key: str) -> None:
    """Each is the caller's fault, and nothing was sent."""
    services = FakeServices()
    async with client_of(services) as client:
        answer = await client.post(
            f"/v1/twins/vehicle/v1/{path}",
            content=content,
            headers={**AS_OPERATOR, "Idempotency-Key": key},
        )

    assert (422, [], []) == (answer.status_code, services.sent, services.asked)


async def test_search_pages_and_counts() -> None:
    """The cursor goes on where the page ended; the count is of all."""
    services = FakeServices()
    for number in range(5):
        services.add(f"vehicle/v{number}", speed_kmh=float(number))
    where = "kind = vehicle and speed_kmh > 1"

    _, first = await get(services, "/v1/search", where=where, limit=2)
    _, second = await get(services, "/v1/search", where=where, limit=2, cursor=first["cursor"])
    _, counted = await get(services, "/v1/count", where=where)

    assert ["vehicle/v2", "vehicle/v3"] == [item["id"] for item in first["items"]]
    assert (["vehicle/v4"], None) == ([item["id"] for item in second["items"]], second["cursor"])
    assert START - 2.0 == first["as_of"]
    assert {"where": where, "count": 3} == counted


async def test_bad_filter_names_the_column() -> None:
    """The store's words come through."""
    status, problem = await get(FakeServices(), "/v1/search", where="a = ")

    assert (422, "bad_filter") == (status, problem["reason"])
    assert "column" in problem["detail"]


async def test_history_is_the_newest_of_the_span() -> None:
    """Times may be seconds or ISO; `more` says that there are earlier ones."""
    services = FakeServices()
    services.items = [
        HistoryEvent(number, START - 10 + number, START, "telemetry", "device", {"n": number})
        for number in range(5)
    ]

    _, found = await get(services, "/v1/history/vehicle/v1", limit=2)
    _, early = await get(
        services, "/v1/history/vehicle/v1", since="2020-01-01T00:00:00Z", until=str(START - 9.5)
    )

    assert ([3, 4], True) == ([item["data"]["n"] for item in found["items"]], found["more"])
    assert ([0], False) == ([item["data"]["n"] for item in early["items"]], early["more"])


@pytest.mark.parametrize(
    "span",
    [
        {"since": "yesterday"},
        {"since": "2020-01-01"},
        {"since": "nan"},
        {"until": "inf"},
        {"since": "10", "until": "5"},
        {"limit": "0"},
        {"limit": "x"},
    ],
)
async def test_spans_that_are_none_are_refused(span: dict[str, str]) -> None:
    """No default is taken for a typing error."""
    status, _ = await get(FakeServices(), "/v1/history/vehicle/v1", **span)

    assert 422 == status


async def test_status_counts_watchers_and_asks_once_a_second() -> None:
    """Many viewers cost the cluster one look."""
    services = FakeServices()
    async with client_of(services) as client:
        answers = [await client.get("/v1/status", headers=AS_OPERATOR) for _ in range(5)]

    assert {200} == {answer.status_code for answer in answers}
    assert (True, 1000, 0) == (
        answers[0].json()["healthy"],
        answers[0].json()["totals"]["events"],
        answers[0].json()["watchers"],
    )
    assert 1 == services.looks


@pytest.mark.parametrize(
    "path",
    [
        "/v1/twins/vehicle/v1",
        "/v1/search",
        "/v1/count",
        "/v1/arrangements",
        "/v1/history/vehicle/v1",
        "/v1/live",
        "/v1/status",
    ],
)
@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer x"}, as_device("vehicle/v1")])
async def test_operators_calls_need_the_operators_token(path: str, given: dict[str, str]) -> None:
    """Neither nobody, nor anybody, nor a device may look."""
    services = FakeServices()
    services.add("vehicle/v1")
    async with client_of(services) as client:
        answer = await client.get(path, headers=given)

    assert (401, "unauthenticated") == (answer.status_code, answer.json()["reason"])


async def test_health_and_metrics_are_open() -> None:
    """Both name no twin; requests are counted by their route, not by their path."""
    services = FakeServices()
    services.add("vehicle/secret7")
    async with client_of(services) as client:
        await client.get("/v1/twins/vehicle/secret7", headers=AS_OPERATOR)
        health = await client.get("/healthz")
        metrics = await client.get("/metrics")

    assert {"status": "ok"} == health.json()
    assert 'route="/v1/twins/{kind}/{key}"' in metrics.text
    assert 'vigil_events_applied_total{process="host-0"} 3.0' in metrics.text
    assert "secret7" not in metrics.text


async def test_answers_forbid_browsers_to_guess_frame_and_keep() -> None:
    """Every answer, the refusals too, carries the headers."""
    async with client_of(FakeServices()) as client:
        answers = [await client.get(path) for path in ("/healthz", "/nothing", "/v1/status")]

    for answer in answers:
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert "no-referrer" == answer.headers["referrer-policy"]
        assert "no-store" == answer.headers["cache-control"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert 32 == len(answer.headers["x-request-id"])
