"""Dead letters by the API: the newest first, readable, whoever wrote what into them."""

from typing import Any

import pytest
from msgspec import json, msgpack, structs
from support.api_server import AS_OPERATOR, client_of
from support.fake_services import FakeServices

from gateway.api.dead_letters import readable
from gateway.api.services import Refusal
from gateway.dead_letters import DeadLetter
from twins.event import Message


def letter(key: str, at: float, payload: bytes = b"{}", kind: str = "vehicle") -> DeadLetter:
    """A refusal."""
    return DeadLetter(
        at=at, partition=3, kind=kind, key=key, type="telemetry", way="nats", reason="bad_payload",
        description="speed_kmh: expected a number", size=len(payload), payload=payload,
    )  # fmt: skip


async def listed(services: FakeServices, query: str = "") -> list[dict[str, Any]]:
    """What the call answers."""
    async with client_of(services) as client:
        answer = await client.get(f"/v1/dead-letters{query}", headers=AS_OPERATOR)
    assert 200 == answer.status_code, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_newest_come_first() -> None:
    """With whose they are, why, and what they said."""
    services = FakeServices()
    services.letters = [letter("v1", 10.0), letter("v2", 20.0, b'{"speed_kmh": "fast"}')]

    first, second = await listed(services)

    assert ("vehicle/v2", 20.0, "bad_payload") == (first["twin_id"], first["at"], first["reason"])
    assert '{"speed_kmh": "fast"}' == first["payload"]
    assert "vehicle/v1" == second["twin_id"]


async def replayed(services: FakeServices, twin: str, letter_id: str) -> tuple[int, Any]:
    """What comes of sending a letter once more."""
    async with client_of(services) as client:
        path = f"/v1/dead-letters/{twin}/{letter_id}/replay"
        answer = await client.post(path, headers=AS_OPERATOR)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_letter_is_sent_once_more_as_it_was(*, as_json: bool) -> None:
    """As the device's, with its own id; without one, with the letter's: it counts once."""
    services = FakeServices()
    said = Message(data={"speed_kmh": 50}, id="e1", time=9.0)
    nameless = Message(data={"speed_kmh": 60})
    form = json if as_json else msgpack
    services.letters = [
        letter("v1", 1.0, form.encode(said)),
        letter("v1", 2.0, form.encode(nameless)),
    ]
    second, first = await listed(services)
    status, sent = await replayed(services, "vehicle/v1", first["id"])
    for _ in range(2):
        await replayed(services, "vehicle/v1", second["id"])

    assert (202, "vehicle/v1", "e1") == (status, sent["twin_id"], sent["event_id"])
    assert [said, *[structs.replace(nameless, id=f"letter-{second['id']}")] * 2] == [
        one.message for one in services.sent
    ]
    assert {("vehicle/v1", "telemetry", "device")} == {
        (one.twin_id, one.type, one.sender) for one in services.sent
    }


async def test_what_is_still_wrong_is_refused_again() -> None:
    """The gateway judges it anew."""
    services = FakeServices()
    services.letters = [letter("v1", 1.0, msgpack.encode(Message(data={"speed_kmh": "fast"})))]
    services.refusals["vehicle/v1"] = Refusal(422, "speed_kmh: expected a number")
    (one,) = await listed(services)
    status, problem = await replayed(services, "vehicle/v1", one["id"])

    assert (422, "speed_kmh: expected a number") == (status, problem["detail"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"size": 9000}, 409),
        ({"payload": b"no message", "size": 10}, 409),
        ({"payload": b"", "size": 0}, 409),
        ({"type": "vigil.resume"}, 409),
        ({"key": "v2"}, 404),
        ({"kind": "rulebook"}, 404),
    ],
)
async def test_letters_that_cannot_be_replayed(change: dict[str, Any], status: int) -> None:
    """Cut off, unreadable, nobody's to say, or another twin's."""
    services = FakeServices()
    whole = letter("v1", 1.0, msgpack.encode(Message(data={})))
    services.letters = [structs.replace(whole, **change)]
    (one,) = await listed(services)
    found, problem = await replayed(services, "vehicle/v1", one["id"])

    assert status == found, problem
    assert [] == services.sent
    assert one["whole"] == (change.get("size") != 9000)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?twin=vehicle/v1", ["vehicle/v1"]),
        ("?kind=parcel", ["parcel/p1"]),
        ("?limit=1", ["parcel/p1"]),
    ],
)
async def test_they_are_found_by_whose_they_are(query: str, found: list[str]) -> None:
    """One twin's, one kind's, or only so many."""
    services = FakeServices()
    services.letters = [letter("v1", 1.0), letter("v2", 2.0), letter("p1", 3.0, kind="parcel")]

    assert found == [one["twin_id"] for one in await listed(services, query)]


async def test_what_is_no_text_is_answered_all_the_same() -> None:
    """Ids and types are what a stranger wrote."""
    services = FakeServices()
    services.letters = [letter("\ud800", 1.0, b"\xff\xfe")]

    (only,) = await listed(services)

    assert ("vehicle/?", "hex:fffe") == (only["twin_id"], only["payload"])


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"not json", "not json"),
        ("grün\n".encode(), "grün\n"),
        (msgpack.encode({"a": [1, None]}), '{"a":[1,null]}'),
        (msgpack.encode({"a": "long"})[:-1], "hex:81a161a46c6f6e"),
        (b"a\x00b", "hex:610062"),
        (b"", ""),
    ],
)
def test_a_payload_is_shown_as_it_reads(payload: bytes, text: str) -> None:
    """Text and JSON as they are, MessagePack as JSON, anything else by its bytes."""
    assert text == readable(payload)
