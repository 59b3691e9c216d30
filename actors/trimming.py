"""Trimming: what the log may forget, because a checkpoint holds it and history is over."""

import asyncio

import structlog
from nats.aio.client import Client

from actors.errors import LogMissing
from actors.log import StreamState, read, stream_state, trim
from actors.store.base import Head, HistoryIndex, Store

logger = structlog.get_logger(__name__)

STRIDE = 0.02
"""Share of the history by which it may grow too long before it is trimmed: verifying reads the
whole store, so that it is done seldom."""

FULL = 0.6
"""Share of the log's limit at which keeping history is warned of; gateways refuse at 0.8."""


class Trimmer:
    """Trims the log of one partition up to its last verified base snapshot.

    The base snapshot is the store's checkpoint, read back and verified before anything goes that
    it could be made from again. Kept besides: what was stored in the last `history_s` seconds of
    the log's own time, by the log server's stamps, and the newest block of a gateway.

    Invariant: the log goes on holding every position after the store's checkpoint, so that any
    owner, of whichever epoch, can begin from there; trimming needs no fence.

    Args:
        client: Connection to the log server.
        partition: Which one.
        store: Holds the checkpoint.
        history: Points into the log; forgets what points below its beginning.
        history_s: How far back the log must reach, in seconds.
    """

    def __init__(
        self,
        client: Client,
        partition: int,
        store: Store,
        history: HistoryIndex,
        history_s: float,
    ) -> None:
        self._client = client
        self._partition = partition
        self._store = store
        self._history = history
        self._history_s = history_s

    async def look(self) -> int:
        """Trim what is over, if it is worth it; returns how many positions went.

        Raises:
            StoreError: The checkpoint does not verify; nothing was trimmed.
            LogMissing: The log is not the one that the checkpoint was made of.
            LogError: The log server does not answer; what was trimmed is found at the next look.
        """
        head = await asyncio.to_thread(self._store.head, self._partition)
        state = await stream_state(self._client, self._partition)
        if head is None:
            return 0
        self._compare(head, state)
        over = head.now - self._history_s
        if not await self._worth(state, head.position, over - STRIDE * self._history_s):
            self._warn(state)
            return 0
        below = await self._first_after(over, state.first, head.position + 1)
        await asyncio.to_thread(self._store.verify, self._partition, deep=True)
        await trim(self._client, self._partition, below)
        after = await stream_state(self._client, self._partition)
        await asyncio.to_thread(self._history.forget, self._partition, after.first)
        gone = after.first - state.first
        logger.info("trimmed", partition=self._partition, begins=after.first, gone=gone)
        self._warn(after)
        return gone

    def _compare(self, head: Head, state: StreamState) -> None:
        if abs(head.created - state.created) > 1.0 or head.position > state.last:
            raise LogMissing(
                f"partition {self._partition}: the checkpoint stands at {head.position} of a log "
                f"made at {head.created:.0f}, this one was made at {state.created:.0f} and ends at "
                f"{state.last}; nothing is trimmed. Restore the log that belongs to the checkpoint"
            )

    async def _worth(self, state: StreamState, position: int, over: float) -> bool:
        """Whether the oldest block is in the checkpoint, and from before a time."""
        if not state.first <= position:
            return False
        oldest = await read(self._client, self._partition, state.first)
        return oldest is not None and oldest.stamp <= over

    async def _first_after(self, over: float, low: int, high: int) -> int:
        """The first position from `low` that was stored after a time; `high` if none below it.

        Stamps rise but where the server's clock is set back; then it is right to that leap.
        """
        while low < high:
            middle = (low + high) // 2
            stored = await read(self._client, self._partition, middle)
            if stored is None or stored.stamp <= over:
                low = middle + 1
            else:
                high = middle
        return low

    def _warn(self, state: StreamState) -> None:
        if state.max_bytes > 0 and state.bytes > FULL * state.max_bytes:
            logger.warning(
                "history fills the log; raise log.max_bytes or lower host.history_s",
                partition=self._partition, bytes=state.bytes, max_bytes=state.max_bytes,
                history_s=self._history_s,
            )  # fmt: skip
