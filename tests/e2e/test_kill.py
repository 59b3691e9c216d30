"""Nothing lost, nothing doubled, nothing out of order, whatever is killed while devices send."""

import asyncio
import os

import pytest
from support.e2e_load import Load, read

from deploy.node import Node
from gateway.auth import device_token
from gateway.fleet import Fleet
from load.chaos.processes import kill, of_role

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.chaos,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest.mark.parametrize("what", ["host", "gateway", "nats", "effects"])
async def test_kill_mid_stream(node: Node, what: str) -> None:
    """Every acknowledged message is in its twin, once and in order, after `kill -9` of a part."""
    token = device_token(node.secrets.device_key, "vehicle/*")
    async with Fleet("vehicle", node.server.url, token) as fleet:
        load = Load(fleet, what)
        sending = asyncio.gather(*(load.run(key) for key in load.keys))
        await load.third.wait()
        kill(of_role(os.getpid(), what)[0])
        await asyncio.wait_for(sending, 120)

    load.check(await read(node, load.keys))
