"""`POST /v1/events`: 202 only when durable, each refusal with its event."""

import asyncio
from typing import Any

import pytest
from msgspec import json
from support.api_server import AS_OPERATOR, as_device, client_of
from support.fake_services import PARTITION, FakeServices

from gateway.api.context import Limits
from gateway.api.services import Refusal

ONE = "application/cloudevents+json"
MANY = "application/cloudevents-batch+json"


def event(key: str = "v1", **change: Any) -> dict[str, Any]:
    """A good event of a vehicle."""
    return {
        "specversion": "1.0",
        "id": "a1",
        "source": f"vehicle/{key}",
        "type": "telemetry",
        "subject": f"vehicle/{key}",
        "data": {"speed_kmh": 50.0},
    } | change


def headers(user: str = "vehicle/*", content_type: str = ONE) -> dict[str, str]:
    """A device's request."""
    return {**as_device(user), "Content-Type": content_type}


async def test_event_is_answered_with_its_position() -> None:
    """202 carries where the log has it, and it came in the device's name."""
    services = FakeServices()
    async with client_of(services) as client:
        answer = await client.post("/v1/events", json=event(), headers=headers("vehicle/v1"))

    expected = {
        "events": [
            {
                "id": "a1",
                "subject": "vehicle/v1",
                "status": 202,
                "partition": PARTITION,
                "position": 1,
                "problem": None,
            }
        ],
        "accepted": 1,
        "refused": 0,
    }

    assert 202 == answer.status_code
    assert expected == answer.json()
    assert ["device"] == [sent.sender for sent in services.sent]


async def test_basic_and_bearer_are_the_same_device() -> None:
    """Clients that only know user and password get in, too."""
    services = FakeServices()
    token = as_device("vehicle/v1")["Authorization"].partition(":")[2]
    async with client_of(services) as client:
        answer = await client.post(
            "/v1/events",
            content=json.encode(event()),
            headers={"Content-Type": ONE},
            auth=("vehicle/v1", token),
        )

    assert 202 == answer.status_code


async def test_binary_mode_needs_no_envelope() -> None:
    """The attributes stand in headers, the body is the reading."""
    services = FakeServices()
    given = as_device("vehicle/v1") | {
        f"ce-{name}": value for name, value in event().items() if name != "data"
    }
    async with client_of(services) as client:
        answer = await client.post("/v1/events", json={"speed_kmh": 3}, headers=given)

    assert 202 == answer.status_code
    assert [{"speed_kmh": 3}] == [sent.message.data for sent in services.sent]


async def test_batch_keeps_the_order_of_each_twin() -> None:
    """Events leave in the order in which they were given."""
    services = FakeServices()
    batch = [event(f"v{number % 3}", id=f"e{number}") for number in range(90)]
    async with client_of(services) as client:
        answer = await client.post("/v1/events", json=batch, headers=headers(content_type=MANY))

    assert 202 == answer.status_code
    assert [f"e{number}" for number in range(90)] == [sent.message.id for sent in services.sent]


async def test_batch_says_for_each_event_what_came_of_it() -> None:
    """What is durable stays so; what was refused, garbled, foreign or unanswered is named."""
    services = FakeServices()
    services.refusals["vehicle/v2"] = Refusal(429, "send again later")
    services.silent.add("vehicle/v3")
    batch = [
        event("v1", id="good"),
        event("v2", id="refused"),
        event("v3", id="silent"),
        event("v4", id="garbled", type=""),
        {**event("v5", id="foreign"), "subject": "parcel/p1"},
        17,
    ]
    async with client_of(services) as client:
        answer = await client.post("/v1/events", json=batch, headers=headers(content_type=MANY))
    results = answer.json()["events"]

    assert 207 == answer.status_code
    assert [202, 429, 504, 422, 403, 422] == [result["status"] for result in results]
    assert ["good", "refused", "silent", "garbled", None, None] == [
        result["id"] for result in results
    ]
    assert (1, 5) == (answer.json()["accepted"], answer.json()["refused"])
    assert "send again later" == results[1]["problem"]["detail"]
    assert ["good"] == [sent.message.id for sent in services.sent]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Refusal(400, "coolant_c is too hot"), 400),
        (Refusal(404, "no such type"), 404),
        (Refusal(503, "overloaded"), 503),
        (Refusal(0, "no code at all"), 503),
        (Refusal(200, "no error's code"), 503),
    ],
)
async def test_single_refusal_is_the_answer_itself(refusal: Refusal, status: int) -> None:
    """The gateway's code and words; a code that is no error's never becomes a success."""
    services = FakeServices()
    services.refusals["vehicle/v1"] = refusal
    async with client_of(services) as client:
        answer = await client.post("/v1/events", json=event(), headers=headers())
    problem = answer.json()

    assert status == answer.status_code == problem["status"]
    assert "application/problem+json" == answer.headers["content-type"]
    assert (refusal.reason, "a1", "vehicle/v1") == (
        problem["detail"],
        problem["event_id"],
        problem["twin_id"],
    )


