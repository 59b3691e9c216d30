"""Reminders: what twins asked to be woken for, by the log's time.

All of a partition's are in memory, also those of twins that are not: about 180 bytes each
(`python -m load.bench.memory 1000000 reminders`).
"""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from sys import intern

from actors.store.base import ReminderRow

MAX_DUE = 1024
"""Reminders that run before one block; the rest run before the next."""

MAX_STALE = 1024
"""Items left behind by moved reminders that the heap may hold beside as many as there are
reminders: a twin that moves its reminder with every event must not fill the memory."""


class Reminders:
    """All reminders of a partition, ordered by due time, twin and name.

    Invariant: an item of the heap counts only while it is the one that is set; setting anew or
    forgetting leaves the old item behind, and it is passed over.
    """

    def __init__(self) -> None:
        self._heap: list[ReminderRow] = []
        self._one: dict[str, ReminderRow] = {}
        """Twin -> one of its reminders: most twins have no other, and a key of two costs more."""
        self._others: dict[tuple[str, str], ReminderRow] = {}
        """(twin, name) -> those that are not in `_one`."""
        self._changed: dict[tuple[str, str], float | None] = {}

    def load(self, rows: Iterable[ReminderRow]) -> None:
        """Take over what the store holds."""
        for row in rows:
            self._heap.append(self._put(row.due, row.twin_id, row.name))
        heapify(self._heap)

    def set(self, twin_id: str, name: str, due: float | None) -> None:
        """Set, move, or with None forget."""
        held = self._held(twin_id, name)
        if due is None:
            if held is not None:
                self._drop(held)
            return
        if held is not None and held.due == due:
            return
        self._changed[twin_id, name] = due
        heappush(self._heap, self._put(due, twin_id, name))
        if len(self._heap) > 2 * len(self) + MAX_STALE:
            self._heap = list(self)
            heapify(self._heap)

    def _put(self, due: float, twin_id: str, name: str) -> ReminderRow:
        row = ReminderRow(due, twin_id, intern(name))
        one, others = self._one.get(twin_id), self._others
        if (one is None or one.name == name) and not (others and (twin_id, name) in others):
            self._one[twin_id] = row
        else:
            others[twin_id, row.name] = row
        return row

    def _held(self, twin_id: str, name: str) -> ReminderRow | None:
        one = self._one.get(twin_id)
        if one is not None and one.name == name:
            return one
        return self._others.get((twin_id, name)) if self._others else None

    def _drop(self, row: ReminderRow) -> None:
        if self._one.get(row.twin_id) is row:
            del self._one[row.twin_id]
        else:
            del self._others[row.twin_id, row.name]
        self._changed[row.twin_id, row.name] = None

    def _tidy(self) -> None:
        heap = self._heap
        while heap and self._held(heap[0].twin_id, heap[0].name) is not heap[0]:
            heappop(heap)

    def next_due(self) -> float | None:
        """When the earliest is due; None when there is none."""
        self._tidy()
        return self._heap[0].due if self._heap else None

    def peek(self, now: float) -> list[ReminderRow]:
        """Those due at `now`, at most `MAX_DUE`, in order; they stay set."""
        if not self._heap or self._heap[0].due > now:
            return []
        found: list[ReminderRow] = []
        self._tidy()
        while self._heap and self._heap[0].due <= now and len(found) < MAX_DUE:
            found.append(heappop(self._heap))
            self._tidy()
        for item in found:
            heappush(self._heap, item)
        return found

    def fire(self, item: ReminderRow) -> bool:
        """Take one that is due off; False when it was moved or forgotten meanwhile."""
        if self._held(item.twin_id, item.name) is not item:
            return False
        self._drop(item)
        return True

    def take_changes(self) -> tuple[list[ReminderRow], list[tuple[str, str]]]:
        """What a checkpoint must write and drop since the last one."""
        changed, self._changed = self._changed, {}
        rows = [
            ReminderRow(due, twin_id, name)
            for (twin_id, name), due in changed.items()
            if due is not None
        ]
        return rows, [key for key, due in changed.items() if due is None]

    def of(self, twin_id: str) -> dict[str, float]:
        """The reminders of one twin: name -> due time."""
        return {row.name: row.due for row in self if row.twin_id == twin_id}

    def __iter__(self) -> Iterator[ReminderRow]:
        yield from self._one.values()
        yield from self._others.values()

    def __len__(self) -> int:
        return len(self._one) + len(self._others)
