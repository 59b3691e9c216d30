"""The connection of Vigil's own parts: it comes back by itself, also as whom it signed in."""

import asyncio

import pytest
from nats.aio.client import Client
from support.log_server import until

from actors.connection import connect
from gateway.server import NatsServer

pytestmark = pytest.mark.cluster


async def test_stays_connected_when_the_server_is_killed(
    client: Client, server: NatsServer
) -> None:
    """After `kill -9` and a start, the same connection and its subscriptions work again."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(message: object) -> None:
        heard.put_nowait(message.data)  # type: ignore[attr-defined]  # a message of nats-py, which has no types

    await client.subscribe("changes.>", cb=hear)
    for number in range(2):
        await server.kill()
        await until(lambda: not client.is_connected)
        await server.start()
        await until(lambda: client.is_connected)
        await client.publish("changes.0", b"%d" % number)

        assert b"%d" % number == await asyncio.wait_for(heard.get(), 10)


async def test_connects_once_the_server_is_there(server: NatsServer) -> None:
    """A process that starts before the server waits for it."""
    await server.kill()
    connecting = asyncio.create_task(connect(server.address, "early"))
    await server.start()
    client = await asyncio.wait_for(connecting, 10)

    assert client.is_connected

    await client.close()
