"""Kit for tests of the gateway: a small kind, a log in memory, and a gateway without Ray."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

from msgspec import Struct, msgpack
from nats.aio.client import Client

from actors.assignment import Orders
from actors.block import Block, Entry, decode_block
from actors.errors import LogFull, Superseded
from actors.log import create_streams, read, stream_state
from actors.telemetry import Telemetry
from actors.wire import Arrived
from gateway.auth import device_token
from gateway.core import GatewayCore, GatewayPlan
from gateway.dead_letters import DeadLetter
from gateway.device import Device
from gateway.gate import COPY
from gateway.secrets import Secrets
from gateway.server import NatsServer
from gateway.settings import GatewaySettings
from twins import Reading, Twin, ask, on, told
from twins.ids import partition_of

P = 4
"""Partitions of the clusters in these tests."""

NOW = 1_800_000_000.0


class Mode(StrEnum):
    """An enumeration, for a field that cannot be wrong."""

    ECO = "eco"
    BOOST = "boost"


class MeterReading(Reading):
    """What a meter measures."""

    flow_l: float | None = None
    pressure_bar: float | None = None
    note: str | None = None
    mode: Mode | None = None


class Meter(Twin, kind="testmeter"):
    """A kind for these tests alone."""

    flow_l: float | None = None
    pressure_bar: float | None = None

    @on("telemetry")
    def telemetry(self, reading: MeterReading) -> None:
        """Measured."""

    @on("free.form")
    def free_form(self, data: dict[str, Any]) -> None:
        """Anything goes."""

    @on("command.progress")
    def progress(self, data: dict[str, Any]) -> None:
        """How far a command has come."""

    @on("ping")
    def ping(self) -> None:
        """Without data."""

    @told("calibrated")
    def calibrated(self, data: dict[str, Any]) -> None:
        """Not for devices."""

    @ask("read_out")
    def read_out(self) -> float | None:
        """Not for devices."""
        return self.flow_l


def key_in(partition: int, prefix: str = "m", partitions: int = P) -> str:
    """A key whose twin is of this partition."""
    number = 0
    while partition_of(f"testmeter/{prefix}{number}", partitions) != partition:
        number += 1
    return f"{prefix}{number}"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FakeLog:
    """A log in memory. `hold` keeps appends waiting; `fail` makes the next ones fail."""

    def __init__(self) -> None:
        self.blocks: list[list[Entry]] = []
        self.opened: list[int] = []
        self.fail: list[Exception] = []
        self.over = False
        """Whether a later epoch has written."""
        self.go = asyncio.Event()
        self.go.set()
        self.waiting = asyncio.Event()

    def hold(self) -> None:
        """Let appends wait until `go` is set."""
        self.go.clear()

    async def open(self, epoch: int) -> None:
        """See `gateway.intake.Log`."""
        if self.over:
            raise Superseded("a later epoch has written")
        self.opened.append(epoch)

    async def append(self, entries: list[Entry]) -> int:
        """See `gateway.intake.Log`."""
        self.waiting.set()
        await self.go.wait()
        self.waiting.clear()
        if self.fail:
            raise self.fail.pop(0)
        self.blocks.append(list(entries))
        return len(self.blocks)

    @property
    def entries(self) -> list[Entry]:
        """All entries, in order."""
        return [entry for block in self.blocks for entry in block]


class Outside:
    """What a gate tells the gateway around it, noted down."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, bytes]] = []
        self.errors: list[tuple[str, str, dict[str, Any]]] = []
        self.letters: list[DeadLetter] = []

    async def answer(self, subjects: Any, body: bytes) -> None:
        """See `gateway.gate.Outside`."""
        self.answers.extend((subject.decode(), body) for subject in subjects)

    async def tell_error(self, kind: str, key: str, reply: bytes) -> None:
        """See `gateway.gate.Outside`."""
        self.errors.append((kind, key, error_of(reply)))

    def bury(self, letter: DeadLetter) -> None:
        """See `gateway.gate.Outside`."""
        self.letters.append(letter)


class Kept(Struct):
    """A message as the NATS client hands it over one by one."""

    subject: str
    data: bytes
    reply: str = ""
    headers: dict[str, str] | None = None


