"""Travel: one twin as it was at a position of its log. Pure, as the partition is.

    past = Travel(number, partitions, "vehicle/v17")
    past.take(block, body, position, stamp)      # each block that touched it, in order
    past.state()                                 # as it was then

What a twin is depends on its partition's log alone, and of that on what reached the twin itself:
its messages, its reminders, and which rules were published when. So a partition in which it lives
alone, given just the blocks that touched it, makes of it what the real one made: the same state,
the same counts, the same digest. What it caused is thrown away.
"""

from collections.abc import Iterable

from msgspec import Struct

from actors.block import FORMAT, FURTHER, GENESIS, Block, chain
from actors.partition import Partition
from actors.snapshot import new_twin, snapshot
from actors.state import TwinState
from actors.store.base import ReminderRow, TwinRow, Verdict
from twins.ids import PARTITION

_ROOMY = 1 << 30
_BODY = b""
_AFTER = chain(_BODY)
"""Every block here has the same bytes, none, and so the next one names the same hash."""


class Station(Struct, frozen=True):
    """Where a journey may begin instead of at the beginning of the log."""

    position: int
    now: float
    rows: list[TwinRow]
    """The twin, and what the rules of its partition were."""
    reminders: list[ReminderRow]
    marks: dict[int, tuple[int, bytes]]
    """Partition -> position and hash of its last message that touched the twin."""


class Travel:
    """A partition with one twin.

    Args:
        number: Its partition.
        partitions: How many there are.
        twin_id: The twin.
        start: Where to begin; None: at the beginning, when it did not exist.
        verdicts: Events of the partition that no host could let go on.
    """

    def __init__(
        self,
        number: int,
        partitions: int,
        twin_id: str,
        start: Station | None = None,
        verdicts: Iterable[Verdict] = (),
    ) -> None:
        self.twin_id = twin_id
        self._rules = f"{PARTITION}/{number}"
        self._partition = Partition(number, partitions, _ROOMY)
        self._partition.verdicts.heed(verdicts)
        self._previous = GENESIS
        self._marks: dict[int, tuple[int, bytes]] = {}
        if start is not None:
            partition = self._partition
            partition.position, partition.now = start.position, start.now
            partition.load(start.rows)
            partition.reminders.load(start.reminders)
            partition.in_force.known = False
            self._marks = dict(start.marks)

    @property
    def position(self) -> int:
        """The last position that was taken, or that it began with."""
        return self._partition.position

    @property
    def now(self) -> float:
        """The log's time there."""
        return self._partition.now

    def take(self, block: Block, body: bytes, position: int, stamp: float) -> None:
        """Apply what of a block concerns the twin.

        Args:
            block: The message of the log, decoded and opened.
            body: Its bytes.
            position: Its log position, above that of the last one.
            stamp: The log server's stamp, seconds since the epoch.
        """
        partition = self._partition
        entries = []
        if self._fresh(block, body):
            mine = (self.twin_id, self._rules)
            entries = [entry for entry in block.entries if entry.subject in mine]
        alone = Block(FORMAT, 0, 0, self._previous if entries else GENESIS, -1, 0, 0, entries)
        partition.position = position - 1
        partition.needed(alone, stamp)
        partition.apply(alone, _BODY, position, stamp)
        if entries:
            self._previous = _AFTER
        self._throw_away()

    def _fresh(self, block: Block, body: bytes) -> bool:
        """Whether a message is new: another partition's may lie in the log twice."""
        source = block.source
        if source < 0:
            return True
        mark, head = self._marks.get(source, (0, GENESIS))
        known = block.position == mark and (block.format != FURTHER or block.previous != head)
        if block.position < mark or known:
            return False
        self._marks[source] = (block.position, chain(body))
        return True

    def _throw_away(self) -> None:
        outbox = self._partition.outbox
        outbox.effects.clear()
        for pair in outbox.pairs.values():
            pair.waiting.clear()

    def state(self) -> TwinState:
        """The twin as it is here; `epoch` is 0."""
        partition = self._partition
        cell = partition.peek(self.twin_id)
        if cell is None:
            return new_twin(self.twin_id, 0, partition.position, partition.now)
        return snapshot(cell, 0, partition.position, partition.now)

    def station(self) -> Station:
        """From here one may go on later."""
        partition = self._partition
        cells = [partition.peek(twin_id) for twin_id in (self.twin_id, self._rules)]
        return Station(
            partition.position,
            partition.now,
            [cell.row() for cell in cells if cell is not None],
            list(partition.reminders),
            dict(self._marks),
        )
