"""Those who send: they keep what is not acknowledged, send it again, and send it twice.

Each keeps to what its class of messages demands: a numbered device has at most so many numbers
in flight; ids of one twin stay near enough to each other that 32 remembered ids are enough.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from actors.block import Entry
from twins.event import encode_message
from twins.handler import Origin

Make = Callable[[int], tuple[str, Any]]
"""Makes (type, data) of a device's message number so and so."""

LANE = 14
"""How far the ids of one twin may run ahead of one that is not acknowledged."""


class Numbered:
    """A device, or another source, that numbers its messages.

    Args:
        subject: The twin.
        source: Who numbers; None for the twin's own device.
        flight: How many may be in flight, 1 to 64.
        make: Makes the messages.
    """

    def __init__(
        self, subject: str, source: str | None, flight: int, make: Make, chance: Random
    ) -> None:
        self.subject, self.source, self.flight = subject, source, flight
        self._make, self._chance = make, chance
        self.boot = 1
        self._next = 0
        self._unacked: dict[int, Entry] = {}
        self._sent: list[Entry] = []
        self.acknowledged: set[str] = set()
        """Ids of events that the log has, as far as it was told."""
        self.abandoned: set[str] = set()
        """Ids of events that a restart made it forget; they count at most once."""

    def create(self) -> None:
        """Have something new to say, if not too much is in flight."""
        if self._unacked and self._next - min(self._unacked) >= self.flight:
            return
        event_type, data = self._make(self._next)
        payload = encode_message(data, source=self.source, boot=self.boot, sequence=self._next)
        entry = Entry(self.subject, event_type, Origin.DEVICE, payload)
        self._unacked[self._next] = entry
        self._sent.append(entry)
        self._next += 1

    def reboot(self) -> None:
        """Lose the memory of what is in flight, and count anew."""
        self.abandoned.update(map(self._event_id, self._unacked))
        self._unacked.clear()
        self.boot += 1
        self._next = self._chance.randint(0, 3)

    def again(self) -> Entry | None:
        """Something that was sent before, however long ago."""
        return self._chance.choice(self._sent) if self._sent else None

    def waiting(self) -> list[int]:
        """Numbers to send."""
        return list(self._unacked)

    def message(self, number: int) -> tuple[Entry, Callable[[int], None]]:
        """A message to send, and what to call with its position."""
        entry, boot, event_id = self._unacked[number], self.boot, self._event_id(number)

        def ack(_position: int) -> None:
            self.acknowledged.add(event_id)
            if self.boot == boot:
                self._unacked.pop(number, None)

        return entry, ack

    def _event_id(self, number: int) -> str:
        return f"{self.source or self.subject}:{self.boot}:{number}"


class Lane:
    """All senders of one twin that give ids and no numbers, or neither: one order of ids."""

    def __init__(self, subject: str, chance: Random) -> None:
        self.subject = subject
        self._chance = chance
        self._entries: list[Entry] = []
        self._unacked: dict[int, None] = {}
        self._highest = 0
        self.acknowledged: dict[int, int] = {}
        """Index -> position."""

    def add(self, entry: Entry) -> int:
        """Have one more to send; returns its index."""
        self._unacked[len(self._entries)] = None
        self._entries.append(entry)
        return len(self._entries) - 1

    def entry(self, index: int) -> Entry:
        """One of the messages."""
        return self._entries[index]

    def again(self) -> Entry | None:
        """One that was acknowledged not long ago."""
        near = [index for index in self.acknowledged if index > self._highest - LANE // 2]
        return self._entries[self._chance.choice(near)] if near else None

    def waiting(self) -> list[int]:
        """Indexes to send: those that do not run ahead too far."""
        first = next(iter(self._unacked), 0)
        return [index for index in self._unacked if index < first + LANE]

    def message(self, index: int) -> tuple[Entry, Callable[[int], None]]:
        """A message to send, and what to call with its position."""
        self._highest = max(self._highest, index)

        def ack(position: int) -> None:
            self.acknowledged[index] = position
            self._unacked.pop(index, None)

        return self._entries[index], ack
