"""Intake: the entries of one partition become blocks of its log, one block in flight at a time.

What arrives while a block is on its way to the disk is the next block. Quiet: one event, one
block, at once. Busy: a thousand events, one block. There is no timer.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Protocol

import structlog
from msgspec import Struct

from actors.block import Entry
from actors.errors import LogFull, Superseded
from actors.telemetry import instruments, record, slow, slow_after
from gateway.errors import Reason, Refused
from gateway.settings import GatewaySettings

logger = structlog.get_logger(__name__)

STALL_S = 3.0
"""A log that does not answer for so long takes nothing for now, and whoever sends is told so. It
may be away, or its disk full."""

ENTRY_BYTES = 12
"""Bytes of an entry in a block beside its texts and payload: array header, lengths, origin."""


class Log(Protocol):
    """Where blocks go: `actors.log.Appender`."""

    async def open(self, epoch: int) -> None:
        """Find the end of the log; raises `Superseded` when a later epoch has written."""

    async def append(self, entries: list[Entry]) -> int:
        """Write one block; returns its position once it is durable."""


class Way(IntEnum):
    """How a message came."""

    NATS = 0
    """Core NATS."""
    MQTT = 1
    """MQTT; at QoS 1 the server keeps it until it is acknowledged."""
    INSIDE = 2
    """Vigil's own parts."""


class Block(Struct):
    """Entries that will be one block, and who waits for it."""

    entries: list[Entry]
    replies: list[bytes]
    """A subject for each entry; `b""` where nobody waits."""
    ways: list[int]
    """How many entries came by each `Way`."""
    size: int = 0
    traced: list[tuple[str, str, str, float]] | None = None
    """(traceparent, twin, type, when it was put) of entries that are traced."""


def _empty() -> Block:
    return Block([], [], [0, 0, 0])


Answer = Callable[[Block, bytes | None, Refused | None], Awaitable[None]]
"""Takes a block, and either the acknowledgement or why its entries were not taken."""


class IntakeStatistics(Struct, frozen=True):
    """What one partition's intake did since it was gained."""

    partition: int
    epoch: int
    position: int
    """Log position of the last block."""
    blocks: int
    taken: dict[str, int]
    """Events that are durable, by way: `nats`, `mqtt`, `inside`."""
    bytes: int
    pending: int
    """Events not yet durable."""
    full: bool
    stalled_s: float = 0.0
    """How long the block in flight waits for the log, where that is too long."""


