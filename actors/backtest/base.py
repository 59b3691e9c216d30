"""Base: what the twins of one partition were when its history begins.

| the history begins | then its twins |
|---|---|
| with the log itself | begin anew, as they really did |
| after a checkpoint older than the span | are those of the checkpoint |
| later, for the log was trimmed | have what messages told them until today, and measured nothing |

The store keeps one checkpoint a partition, the newest. So the second is what a partition has that
was quiet since; and in the third a twin is known from today alone. What a reading brings, and what
rules remember, is taken from it: the history will say. The rest (an owner, a setting, the fields of
a linked twin) stays, for nothing else knows it; the report says so.
"""

from collections.abc import Iterable

from msgspec import Struct, json, msgpack

from actors.cell import Book
from actors.store.base import PLAIN, Head, ReminderRow, Store, TwinRow
from twins.kind import kind_of
from twins.rules.fields import fields_of

TRIES = 5
"""How often a checkpoint is read that another commit overtakes meanwhile."""

_REMEMBERED = ("stamp", "older", "windows", "record", "watched")
"""Fields of every twin that say what it measured, noticed and told by today."""

_encode = json.Encoder().encode
_NEW_BOOK = msgpack.encode(Book())


class Base(Struct):
    """Where a partition's replay begins."""

    start: int
    """The first position to read."""
    whole: bool = False
    """The log is there from its first position on: whoever is not in it did not exist."""
    head: Head | None = None
    """The checkpoint to begin with."""
    reminders: list[ReminderRow] = []

    def rows(self, rows: Iterable[TwinRow]) -> list[TwinRow]:
        """What twins were at the beginning, by their rows of today.

        A row that was not written since the checkpoint is as it was then.
        """
        head = self.head
        return [
            row if head is not None and row.position <= head.position else hindsight(row)
            for row in rows
        ]

    def guessed(self, row: TwinRow) -> bool:
        """Whether a twin is known from a row of later than the beginning alone."""
        return self.head is None or row.position > self.head.position


def find_base(store: Store, partition: int, first: int, last: int, since: float) -> Base:
    """Where to begin, for a span from `since` on.

    Args:
        store: Of the running node; it is read.
        partition: Which one.
        first: The first position that the log holds.
        last: The last one.
        since: Log time, seconds since the epoch.

    Raises:
        StoreError: The checkpoint is not what was committed.
    """
    whole = first <= 1
    for _ in range(TRIES):
        head = store.head(partition)
        if head is None or head.now > since or head.position + 1 < first:
            break
        if whole and head.position < last:
            break  # twins that changed since are in the log from their beginning on
        store.verify(partition)
        reminders = list(store.reminders(partition))
        again = store.head(partition)
        if again is not None and again.position == head.position:
            return Base(head.position + 1, head=head, reminders=reminders)
    return Base(max(first, 1), whole=whole)


def hindsight(row: TwinRow) -> TwinRow:
    """A twin of today without what it measured and noticed."""
    kind = kind_of(row.id.partition("/")[0])
    twin = kind.restore(row.state, row.schema)
    measured = {name for name, field in fields_of(kind).items() if field.measured}
    new = kind.new(twin.key)
    for name in twin.__struct_fields__:
        if name not in measured and name not in _REMEMBERED:
            setattr(new, name, getattr(twin, name))
    return TwinRow(row.id, 0, kind.schema, PLAIN, _encode(new), _NEW_BOOK)
