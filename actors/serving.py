"""Serving: one partition, owned by this host. Log -> partition -> outputs -> checkpoint."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from msgspec import Struct
from nats.aio.client import Client

from actors.applied import Applied
from actors.behind import Behind
from actors.block import GENESIS, Block, decode_block, encode_block
from actors.cell import Cell
from actors.changes import END, Changed, Changes, Mark
from actors.checkpoints import Checkpoints
from actors.errors import (
    AskFailed,
    AskUnknown,
    LogError,
    LogMissing,
    NotOwner,
    Overrun,
    Spoilt,
    StoreError,
    Unavailable,
)
from actors.guard import Guard
from actors.judge import Judge
from actors.keyring import Keyring
from actors.keys import open_reply
from actors.latency import Latency
from actors.log import put, stream_name, stream_state
from actors.observing import observe
from actors.outgoing import Accept, Outgoing
from actors.partition import Partition
from actors.persons import note_owners, open_sealed
from actors.reader import Reader
from actors.settings import HostSettings
from actors.snapshot import new_twin, snapshot
from actors.state import TwinState
from actors.store.base import HistoryIndex, Store
from actors.telemetry import instruments, traces_on
from actors.tracing import trace_block
from actors.trimming import Trimmer

logger = structlog.get_logger(__name__)

TICK = encode_block(0, GENESIS, [])
TIMED = 16
"""One block in so many is timed: a record costs as much as an event."""

FAILURE = "failure"  # the task that sees that reading has ended

TRIM_S = 20.0
"""How often it is looked whether the log may be trimmed."""


class Resources(Struct):
    """What all partitions of a host share."""

    client: Client
    store: Store
    history: HistoryIndex
    settings: HostSettings
    partitions: int
    owner: str
    accept: Accept
    guard: Guard | None = None
    """Watches the thread of the loop; None for no limit of time."""
    keyring: Keyring | None = None
    """What persons' data is sealed with; None: nothing is sealed."""
    renew: Callable[[int], None] = lambda _: None
    """Lets a partition be let go, and be taken up anew from its checkpoint."""


