"""Quarantine: twins set aside for what their handler raised, and how they come back.

A parked twin handles nothing. Its events wait in its book, in order, until an operator lets it go
on: with the event that failed (`RESUME`), or without (`SKIP`). What waits is handled under the
position of the operator's word, as a replay does it again.
"""

from collections.abc import Callable

import msgspec

from actors.applied import Applied
from actors.block import Entry
from actors.cell import Cell, Parked
from actors.entry import due_event, envelope, event_id_of, event_of
from twins.errors import TwinError
from twins.event import Event
from twins.outputs import Reply
from twins.turn import Turn

RESUME = "vigil.resume"
SKIP = "vigil.skip"
"""Types by which an operator lets a parked twin go on: with the event that failed, or without."""

Run = Callable[[Cell, Event, Entry, float, Applied], bool]
"""Lets a twin handle one event; False when that parked it."""


class Quarantine:
    """Parks the twins of one partition and lets them go on; the twins' books hold who is parked.

    Args:
        turn: Knows the log's time.
        run: Handles what waited.
        reply: Tells a caller what came of the call.
    """

    def __init__(self, turn: Turn, run: Run, reply: Callable[[Reply], None]) -> None:
        self._turn = turn
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
        parked = cell.book.parked
        if parked is None:
            cell.book.parked = Parked(
                reason, applied.position, entry.type, self._turn.now, [entry], [stamp]
            )
            applied.parked.append(cell.id)
        else:
            parked.add(entry, stamp)
        return False

    def release(self, cell: Cell, word: str, applied: Applied) -> None:
        """Let the twin handle what waits, in order, up to the next event that fails, if any."""
        parked = cell.book.unpark()
        if parked is None:
            return
        waiting = list(zip(parked.entries, parked.stamps, strict=True))
        if word == SKIP:
            del waiting[0]
        for index, (later, its_stamp) in enumerate(waiting):
            if not self._again(cell, later, its_stamp, applied):
                again = cell.book.parked
                assert again is not None
                for rest, rest_stamp in waiting[index + 1 :]:
                    again.add(rest, rest_stamp)
                return

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
