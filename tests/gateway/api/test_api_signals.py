"""Signals by the API: the newest of all partitions, and which of these did not answer."""

from typing import Any

import pytest
from support.api_server import AS_OPERATOR, client_of
from support.fake_services import PARTITION, FakeServices

from actors.changes import Change, Noticed
from twins.outputs import Signal


@pytest.fixture(name="services")
def _services() -> FakeServices:
    """Three twins that have noticed something."""
    services = FakeServices()
    for position, (twin_id, time) in enumerate(
        (("vehicle/v2", 10.0), ("fridge/f1", 20.0), ("vehicle/v1", 30.0)), 1
    ):
        signal = Signal(f"{twin_id}~x", "too.hot", twin_id, time, {"coolant_c": 110.0})
        services.told.append(Change(position - 1, position, [], [Noticed(position, signal)]))
    return services


async def listed(services: FakeServices, query: str = "") -> Any:
    """What the call answers."""
    async with client_of(services) as client:
        answer = await client.get(f"/v1/signals{query}", headers=AS_OPERATOR)

    assert 200 == answer.status_code, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("query", "twins"),
    [
        ("", ["vehicle/v1", "fridge/f1", "vehicle/v2"]),
        ("?limit=1", ["vehicle/v1"]),
        ("?kind=vehicle", ["vehicle/v1", "vehicle/v2"]),
        ("?twin=vehicle/v2", ["vehicle/v2"]),
        ("?twin=vehicle/v3", []),
    ],
)
async def test_the_newest_come_first(services: FakeServices, query: str, twins: list[str]) -> None:
    """Of a kind or a twin where that is asked for; whatever order hosts have them in."""
    found = await listed(services, query)

    assert (twins, []) == ([one["twin_id"] for one in found["items"]], found["missing"])


async def test_it_says_whose_are_missing(services: FakeServices) -> None:
    """A partition between two hosts is named, and the others are told of all the same."""
    services.silent_partitions = {PARTITION - 1}
    found = await listed(services)
    services.silent_partitions = {PARTITION}
    none = await listed(services)

    assert ([PARTITION - 1], 3) == (found["missing"], len(found["items"]))
    assert ([PARTITION], []) == (none["missing"], none["items"])
    assert {"coolant_c": 110.0} == found["items"][0]["data"]


@pytest.mark.parametrize("query", ["?twin=x", "?kind=a/b", "?limit=0", "?limit=99999"])
async def test_what_makes_no_sense_is_refused(services: FakeServices, query: str) -> None:
    """By 422."""
    async with client_of(services) as client:
        answer = await client.get(f"/v1/signals{query}", headers=AS_OPERATOR)

    assert 422 == answer.status_code
