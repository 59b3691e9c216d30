"""Partition: the pure heart. It applies blocks of the log to twins, and says what follows.

    outputs = partition.apply(block, position, stamp)

It reads no clock, no chance, no network and no file, so that a replay gives the same state and
the same outputs with the same ids. Everything around it (host, checkpoints, effects) rests on this
one property. Before `apply`, the twins that `needed` names must have been given with `load`.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any
from zlib import crc32

import msgspec
from cachetools import LRUCache
from msgspec import Struct, msgpack

from actors.block import GENESIS, Block, Entry, chain
from actors.cell import Book, Cell, Parked, take_id, take_number
from actors.errors import ChainBroken, Gap
from actors.outbox import Caused, Outbox
from actors.reminders import Reminders
from actors.store.base import FORMAT, Checkpoint, Head, ReminderRow, TwinRow
from twins.errors import TwinError
from twins.event import Event, encode_message
from twins.handler import Origin
from twins.ids import digest, partition_of, split
from twins.kind import kind_of
from twins.outputs import Effect, Reply, Signal
from twins.turn import Turn, enter, leave
from twins.twin import handle, remind

RESUME = "vigil.resume"
SKIP = "vigil.skip"
"""Types by which an operator lets a parked twin go on: with the event that failed, or without."""

KEPT_REPLIES = 256
"""Answers to `ask` that a partition keeps for callers who have not fetched them yet."""

_encode = msgpack.Encoder().encode


class Applied(Struct):
    """What applying one block did."""

    position: int
    events: int = 0
    """Events that a handler took, parked ones not among them."""
    repeats: int = 0
    refused: int = 0
    """Entries whose kind or type this code does not know, or whose sender may not send them."""
    touched: list[str] = []
    """Twins of the block's entries and reminders, each once."""
    tells: dict[int, list[Entry]] = {}
    effects: list[Effect] = []
    signals: list[Signal] = []
    parked: list[str] = []


class _Body(Struct, array_like=True):
    """The part of a head that only the partition reads."""

    chain: bytes
    marks: dict[int, int]
    """Partition -> position of its last message applied here."""
    chains: dict[int, bytes]
    outbox: Outbox
    replies: list[Reply]
    counts: list[int]


_decode_body = msgpack.Decoder(_Body).decode


class Cut:
    """A checkpoint being made: what was dirty at one position, encoded before it changes again."""

    def __init__(self, head: Head, cells: dict[str, Cell], reminders: list[ReminderRow],
                 forgotten: list[tuple[str, str]]) -> None:  # fmt: skip
        self.head = head
        self.cells = cells
        self.rows: list[TwinRow] = []
        self._todo: Iterator[Cell] = iter(list(cells.values()))
        self._reminders = reminders
        self._forgotten = forgotten
        for cell in cells.values():
            cell.uncut = True

    def encode(self, cell: Cell) -> None:
        """Encode one twin as it is now."""
        cell.uncut = False
        self.rows.append(cell.row())

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
        """The finished transaction."""
        return Checkpoint(self.head, self.rows, self._reminders, self._forgotten)


