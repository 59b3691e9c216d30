"""Fixtures of the actors' tests: a real NATS server, a log, and quick answers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
from nats.aio.client import Client
from support.log_server import MAX_BYTES, Bench, Wire, log_server

import actors.log
import actors.reader
from actors.connection import connect
from actors.errors import LogError
from actors.log import create_streams, request, stream_name
from gateway.server import NatsServer

PARTITIONS = 2

TRIES = 100
"""Round trips to the server after which a log that was deleted must be gone."""


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """What is logged stays short; drawing a traceback takes longer than most of these tests."""
    before = structlog.get_config()
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    yield
    structlog.configure(**before)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again after 0.02 s, and heartbeats come ten times a second."""
    monkeypatch.setattr(actors.log, "AGAIN_S", 0.02)
    monkeypatch.setattr(actors.reader, "AGAIN_S", 0.02)
    monkeypatch.setattr(actors.reader, "HEARTBEAT_S", 0.1)


@pytest.fixture(scope="session")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """The server of all these tests; each begins with an empty log."""
    server = log_server(tmp_path_factory.mktemp("log-server"), PARTITIONS)
    yield server
    asyncio.run(server.stop())


@pytest.fixture
async def server(one_server: NatsServer) -> NatsServer:
    """A server that runs, also when the test before has left it dead."""
    await one_server.start()
    return one_server


@pytest.fixture
async def client(server: NatsServer, quick: None) -> AsyncIterator[Client]:  # noqa: ARG001 - it must come first
    """A connection of Vigil's own, with the log made for two partitions."""
    client = await connect(server.address, "test")
    try:
        for partition in range(PARTITIONS):
            await request(client, f"$JS.API.STREAM.DELETE.{stream_name(partition)}")
        await _make_log(client)
        yield client
    finally:
        with suppress(OSError):  # the test may have left the server dead
            await client.close()


async def _make_log(client: Client) -> None:
    """Make the log anew; the server may still be clearing away the one before."""
    for _ in range(TRIES):
        try:
            return await create_streams(client, PARTITIONS, MAX_BYTES)
        except LogError as error:
            last = error
            await client.flush()
    raise last


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
