"""Cell: one hot twin of a partition, and the book that the partition keeps about it.

The book travels with the twin in checkpoints: marks that recognise repeats, counts, and what is
parked. A device's numbers are remembered as the highest one and a 64-bit window below it.
"""

import re
from hashlib import blake2b
from math import isfinite
from typing import Any

from msgspec import Struct, json, msgpack

from actors.block import Entry
from actors.entry import effect_id_of
from actors.errors import StoreError
from actors.parked import Parked, Part
from actors.store.base import PLAIN, TwinRow
from twins.errors import Unstorable
from twins.event import Message
from twins.handler import Handler, Origin
from twins.kind import kind_of
from twins.twin import Twin

WINDOW = 64
"""Numbers below the highest that are still recognised; senders keep at most so many in flight."""

_FULL_WINDOW = (1 << WINDOW) - 1

KNOWN_IDS = 32
"""How many ids of a twin's last events are remembered, for senders that give ids, not numbers."""

MAX_SOURCES = 64
"""How many numbering sources beside its own device one twin remembers, for ever: the sensors of a
building, say. What further ones send is recognised by its id, so that they displace nobody."""

_MARK_BYTES = 8
"""Of an effect's id."""

_OVERHEAD = 400
"""Bytes of a hot twin beside its encoded state: objects, dictionary entry; an estimate that the
benchmark's `bytes_per_hot_twin` checks."""


class Marks(Struct, array_like=True):
    """What one source's numbers were."""

    boot: int
    high: int
    window: int
    """Bit i: number high - 1 - i was taken."""


class Book(Struct, array_like=True, omit_defaults=True):
    """All that a partition keeps about a twin beside its state."""

    applied: int = 0
    """Events that it handled."""
    digest: int = 0
    """CRC-32 over the payloads handled, in order: two equal digests handled the same."""
    duplicates: int = 0
    below: int = 0
    """Numbers below the window, or of an earlier boot: neither known nor new, refused."""
    reordered: int = 0
    """Numbers taken after a higher one of the same source."""
    own: Marks | None = None
    """The twin's own numbers (its device is the source)."""
    others: dict[str, Marks] | None = None
    ids: list[int] | None = None
    parked: Parked | None = None
    numbered: int = 0
    """Numbers taken as new, of all sources: what a sender that counts can hold against its own."""
    shelf: Part | None = None
    """Of a shelf: what lies on it."""
    open: bytes | None = None
    """Ids of its effects whose outcome it awaits, 8 bytes each; None when it was made by a version
    that did not note them: then outcomes are recognised among the last ids."""

    def unpark(self) -> None:
        """Let the twin take events again."""
        self.parked = None


_encode = msgpack.Encoder().encode
decode_book = msgpack.Decoder(Book).decode
"""A book as rows of the store hold it, opened."""
# A float of MessagePack whose exponent says infinite or not a number; rarely, other bytes look so.
_maybe_not_finite = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]").search
_PLUS, _MINUS = 0x7F, 0xFF
"""What the exponent of such a float begins with, by its sign."""
_encode_json = json.Encoder().encode


class Cell:
    """One hot twin."""

    __slots__ = ("book", "encoded", "id", "position", "size", "twin", "uncut")

    def __init__(self, twin_id: str, twin: Twin, book: Book, position: int) -> None:
        self.id = twin_id
        self.twin = twin
        self.book = book
        self.position = position
        """Log position of the last event that changed it; at or below the committed one: clean."""
        self.size = _OVERHEAD
        self.uncut = False
        """Whether a checkpoint still has to encode it as it is now, before it changes."""
        self.encoded: bytes | None = None
        """The twin as its last event left it (`encode_state`), while it is active."""

    @classmethod
    def load(cls, row: TwinRow) -> "Cell":
        """A twin as the store holds it; raises `StoreError` for one that is sealed."""
        if row.key_id != PLAIN:
            raise StoreError(
                f"{row.id} is sealed with key {row.key_id}, and the store was opened without a "
                "keyring; give it the node's"
            )
        kind = kind_of(row.id.split("/", 1)[0])
        cell = cls(row.id, kind.restore(row.state, row.schema), decode_book(row.book), row.position)
        cell.size = _OVERHEAD + len(row.state) + len(row.book)
        return cell

    def row(self) -> TwinRow:
        """The twin as the store shall hold it."""
        state = _encode_json(self.twin)
        book = _encode(self.book)
        self.size = _OVERHEAD + len(state) + len(book)
        parked = self.book.parked
        return TwinRow(
            self.id, self.position, self.twin.kind.schema, PLAIN, state, book,
            None if parked is None else parked.since,
        )  # fmt: skip


