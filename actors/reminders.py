"""Reminders: what twins asked to be woken for, by the log's time."""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from actors.store.base import ReminderRow

MAX_DUE = 1024
"""Reminders that run before one block; the rest run before the next."""

MAX_STALE = 1024
"""Items left behind by moved reminders that the heap may hold beside as many as there are
reminders: a twin that moves its reminder with every event must not fill the memory."""


class Reminders:
    """All reminders of a partition, ordered by due time, twin and name.

    Invariant: an item of the heap counts only while `_due` still names its time; setting anew or
    forgetting leaves the old item behind, and it is passed over.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, str, str]] = []
        self._due: dict[tuple[str, str], float] = {}
        self._changed: dict[tuple[str, str], float | None] = {}

    def load(self, rows: Iterable[ReminderRow]) -> None:
        """Take over what the store holds."""
        for row in rows:
            self._due[row.twin_id, row.name] = row.due
            self._heap.append((row.due, row.twin_id, row.name))
        heapify(self._heap)

    def set(self, twin_id: str, name: str, due: float | None) -> None:
        """Set, move, or with None forget."""
        key = (twin_id, name)
        if due is None:
            if self._due.pop(key, None) is not None:
                self._changed[key] = None
            return
        if self._due.get(key) == due:
            return
        self._due[key] = due
        self._changed[key] = due
        heappush(self._heap, (due, twin_id, name))
        if len(self._heap) > 2 * len(self._due) + MAX_STALE:
            self._heap = [(at, *owner) for owner, at in self._due.items()]
            heapify(self._heap)

    def _tidy(self) -> None:
        heap = self._heap
        while heap and self._due.get(heap[0][1:]) != heap[0][0]:
            heappop(heap)

    def next_due(self) -> float | None:
        """When the earliest is due; None when there is none."""
        self._tidy()
        return self._heap[0][0] if self._heap else None

    def peek(self, now: float) -> list[tuple[float, str, str]]:
        """Those due at `now`, at most `MAX_DUE`, in order; they stay set."""
        if not self._heap or self._heap[0][0] > now:
            return []
        found: dict[tuple[float, str, str], None] = {}
        self._tidy()
        while self._heap and self._heap[0][0] <= now and len(found) < MAX_DUE:
            found[heappop(self._heap)] = None
            self._tidy()
        for item in found:
            heappush(self._heap, item)
        return list(found)

    def fire(self, item: tuple[float, str, str]) -> bool:
        """Take one that is due off; False when it was moved or forgotten meanwhile."""
        due, twin_id, name = item
        if self._due.get((twin_id, name)) != due:
            return False
        del self._due[twin_id, name]
        self._changed[twin_id, name] = None
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
        return {name: due for (owner, name), due in self._due.items() if owner == twin_id}

    def __len__(self) -> int:
        return len(self._due)
