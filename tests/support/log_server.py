"""A real NATS server with a log, what may come between it and a client, and what serves from it."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client

import actors.log
import actors.reader
from actors.block import Entry, chain, decode_block
from actors.connection import NatsAddress
from actors.guard import Guard
from actors.log import Appender, read, stream_state
from actors.serving import Resources, Serving
from actors.settings import HostSettings
from actors.store.base import Ownership
from actors.store.history import SqliteHistory
from actors.store.sqlite import SqliteStore
from gateway.secrets import Secrets
from gateway.server import NatsServer
from twins.outputs import Effect

HERE = "127.0.0.1"
MAX_BYTES = 16 * 1024 * 1024


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


def log_server(folder: Path, partitions: int = 2) -> NatsServer:
    """A server without MQTT, not yet started; what it stores lies in the folder."""
    return NatsServer(
        folder / "nats",
        port=free_port(),
        mqtt_port=None,
        partitions=partitions,
        secrets=Secrets.load(folder),
    )


@contextmanager
def impatient() -> Iterator[None]:
    """Inside, an answer is missed after 0.3 s and a consumer after 0.35 s; for servers that die.

    Not for all of a test: on a busy machine a living server may take longer.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actors.log, "ANSWER_S", 0.3)
        patch.setattr(actors.reader, "SILENT_S", 0.35)
        yield


async def until(condition: Callable[[], object], within_s: float = 15.0) -> None:
    """Wait for what a server or another task does in its own time."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.002)


async def blocks_of(client: Client, partition: int = 0) -> list[list[Entry]]:
    """The entries of each gateway's block in a log, whose chain is checked on the way."""
    state = await stream_state(client, partition)
    stored = [await read(client, partition, at) for at in range(state.first, state.last + 1)]
    bodies = [one.body for one in stored if one is not None and one.subject.endswith(".in")]
    blocks = [decode_block(body) for body in bodies]
    for before, block in zip(bodies, blocks[1:], strict=False):
        assert chain(before) == block.previous
    return [block.entries for block in blocks]


class Wire:
    """A connection between clients and the server that can be muted and cut.

    `deaf`: what clients send is swallowed. `mute`: what the server answers is swallowed.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.deaf = self.mute = False
        self.port = 0

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._join, HERE, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def through(self, address: NatsAddress) -> NatsAddress:
        """The server's address by way of this wire."""
        return NatsAddress(f"nats://{HERE}:{self.port}", address.user, address.password)

    async def _join(self, inward: asyncio.StreamReader, outward: asyncio.StreamWriter) -> None:
        try:
            answers, questions = await asyncio.open_connection(HERE, self._port)
        except OSError:
            outward.close()
            return
        self._ends |= {outward, questions}
        for reader, writer, swallow in (
            (inward, questions, lambda: self.deaf),
            (answers, outward, lambda: self.mute),
        ):
            task = asyncio.create_task(self._pump(reader, writer, swallow))
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        swallow: Callable[[], bool],
    ) -> None:
        try:
            while data := await reader.read(65_536):
                if not swallow():
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def cut(self) -> None:
        """Break all connections; new ones are taken, and pass everything."""
        self.deaf = self.mute = False
        ends, self._ends = self._ends, set()
        for writer in ends:
            writer.close()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        await asyncio.gather(*(end.wait_closed() for end in ends), return_exceptions=True)

    async def stop(self) -> None:
        """Take no more connections, and break those there are."""
        assert self._server is not None
        self._server.close()
        await self.cut()
        await self._server.wait_closed()


class Bench:
    """A host's share of one cluster: a store, a history, and partitions in service.

    Checkpoints are made by hand, unless the settings say otherwise.
    """

    def __init__(
        self, client: Client, folder: Path, *, partitions: int = 1, **settings: Any
    ) -> None:
        self.client = client
        self.partitions = partitions
        self.store = SqliteStore(folder / "store")
        self.store.prepare(partitions)
        self.history = SqliteHistory(folder / "history")
        self.settings = HostSettings(**{"checkpoint_s": 3600.0, **settings})
        self.owners = {
            number: self.store.assign(0, Ownership(number, gateway="g0#1", host="h0#1"))
            for number in range(partitions)
        }
        self.accepted: list[Effect] = []
        self.accepting = asyncio.Event()
        self.accepting.set()
        self.guard: Guard | None = None
        self.renewed: list[int] = []
        """Partitions that asked to be taken up anew."""
        self._writers: dict[int, Appender] = {}
        self._serving: list[Serving] = []

    async def write(self, *entries: Entry, partition: int = 0) -> int:
        """Append one block as the partition's gateway."""
        if partition not in self._writers:
            self._writers[partition] = Appender(self.client, partition)
            await self._writers[partition].open(1)
        return await self._writers[partition].append(list(entries))

    async def _accept(self, effects: list[Effect]) -> None:
        await self.accepting.wait()
        known = {effect.id for effect in self.accepted}
        self.accepted += [effect for effect in effects if effect.id not in known]

    def make(self, number: int = 0) -> Serving:
        """A partition that is not yet in service."""
        resources = Resources(
            client=self.client, store=self.store, history=self.history, settings=self.settings,
            partitions=self.partitions, owner=self.owners[number].host, accept=self._accept,
            guard=self.guard, renew=self.renewed.append,
        )  # fmt: skip
        return Serving(number, self.owners[number].epoch, resources)

    async def serve(self, number: int = 0) -> Serving:
        """Put a partition into service."""
        serving = self.make(number)
        await serving.start()
        self._serving.append(serving)
        return serving

    async def crash(self, serving: Serving) -> None:
        """End it without a last checkpoint, as `kill -9` does."""
        self._serving.remove(serving)
        await serving.reader.stop()
        for task in serving._tasks:
            task.cancel()
        await asyncio.gather(*serving._tasks, return_exceptions=True)
        await serving.outgoing.stop()

    async def stop(self, serving: Serving) -> None:
        """End it in order."""
        self._serving.remove(serving)
        await serving.stop()

    async def close(self) -> None:
        """End whatever is in service, and close the files."""
        for serving in list(self._serving):
            await self.crash(serving)
        self.store.close()
        self.history.close()

    def stored(self, ids: Sequence[str], number: int = 0) -> tuple[Any, ...]:
        """All that the store holds of a partition with these twins, for comparing."""
        head = self.store.head(number)
        rows = sorted(self.store.twins(number, ids), key=lambda row: row.id)
        return head and (head.position, head.now, head.body), rows, [*self.store.reminders(number)]