def encode_state(twin: Twin) -> bytes:
    """Return a twin's state in MessagePack, from which its kind's `decode_state` restores it.

    Raises `Unstorable` for what a checkpoint could not keep: it would come back as another value
    after an eviction or a crash, and a replay would differ.
    """
    try:
        state = _encode(twin)
    except (TypeError, ValueError, OverflowError, NotImplementedError) as error:
        raise Unstorable(f"{twin.id}: its state cannot be stored: {error}") from error
    # The two cheap questions first: this runs with every event.
    odd = (_PLUS in state or _MINUS in state) and _maybe_not_finite(state)
    if odd and not _finite(msgpack.decode(state)):
        raise Unstorable(f"{twin.id}: its state holds a number that is not finite")
    return state


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, dict):
        return all(map(_finite, value)) and all(map(_finite, value.values()))
    return all(map(_finite, value)) if isinstance(value, list) else True


def take_number(book: Book, source: str | None, boot: int, sequence: int) -> bool:
    """Whether this number is new; it is known from then on. Counts what is not taken."""
    if source is None:
        marks = book.own
        if marks is None:
            book.own = Marks(boot, sequence, 0)
            return True
    else:
        others = book.others
        if others is None:
            others = book.others = {}
        marks = others.get(source)
        if marks is None:
            if len(others) >= MAX_SOURCES:
                return take_id(book, f"{source}:{boot}:{sequence}".encode())
            others[source] = Marks(boot, sequence, 0)
            return True
    if boot != marks.boot:
        if boot < marks.boot:
            book.below += 1
            return False
        marks.boot = boot
        marks.high = sequence
        marks.window = 0
        return True
    return _take_in_window(book, marks, sequence)


def _take_in_window(book: Book, marks: Marks, sequence: int) -> bool:
    ahead = sequence - marks.high
    if ahead > 0:
        # A leap is not shifted: a number from outside must not decide how large an integer gets.
        leapt = ahead > WINDOW
        marks.window = 0 if leapt else ((marks.window << 1 | 1) << (ahead - 1)) & _FULL_WINDOW
        marks.high = sequence
        return True
    if ahead < -WINDOW:
        book.below += 1
        return False
    bit = 0 if ahead == 0 else 1 << (-ahead - 1)
    if ahead == 0 or marks.window & bit:
        book.duplicates += 1
        return False
    marks.window |= bit
    book.reordered += 1
    return True


def take_id(book: Book, text: bytes) -> bool:
    """Whether this id is not among the twin's last ones; it is from then on."""
    mark = int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
    ids = book.ids
    if ids is None:
        book.ids = [mark]
        return True
    if mark in ids:
        book.duplicates += 1
        return False
    ids.append(mark)
    if len(ids) > KNOWN_IDS:
        del ids[0]
    return True


def await_outcome(book: Book, effect_id: str) -> None:
    """Note that an effect is open; its outcome, and no other, will be new."""
    mark = bytes.fromhex(effect_id)
    if book.open is not None and _find(book.open, mark) < 0:
        book.open += mark


def take_outcome(book: Book, effect_id: str) -> bool:
    """Whether an effect was still open; it is not from then on."""
    marks = book.open or b""
    try:
        at = _find(marks, bytes.fromhex(effect_id))
    except ValueError:
        at = -1
    if at < 0:
        book.duplicates += 1
        return False
    book.open = marks[:at] + marks[at + _MARK_BYTES :]
    return True


def take_unnumbered(
    book: Book, handler: Handler, entry: Entry, message: Message[Any], event_id: str
) -> bool:
    """Whether an entry that brings no number is new; it is known from then on."""
    if entry.origin == Origin.TWIN:
        return True  # the pair's mark has recognised repeats already
    if handler.outcome and book.open is not None:
        return take_outcome(book, effect_id_of(message, event_id))
    # With the origin, so that a device cannot use up an id before Vigil's own part does.
    return take_id(book, f"{entry.origin} {event_id}".encode())


def _find(marks: bytes, mark: bytes) -> int:
    """Where a mark stands; -1 when it does not."""
    if len(mark) != _MARK_BYTES:
        return -1
    at = marks.find(mark)
    while at % _MARK_BYTES and at >= 0:
        at = marks.find(mark, at + 1)
    return at
