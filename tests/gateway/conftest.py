"""A real NATS server for each test that wants one, on ports and in a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from gate_kit import Bench
from gateway_kit import P, free_port, make_log
from nats.aio.client import Client

from actors.connection import connect
from gateway.secrets import Secrets
from gateway.server import NatsServer


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    """The secrets of one cluster."""
    return Secrets.load(tmp_path)


@pytest.fixture
async def server(tmp_path: Path, secrets: Secrets) -> AsyncIterator[NatsServer]:
    """A server without MQTT."""
    server = NatsServer(
        tmp_path / "nats", port=free_port(), mqtt_port=None, partitions=P, secrets=secrets
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def mqtt_server(tmp_path: Path, secrets: Secrets) -> AsyncIterator[NatsServer]:
    """A server with MQTT."""
    server = NatsServer(
        tmp_path / "nats", port=free_port(), mqtt_port=free_port(), partitions=P, secrets=secrets
    )
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def inside(server: NatsServer) -> AsyncIterator[Client]:
    """A connection of Vigil's own, with the log made."""
    client = await connect(server.address, "test")
    await make_log(client)
    yield client
    await client.close()


@pytest.fixture
async def mqtt_inside(mqtt_server: NatsServer) -> AsyncIterator[Client]:
    """The same, to the server with MQTT."""
    client = await connect(mqtt_server.address, "test")
    await make_log(client)
    yield client
    await client.close()


@pytest.fixture
async def bench() -> Bench:
    """A gate in service."""
    bench = Bench()
    await bench.gate.intake.serve(1)
    return bench
