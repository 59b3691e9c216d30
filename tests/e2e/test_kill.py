"""Nothing lost, nothing doubled, nothing out of order, whatever is killed while devices send."""

import asyncio
import os
import signal
from collections import Counter

import pytest

from actors.connection import connect
from actors.handle import State, twin
from actors.log import stream_state
from deploy.node import Node
from gateway.auth import device_token
from gateway.fleet import Fleet
from twins.ids import partition_of

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.chaos,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]

DEVICES = 40
EACH = 150
"""Messages of each device in one test; the kill comes when a third is acknowledged."""

RUNS: Counter[str] = Counter()


async def victim(node: Node, what: str) -> int:
    """The process to kill."""
    if what == "nats":
        return node.server.pid
    statistics = await node.actors[f"{what}-0"].statistics.remote()
    return int(statistics["pid"])


class Load:
    """Devices that send as fast as their windows let them, and count what they were told."""

    def __init__(self, fleet: Fleet, prefix: str) -> None:
        self._fleet = fleet
        self.keys = [f"{prefix}{index}" for index in range(DEVICES)]
        self.acknowledged: Counter[str] = Counter()
        self.third = asyncio.Event()

    async def run(self, key: str) -> None:
        """One device: readings that rise and fall, numbered by the client."""
        device = self._fleet.device(key)
        receipts: asyncio.Queue[asyncio.Future[object] | None] = asyncio.Queue(maxsize=16)

        async def collect() -> None:
            while (receipt := await receipts.get()) is not None:
                await receipt
                self.acknowledged[key] += 1
                if sum(self.acknowledged.values()) >= DEVICES * EACH / 3:
                    self.third.set()

        collecting = asyncio.create_task(collect())
        for number in range(EACH):
            reading = {"coolant_c": 80.0 + number % 7, "speed_kmh": float(number)}
            await receipts.put(await device.send("telemetry", reading))
        await receipts.put(None)
        await collecting


@pytest.mark.parametrize("what", ["host", "gateway", "nats", "effects"])
async def test_kill_mid_stream(node: Node, what: str) -> None:
    """Every acknowledged message is in its twin, once and in order, after `kill -9` of a part."""
    prefix = f"{what}{RUNS[what]}-"
    RUNS[what] += 1
    token = device_token(node.secrets.device_key, "vehicle/*")
    async with Fleet("vehicle", node.server.url, token) as fleet:
        load = Load(fleet, prefix)
        sending = [asyncio.create_task(load.run(key)) for key in load.keys]
        await load.third.wait()
        os.kill(await victim(node, what), signal.SIGKILL)
        await asyncio.wait_for(asyncio.gather(*sending), 120)
    states = await read(node, load.keys)

    assert dict.fromkeys(load.keys, EACH) == load.acknowledged
    taken = {state.state["key"]: state.numbered for state in states}

    assert dict.fromkeys(load.keys, EACH) == taken
    assert dict.fromkeys(load.keys, EACH) == {state.state["key"]: state.applied for state in states}
    assert [0] * DEVICES == [state.reordered for state in states]
    assert {float(EACH - 1)} == {state.state["speed_kmh"] for state in states}


async def read(node: Node, keys: list[str]) -> list[State]:
    """All twins, at or after the last position of their partition."""
    client = await connect(node.address, "test")
    try:
        partitions = node.settings.log.partitions
        ends = [(await stream_state(client, partition)).last for partition in range(partitions)]
    finally:
        await client.close()
    ids = [f"vehicle/{key}" for key in keys]
    return list(
        await asyncio.gather(
            *(twin(id_).state.remote(ends[partition_of(id_, partitions)]) for id_ in ids)
        )
    )