class Partition:
    """A fixed share of all twins; the unit of order, ownership and recovery.

    Args:
        number: Which partition it is.
        partitions: How many there are.
        hot_bytes: How much memory clean twins may take before the least recently used leave.
    """

    def __init__(self, number: int, partitions: int, hot_bytes: int = 256 * 1024 * 1024) -> None:
        self.number = number
        self.partitions = partitions
        self.position = 0
        self.now = 0.0
        self.outbox = Outbox()
        self.reminders = Reminders()
        self.replies: OrderedDict[str, Reply] = OrderedDict()
        self.events = 0
        self.repeats = 0
        self.refused = 0
        self._chain = GENESIS
        self._marks: dict[int, int] = {}
        self._chains: dict[int, bytes] = {}
        self._active: dict[str, Cell] = {}
        """Twins changed since the last committed checkpoint."""
        self._clean: LRUCache[str, Cell] = LRUCache(hot_bytes, getsizeof=lambda cell: cell.size)
        self._cut: Cut | None = None
        self._turn = Turn()

    # -- restoring ---------------------------------------------------------------------------

    def restore(self, head: Head, reminders: Iterable[ReminderRow]) -> None:
        """Take over a checkpoint; its twins come later, when they are needed."""
        body = _decode_body(head.body)
        self.position, self.now = head.position, head.now
        self._chain, self._marks, self._chains = body.chain, body.marks, body.chains
        self.outbox = body.outbox
        self.replies = OrderedDict((reply.event_id, reply) for reply in body.replies)
        self.events, self.repeats, self.refused = body.counts
        self.reminders.load(reminders)

    def needed(self, block: Block, stamp: float) -> list[str]:
        """Twins that applying this block touches and that are not in memory, each once."""
        ids = dict.fromkeys(entry.subject for entry in block.entries)
        for _, twin_id, _ in self.reminders.peek(max(self.now, stamp)):
            ids[twin_id] = None
        active, clean = self._active, self._clean
        return [twin_id for twin_id in ids if twin_id not in active and twin_id not in clean]

    def load(self, rows: Iterable[TwinRow]) -> None:
        """Give twins that `needed` named; those without a row begin anew."""
        for row in rows:
            cell = Cell.load(row)
            self._active[cell.id] = cell

    def peek(self, twin_id: str) -> Cell | None:
        """The twin if it is in memory, without any effect on how long it stays there."""
        cell = self._active.get(twin_id)
        return cell if cell is not None else self._clean.get(twin_id)

    @property
    def hot(self) -> tuple[int, int]:
        """Twins in memory, and the bytes they are taken to use."""
        active = self._active
        size = int(self._clean.currsize) + sum(cell.size for cell in active.values())
        return len(active) + len(self._clean), size

    @property
    def dirty(self) -> int:
        """Twins changed since the last committed checkpoint, at most."""
        return len(self._active)

    # -- applying ----------------------------------------------------------------------------

    def apply(self, block: Block, body: bytes, position: int, stamp: float) -> Applied:
        """Apply one message of the log.

        Args:
            block: The message, decoded.
            body: Its bytes; the next block of its sender names their hash.
            position: Its log position; must follow the last one.
            stamp: The log server's stamp, seconds since the epoch.

        Raises:
            Gap: The position, or the pair's message, does not follow.
            ChainBroken: The block does not name the hash of the one before it.
        """
        if position != self.position + 1:
            raise Gap(
                f"partition {self.number} stands at {self.position} and got {position}; "
                f"read again from {self.position + 1}"
            )
        applied = Applied(position)
        fresh = self._follows(block, body, position)
        self.position = position
        self.now = max(self.now, stamp)
        turn = self._turn
        turn.now = self.now
        turn.clear()
        token = enter(turn)
        try:
            due = self.reminders.peek(self.now)
            for item in due:
                if self.reminders.fire(item):
                    self._remind(item, applied)
            if fresh:
                for entry in block.entries:
                    self._take(entry, stamp, applied)
        finally:
            leave(token)
        touched = dict.fromkeys(entry.subject for entry in block.entries)
        for item in due:
            touched[item[1]] = None
        applied.touched = list(touched)
        if turn.tells or turn.effects or turn.signals:
            self._collect(applied)
        self.events += applied.events
        self.repeats += applied.repeats
        self.refused += applied.refused
        return applied

    def _follows(self, block: Block, body: bytes, position: int) -> bool:
        """Check the chain; False for a pair's message that was applied before."""
        source = block.source
        if source < 0:
            if not block.entries and block.previous == GENESIS:
                return True  # a tick; it stands outside of the gateways' chain
            if block.previous != self._chain:
                raise ChainBroken(
                    f"partition {self.number}, position {position}: the block does not follow the "
                    "one before it; restore the log from a replica, or split here on purpose"
                )
            self._chain = chain(body)
            return True
        mark = self._marks.get(source, 0)
        if block.position <= mark:
            return False
        if block.before != mark or block.previous != self._chains.get(source, GENESIS):
            raise Gap(
                f"partition {self.number}, position {position}: partition {source}'s message of "
                f"its position {block.position} follows {block.before}, but {mark} was the last"
            )
        self._marks[source] = block.position
        self._chains[source] = chain(body)
        return True

    def _cell(self, twin_id: str) -> Cell:
        """The twin, made if it is new; it counts as changed from now on."""
        cell = self._active.get(twin_id)
        if cell is None:
            cell = self._clean.pop(twin_id, None)
            if cell is None:
                name, key = split(twin_id)
                cell = Cell(twin_id, kind_of(name).new(key), Book(), self.position)
            self._active[twin_id] = cell
        elif cell.uncut and self._cut is not None:
            self._cut.encode(cell)
        return cell

    def _take(self, entry: Entry, stamp: float, applied: Applied) -> None:
        """Apply one entry: recognise repeats, then handle, park or refuse it."""
        try:
            cell = self._cell(entry.subject)
        except TwinError:
            applied.refused += 1
            return
        cell.position = self.position
        kind = cell.twin.kind
        handler = kind.handlers.get(entry.type)
        if handler is None or entry.origin < handler.least:
            self._operate(cell, entry, stamp, applied)
            return
        try:
            message = handler.decode(entry.payload)
        except msgspec.DecodeError as error:
            self._park(cell, entry, f"{type(error).__name__}: {error}", applied)
            return
        book = cell.book
        sequence = message.sequence
        if sequence is not None:
            source, boot = message.source, message.boot or 0
            if not take_number(book, source, boot, sequence):
                applied.repeats += 1
                return
            event_id = f"{source or cell.id}:{boot}:{sequence}"
        elif entry.origin == Origin.TWIN:
            event_id = message.id or ""  # the pair's mark has recognised repeats already
        else:
            event_id = message.id or digest(entry.type, entry.payload.hex())
            if not take_id(book, event_id.encode()):
                applied.repeats += 1
                return
        if book.parked is not None:
            book.parked.entries.append(entry)
            return
        event = Event(
            event_id,
            entry.type,
            cell.id,
            stamp if message.time is None else message.time,
            message.source or cell.id,
            message.data,
            message.traceparent,
        )
        self._run(cell, event, entry, applied)

    def _run(self, cell: Cell, event: Event, entry: Entry, applied: Applied) -> bool:
        """Let the twin handle one event; whatever it raises undoes the event and parks the twin."""
        turn, twin = self._turn, cell.twin
        before = _encode(twin)
        tells, effects, signals = len(turn.tells), len(turn.effects), len(turn.signals)
        turn.begin(cell.id, event)
        try:
            if entry.type.startswith("due."):
                answer = remind(twin, entry.type[4:])
            else:
                answer = handle(twin, event, turn)
        except Exception as error:  # noqa: BLE001 - a handler may raise anything; its neighbours must not notice
            del turn.tells[tells:], turn.effects[effects:], turn.signals[signals:]
            turn.reminders.clear()
            cell.twin = twin.kind.decode_state(before)
            reason = f"{type(error).__name__}: {error}"
            if entry.type.startswith("ask."):
                # A call is refused to its caller; it parks nobody.
                self._reply(Reply(event.id, error=reason))
                return True
            self._park(cell, entry, reason, applied)
            return False
        book = cell.book
        book.applied += 1
        book.digest = crc32(entry.payload, book.digest)
        applied.events += 1
        if turn.reminders:
            for name, due in turn.reminders.items():
                self.reminders.set(cell.id, name, due)
            turn.reminders.clear()
        if entry.type.startswith("ask."):
            self._reply(Reply(event.id, value=answer))
        return True

    def _remind(self, item: tuple[float, str, str], applied: Applied) -> None:
        due, twin_id, name = item
        cell = self._cell(twin_id)
        cell.position = self.position
        entry = Entry(twin_id, f"due.{name}", Origin.INSIDE, _encode(due))
        if cell.book.parked is not None:
            cell.book.parked.entries.append(entry)
            return
        self._run(cell, self._due_event(cell, entry), entry, applied)

    def _due_event(self, cell: Cell, entry: Entry) -> Event:
        due = msgpack.decode(entry.payload, type=float)
        return Event(
            digest(cell.id, entry.type, repr(due)), entry.type, cell.id, self.now, cell.id, None
        )

    def _reply(self, reply: Reply) -> None:
        self.replies[reply.event_id] = reply
        while len(self.replies) > KEPT_REPLIES:
            self.replies.popitem(last=False)

    # -- poison ------------------------------------------------------------------------------

    def _park(self, cell: Cell, entry: Entry, reason: str, applied: Applied) -> None:
        parked = cell.book.parked
        if parked is None:
            cell.book.parked = Parked(reason, self.position, entry.type, self.now, [entry])
        else:
            parked.entries.append(entry)
        applied.parked.append(cell.id)

    def _operate(self, cell: Cell, entry: Entry, stamp: float, applied: Applied) -> None:
        """What is addressed to the partition about a twin, or to nobody."""
        if entry.type not in (RESUME, SKIP) or entry.origin != Origin.INSIDE:
            applied.refused += 1
            return
        message = msgpack.decode(entry.payload, type=dict[str, Any])
        if not take_id(cell.book, str(message.get("id", "")).encode()):
            applied.repeats += 1
            return
        parked, cell.book.parked = cell.book.parked, None
        if parked is None:
            return
        entries = parked.entries if entry.type == RESUME else parked.entries[1:]
        for index, waiting in enumerate(entries):
            if not self._again(cell, waiting, stamp, applied):
                again = cell.book.parked
                assert again is not None
                again.entries.extend(entries[index + 1 :])
                return

    def _again(self, cell: Cell, entry: Entry, stamp: float, applied: Applied) -> bool:
        """Handle an entry that was parked; it was recognised as new when it came."""
        if entry.type.startswith("due."):
            return self._run(cell, self._due_event(cell, entry), entry, applied)
        try:
            message = cell.twin.kind.handler(entry.type).decode(entry.payload)
        except (msgspec.DecodeError, TwinError) as error:
            self._park(cell, entry, f"{type(error).__name__}: {error}", applied)
            return False
        source = message.source or cell.id
        if message.sequence is not None:
            event_id = f"{source}:{message.boot or 0}:{message.sequence}"
        else:
            event_id = message.id or digest(entry.type, entry.payload.hex())
        at = stamp if message.time is None else message.time
        event = Event(event_id, entry.type, cell.id, at, source, message.data, message.traceparent)
        return self._run(cell, event, entry, applied)

    # -- outputs and checkpoints -------------------------------------------------------------

    def _collect(self, applied: Applied) -> None:
        """Put what the block caused into the outbox, in order."""
        turn = self._turn
        tells: dict[int, list[Entry]] = {}
        for tell in turn.tells:
            payload = encode_message(tell.data, id=tell.id, traceparent=tell.traceparent)
            entry = Entry(tell.to, tell.type, Origin.TWIN, payload)
            tells.setdefault(partition_of(tell.to, self.partitions), []).append(entry)
        for target in sorted(tells):
            self.outbox.tell(self.number, target, self.position, tells[target])
        if turn.effects:
            self.outbox.effects.append(Caused(self.position, list(turn.effects)))
        applied.tells = tells
        applied.effects = list(turn.effects)
        applied.signals = list(turn.signals)

    def begin_cut(self, epoch: int, stream: str, created: float) -> Cut:
        """Begin a checkpoint at the position where the partition stands.

        One at a time: `settle` or nothing must follow before the next one.
        """
        assert self._cut is None, "one checkpoint at a time"
        counts = [self.events, self.repeats, self.refused]
        body = _Body(
            self._chain, self._marks, self._chains, self.outbox, list(self.replies.values()), counts
        )
        head = Head(
            self.number, epoch, self.position, self.now, stream, created, _encode(body), FORMAT
        )
        cut = Cut(head, dict(self._active), *self.reminders.take_changes())
        self._cut = cut
        return cut

    def settle(self, cut: Cut, most: int) -> bool:
        """After the commit: twins not changed since are clean now. True when all are settled."""
        self._cut = None
        cells, position = cut.cells, cut.head.position
        while cells and most > 0:
            twin_id, cell = cells.popitem()
            most -= 1
            if cell.position <= position and self._active.get(twin_id) is cell:
                del self._active[twin_id]
                if cell.size <= self._clean.maxsize:
                    self._clean[twin_id] = cell
        return not cells