class Serving:
    """One partition in service, from `start` to `stop`."""

    def __init__(self, number: int, epoch: int, resources: Resources) -> None:
        self.number = number
        self.epoch = epoch
        self._use = resources
        settings = resources.settings
        share = max(1, resources.settings.hot_bytes // resources.partitions)
        self._keyring = resources.keyring
        self.partition = Partition(number, resources.partitions, share, resources.keyring)
        self.latency = Latency()
        self._client = resources.client
        self._settings = settings
        self._applied = asyncio.Condition()
        self._clock = (0.0, time.monotonic())
        """(time by the log server's clock, ours at that moment)."""
        self._live_from = 0
        """Positions before it were in the log when we began; their stamps do not say how late
        it is."""
        self._stopped = False
        self.spoilt = False
        """Whether what is in memory is worth nothing, and may not be shown to anybody."""
        self._tasks: list[asyncio.Task[None]] = []
        self.changes = Changes(resources.client, number, self._as_it_is)
        self._behind = Behind(
            self.partition, self.changes, resources.store, resources.history, self.snapshot
        )
        self.lag_s = 0.0
        """Age of the last block when it was applied, in seconds."""
        self.tombstones = 0
        """Entries that nobody can open any more."""
        self.from_gateways = 0
        """Entries of gateways' blocks since this host took the partition up."""
        self.checkpoints: Checkpoints
        self.judge: Judge
        self.outgoing: Outgoing
        self.reader: Reader
        self.trimmer: Trimmer

    # -- life --------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take over the checkpoint, check that the log goes on from it, and begin to apply."""
        store, number = self._use.store, self.number
        head = await asyncio.to_thread(store.head, number)
        state = await stream_state(self._client, number)
        self._clock, self._live_from = (state.now, time.monotonic()), state.last + 1
        stream = (stream_name(number), state.created)
        if head is not None:
            if abs(head.created - state.created) > 1.0 or head.position > state.last:
                raise LogMissing(
                    f"partition {number}: the checkpoint stands at {head.position} of a log made "
                    f"at {head.created:.0f}; this log was made at {state.created:.0f} and ends at "
                    f"{state.last}. Restore the log that belongs to the checkpoint"
                )
            reminders = await asyncio.to_thread(lambda: list(store.reminders(number)))
            self.partition.restore(head, reminders)
        if self._keyring is not None:
            erased_to = await asyncio.to_thread(self._keyring.erased_to, number)
            if self.partition.position < erased_to:
                logger.warning(
                    "restored from before an erasure", partition=number, erased_to=erased_to
                )
                self.partition.renew(self._live_from)
                await self._put(f"log.{number}.tick", TICK)  # the position that ends it
        if state.first > self.partition.position + 1 and state.last > self.partition.position:
            raise LogMissing(
                f"partition {number}: the log begins at {state.first}, after the checkpoint's "
                f"{self.partition.position}. Restore an older base snapshot or the log"
            )
        self.changes.begin(self.partition.position)
        self.judge = Judge(self.partition, store, self._use.owner, self._use.guard)
        await self.judge.open(self._live_from)
        self.checkpoints = Checkpoints(
            self.partition, store, self._use.history, stream, self.epoch, self._use.owner
        )
        self.outgoing = Outgoing(number, self.partition.outbox, self._put, self._use.accept)
        self.reader = Reader(self._client, number, self.partition.position + 1, self._deliver)
        self.trimmer = Trimmer(
            self._client, number, store, self._use.history, self._settings.history_s
        )
        self.outgoing.kick()
        await self.reader.start()
        self._tasks = [
            asyncio.create_task(task, name=f"{name}-{number}")
            for name, task in (
                ("checkpoints", self._keep_checkpoints()),
                ("ticks", self._keep_time()),
                ("changes", self.changes.keep()),
                ("trimming", self._keep_trimming()),
                (FAILURE, self._await_failure()),
            )
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Apply nothing more, and leave a checkpoint, unless what is in memory is spoilt."""
        await self.reader.stop()
        self._stopped = True
        await self._wake()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.outgoing.stop()
        await self.checkpoints.take()
        await self.judge.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """What killed one of the tasks must be seen; none raises on purpose."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("task died", partition=self.number, task=task.get_name(), exc_info=error)

    async def _await_failure(self) -> None:
        """Let those who wait for a position know that it will not be reached here."""
        await self.reader.failed.wait()
        await self._wake()
        if self.spoilt:
            self._use.renew(self.number)

    def move_to(self, epoch: int) -> None:
        """The epoch moved while the partition stays here."""
        self.epoch = epoch
        self.checkpoints.epoch = max(epoch, self.checkpoints.epoch)

    async def _put(self, subject: str, body: bytes) -> int:
        return await put(self._client, subject, body)

    # -- the way of an event -----------------------------------------------------------------

    async def _deliver(self, position: int, stamp: float, _subject: str, body: bytes) -> None:
        """Apply one message of the log: the reader calls it in order, without gap."""
        block = decode_block(body)
        partition = self.partition
        if self._keyring is not None:
            self.tombstones += await open_sealed(block, self._keyring)
        missing = partition.needed(block, stamp)
        if missing:
            rows = await asyncio.to_thread(self._use.store.twins, self.number, missing)
            partition.load(rows)
        began = time.perf_counter()
        try:
            applied = self.judge.apply(block, body, position, stamp)
        except Spoilt as error:
            self._spoil()
            if isinstance(error, Overrun):
                await self.judge.condemn(position, error)
            raise
        if not position % TIMED:
            seconds = time.perf_counter() - began
            instruments.apply_duration.record(seconds, {"partition": self.number})
        if position >= self._live_from:
            self._clock = (partition.now, time.monotonic())
        self.lag_s = time.time() - stamp
        self._trace(block, body, position, stamp, time.perf_counter() - began)
        self._note(block, applied)
        if self._keyring is not None:
            await note_owners(block, self.partition, self._keyring)
        await self._wake()
        if applied.tells or applied.effects:
            while self._outbox_full():
                await self.outgoing.drained.wait()

    def _spoil(self) -> None:
        """Let nothing out of what is in memory now: no output, no checkpoint, no answer.

        At once: nothing else runs before it returns.
        """
        self.spoilt = self._stopped = True
        self.checkpoints.abandon()
        self.outgoing.halt()
        for task in self._tasks:
            if not task.get_name().startswith(FAILURE):
                task.cancel()

    def _outbox_full(self) -> bool:
        outbox, settings = self.partition.outbox, self._settings
        return outbox.size > settings.outbox_limit or outbox.message_bytes > settings.outbox_bytes

    def _trace(
        self, block: Block, body: bytes, position: int, stamp: float, taken_s: float
    ) -> None:
        # What is replayed lay in the log for reasons of its own.
        if position >= self._live_from and traces_on():
            ended = time.time()
            trace_block(block, body, self.number, position, stamp, ended - taken_s, ended)

    def _note(self, block: Block, applied: Applied) -> None:
        if block.source < 0:
            self.from_gateways += len(block.entries)
            self.latency.record(block.entries, time.time())
        self.checkpoints.note(applied.touched, applied.position, self.partition.now)
        if applied.tells or applied.effects:
            self.outgoing.kick()
        observe(self.partition, applied)
        self.changes.note(applied)

    # -- time, checkpoints -------------------------------------------------------------------

    def log_time(self) -> float:
        """What the log server's clock says now, as far as this host can tell by its own."""
        known, then = self._clock
        return max(self.partition.now, known + (time.monotonic() - then))

    async def _keep_time(self) -> None:
        """Write a tick when the next reminder is due; where nothing arrives, time still passes."""
        while True:
            due = self.partition.reminders.next_due()
            wait = 0.5 if due is None else due - self.log_time()
            if due is not None and wait <= 0:
                position = await self._put(f"log.{self.number}.tick", TICK)
                await self.reached(position)
                # The server's clock may lag behind our guess of it; ask again soon, not at once.
                wait = 0.02
            await asyncio.sleep(min(max(wait, 0.005), 0.5))

    async def _keep_checkpoints(self) -> None:
        settings = self._settings
        last = time.monotonic()
        while True:
            # Spread over the interval, so that partitions do not all write at once.
            await asyncio.sleep(settings.checkpoint_s / 20)
            overdue = time.monotonic() - last >= settings.checkpoint_s * (
                0.9 + 0.2 * (self.number % 8) / 8
            )
            if overdue or self.partition.dirty >= settings.checkpoint_twins:
                await self.checkpoints.take()
                last = time.monotonic()

    async def _keep_trimming(self) -> None:
        while True:
            await asyncio.sleep(TRIM_S)
            try:
                await self.trimmer.look()
            except (StoreError, LogError, OSError):
                logger.exception("the log is not trimmed", partition=self.number)

    # -- reading -----------------------------------------------------------------------------

    async def reached(self, position: int) -> None:
        """Wait until the partition stands at a position or beyond.

        Raises `NotOwner` when this host lets go of it before, `Unavailable` when it cannot go on.
        """
        partition = self.partition
        async with self._applied:
            await self._applied.wait_for(
                lambda: partition.position >= position or self._stopped or self.reader.error
            )
        if partition.position >= position:
            return
        if self._stopped:
            raise NotOwner(f"partition {self.number} moved while {position} was awaited; ask again")
        raise Unavailable(
            f"partition {self.number} stopped at {partition.position}: {self.reader.error}"
        )

    async def settle(self) -> int:
        """Apply all that the log holds now, hand on what it caused, and checkpoint it.

        Returns the position of the checkpoint.
        """
        state = await stream_state(self._client, self.number)
        await self.reached(state.last)
        await self.outgoing.drained.wait()
        await self.checkpoints.take()
        return self.checkpoints.committed

    async def _wake(self) -> None:
        async with self._applied:
            self._applied.notify_all()

    async def _as_it_is(self, twin_id: str) -> TwinState:
        return await self.state(twin_id, None)

    def snapshot(self, cell: Cell) -> TwinState:
        """A twin as it is now."""
        return snapshot(cell, self.epoch, self.partition.position, self.partition.now)

    async def state(self, twin_id: str, min_position: int | None) -> TwinState:
        """A snapshot of one twin; reading does not keep it in memory."""
        if min_position is not None:
            await self.reached(min_position)
        cell = self.partition.peek(twin_id)
        if cell is None:
            rows = await asyncio.to_thread(self._use.store.twins, self.number, [twin_id])
            # It may have become active while the store was read; then memory is newer.
            cell = self.partition.peek(twin_id)
            if cell is None and rows:
                cell = Cell.load(rows[0])
        if cell is not None:
            return self.snapshot(cell)
        return new_twin(twin_id, self.epoch, self.partition.position, self.partition.now)

    async def changed(
        self, since: Mark | None, kind: str | None, twin_id: str | None, most: int
    ) -> Changed:
        """What changed behind a mark, `most` at most; None: nothing, but where it stands."""
        if since is None:
            return Changed((self.partition.position, END))
        log_state = await stream_state(self._client, self.number)
        if since[0] > log_state.last:
            return Changed((self.partition.position, END), lost=True)  # a mark of another log
        await self.reached(since[0])
        return await self._behind.after(since, log_state.first, kind, twin_id, most)

    async def reply(self, event_id: str, position: int) -> Any:
        """The answer to an `ask` that lies at a position of the log.

        Raises `AskFailed` with what the handler raised, `AskUnknown` when it is no longer kept.
        """
        await self.reached(position)
        reply = self.partition.replies.get(event_id)
        if reply is None:
            raise AskUnknown(
                f"call {event_id} was applied at or before position {position} of partition "
                f"{self.number}, but its answer is no longer kept; read the twin's state"
            )
        if reply.error is not None:
            raise AskFailed(reply.error)
        return open_reply(reply, self._keyring)
