"""Hosts and gateways come and go while devices send; nothing is lost, and the load moves."""

import asyncio

import pytest
from support.e2e_load import Load, read, served

from actors.assignment import rendezvous
from actors.state import TwinState
from deploy.crew import GATEWAY, HOST
from deploy.node import Node
from gateway.auth import device_token
from gateway.fleet import Fleet

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
]

ADDED = 2


def share(partitions: int, names: list[str]) -> dict[str, int]:
    """How many partitions each of these members should serve."""
    winners = [rendezvous(partition, names) for partition in range(partitions)]
    return {name: winners.count(name) for name in names}


@pytest.mark.parametrize("role", [HOST, GATEWAY])
async def test_scale_up_and_down_mid_stream(node: Node, role: str) -> None:
    """Two members more, then both gone again: each took a share, and every count is exact."""
    token = device_token(node.secrets.device_key, "vehicle/*")
    async with Fleet("vehicle", node.server.url, token) as fleet:
        load = Load(fleet, f"scale-{role}")
        sending = asyncio.gather(*(load.run(key) for key in load.keys))
        await load.third.wait()
        names = [node.crew.add(role) for _ in range(ADDED)]
        wanted = share(node.settings.log.partitions, [f"{role}-0", *names])
        while await served(node, role) != wanted:
            await asyncio.sleep(0)
        for name in names:
            await node.crew.remove(name)
        await asyncio.wait_for(sending, 120)
    states: list[TwinState] = await read(node, load.keys)

    assert any(wanted[name] for name in names)
    load.check(states)
