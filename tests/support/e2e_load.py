"""Devices that send to a whole node, and what must hold of their twins afterwards."""

import asyncio
from collections import Counter

from actors.connection import connect
from actors.handle import twin
from actors.log import stream_state
from actors.state import TwinState
from deploy.node import Node
from gateway.fleet import Fleet
from twins.ids import partition_of

DEVICES = 40
EACH = 150
"""Messages of each device."""


class Load:
    """Devices that send as fast as their windows let them, and count what they were told.

    `third` is set once a third of all messages is acknowledged: mid-stream.
    """

    def __init__(self, fleet: Fleet, prefix: str) -> None:
        self._fleet = fleet
        self.keys = [f"{prefix}-{index}" for index in range(DEVICES)]
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

    def check(self, states: list[TwinState]) -> None:
        """Every acknowledged message is in its twin, once and in order."""
        everything = dict.fromkeys(self.keys, EACH)

        assert everything == self.acknowledged
        assert everything == {state.state["key"]: state.numbered for state in states}
        assert everything == {state.state["key"]: state.applied for state in states}
        assert [0] * len(states) == [state.reordered for state in states]
        assert {float(EACH - 1)} == {state.state["speed_kmh"] for state in states}


async def served(node: Node, role: str) -> dict[str, int]:
    """How many partitions each member of a role serves."""
    members = await node.actors["coordinator"].members.remote()
    return {
        member["owner"].split("#")[0]: len(member["partitions"])
        for member in members
        if member["role"] == role and not member["draining"]
    }


async def read(node: Node, keys: list[str], kind: str = "vehicle") -> list[TwinState]:
    """All twins, at or after the last position of their partition."""
    client = await connect(node.address, "test")
    try:
        partitions = node.settings.log.partitions
        ends = [(await stream_state(client, partition)).last for partition in range(partitions)]
    finally:
        await client.close()
    ids = [f"{kind}/{key}" for key in keys]
    return list(
        await asyncio.gather(
            *(twin(id_).state.remote(ends[partition_of(id_, partitions)]) for id_ in ids)
        )
    )
