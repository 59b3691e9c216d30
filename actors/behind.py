"""Behind: what changed in a partition behind a mark, for watchers who come back.

Memory knows which twins changed since the last checkpoint, the history index which before.
"""

import asyncio
from collections.abc import Callable

from actors.cell import Cell
from actors.changes import END, Changed, Changes, Mark, cut_changed
from actors.partition import Partition
from actors.state import TwinState
from actors.store.base import HistoryIndex, Store

MOST_TOUCHED = 100_000
"""Twins that watchers who come back can be told of at most; with more, they begin anew."""


class Behind:
    """What changed in one partition.

    Args:
        partition: Which.
        changes: The signals that it told lately.
        store: Where its twins lie that are not in memory.
        history: The index of which blocks hold which twin.
        snapshot: Shows a twin as it is now.
    """

    def __init__(
        self, partition: Partition, changes: Changes, store: Store, history: HistoryIndex,
        snapshot: Callable[[Cell], TwinState],
    ) -> None:  # fmt: skip
        self._partition = partition
        self._changes = changes
        self._store = store
        self._history = history
        self._snapshot = snapshot

    async def after(
        self, since: Mark, log_begins: int, kind: str | None, twin_id: str | None, most: int
    ) -> Changed:
        """The first `most` of what changed behind a mark that the partition has reached.

        Args:
            since: The mark.
            log_begins: First position that the log still has.
            kind: Only twins of it; None: of all.
            twin_id: Only this one; None: all.
            most: So many.
        """
        partition = self._partition
        position = partition.position
        signals, known = self._changes.signals(since)
        ids = dict.fromkeys(partition.changed_since(since[0]))
        # Memory first: a twin leaves it only once the index has it.
        noted = await asyncio.to_thread(
            self._history.touched, partition.number, since[0], MOST_TOUCHED
        )
        lost = not known or noted is None or log_begins > since[0] + 1
        ids |= dict.fromkeys(noted or ())
        wanted = [
            one
            for one in ids
            if (twin_id is None or one == twin_id)
            and (kind is None or one.partition("/")[0] == kind)
        ]
        states = await self._states_of(wanted)
        return cut_changed(states, signals, since, (position, END), most, lost=lost)

    async def _states_of(self, ids: list[str]) -> list[TwinState]:
        peek = self._partition.peek
        missing = [one for one in ids if peek(one) is None]
        rows = await asyncio.to_thread(self._store.twins, self._partition.number, missing)
        cells = [peek(one) for one in ids]
        stored = [cell for row in rows if peek(row.id) is None and (cell := Cell.load(row))]
        return [self._snapshot(cell) for cell in (*cells, *stored) if cell is not None]