def arrived(subject: str, data: bytes, reply: str = "", qos: int | None = None) -> Arrived:
    """A message as it comes in a batch; with `qos` a copy of what an MQTT client published."""
    headers = b"" if qos is None else b"NATS/1.0\r\n%b%d\r\n\r\n" % (COPY, qos)
    return subject.encode(), reply.encode(), headers, data


def error_of(reply: bytes) -> dict[str, Any]:
    """The error of a JetStream reply; empty when it is an acknowledgement."""
    error: dict[str, Any] = json.loads(reply).get("error", {})
    return error


def payload(data: Any, **envelope: Any) -> bytes:
    """A message in MessagePack, of whatever fields."""
    return msgpack.encode({"data": data, **envelope})


def log_full() -> LogFull:
    """What the log says at its limit."""
    return LogFull("partition 0: maximum bytes exceeded")


@asynccontextmanager
async def gateway(
    server: NatsServer,
    secrets: Secrets,
    *,
    name: str = "gateway-0",
    serve: dict[int, int] | None = None,
    mqtt: bool = False,
    **settings: Any,
) -> AsyncIterator[GatewayCore]:
    """A gateway that serves partition -> epoch, by default all of them."""
    wanted = dict.fromkeys(range(P), 1) if serve is None else serve

    async def beat(_role: str, _owner: str, _held: list[int], draining: bool) -> Orders:
        return Orders({} if draining else dict(wanted), 60.0)

    plan = GatewayPlan(
        nats=server.address,
        partitions=P,
        settings=GatewaySettings(heartbeat_s=0.05, let_go_s=2.0, **settings),
        kinds=[],
        secrets=secrets,
        mqtt=mqtt,
        telemetry=Telemetry(metrics=False),
    )
    core = GatewayCore(name, plan, beat)
    await core.start()
    try:
        await until(lambda: core.partitions == sorted(wanted))
        await landed(core._client)
        await landed(core._edge)
        yield core
    finally:
        await core.stop()


async def until(condition: Any, within_s: float = 10.0) -> None:
    """Wait for what a real server or process does in its own time."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)


async def until_it_is(wanted: Any, read_it: Callable[[], Awaitable[Any]]) -> None:
    """Wait until what a server answers is this."""
    async with asyncio.timeout(10.0):
        while await read_it() != wanted:
            await asyncio.sleep(0.01)


async def landed(client: Client) -> None:
    """Wait until the server knows what the client subscribed to.

    The client's ping may overtake its own subscription; a second one cannot.
    """
    await client.flush()
    await client.flush()


async def make_log(client: Client, max_bytes: int = 16 * 1024 * 1024) -> None:
    """The streams of all partitions."""
    await create_streams(client, P, max_bytes)


async def blocks_of(client: Client, partition: int) -> list[Block]:
    """All blocks of a partition's log."""
    state = await stream_state(client, partition)
    stored = [
        await read(client, partition, position)
        for position in range(max(1, state.first), state.last + 1)
    ]
    return [decode_block(one.body) for one in stored if one is not None]


async def entries_of(client: Client, partition: int | None = None) -> list[Entry]:
    """All entries of a partition's log, or of all."""
    partitions = range(P) if partition is None else [partition]
    return [
        entry for p in partitions for block in await blocks_of(client, p) for entry in block.entries
    ]


def data_of(entry: Entry) -> Any:
    """The data of an entry's message."""
    return msgpack.decode(entry.payload)["data"]


def number_of(entry: Entry) -> int:
    """The number of an entry's message."""
    number: int = msgpack.decode(entry.payload)["sequence"]
    return number


def make(server: NatsServer, secrets: Secrets, key: str | None = None, **options: Any) -> Device:
    """A device that is not started."""
    user = f"testmeter/{key or key_in(1)}"
    return Device(user, server.url, device_token(secrets.device_key, user), **options)


async def command(
    client: Client, id_: str, *, key: str | None = None, expires_at: float | None = None
) -> bool:
    """Send a command as the effect worker does; whether the device has heard."""
    body = msgpack.encode(
        {"id": id_, "name": "open", "data": {"valve": 1}, "expires_at": expires_at}
    )
    await client.request(f"commands.testmeter.{key or key_in(1)}.open", body, timeout=5)
    return True
