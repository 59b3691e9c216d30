"""Reading the log: every position once, in order, whatever breaks on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from nats.aio.client import Client
from support.feed import TICK, numbered
from support.log_server import MAX_BYTES, Wire, impatient, until

import actors.reader
from actors.errors import LogError, LogMissing
from actors.log import Appender, create_streams, put, request, trim
from actors.reader import Reader
from gateway.server import NatsServer

pytestmark = pytest.mark.cluster


class Sink:
    """Takes what a reader delivers; `go` holds it back, `before` may fail."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.stamps: list[float] = []
        self.subjects: list[str] = []
        self.bodies: list[bytes] = []
        self.go = asyncio.Event()
        self.go.set()
        self.busy = asyncio.Event()
        self.inside = 0
        self.before: Callable[[int], None] = lambda _position: None
        self._taken = asyncio.Condition()

    async def take(self, position: int, stamp: float, subject: str, body: bytes) -> None:
        """See `actors.reader.Deliver`."""
        self.inside += 1
        assert 1 == self.inside, "one delivery at a time"
        try:
            self.busy.set()
            await self.go.wait()
            self.before(position)
            self.positions.append(position)
            self.stamps.append(stamp)
            self.subjects.append(subject)
            self.bodies.append(body)
            async with self._taken:
                self._taken.notify_all()
        finally:
            self.inside -= 1

    async def until(self, position: int) -> list[int]:
        """Wait until a position was delivered; returns all that were."""
        async with asyncio.timeout(20), self._taken:
            await self._taken.wait_for(lambda: position in self.positions)
        return self.positions


@asynccontextmanager
async def reading(client: Client, sink: Sink, start: int = 1) -> AsyncIterator[Reader]:
    """A reader of partition 0."""
    reader = Reader(client, 0, start, sink.take)
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def ticks(client: Client, count: int) -> None:
    """Write so many messages."""
    for _ in range(count):
        await put(client, "log.0.tick", TICK)


def upto(last: int, first: int = 1) -> list[int]:
    """Positions, both ends included."""
    return list(range(first, last + 1))


async def test_delivers_what_is_there_and_what_comes(client: Client) -> None:
    """Old and new messages come in the order of their positions, each once."""
    await ticks(client, 5)
    sink = Sink()
    async with reading(client, sink) as reader:
        await sink.until(5)
        await ticks(client, 5)

        assert upto(10) == await sink.until(10)
        assert (11, 1) == (reader.next, reader.restarts)


async def test_begins_where_it_is_told(client: Client) -> None:
    """What lies before the start is not read again."""
    await ticks(client, 6)
    sink = Sink()
    async with reading(client, sink, 4):
        assert [4, 5, 6] == await sink.until(6)


async def test_begins_at_the_end_of_the_log(client: Client) -> None:
    """A reader that has read everything waits for what comes next."""
    await ticks(client, 3)
    sink = Sink()
    async with reading(client, sink, 4) as reader:
        await until(lambda: reader.restarts)
        await ticks(client, 2)

        assert [4, 5] == await sink.until(5)


async def test_hands_over_stamp_subject_and_body(client: Client) -> None:
    """The stamp is the log server's, in seconds; gateways, twins and ticks have their subjects."""
    appender = Appender(client, 0)
    await appender.open(1)
    await appender.append([numbered("probe/p1", "note", {}, 1)])
    await put(client, "log.0.from.1", b"told")
    await put(client, "log.0.tick", TICK)
    stored = [await actors.log.read(client, 0, position) for position in upto(3)]
    sink = Sink()
    async with reading(client, sink):
        await sink.until(3)

    assert ["log.0.in", "log.0.from.1", "log.0.tick"] == sink.subjects
    assert [one.body for one in stored if one] == sink.bodies
    assert [one.stamp for one in stored if one] == pytest.approx(sink.stamps, abs=1e-3)


async def test_no_gap_when_the_server_is_killed(client: Client, server: NatsServer) -> None:
    """`kill -9` while reading, and again while nothing is read: each position comes once."""
    sink = Sink()
    await ticks(client, 20)
    with impatient():
        async with reading(client, sink) as reader:
            await sink.until(7)
            await server.kill()
            await server.start()
            await ticks(client, 20)
            await sink.until(40)
            await server.kill()
            await server.start()
            await ticks(client, 5)

            assert upto(45) == await sink.until(45)
            assert reader.error is None


