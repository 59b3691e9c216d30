"""Dead letters by the API: the newest first, readable, whoever wrote what into them."""

from typing import Any

import pytest
from msgspec import msgpack
from support.api_server import AS_OPERATOR, client_of
from support.fake_services import FakeServices

from gateway.api.dead_letters import readable
from gateway.dead_letters import DeadLetter


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
