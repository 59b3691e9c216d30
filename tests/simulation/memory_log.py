"""A log in memory: one list a partition, with the log server's stamps and its compare-and-set."""

from msgspec import Struct


class Stored(Struct, frozen=True):
    """One message of the log."""

    stamp: float
    subject: str
    body: bytes


class MemoryLog:
    """The log of one partition. Positions begin at 1."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.messages: list[Stored] = []
        self._last: dict[str, int] = {}

    def at(self, position: int) -> Stored | None:
        """The message at a position; None when it is not there yet."""
        return self.messages[position - 1] if position <= len(self.messages) else None

    def last(self, subject: str) -> tuple[int, bytes] | None:
        """Position and body of the newest message of a subject."""
        position = self._last.get(subject)
        return None if position is None else (position, self.messages[position - 1].body)

    def append(
        self, subject: str, body: bytes, stamp: float, *, after: int | None = None
    ) -> int | None:
        """Store a message and return its position.

        With `after`, only if the newest message of the subject stands there (0: there is none);
        else None.
        """
        if after is not None and self._last.get(subject, 0) != after:
            return None
        self.messages.append(Stored(stamp, subject, body))
        self._last[subject] = len(self.messages)
        return len(self.messages)
