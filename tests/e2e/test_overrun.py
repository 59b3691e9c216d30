"""Events that hang or kill their host, on a whole node: one twin is parked, nobody else notices."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import ray
from conftest import settings_for

from actors.handle import twin
from actors.state import TwinState
from deploy.node import Node
from gateway.auth import device_token
from gateway.client import Client
from gateway.fleet import Fleet
from load.chaos.processes import kill, of_role
from twins.ids import partition_of

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]

LATE = {"until": 4e9}
BEFORE, AFTER = 5, 25
"""Notes of a neighbour on either side of the event."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hangers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """A node with a kind whose handlers do not come back."""
    settings = settings_for(
        tmp_path_factory.mktemp("hangers"),
        node={"kinds": ["twins.devices", "support.hanging"]},
        host={"handler_s": 0.3, "stuck_s": 2.0},
    )
    async with Node(settings) as running:
        yield running


def neighbour_of(key: str, partitions: int) -> str:
    """The key of another twin in the same partition."""
    partition = partition_of(f"hanger/{key}", partitions)
    keys = (f"{key}-{number}" for number in range(1000))
    return next(it for it in keys if partition_of(f"hanger/{it}", partitions) == partition)


async def state_of(key: str) -> TwinState:
    """A twin, as soon as somebody answers for it."""
    while True:
        try:
            return await twin(f"hanger/{key}").state.remote()
        except ray.exceptions.RayError:
            await asyncio.sleep(0)


async def until(key: str, applied: int, *, parked: bool) -> TwinState:
    """A twin, once it has handled so much, and is parked or not."""
    while True:
        state = await state_of(key)
        if state.applied >= applied and (state.parked is not None) == parked:
            return state
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("loop", "processor time"),
        pytest.param("stuck", "2 processes ended while they handled it", marks=pytest.mark.long),
        ("deadly", "2 processes ended while they handled it"),
    ],
)
async def test_one_twin_is_parked(hangers: Node, what: str, why: str) -> None:
    """Its later events wait; a neighbour's are all applied, in order; after `kill -9` as well."""
    other = neighbour_of(what, hangers.settings.log.partitions)
    token = device_token(hangers.secrets.device_key, "hanger/*")
    async with Fleet("hanger", hangers.server.url, token) as fleet:
        poisoned, neighbour = fleet.device(what), fleet.device(other)
        receipts = [await neighbour.send("note", None) for _ in range(BEFORE)]
        receipts += [await poisoned.send(kind, data) for kind, data in
                     (("note", None), (what, LATE), ("note", None))]  # fmt: skip
        receipts += [await neighbour.send("note", None) for _ in range(AFTER)]
        await asyncio.wait_for(asyncio.gather(*receipts), 120)
    async with asyncio.timeout(120):
        parked = await until(what, 1, parked=True)
        free = await until(other, BEFORE + AFTER, parked=False)
    kill(of_role(os.getpid(), "host")[0])
    async with asyncio.timeout(120):
        again = await until(what, 1, parked=True)
        also = await until(other, BEFORE + AFTER, parked=False)

    assert why in str(parked.parked)
    assert (1, parked.parked, parked.state) == (again.applied, again.parked, again.state)
    assert [BEFORE + AFTER] * 2 == [free.applied, also.applied]
    assert free.state["trace"] == also.state["trace"]
    assert (
        sorted(free.state["trace"], key=lambda it: int(it.rsplit(":", 1)[1]))
        == (free.state["trace"])
    )

    with Client(hangers.api_url, hangers.operator_token) as api:
        async with asyncio.timeout(60):
            while not (listed := api.parked(f'id = "hanger/{what}"').items):
                await asyncio.sleep(0)
        sent = await asyncio.to_thread(api.resume, f"hanger/{what}", skip=True)
        async with asyncio.timeout(60):
            skipped = await until(what, 2, parked=False)

    assert (what, 2) == (listed[0].event_type, listed[0].waiting)
    assert why in listed[0].reason
    assert skipped.position >= sent.position
    assert len(again.state["trace"]) + 1 == len(skipped.state["trace"])
