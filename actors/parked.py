"""Parked: a twin set aside, and the events that wait for it to go on.

They wait in parts of bounded size, each handled in one go. The first and the last part lie in the
twin's book; the full ones between them on shelves (`actors.shelf`), out of memory. So a twin that
stays parked for a week costs no more memory than one that was parked a minute ago, and nothing
that was acknowledged is dropped.
"""

from typing import Any, Final

from msgspec import DecodeError, Struct, msgpack

from actors.block import Entry

PART = 64
"""Events of a part. A part is also what is handled before the others of the partition go on."""

PART_BYTES = 256 * 1024
"""A part that has so many bytes takes no further event; it is written anew with a checkpoint
whenever one was added."""


_IN_BOOK: Final = 8
"""Where a book has its `parked`."""
_SINCE: Final = 3
"""Where that has its `since`."""


def parked_since(book: bytes) -> float | None:
    """Since when the twin of a book (MessagePack) is set aside, for stores that did not note it."""
    try:
        found: list[Any] = msgpack.decode(book)
    except DecodeError:
        return None  # a damaged book is told of by its partition, when it needs the twin
    parked = found[_IN_BOOK] if len(found) > _IN_BOOK else None
    return None if parked is None else float(parked[_SINCE])


class Part(Struct, array_like=True):
    """Some of what waits, in order."""

    entries: list[Entry]
    stamps: list[float]
    """The log server's stamp of each entry: the time of those that bring none."""

    @property
    def full(self) -> bool:
        """Whether a further entry belongs into another part."""
        entries = self.entries
        if len(entries) >= PART:
            return True
        return sum(len(entry.payload) for entry in entries) >= PART_BYTES

    def add(self, entry: Entry, stamp: float) -> None:
        """Let one more entry wait."""
        self.entries.append(entry)
        self.stamps.append(stamp)


class Parked(Struct, array_like=True):
    """A twin set aside, and what waits.

    In order: `entries`, the parts of the shelves `first` to `end`, and `last`.
    """

    reason: str
    position: int
    """Log position of the event that failed."""
    event_type: str
    since: float
    entries: list[Entry]
    """First the one that failed, then later ones in order."""
    stamps: list[float]
    last: Part | None = None
    """The newest; None when nothing waits beyond `entries`."""
    first: int = 0
    end: int = 0
    """Shelves used: `first` up to, but not, `end`; none without a `last` part."""
    going: bool = False
    """An operator let it go on: `entries` are handled, the rest follows part by part."""
