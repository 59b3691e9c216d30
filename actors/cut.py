"""Cut: a checkpoint being made, while the partition goes on."""

from collections.abc import Iterator

from msgspec import Struct, msgpack

from actors.cell import Cell
from actors.outbox import Outbox
from actors.store.base import Checkpoint, Head, ReminderRow, TwinRow
from twins.outputs import Reply


class Body(Struct, array_like=True):
    """The part of a head that only the partition reads."""

    chain: bytes
    marks: dict[int, int]
    """Partition -> position of its last message applied here."""
    chains: dict[int, bytes]
    outbox: Outbox
    replies: list[Reply]
    counts: list[int]


decode_body = msgpack.Decoder(Body).decode


class Cut:
    """A checkpoint being made: what was dirty at one position, encoded before it changes again."""

    def __init__(self, head: Head, cells: dict[str, Cell], reminders: list[ReminderRow],
                 forgotten: list[tuple[str, str]]) -> None:  # fmt: skip
        self.head = head
        self.cells = cells
        self.rows: list[TwinRow] = []
        self.persons: dict[str, str] = {}
        """Twin -> whose it is, where it is somebody's."""
        self._todo: Iterator[Cell] = iter(list(cells.values()))
        self._reminders = reminders
        self._forgotten = forgotten
        for cell in cells.values():
            cell.uncut = True

    def encode(self, cell: Cell) -> None:
        """Encode one twin as it is now."""
        cell.uncut = False
        self.rows.append(cell.row())
        person = cell.twin.whose
        if person is not None:
            self.persons[cell.id] = person

    def step(self, most: int) -> bool:
        """Encode up to `most` twins; True when all are done."""
        for cell in self._todo:
            if cell.uncut:
                self.encode(cell)
                most -= 1
                if most <= 0:
                    return False
        return True

    def checkpoint(self) -> Checkpoint:
        """The finished transaction; `step` must have said that all are done."""
        assert len(self.rows) == len(self.cells), "the cut is not finished"
        return Checkpoint(self.head, self.rows, self._reminders, self._forgotten, self.persons)
