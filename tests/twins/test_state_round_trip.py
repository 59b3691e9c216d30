"""State of every kind: what is stored is what comes back, as JSON and as MessagePack."""

from typing import Any

import msgspec
import pytest
from support.city import city

from twins.kind import KINDS

OURS = (
    "customer", "dealer", "desk", "employee", "insurer", "rental_depot", "ride_company", "roadside",
    "tow_operator", "vehicle",
)  # fmt: skip


@pytest.fixture(scope="module")
def lived() -> dict[str, Any]:
    """Twins of all kinds that have been through a story, with a case and a second signal."""
    here = city()
    here.world.customer = lambda _: {"accept": True, "declined": ["ride"]}
    here.overheat()
    here.world.run_until(here.ended)
    for tow in here.tows:
        tow.offers = []
    for degree in (91.0, *map(float, range(95, 107))):
        here.reading(degree)
    here.world.run_until(here.ended)
    return here.world.twins


@pytest.mark.parametrize("kind", OURS)
def test_a_new_twin_comes_back(kind: str) -> None:
    """A twin that knows nothing but its key."""
    twin = KINDS[kind].new("k1")

    assert KINDS[kind].restore(msgspec.json.encode(twin), KINDS[kind].schema) == twin
    assert KINDS[kind].decode_state(msgspec.msgpack.encode(twin)) == twin


@pytest.mark.parametrize("kind", OURS)
def test_a_twin_that_has_lived_comes_back(kind: str, lived: dict[str, Any]) -> None:
    """All that it holds, to the byte, whichever way it was stored."""
    found = [twin for twin in lived.values() if twin.kind.name == kind]

    assert found
    for twin in found:
        json = msgspec.json.encode(twin)
        restored = twin.kind.restore(json, twin.kind.schema)
        unpacked = twin.kind.decode_state(msgspec.msgpack.encode(twin))

        assert len(json) > 40
        assert msgspec.json.encode(restored) == json
        assert msgspec.json.encode(unpacked) == json
        assert msgspec.msgpack.encode(restored) == msgspec.msgpack.encode(twin)


def test_a_supervisor_stays_small(lived: dict[str, Any]) -> None:
    """An arrangement is encoded with each of its events: a story takes well under 64 KiB."""
    assert len(msgspec.json.encode(lived["roadside/v1"])) < 64 * 1024
