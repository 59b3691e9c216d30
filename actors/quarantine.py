"""Quarantine: twins set aside for what their handler raised, and how they come back.

A parked twin handles nothing. Its events wait, in order, until an operator lets it go on: with
the event that failed (`RESUME`), or without (`SKIP`). The first part of what waits is handled
under the position of the operator's word, each further one under that of a reminder which the
quarantine sets itself, so that a long queue holds up nobody; a replay does the same.
"""

from collections.abc import Callable

import msgspec

from actors.applied import Applied
from actors.block import Entry
from actors.cell import Cell
from actors.entry import due_event, envelope, event_id_of, event_of
from actors.hot_twins import HotTwins
from actors.parked import Parked, Part
from actors.reminders import Reminders
from actors.shelf import Shelf, shelf_id
from twins.errors import TwinError
from twins.event import Event
from twins.outputs import Reply
from twins.turn import Turn

RESUME = "vigil.resume"
SKIP = "vigil.skip"
"""Types by which an operator lets a parked twin go on: with the event that failed, or without."""

FURTHER = "vigil.further:"
"""Name, with a shelf's number behind it, of the reminder that lets the next part be handled."""

Run = Callable[[Cell, Event, Entry, float, Applied], bool]
"""Lets a twin handle one event; False when that parked it."""


class Quarantine:
    """Parks the twins of one partition and lets them go on; the twins' books hold who is parked.

    Args:
        turn: Knows the log's time.
        twins: Those in memory.
        reminders: Of the partition.
        run: Handles what waited.
        reply: Tells a caller what came of the call.
    """

    def __init__(
        self,
        turn: Turn,
        twins: HotTwins,
        reminders: Reminders,
        run: Run,
        reply: Callable[[Reply], None],
    ) -> None:
        self._turn = turn
        self._twins = twins
        self._reminders = reminders
        self._run = run
        self._reply = reply

    def park(self, cell: Cell, entry: Entry, reason: str, stamp: float, applied: Applied) -> bool:
        """Set the twin aside; a call is refused to its caller instead, and parks nobody.

        Returns whether the twin may go on.
        """
        if entry.type.startswith("ask."):
            event_id = event_id_of(cell.id, entry, envelope(entry))
            self._reply(Reply(event_id, error=reason))
            return True
        if cell.book.parked is None:
            cell.book.parked = Parked(
                reason, applied.position, entry.type, self._turn.now, [entry], [stamp]
            )
            applied.parked.append(cell.id)
        else:
            self.wait(cell, cell.book.parked, entry, stamp, applied)
        return False

    def wait(
        self, cell: Cell, parked: Parked, entry: Entry, stamp: float, applied: Applied
    ) -> None:
        """Let an entry wait behind all others; a part that is full goes onto a shelf."""
        last = parked.last
        if last is None:
            first = Part(parked.entries, parked.stamps)
            if not first.full:
                first.add(entry, stamp)
                return
            last = parked.last = Part([], [])
        elif last.full:
            shelf = self._twins.change(shelf_id(cell.id, parked.end), applied.position)
            assert isinstance(shelf.twin, Shelf)
            shelf.twin.owner, shelf.twin.person = cell.id, cell.twin.whose
            shelf.book.shelf = last
            parked.end += 1
            last = parked.last = Part([], [])
        last.add(entry, stamp)

    def release(self, cell: Cell, word: str, applied: Applied) -> None:
        """Let the twin handle what waits, in order, up to the next event that fails, if any."""
        parked = cell.book.parked
        if parked is None or parked.going:
            return
        if word == SKIP:
            del parked.entries[0], parked.stamps[0]
        self._handle(cell, parked, Part(parked.entries, parked.stamps), applied)

    def go_on(self, cell: Cell, applied: Applied) -> None:
        """Let a twin that was released handle the next part."""
        parked = cell.book.parked
        assert parked is not None, f"{cell.id} goes on, and is not parked"
        assert parked.going, f"{cell.id} goes on, and nobody released it"
        part: Part | None
        if parked.first < parked.end:
            shelf = self._twins.change(shelf_id(cell.id, parked.first), applied.position)
            part, shelf.book.shelf = shelf.book.shelf, None
            parked.first += 1
        else:
            part, parked.last = parked.last, None
        assert part is not None, f"{cell.id}: what waits is not where it was put"
        self._handle(cell, parked, part, applied)

    def _handle(self, cell: Cell, parked: Parked, part: Part, applied: Applied) -> None:
        """Handle one part; `parked` keeps what waits behind it."""
        cell.book.unpark()
        waiting = list(zip(part.entries, part.stamps, strict=True))
        for index, (entry, stamp) in enumerate(waiting, 1):
            if not self._again(cell, entry, stamp, applied):
                again = cell.book.parked
                assert again is not None
                again.entries += part.entries[index:]
                again.stamps += part.stamps[index:]
                again.last, again.first, again.end = parked.last, parked.first, parked.end
                return
        if parked.last is not None:
            parked.entries, parked.stamps, parked.going = [], [], True
            cell.book.parked = parked
            self._reminders.set(cell.id, f"{FURTHER}{parked.first}", self._turn.now)

    def _again(self, cell: Cell, entry: Entry, stamp: float, applied: Applied) -> bool:
        """Handle an entry that was parked; it was recognised as new when it came."""
        if entry.type.startswith("due."):
            event = due_event(cell.id, entry, self._turn.now)
            return self._run(cell, event, entry, stamp, applied)
        try:
            message = cell.twin.kind.handler(entry.type).decode(entry.payload)
        except (msgspec.DecodeError, TwinError) as error:
            return self.park(cell, entry, f"{type(error).__name__}: {error}", stamp, applied)
        event_id = event_id_of(cell.id, entry, message)
        event = event_of(cell.id, entry, message, event_id, stamp)
        return self._run(cell, event, entry, stamp, applied)