class PartitionIntake:
    """Takes checked entries of one partition, and answers once they are durable.

    Invariants: entries reach the log in the order of `put`, in blocks, one in flight. After a
    block failed nothing that was put behind it is written; `lost` is called before anything new is
    taken, so that what is put next may rely on nothing before it.

    Args:
        partition: Its number.
        log: Writes the blocks.
        answer: Called once a block, or a refusal.
        lost: Called when entries that were put did not reach the log.
        settings: Sizes of blocks, and of what may wait.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        partition: int,
        log: Log,
        answer: Answer,
        lost: Callable[[], None],
        settings: GatewaySettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.partition = partition
        self._clock = clock
        self._stalled_at: float | None = None
        """When it was noticed that the log does not answer; None while it does."""
        self._log = log
        self._answer = answer
        self._lost = lost
        self._block_events = settings.block_events
        self._block_bytes = int(settings.block_bytes)
        self._most_events = settings.pending_events
        self._most_bytes = int(settings.pending_bytes)
        self._refuse_at = settings.refuse_at
        self._ready: deque[Block] = deque()
        """Full blocks that wait, oldest first."""
        self._filling = _empty()
        self._events = 0
        self._bytes = 0
        """Of all that is put and not answered, the block in flight included."""
        self._writer: asyncio.Task[None] | None = None
        self._epoch = -1
        self._wanted = -1
        self._closed: Refused | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._fill, self._capacity = 0, 0
        self._position = self._blocks = self._written = 0
        self._taken = [0, 0, 0]

    # -- what comes in -----------------------------------------------------------------------

    def refusal(self) -> Refused | None:
        """Why nothing can be put now; None when there is room."""
        if self._closed is not None:
            return self._closed
        if self._events >= self._most_events or self._bytes >= self._most_bytes:
            return Refused(
                Reason.OVERLOADED,
                f"{self._events} events wait for partition {self.partition}; send again later",
            )
        if self._capacity and self._fill >= self._refuse_at * self._capacity:
            return Refused(
                Reason.FULL,
                f"the log of partition {self.partition} is nearly full; send again later",
            )
        if self._stalled_at is not None:
            return Refused(
                Reason.OVERLOADED,
                f"the log of partition {self.partition} does not answer; send again later",
            )
        return None

    def put(self, entry: Entry, reply: bytes, way: Way = Way.NATS) -> None:
        """Take an entry, after `refusal` returned None. `reply` is answered once it is durable."""
        size = len(entry.payload) + len(entry.subject) + len(entry.type) + ENTRY_BYTES
        block = self._filling
        if block.size + size > self._block_bytes or len(block.entries) >= self._block_events:
            if block.entries:
                self._ready.append(block)
            block = self._filling = _empty()
        block.entries.append(entry)
        block.replies.append(reply)
        block.ways[way] += 1
        block.size += size
        self._events += 1
        self._bytes += size
        if self._writer is None:
            self._start()

    def trace(self, traceparent: str) -> None:
        """Let the entry that was put last be traced until it is durable."""
        block = self._filling
        entry = block.entries[-1]
        if block.traced is None:
            block.traced = []
        block.traced.append((traceparent, entry.subject, entry.type, time.time()))

    async def room(self) -> None:
        """Wait until there is room; raises `Refused` (`moved`) when the partition is let go."""
        while (why := self.refusal()) is not None:
            if self._closed is not None:
                raise why
            self._room.clear()
            await self._room.wait()

    # -- life --------------------------------------------------------------------------------

    async def serve(self, epoch: int) -> None:
        """Find the end of the log and begin; again when the epoch moved on.

        Raises `Superseded` when somebody of a later epoch has written.
        """
        if self._epoch < 0:
            await self._log.open(epoch)
            self._epoch = self._wanted = epoch
        elif epoch > self._wanted:
            # The block in flight ends under the epoch that it began with. An earlier epoch may
            # have been superseded; this one was not.
            self._wanted = epoch
            self._closed = None

    def note_fill(self, fill: int, capacity: int) -> None:
        """Say how full the log is, in bytes; near `capacity` devices are refused."""
        self._fill, self._capacity = fill, capacity
        self._room.set()

    async def close(self, within_s: float) -> None:
        """Take nothing more, finish the block in flight, and refuse what waits behind it.

        A block whose outcome is not known within `within_s` is left unanswered: its senders
        repeat, and repeats are recognised.
        """
        why = Refused(Reason.MOVED, f"partition {self.partition} moves; send again")
        self._close(why)
        writer = self._writer
        if writer is not None:
            await asyncio.wait({writer}, timeout=within_s)
            if not writer.done():
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)
                await self._refuse(_empty(), why)

    def _close(self, why: Refused) -> None:
        self._closed = why
        self._room.set()

    # -- what goes out -----------------------------------------------------------------------

    def _start(self) -> None:
        self._writer = asyncio.get_running_loop().create_task(
            self._write(), name=f"intake-{self.partition}"
        )

    async def _write(self) -> None:
        try:
            while self._events:
                await self._write_one(self._next())
        finally:
            self._writer = None

    def _next(self) -> Block:
        if self._ready:
            return self._ready.popleft()
        block, self._filling = self._filling, _empty()
        return block

    async def _write_one(self, block: Block) -> None:
        patience = asyncio.get_running_loop().call_later(STALL_S, self._stall)
        began = time.time()
        try:
            position = await self._append(block.entries)
        except Refused as refused:
            await self._refuse(block, refused)
            return
        except asyncio.CancelledError:
            self._done(block)
            raise
        except Exception:
            # Nothing of ours raises here; but whatever it was, senders must not wait in vain.
            logger.exception("intake failed", partition=self.partition)
            why = Refused(Reason.OVERLOADED, "the gateway failed; send again later")
            await self._refuse(block, why)
            return
        finally:
            patience.cancel()
            self._stalled_at = None
        self._done(block)
        self._count(block, position)
        self._trace(block, position, began)
        acknowledgement = b'{"stream":"LOG_%d","seq":%d}' % (self.partition, position)
        await self._answer(block, acknowledgement, None)

    def _stall(self) -> None:
        """The block in flight waits too long; until it is written, nothing more is taken."""
        self._stalled_at = self._clock()

    async def _append(self, entries: list[Entry]) -> int:
        """Write a block, whoever else still does; raises `Refused`."""
        while True:
            if self._closed is not None:
                raise self._closed
            try:
                if self._epoch != self._wanted:
                    self._epoch = self._wanted
                    await self._log.open(self._epoch)
                began = time.perf_counter()
                position = await self._log.append(entries)
            except Superseded as superseded:
                await self._reopen(superseded)
            except LogFull as full:
                # The next look at the log says when there is room again.
                self._fill = self._capacity = max(self._capacity, 1)
                raise Refused(Reason.FULL, f"{full}; send again later") from full
            else:
                instruments.append_duration.record(
                    time.perf_counter() - began, {"partition": self.partition}
                )
                return position

    async def _reopen(self, superseded: Superseded) -> None:
        """Go on behind a late gateway of an earlier epoch; behind a later one, give way."""
        try:
            await self._log.open(self._epoch)
        except Superseded:
            logger.warning("superseded", partition=self.partition, error=str(superseded))
            why = Refused(Reason.MOVED, f"partition {self.partition} moved; send again")
            self._close(why)
            raise why from superseded

    async def _refuse(self, block: Block, refused: Refused) -> None:
        """Refuse a block and all that waits behind it."""
        blocks = [block, *self._ready, self._filling]
        self._ready.clear()
        self._filling = _empty()
        self._lost()
        for one in blocks:
            self._done(one)
        for one in blocks:
            await self._answer(one, None, refused)

    def _done(self, block: Block) -> None:
        self._events -= len(block.entries)
        self._bytes -= block.size
        self._room.set()

    def _count(self, block: Block, position: int) -> None:
        count = len(block.entries)
        self._position = position
        self._blocks += 1
        for way, number in enumerate(block.ways):
            self._taken[way] += number
        self._written += block.size
        self._fill += block.size
        instruments.block_size.record(count, {"partition": self.partition})

    def _stalled_s(self) -> float:
        if self._stalled_at is None:
            return 0.0
        return round(self._clock() - self._stalled_at + STALL_S, 1)

    def _trace(self, block: Block, position: int, began: float) -> None:
        """Record how long it took until the block was durable."""
        ended, here = time.time(), self.partition
        for traceparent, twin_id, type_, put in block.traced or ():
            record(
                "append", traceparent, put, ended, twin_id=twin_id, type=type_, partition=here,
                position=position, events=len(block.entries),
            )  # fmt: skip
        if ended - began > slow_after():
            slow(
                f"log {here} {position}", [("append", began, ended)], partition=here,
                position=position, twin_id=block.entries[0].subject, type=block.entries[0].type,
                events=len(block.entries),
            )  # fmt: skip

    def statistics(self) -> IntakeStatistics:
        """What was done so far."""
        return IntakeStatistics(
            partition=self.partition,
            epoch=self._epoch,
            position=self._position,
            blocks=self._blocks,
            taken={way.name.lower(): self._taken[way] for way in Way},
            bytes=self._written,
            pending=self._events,
            full=bool(self._capacity) and self._fill >= self._refuse_at * self._capacity,
            stalled_s=self._stalled_s(),
        )