async def test_silence_of_the_log_is_no_acknowledgement() -> None:
    """504 says that the outcome is unknown, and that repeating is safe."""
    services = FakeServices()
    services.silent.add("vehicle/v1")
    async with client_of(services) as client:
        answer = await client.post("/v1/events", json=event(), headers=headers())

    assert (504, "1") == (answer.status_code, answer.headers["retry-after"])
    assert "counts once" in answer.json()["detail"]


async def test_device_sends_for_itself_alone() -> None:
    """A token of one vehicle does not reach another one."""
    services = FakeServices()
    async with client_of(services) as client:
        answer = await client.post("/v1/events", json=event("v2"), headers=headers("vehicle/v1"))

    assert (403, []) == (answer.status_code, services.sent)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer vehicle/v1"},
        {"Authorization": "Bearer vehicle/v1:wrong"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic dmVoaWNsZS92MTp3cm9uZw=="},
        {"Authorization": "Digest x"},
        {"Authorization": as_device("vehicle/v1")["Authorization"].replace("v1:", "v2:")},
        as_device("vehicle"),
        as_device("*/*"),
        as_device("vehicle/**"),
        AS_OPERATOR,
    ],
)
async def test_only_devices_with_their_own_token_may_send(given: dict[str, str]) -> None:
    """A token for another name, a made-up scope, and the operator's are all refused alike."""
    services = FakeServices()
    async with client_of(services) as client:
        answer = await client.post(
            "/v1/events", json=event(), headers={**given, "Content-Type": ONE}
        )

    assert (401, []) == (answer.status_code, services.sent)
    assert "Bearer" in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"{}", "text/plain", 415),
        (b"{", ONE, 422),
        (b"[]", ONE, 422),
        (b"{}", MANY, 422),
        (b'"x"', MANY, 422),
        (b"[" + b",".join([b"1"] * 501) + b"]", MANY, 413),
        (b" " * (1024 * 1024 + 1), ONE, 413),
    ],
)
async def test_what_is_no_event_is_refused_whole(
    content: bytes, content_type: str, status: int
) -> None:
    """Each with the status that says what to change."""
    services = FakeServices()
    async with client_of(services) as client:
        answer = await client.post(
            "/v1/events", content=content, headers=headers(content_type=content_type)
        )

    assert (status, []) == (answer.status_code, services.sent)


async def test_empty_batch_is_no_mistake() -> None:
    """A device that has nothing to send may say so."""
    async with client_of(FakeServices()) as client:
        answer = await client.post("/v1/events", json=[], headers=headers(content_type=MANY))

    assert (202, 0) == (answer.status_code, answer.json()["accepted"])


async def test_too_many_under_way_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded: what does not fit is refused, and fits again afterwards."""
    services = FakeServices()
    answered = asyncio.Event()
    arrived = asyncio.Event()
    send = services.send

    async def slow(*given: Any) -> Any:
        arrived.set()
        await answered.wait()
        return await send(*given)

    monkeypatch.setattr(services, "send", slow)
    async with client_of(services, Limits(in_flight=1)) as client:
        first = asyncio.create_task(client.post("/v1/events", json=event(), headers=headers()))
        await arrived.wait()
        second = await client.post("/v1/events", json=event(), headers=headers())
        answered.set()
        await first
        third = await client.post("/v1/events", json=event(), headers=headers())

    assert (503, "1") == (second.status_code, second.headers["retry-after"])
    assert (202, 202) == (first.result().status_code, third.status_code)
