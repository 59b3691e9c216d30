"""Fixtures of the actors' tests: a real NATS server, a log, and quick answers."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from nats.aio.client import Client
from support.log_server import MAX_BYTES, Bench, Wire, log_server

import actors.log
import actors.reader
from actors.connection import connect
from actors.log import create_streams
from gateway.server import NatsServer

PARTITIONS = 2


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are waited for 0.3 s instead of 2, and tried again after 0.02 s."""
    monkeypatch.setattr(actors.log, "ANSWER_S", 0.3)
    monkeypatch.setattr(actors.log, "AGAIN_S", 0.02)
    monkeypatch.setattr(actors.reader, "AGAIN_S", 0.02)
    monkeypatch.setattr(actors.reader, "HEARTBEAT_S", 0.1)
    monkeypatch.setattr(actors.reader, "SILENT_S", 0.35)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A server that runs."""
    server = log_server(tmp_path, PARTITIONS)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(server: NatsServer, quick: None) -> AsyncIterator[Client]:  # noqa: ARG001 - it must come first
    """A connection of Vigil's own, with the log made for two partitions."""
    client = await connect(server.address, "test")
    await create_streams(client, PARTITIONS, MAX_BYTES)
    yield client
    with suppress(OSError):  # the test may have left the server dead
        await client.close()


@pytest.fixture
async def wire(server: NatsServer) -> AsyncIterator[Wire]:
    """A line to the server that can be broken."""
    wire = Wire(server.port)
    await wire.start()
    yield wire
    await wire.stop()


@pytest.fixture
async def wired(wire: Wire, server: NatsServer, client: Client) -> AsyncIterator[Client]:  # noqa: ARG001 - it makes the log
    """A second connection of Vigil's own, by way of `wire`."""
    wired = await connect(wire.through(server.address), "wired")
    yield wired
    await wired.close()


@pytest.fixture
async def bench(client: Client, tmp_path: Path) -> AsyncIterator[Bench]:
    """A host with partition 0 of one, nothing in service yet."""
    bench = Bench(client, tmp_path)
    yield bench
    await bench.close()
