"""A partition with its log: makes chained blocks, applies them, and keeps them for a replay."""

from collections.abc import Iterable
from typing import Any

from support.memory_store import MemoryStore

from actors.applied import Applied
from actors.block import GENESIS, Entry, chain, decode_block, encode_block
from actors.cell import Cell
from actors.cut import Cut
from actors.keyring import Keyring
from actors.keys import open_block
from actors.parked import Part
from actors.partition import Partition
from actors.quarantine import RESUME, SKIP
from actors.shelf import shelf_id
from actors.store.base import Checkpoint, Ownership, Verdict
from twins.event import encode_message
from twins.handler import Origin

START = 1_700_000_000.0
"""When the tests' logs begin, seconds since the epoch."""

TICK = encode_block(0, GENESIS, [])


def device(subject: str, event_type: str, data: Any, **message: Any) -> Entry:
    """What a device sent; `message` are the envelope's fields."""
    return Entry(subject, event_type, Origin.DEVICE, encode_message(data, **message))


def numbered(subject: str, event_type: str, data: Any, sequence: int, boot: int = 1) -> Entry:
    """What a device sent under a number of its own."""
    return device(subject, event_type, data, boot=boot, sequence=sequence)


def inside(subject: str, event_type: str, data: Any, id_: str) -> Entry:
    """What one of Vigil's own parts sent."""
    return Entry(subject, event_type, Origin.INSIDE, encode_message(data, id=id_))


def resume(subject: str, id_: str) -> Entry:
    """An operator lets a parked twin try again."""
    return inside(subject, RESUME, None, id_)


def skip(subject: str, id_: str) -> Entry:
    """An operator lets a parked twin go on without the event that failed."""
    return inside(subject, SKIP, None, id_)


def told(subject: str, event_type: str, data: Any, id_: str = "t") -> Entry:
    """What another twin sent."""
    return Entry(subject, event_type, Origin.TWIN, encode_message(data, id=id_))


class Feed:
    """One partition, its log, and a store."""

    def __init__(
        self,
        number: int = 0,
        partitions: int = 1,
        hot_bytes: int = 1 << 20,
        keyring: Keyring | None = None,
    ) -> None:
        self.hot_bytes = hot_bytes
        self.keyring = keyring
        self.partition = Partition(number, partitions, hot_bytes, keyring)
        self.store = MemoryStore()
        self.owner = self.store.assign(0, Ownership(number))
        self.log: list[tuple[bytes, float]] = []
        self._chain = GENESIS

    def block(self, *entries: Entry) -> bytes:
        """The next block of the gateway."""
        some, sealed = list(entries), False
        if self.keyring is not None:
            some, sealed = self.keyring.seal(some)
        body = encode_block(1, self._chain, some, key_id=int(sealed))
        self._chain = chain(body)
        return body

    def apply(self, *entries: Entry, at: float = 0.0) -> Applied:
        """Apply one block of these entries, stamped `at` seconds after the start."""
        return self.take(self.block(*entries), at)

    def tick(self, at: float) -> Applied:
        """Let time pass."""
        return self.take(TICK, at)

    def take(self, body: bytes, at: float) -> Applied:
        """Append a message to the log, and apply it as a host does."""
        self.log.append((body, START + at))
        return self.deliver(len(self.log))

    def deliver(self, position: int) -> Applied:
        """Apply one position of the log: name what is needed, load it, apply."""
        body, stamp = self.log[position - 1]
        block = decode_block(body)
        if self.keyring is not None:
            open_block(block, self.keyring)
        missing = self.partition.needed(block, stamp)
        self.partition.load(self.store.twins(self.partition.number, missing))
        return self.partition.apply(block, body, position, stamp)

    def begin_cut(self) -> Cut:
        """Begin a checkpoint."""
        return self.partition.begin_cut(self.owner.epoch, f"LOG_{self.partition.number}", START)

    def checkpoint(self) -> Checkpoint:
        """Make a whole checkpoint, and commit it."""
        cut = self.begin_cut()
        cut.step(1 << 30)
        checkpoint = cut.checkpoint()
        self.store.commit(checkpoint)
        self.partition.settle(cut, 1 << 30)
        return checkpoint

    def crash(self) -> None:
        """Lose the memory; begin again from the store, and read the log from there."""
        number = self.partition.number
        partitions = self.partition.partitions
        self.partition = Partition(number, partitions, self.hot_bytes, self.keyring)
        head = self.store.head(number)
        if head is not None:
            self.partition.restore(head, self.store.reminders(number))
        for position in range(self.partition.position + 1, len(self.log) + 1):
            self.deliver(position)

    def cell(self, twin_id: str) -> Cell:
        """A twin, from memory or from the store."""
        cell = self.partition.peek(twin_id)
        if cell is None:
            (row,) = self.store.twins(self.partition.number, [twin_id])
            cell = Cell.load(row)
        return cell

    def waiting(self, twin_id: str) -> list[tuple[Entry, float]]:
        """All that waits for a parked twin, with stamps, in order, wherever it lies."""
        parked = self.cell(twin_id).book.parked
        assert parked is not None, f"{twin_id} is not parked"
        parts = [Part(parked.entries, parked.stamps)]
        for number in range(parked.first, parked.end):
            shelf = self.cell(shelf_id(twin_id, number)).book.shelf
            assert shelf is not None, f"shelf {number} of {twin_id} is empty"
            parts.append(shelf)
        if parked.last is not None:
            parts.append(parked.last)
        return [item for part in parts for item in zip(part.entries, part.stamps, strict=True)]

    def twin(self, twin_id: str) -> Any:
        """The state of a twin."""
        return self.cell(twin_id).twin


def replay(
    log: list[tuple[bytes, float]],
    number: int = 0,
    partitions: int = 1,
    verdicts: Iterable[Verdict] = (),
) -> Feed:
    """A partition that applied a log straight, without any crash, checkpoint or eviction."""
    feed = Feed(number, partitions, 1 << 30)
    feed.partition.verdicts.heed(verdicts)
    for body, stamp in log:
        feed.take(body, stamp - START)
    return feed
