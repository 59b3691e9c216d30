"""Partition: the pure heart. It applies blocks of the log to twins, and says what follows.

    outputs = partition.apply(block, position, stamp)

It reads no clock, no chance, no network and no file, so that a replay gives the same state and
the same outputs with the same ids. Everything around it (host, checkpoints, effects) rests on this
one property. Before `apply`, the twins that `needed` names must have been given with `load`.
"""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

import msgspec
from msgspec import msgpack

from actors.applied import Applied
from actors.block import Block, Entry
from actors.cell import Cell, await_outcome, encode_state, take_number, take_unnumbered
from actors.chains import Chains
from actors.cut import Body, Cut, decode_body
from actors.entry import due_event, envelope, event_id_of, event_of
from actors.errors import Fenced, Gap, Overrun, UnknownFormat
from actors.hot_twins import HotTwins
from actors.in_force import InForce
from actors.keys import Key, Keys, Opened, seal_reply
from actors.operating import Operating
from actors.outbox import Outbox
from actors.outputs import Outputs
from actors.quarantine import FURTHER, Quarantine
from actors.reminders import Reminders
from actors.replies import Replies
from actors.shelf import shelf_id
from actors.store.base import FORMAT, READS, Head, ReminderRow, TwinRow
from actors.verdicts import Verdicts
from twins.errors import TwinError
from twins.event import Event, Message
from twins.handler import Origin
from twins.kind import kind_of
from twins.outputs import Reply
from twins.rulebook.messages import PUBLISHED
from twins.turn import Turn, enter, leave
from twins.twin import handle, remind

_encode = msgpack.Encoder().encode


