"""A host or gateway that hangs loses its partitions, and does no harm when it wakes."""

import asyncio
import os
import signal

import pytest
from support.e2e_load import Load, read, served

from deploy.crew import GATEWAY, HOST
from deploy.node import Node
from gateway.auth import device_token
from gateway.fleet import Fleet

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.chaos,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest.mark.parametrize("role", [HOST, GATEWAY])
async def test_a_sleeper_is_replaced_mid_stream(node: Node, role: str) -> None:
    """It stands still (SIGSTOP) until another has all of its share; then it wakes, and is over."""
    token = device_token(node.secrets.device_key, "vehicle/*")
    async with Fleet("vehicle", node.server.url, token) as fleet:
        sleeper = node.crew.add(role)
        while not (await served(node, role)).get(sleeper):
            await asyncio.sleep(0)
        load = Load(fleet, f"hang-{role}")
        sending = asyncio.gather(*(load.run(key) for key in load.keys))
        await load.third.wait()
        pid = int((await node.actors[sleeper].statistics.remote())["pid"])
        os.kill(pid, signal.SIGSTOP)
        before = load.acknowledged.total()
        try:
            everything = {f"{role}-0": node.settings.log.partitions}
            while await served(node, role) != everything:
                await asyncio.sleep(0)
        finally:
            os.kill(pid, signal.SIGCONT)
        while not (await served(node, role)).get(sleeper):
            await asyncio.sleep(0)
        await asyncio.wait_for(sending, 120)
        await node.crew.remove(sleeper)

    assert before < load.acknowledged.total()
    load.check(await read(node, load.keys))
