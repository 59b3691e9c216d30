"""Hot twins: those of a partition that are in memory, changed ones and clean ones.

A changed twin stays until a checkpoint holds it; clean ones leave, the least recently used first,
when they take more than their share of memory. What a handler sees never depends on it.
"""

from collections.abc import Iterable

from cachetools import Cache, LRUCache

from actors.cell import Book, Cell
from actors.cut import Cut
from actors.store.base import TwinRow
from twins.ids import split
from twins.kind import kind_of


class HotTwins:
    """Twins in memory.

    Args:
        most_bytes: How much clean twins may take before the least recently used leave.
    """

    def __init__(self, most_bytes: int) -> None:
        self.active: dict[str, Cell] = {}
        """Twins changed since the last committed checkpoint."""
        self._clean: LRUCache[str, Cell] = LRUCache(most_bytes, getsizeof=lambda cell: cell.size)
        self._pinned: dict[str, None] = {}
        """Twins of the block to be applied next: they stay in memory until it is."""
        self.cut: Cut | None = None
        """The checkpoint being made of `active`, until it is settled: one at a time."""

    def pin(self, ids: dict[str, None]) -> list[str]:
        """Keep these in memory until `unpin`; returns those that are not there."""
        self._pinned = ids
        active, clean = self.active, self._clean
        missing = []
        for twin_id in ids:
            if twin_id not in active:
                cell = clean.pop(twin_id, None)
                if cell is None:
                    missing.append(twin_id)
                else:
                    active[twin_id] = cell
        return missing

    def unpin(self) -> None:
        """The block that they were kept for is applied."""
        self._pinned = {}

    def load(self, rows: Iterable[TwinRow]) -> None:
        """Take twins in as the store holds them; one in memory is never older than its row."""
        for row in rows:
            if row.id not in self.active and row.id not in self._clean:
                self.active[row.id] = Cell.load(row)

    def peek(self, twin_id: str) -> Cell | None:
        """The twin if it is in memory, without any effect on how long it stays there."""
        cell = self.active.get(twin_id)
        if cell is None and twin_id in self._clean:
            cell = Cache.__getitem__(self._clean, twin_id)  # the LRU's own would note the use
        return cell

    @property
    def size(self) -> tuple[int, int]:
        """How many twins, and the bytes they are taken to use."""
        active = self.active
        size = int(self._clean.currsize) + sum(cell.size for cell in active.values())
        return len(active) + len(self._clean), size

    def change(self, twin_id: str, position: int) -> Cell:
        """The twin, made if it is new; it counts as changed from now on."""
        cell = self.active.get(twin_id)
        if cell is None:
            cell = self._clean.pop(twin_id, None)
            if cell is None:
                name, key = split(twin_id)
                cell = Cell(twin_id, kind_of(name).new(key), Book(open=b""), position)
            self.active[twin_id] = cell
        elif cell.uncut and self.cut is not None:
            self.cut.encode(cell)
        cell.position = position
        return cell

    def settle(self, cut: Cut, most: int) -> bool:
        """After the commit: twins not changed since are clean now. True when all are settled."""
        cells, position = cut.cells, cut.head.position
        while cells and most > 0:
            twin_id, cell = cells.popitem()
            most -= 1
            unchanged = cell.position <= position and self.active.get(twin_id) is cell
            if unchanged and twin_id not in self._pinned:
                del self.active[twin_id]
                cell.encoded = None
                if cell.size <= self._clean.maxsize:
                    self._clean[twin_id] = cell
        if not cells:
            self.cut = None
        return not cells
