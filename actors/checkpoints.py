"""Checkpoints of one partition: incremental, cut in slices on the loop, written in a thread."""

import asyncio
import time

import structlog

from actors.errors import Fenced, StoreError
from actors.partition import Partition
from actors.store.base import Checkpoint, HistoryIndex, Store
from actors.telemetry import instruments

logger = structlog.get_logger(__name__)

SLICE = 200
"""Twins encoded between two blocks: about half a millisecond."""

AGAIN_S = 1.0


class Checkpoints:
    """Writes the partition's checkpoints, one after the other.

    `committed` is the position of the last one. A failed write is tried again with the same cut,
    for the changes it holds are in no later one. `Fenced` ends it: `lost` is set.
    """

    def __init__(
        self,
        partition: Partition,
        store: Store,
        history: HistoryIndex,
        stream: tuple[str, float],
        epoch: int,
        owner: str,
    ) -> None:
        self._partition = partition
        self._store = store
        self._history = history
        self._stream = stream
        self.epoch = epoch
        self._owner = owner
        self.committed = partition.position
        self.lost = asyncio.Event()
        self._lock = asyncio.Lock()
        self._touched: dict[str, list[int]] = {}
        self._span = [0.0, 0.0]
        self.seconds = 0.0
        """CPU time spent on the loop and in the thread for checkpoints, for the benchmark."""
        self.twins = 0

    def note(self, touched: list[str], position: int, now: float) -> None:
        """Remember for the history index which twins a block touched."""
        index = self._touched
        if not index:
            self._span[0] = now
        self._span[1] = now
        for twin_id in touched:
            positions = index.get(twin_id)
            if positions is None:
                index[twin_id] = [position]
            else:
                positions.append(position)

    def abandon(self) -> None:
        """Make no further checkpoint: what is in memory is not what the log says.

        One that is being written already was complete before; it may still come to its end.
        """
        self.lost.set()

    async def take(self) -> None:
        """Make one checkpoint at the position where the partition stands, and commit it.

        A caller that is cancelled leaves it going on, for half a checkpoint cannot be taken back;
        the next call waits for its end.
        """
        task = asyncio.create_task(self._take(), name=f"checkpoint-{self._partition.number}")
        await asyncio.shield(task)

    async def _take(self) -> None:
        async with self._lock:
            partition = self._partition
            if self.lost.is_set() or partition.position == self.committed or partition.renewing:
                return
            began, started = time.thread_time(), time.monotonic()
            cut = self._partition.begin_cut(self.epoch, *self._stream)
            touched, self._touched = self._touched, {}
            first, last = self._span
            while not cut.step(SLICE):
                self.seconds += time.thread_time() - began
                await asyncio.sleep(0)
                began = time.thread_time()
            if self.lost.is_set():
                return
            checkpoint = cut.checkpoint()
            self.seconds += time.thread_time() - began
            if not await self._commit(checkpoint, touched, first, last):
                self.lost.set()
                return
            self.committed = cut.head.position
            self.twins += len(checkpoint.twins)
            here = {"partition": self._partition.number}
            instruments.checkpoint_duration.record(time.monotonic() - started, here)
            instruments.checkpoint_twins.record(len(checkpoint.twins), here)
            while not self._partition.settle(cut, SLICE):  # noqa: ASYNC110 - slices of work, no wait
                await asyncio.sleep(0)

    async def _commit(
        self, checkpoint: Checkpoint, touched: dict[str, list[int]], first: float, last: float
    ) -> bool:
        """Write it, trying again until it is there; False when another host owns the partition."""
        while True:
            checkpoint.head.epoch = self.epoch
            try:
                self.seconds += await asyncio.to_thread(
                    self._write, checkpoint, touched, first, last
                )
            except Fenced as error:
                if not await self._still_owner(checkpoint.head.epoch):
                    logger.warning("fenced", partition=self._partition.number, error=str(error))
                    return False
            except (StoreError, OSError):
                logger.exception("checkpoint fails; trying again", partition=self._partition.number)
                await asyncio.sleep(AGAIN_S)
            else:
                return True

    def _write(
        self, checkpoint: Checkpoint, touched: dict[str, list[int]], first: float, last: float
    ) -> float:
        began = time.thread_time()
        # The index first: what it misses after a crash, the replay from the checkpoint notes anew.
        if touched:
            self._history.note(self._partition.number, touched, first, last)
        self._store.commit(checkpoint)
        return time.thread_time() - began

    async def _still_owner(self, epoch: int) -> bool:
        """The epoch also moves when the partition's gateway changes; then take the new one."""
        try:
            ownership = await asyncio.to_thread(self._store.ownership, self._partition.number)
        except (StoreError, OSError):
            logger.exception("cannot read the owner", partition=self._partition.number)
            await asyncio.sleep(AGAIN_S)
            return True  # nobody knows; the next try asks again
        if ownership.host != self._owner or ownership.epoch == epoch:
            return False
        self.epoch = ownership.epoch
        return True
