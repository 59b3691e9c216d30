"""Trimming: what the log may forget, because a checkpoint holds it, and history is over or full."""

import asyncio
from math import ceil

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
"""Share of the log's limit beyond which history gives way; gateways refuse at 0.8."""

ROOM = 0.5
"""Share of the limit to which it then gives way, for the same reason as `STRIDE`."""

STEPS = 16
"""Steps in which a log is trimmed for its size, were it trimmed whole: so much of it at most goes
that need not have gone."""


class Trimmer:
    """Trims the log of one partition up to its last verified base snapshot.

    The base snapshot is the store's checkpoint, read back and verified before anything goes that
    it could be made from again. Kept besides: what was stored in the last `history_s` seconds of
    the log's own time, by the log server's stamps, as far as that fits into the log; and the
    newest block of a gateway.

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
        over = await self._over(head, state)
        full = _beyond(FULL, state) and state.first <= head.position
        if over <= state.first and not full:
            return 0
        await asyncio.to_thread(self._store.verify, self._partition, deep=True)
        after = await self._trim(over)
        if full:
            after = await self._give_way(head, after)
        await asyncio.to_thread(self._history.forget, self._partition, after.first)
        gone = after.first - state.first
        logger.info("trimmed", partition=self._partition, begins=after.first, gone=gone)
        return gone

    async def _trim(self, below: int) -> StreamState:
        await trim(self._client, self._partition, below)
        return await stream_state(self._client, self._partition)

    async def _give_way(self, head: Head, state: StreamState) -> StreamState:
        """Drop the oldest blocks, however young, as long as the checkpoint holds them.

        Step by step, for only the server knows what blocks weigh.
        """
        step = ceil((state.last - state.first + 1) / STEPS)
        while _beyond(ROOM, state) and state.first <= head.position:
            before = state.first
            state = await self._trim(min(before + step, head.position + 1))
            if state.first == before:
                break  # a gateway's newest block, which stays
        await self._warn(head, state)
        return state

    def _compare(self, head: Head, state: StreamState) -> None:
        if abs(head.created - state.created) > 1.0 or head.position > state.last:
            raise LogMissing(
                f"partition {self._partition}: the checkpoint stands at {head.position} of a log "
                f"made at {head.created:.0f}, this one was made at {state.created:.0f} and ends at "
                f"{state.last}; nothing is trimmed. Restore the log that belongs to the checkpoint"
            )

    async def _over(self, head: Head, state: StreamState) -> int:
        """Below which position history is over; the log's first one while little is."""
        over = head.now - self._history_s
        if state.first > head.position:
            return state.first
        oldest = await read(self._client, self._partition, state.first)
        if oldest is None or oldest.stamp > over - STRIDE * self._history_s:
            return state.first
        return await self._first_after(over, state.first, head.position + 1)

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

    async def _warn(self, head: Head, after: StreamState) -> None:
        """History gave way, and may be shorter now than whoever set it thinks."""
        oldest = await read(self._client, self._partition, after.first)
        reaches_s = 0.0 if oldest is None else max(0.0, head.now - oldest.stamp)
        if reaches_s < self._history_s:
            logger.warning(
                "the log is too small for its history; raise log.max_bytes or lower host.history_s",
                partition=self._partition, max_bytes=after.max_bytes, history_s=self._history_s,
                reaches_s=round(reaches_s),
            )  # fmt: skip


def _beyond(share: float, state: StreamState) -> bool:
    return 0 < share * state.max_bytes < state.bytes