class Partition:
    """A fixed share of all twins; the unit of order, ownership and recovery.

    Args:
        number: Which partition it is.
        partitions: How many there are.
        hot_bytes: How much memory clean twins may take before the least recently used leave.
        keys: What persons' data leaves sealed with; None: nothing is sealed.
    """

    def __init__(
        self,
        number: int,
        partitions: int,
        hot_bytes: int = 256 * 1024 * 1024,
        keys: Keys | None = None,
    ) -> None:
        self._keys = keys
        self.number = number
        self.partitions = partitions
        self.position = 0
        self.now = 0.0
        self.outbox = Outbox()
        self.reminders = Reminders()
        self.replies = Replies()
        self.events = 0
        self.repeats = 0
        self.refused = 0
        self._chains = Chains()
        self._renew_to: int | None = None
        self._twins = HotTwins(hot_bytes)
        self.in_force = InForce(number)
        self.verdicts = Verdicts()
        self._turn = Turn()
        self._turn.rules = self.in_force.rules
        self._outputs = Outputs(self._turn, partitions)
        self._quarantine = Quarantine(
            self._turn, self._twins, self.reminders, self._run, self.replies.keep
        )
        self._operating = Operating(self._twins, self.reminders, self._quarantine, self._refuse)

    # -- restoring ---------------------------------------------------------------------------

    def restore(self, head: Head, reminders: Iterable[ReminderRow]) -> None:
        """Take over a checkpoint; its twins come later, when they are needed.

        Raises `UnknownFormat` for a head of another format or partition.
        """
        if head.format not in READS or head.partition != self.number:
            raise UnknownFormat(
                f"partition {self.number} cannot begin with a checkpoint of partition "
                f"{head.partition} in format {head.format}; this version reads {READS}"
            )
        body = decode_body(head.body)
        self.position, self.now = head.position, head.now
        self._chains = Chains(body.chain, body.marks, body.chains)
        self.outbox = body.outbox
        self.replies.restore(body.replies)
        self.events, self.repeats, self.refused = body.counts
        self.reminders.load(reminders)
        self.in_force.known = False

    def renew(self, position: int) -> None:
        """Begin the chains to all partitions anew, until they have heard of a position.

        A checkpoint from before somebody was erased does not make again what she had caused, so
        messages after it are others than those that were sent before. What was sent before has
        lower positions than `position`, the first that the log gets from now on. Until then there
        is no checkpoint: whoever takes over in the midst of it has to begin as this one did.
        """
        self._renew_to = position

    @property
    def renewing(self) -> bool:
        """Whether chains still have to begin anew."""
        return self._renew_to is not None

    @property
    def running(self) -> Event | None:
        """The event that is being handled, or was last; its subject is the twin. Any thread."""
        return self._turn.event

    def needed(self, block: Block, stamp: float) -> list[str]:
        """Twins that applying this block touches and that are not in memory, each once.

        Those that are stay there until it is applied, whatever a checkpoint settles meanwhile.
        """
        ids = dict.fromkeys(entry.subject for entry in block.entries)
        for due in self.reminders.peek(max(self.now, stamp)):
            ids[due.twin_id] = None
            if due.name.startswith(FURTHER):
                ids[shelf_id(due.twin_id, int(due.name[len(FURTHER) :]))] = None
        if self.in_force.wanted:
            ids[self.in_force.address] = None
        return self._twins.pin(ids)

    def load(self, rows: Iterable[TwinRow]) -> None:
        """Give twins that `needed` named; those without a row begin anew.

        A twin that is in memory stays as it is: it is never older than its row. Raises `Fenced`
        for a row of a later position: only another owner can have written it, and what came of it
        here would be neither its state nor ours.
        """
        rows = list(rows)
        for row in rows:
            if row.position > self.position:
                raise Fenced(
                    f"partition {self.number} stands at {self.position}, and the store holds "
                    f"{row.id} at {row.position}: somebody else owns the partition; stop"
                )
        self._twins.load(rows)

    def peek(self, twin_id: str) -> Cell | None:
        """The twin if it is in memory, without any effect on how long it stays there."""
        return self._twins.peek(twin_id)

    def changed_since(self, position: int) -> list[str]:
        """Those of the twins in memory that changed at a position or later, and are not settled."""
        return [cell.id for cell in self._twins.active.values() if cell.position >= position]

    @property
    def hot(self) -> tuple[int, int]:
        """Twins in memory, and the bytes they are taken to use."""
        return self._twins.size

    @property
    def dirty(self) -> int:
        """Twins changed since the last committed checkpoint, at most."""
        return len(self._twins.active)

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
        fresh = self._chains.follow(self.number, block, body, position)
        self.position = position
        self.now = max(self.now, stamp)
        turn = self._turn
        turn.now, turn.position = self.now, position
        self._outputs.clear()
        self.verdicts.begin(position)
        if not self.in_force.known:
            self.in_force.take(self._twins.peek(self.in_force.address))
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
            self._twins.unpin()
        touched = dict.fromkeys(entry.subject for entry in block.entries)
        for item in due:
            touched[item.twin_id] = None
        applied.touched = list(touched)
        self._outputs.collect(self.number, self.outbox, applied, self._renew_to)
        if self._renew_to is not None and position >= self._renew_to:
            self._renew_to = None
        self.events += applied.events
        self.repeats += applied.repeats
        self.refused += applied.refused
        return applied

    def _take(self, entry: Entry, stamp: float, applied: Applied) -> None:
        """Apply one entry: recognise repeats, then handle, park or refuse it."""
        try:
            known = self._twins.active.get(entry.subject)
            kind = known.twin.kind if known else kind_of(entry.subject.partition("/")[0])
            handler = kind.handlers.get(entry.type)
            if handler is None or entry.origin < handler.least:
                self._operating.take(entry, self.position, applied)
                return
            cell = self._twins.change(entry.subject, self.position)
        except TwinError as error:
            self._refuse(entry, f"{type(error).__name__}: {error}", applied)
            return
        if type(entry) is Opened and entry.key_id == cell.twin.erased:
            applied.refused += 1  # it was erased with all else that its key sealed
            return
        message: Message[Any]
        problem = None
        try:
            message = handler.decode(entry.payload)
        except msgspec.DecodeError as error:
            problem = f"{type(error).__name__}: {error}"
            message = envelope(entry)
        book = cell.book
        event_id = event_id_of(cell.id, entry, message)
        if message.sequence is not None:
            new = take_number(book, message.source, message.boot or 0, message.sequence)
            book.numbered += new
        else:
            new = take_unnumbered(book, handler, entry, message, event_id)
        if not new:
            applied.repeats += 1
            return
        parked = book.parked
        if parked is not None and entry.type.startswith("ask."):
            problem = f"{cell.id} is parked since position {parked.position}: {parked.reason}"
        if problem is not None:
            self._quarantine.park(cell, entry, problem, stamp, applied)
            return
        if parked is not None:
            self._quarantine.wait(cell, parked, entry, stamp, applied)
            return
        self._run(cell, event_of(cell.id, entry, message, event_id, stamp), entry, stamp, applied)

    def _refuse(self, entry: Entry, reason: str, applied: Applied) -> None:
        """Count an entry that nobody takes; a caller learns why."""
        applied.refused += 1
        if entry.type.startswith("ask.") and entry.origin == Origin.INSIDE:
            event_id = event_id_of(entry.subject, entry, envelope(entry))
            self.replies.keep(Reply(event_id, error=reason))

    def _key(self, cell: Cell, entry: Entry) -> Key | None:
        """What leaves a twin is sealed with: its person's key, else that of what caused it."""
        if self._keys is None:
            return None
        person = cell.twin.whose
        if person is not None:
            return self._keys.of(person)
        return self._keys.get(entry.key_id) if type(entry) is Opened else None

    def _run(self, cell: Cell, event: Event, entry: Entry, stamp: float, applied: Applied) -> bool:
        """Let the twin handle one event; whatever it raises undoes the event and parks the twin.

        What the event leaves behind (state, outputs, answer) is encoded here, as it is now: what
        cannot be encoded is the handler's failure too, and later events cannot change it.
        """
        if self.verdicts.active:
            reason = self.verdicts.on(cell.id, event.id)
            if reason is not None:
                return self._quarantine.park(cell, entry, reason, stamp, applied)
        turn, twin, outputs = self._turn, cell.twin, self._outputs
        before = cell.encoded or encode_state(twin)
        told, tells, effects, signals = (
            len(outputs.told), len(turn.tells), len(turn.effects), len(turn.signals)
        )  # fmt: skip
        turn.begin(cell.id, event, cell.book.applied)
        try:
            if entry.type.startswith("due."):
                answer = None
                remind(twin, entry.type[4:])
            else:
                answer = handle(twin, event, turn)
            after = encode_state(twin)
            if len(turn.tells) > tells or len(turn.effects) > effects or turn.signals:
                of = None if self._keys is None or twin.whose is not None else self._keys.of
                outputs.keep(cell.id, tells, effects, signals, self._key(cell, entry), of)
            if entry.type.startswith("ask."):
                reply = Reply(event.id, value=msgpack.decode(_encode(answer)))
                key = self._key(cell, entry)
                self.replies.keep(reply if key is None else seal_reply(reply, key))
        except MemoryError as error:
            # It depends on the machine: a replay elsewhere might go on.
            raise Overrun(cell.id, event.id, "it took more memory than there is") from error
        except Exception as error:  # noqa: BLE001 - a handler may raise anything; its neighbours must not notice
            outputs.undo(told, tells, effects, signals)
            cell.twin = twin.kind.decode_state(before)
            cell.encoded = before
            return self._quarantine.park(
                cell, entry, f"{type(error).__name__}: {error}", stamp, applied
            )
        cell.encoded = after
        book = cell.book
        book.applied += 1
        book.digest = crc32(entry.payload, book.digest)
        applied.events += 1
        if turn.fired:
            applied.firings += turn.fired
        if (
            turn.reminders or turn.hits or len(turn.effects) > effects or entry.type == PUBLISHED
        ):  # fmt: skip
            self._follow_up(cell, entry, tells, effects, applied)
        return True

    def _follow_up(
        self, cell: Cell, entry: Entry, tells: int, effects: int, applied: Applied
    ) -> None:
        """Take over what a handler that returned has left behind beside state and outputs."""
        turn = self._turn
        for effect in turn.effects[effects:]:
            if f"{effect.name}.done" in cell.twin.kind.handlers:
                await_outcome(cell.book, effect.id)
        for name, due in turn.reminders.items():
            self.reminders.set(cell.id, name, due)
        turn.reminders.clear()
        if turn.hits:
            own = self._twins.change(self.in_force.address, self.position)  # `needed` names it
            self.in_force.note(own, turn.hits)
            turn.hits.clear()
        if entry.type == PUBLISHED and cell.id == self.in_force.address:
            self.in_force.take(cell)
            applied.rules += [tell.data for tell in turn.tells[tells:]]

    def _remind(self, item: ReminderRow, applied: Applied) -> None:
        cell = self._twins.change(item.twin_id, self.position)
        if item.name.startswith(FURTHER):
            self._quarantine.go_on(cell, applied)
            return
        entry = Entry(item.twin_id, f"due.{item.name}", Origin.INSIDE, _encode(item.due))
        parked = cell.book.parked
        if parked is not None:
            self._quarantine.wait(cell, parked, entry, self.now, applied)
            return
        self._run(cell, due_event(cell.id, entry, self.now), entry, self.now, applied)

    # -- checkpoints -------------------------------------------------------------------------

    def begin_cut(self, epoch: int, stream: str, created: float) -> Cut:
        """Begin a checkpoint at the position where the partition stands.

        One at a time: commit it, trying again if need be, and `settle` it before the next one;
        the changes that it holds are in no later one.
        """
        assert self._twins.cut is None, "one checkpoint at a time"
        counts, chains = [self.events, self.repeats, self.refused], self._chains
        body = Body(
            chains.head, chains.marks, chains.heads, self.outbox, list(self.replies.values()),
            counts,
        )  # fmt: skip
        head = Head(
            self.number, epoch, self.position, self.now, stream, created, _encode(body), FORMAT
        )
        cut = Cut(head, dict(self._twins.active), *self.reminders.take_changes())
        self._twins.cut = cut
        return cut

    def settle(self, cut: Cut, most: int) -> bool:
        """After the commit: twins not changed since are clean now. True when all are settled."""
        return self._twins.settle(cut, most)