async def test_no_gap_when_the_server_dies_under_a_slow_reader(
    client: Client, server: NatsServer
) -> None:
    """What was received before the crash and not delivered yet comes once."""
    sink = Sink()
    sink.go.clear()
    await ticks(client, 30)
    with impatient():
        async with reading(client, sink):
            await sink.busy.wait()
            await server.kill()
            await server.start()
            await ticks(client, 1)
            sink.go.set()

            assert upto(31) == await sink.until(31)


async def test_no_gap_when_the_connection_breaks(client: Client, wired: Client, wire: Wire) -> None:
    """The server goes on, the line does not: what was lost on it is read again."""
    sink = Sink()
    async with reading(wired, sink) as reader:
        await until(lambda: reader.restarts)
        for part in range(1, 4):
            wire.mute = True
            await ticks(client, 5)
            await wire.cut()
            await ticks(client, 5)
            await sink.until(10 * part)

    assert upto(30) == sink.positions


async def test_a_later_message_shows_what_was_dropped(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client drops what a slow reader has no room for; the next message reveals the gap."""
    monkeypatch.setattr(actors.reader, "HEARTBEAT_S", 30.0)
    monkeypatch.setattr(actors.reader, "SILENT_S", 1000.0)
    monkeypatch.setattr(actors.reader, "PENDING_MESSAGES", 8)
    sink = Sink()
    sink.go.clear()
    async with reading(client, sink) as reader:
        await until(lambda: reader.restarts)
        await ticks(client, 40)
        await until(lambda: received(reader) >= 40)
        monkeypatch.setattr(actors.reader, "PENDING_MESSAGES", 65_536)
        sink.go.set()
        await sink.until(8)
        await until(lambda: not reader._delivering.locked())

        assert len(sink.positions) < 40

        await ticks(client, 1)

        assert upto(41) == await sink.until(41)

        await until(lambda: 2 == reader.restarts)


async def test_a_heartbeat_shows_what_was_dropped(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last messages are dropped and nothing follows; the server's heartbeat reveals it."""
    monkeypatch.setattr(actors.reader, "SILENT_S", 1000.0)
    monkeypatch.setattr(actors.reader, "PENDING_MESSAGES", 8)
    sink = Sink()
    sink.go.clear()
    async with reading(client, sink) as reader:
        await until(lambda: reader.restarts)
        await ticks(client, 40)
        await until(lambda: received(reader) >= 40)
        monkeypatch.setattr(actors.reader, "PENDING_MESSAGES", 65_536)
        sink.go.set()

        assert upto(40) == await sink.until(40)

        await until(lambda: 2 == reader.restarts)


def received(reader: Reader) -> int:
    """How many messages reached the client, dropped ones among them."""
    return reader._subscription.delivered if reader._subscription is not None else 0


async def test_a_failing_delivery_ends_it(client: Client) -> None:
    """What `deliver` raised is kept; nothing after it is delivered, and the position stands."""
    trouble = ValueError("no such block")

    def fail(position: int) -> None:
        if position == 3:
            raise trouble

    sink = Sink()
    sink.before = fail
    await ticks(client, 6)
    async with reading(client, sink) as reader:
        await asyncio.wait_for(reader.failed.wait(), 10)
        await ticks(client, 2)
        await client.flush()

        assert [1, 2] == sink.positions
        assert (trouble, 3) == (reader.error, reader.next)
        assert reader._subscription is None

        assert reader._watch is not None
        await asyncio.wait_for(reader._watch, 10)

    assert [1, 2] == sink.positions


async def test_beginning_anew_does_not_cut_a_delivery_off(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the consumer's making is lost while its first message is being delivered.

    What was applied then must not come again: a partition cannot apply it twice.
    """
    applied: list[int] = []
    applying, rest = asyncio.Event(), asyncio.Event()
    lost = []

    async def deliver(position: int, _stamp: float, _subject: str, _body: bytes) -> None:
        applied.append(position)
        applying.set()
        await rest.wait()

    async def lossy(client: Client, subject: str, body: bytes = b"") -> Any:
        answer = await request(client, subject, body)
        if not lost and ".CONSUMER.CREATE." in subject:
            lost.append(subject)
            await applying.wait()
            asyncio.get_running_loop().call_soon(rest.set)
            raise LogError("the answer was lost")
        return answer

    monkeypatch.setattr(actors.reader, "request", lossy)
    await ticks(client, 4)
    reader = Reader(client, 0, 1, deliver)
    await reader.start()
    await until(lambda: 4 in applied)
    await reader.stop()

    assert (1, None) == (len(lost), reader.error)
    assert upto(4) == applied


async def test_stopping_ends_a_delivery_in_progress(client: Client) -> None:
    """After `stop` nothing is being delivered and nothing will be."""
    sink = Sink()
    sink.go.clear()
    await ticks(client, 3)
    reader = Reader(client, 0, 1, sink.take)
    await reader.start()
    await sink.busy.wait()
    await asyncio.wait_for(reader.stop(), 10)
    sink.go.set()
    await ticks(client, 1)
    await client.flush()

    assert ([], 0, 1) == (sink.positions, sink.inside, reader.next)


async def test_stopping_while_the_server_is_away(client: Client, server: NatsServer) -> None:
    """A reader that cannot reach the server can be stopped."""
    reader = Reader(client, 0, 1, Sink().take)
    await server.kill()
    await reader.start()
    await asyncio.wait_for(reader.stop(), 10)

    assert 0 == reader.restarts


@pytest.mark.parametrize("count", [0, 3, 12])
async def test_a_log_made_anew_ends_it(client: Client, count: int) -> None:
    """Under a reader that goes on, other positions would pass for those it waits for."""
    sink = Sink()
    await ticks(client, 9)
    async with reading(client, sink) as reader:
        await sink.until(9)
        assert reader._created is not None
        reader._created -= 2.0  # as if two seconds had passed since the log was made
        await request(client, "$JS.API.STREAM.DELETE.LOG_0")
        await create_streams(client, 2, MAX_BYTES)
        await ticks(client, count)
        with impatient():
            await asyncio.wait_for(reader.failed.wait(), 10)

        assert isinstance(reader.error, LogMissing)
        assert "partition 0: the log" in str(reader.error)
        assert "10 comes next" in str(reader.error)
        assert upto(9) == sink.positions


@pytest.mark.parametrize(("start", "what"), [(8, "1 to 5, and 8"), (2, "4 to 5, and 2")])
async def test_a_log_without_the_next_position_ends_it(
    client: Client, start: int, what: str
) -> None:
    """It ends before, or begins after, where the reader stands; the error names all positions."""
    await ticks(client, 5)
    if start == 2:
        await trim(client, 0, 4)
    sink = Sink()
    async with reading(client, sink, start) as reader:
        await asyncio.wait_for(reader.failed.wait(), 10)

        assert isinstance(reader.error, LogMissing)
        assert what in str(reader.error)
        assert [] == sink.positions


async def test_reads_on_where_the_log_was_trimmed(client: Client) -> None:
    """Trimming what was read does not disturb a reader, nor one that begins there."""
    sink, later = Sink(), Sink()
    await ticks(client, 10)
    async with reading(client, sink) as reader:
        await sink.until(10)
        await trim(client, 0, 11)
        await ticks(client, 1)
        await sink.until(11)

        assert reader.error is None
    async with reading(client, later, 11):
        assert [11] == await later.until(11)


async def test_backlog_of_many_large_messages(client: Client) -> None:
    """Flow control holds the server back; a backlog far larger than its window comes whole."""
    body = b"x" * 400_000
    sink = Sink()
    for _ in range(30):
        await put(client, "log.0.tick", body)
    async with reading(client, sink) as reader:
        assert upto(30) == await sink.until(30)
        assert 1 == reader.restarts


@pytest.mark.parametrize(
    "reply",
    [
        "$JS.ACK.LOG_0.c1.1.17.3.1700000000250000000.0",
        "$JS.ACK.dom.acc.LOG_0.c1.1.17.3.1700000000250000000.0.tok",
    ],
)
def test_position_and_stamp_stand_in_the_reply(reply: str) -> None:
    """Both forms of JetStream's reply subject are read, with domain and without."""
    assert pytest.approx((17, 1_700_000_000.25), abs=1e-6) == actors.reader._where(reply)
