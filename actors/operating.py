"""Operating: what is said to a partition about one of its twins: resume, skip, erase."""

from collections.abc import Callable

import msgspec

from actors.applied import Applied
from actors.block import Entry
from actors.cell import Cell, take_id
from actors.entry import envelope, event_id_of
from actors.erased import ERASE, decode_erase, erase, erase_parts
from actors.hot_twins import HotTwins
from actors.quarantine import RESUME, SKIP, Quarantine
from actors.reminders import Reminders
from twins.handler import Origin


class Operating:
    """Takes the words of `actors.words`; a replay takes them at the same positions."""

    def __init__(
        self, twins: HotTwins, reminders: Reminders, quarantine: Quarantine,
        refuse: Callable[[Entry, str, Applied], None],
    ) -> None:  # fmt: skip
        self._twins = twins
        self._reminders = reminders
        self._quarantine = quarantine
        self._refuse = refuse

    def take(self, entry: Entry, position: int, applied: Applied) -> None:
        """Do what an entry says, or refuse it."""
        if entry.origin != Origin.INSIDE or entry.type not in (ERASE, RESUME, SKIP):
            self._refuse(entry, f"{entry.subject} does not take {entry.type!r} from here", applied)
            return
        cell = self._twins.change(entry.subject, position)
        if entry.type == ERASE:
            self._erase(cell, entry, applied)
            return
        event_id = event_id_of(cell.id, entry, envelope(entry))
        if take_id(cell.book, f"{entry.origin} {event_id}".encode()):
            self._quarantine.release(cell, entry.type, applied)
        else:
            applied.repeats += 1

    def _erase(self, cell: Cell, entry: Entry, applied: Applied) -> None:
        """Let nothing of a person stay in one of her twins; again, it changes nothing."""
        try:
            word = decode_erase(entry.payload).data
        except msgspec.DecodeError as error:
            self._refuse(entry, f"{type(error).__name__}: {error}", applied)
            return
        if erase_parts(cell, word.person):
            applied.events += 1
        elif cell.twin.erased == word.key_id or cell.twin.whose not in (None, word.person):
            applied.repeats += 1
        else:
            for name in self._reminders.of(cell.id):
                self._reminders.set(cell.id, name, None)
            erase(cell, word.key_id)
            applied.events += 1
