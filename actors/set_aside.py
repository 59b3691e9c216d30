"""SetAside: what people are told of a twin that is parked, read from its book in the store."""

from collections.abc import Iterable

from msgspec import Struct

from actors.cell import decode_book
from actors.parked import PART
from actors.store.base import Store, TwinRow
from twins.ids import partition_of


class SetAside(Struct):
    """One twin that is parked, as of its partition's last checkpoint."""

    id: str
    since: float
    """Log time, seconds since the epoch."""
    position: int
    """Log position of the event that failed."""
    event_type: str
    reason: str
    waiting: int
    """Events that wait, the one that failed among them. What lies on shelves is counted as full
    parts of 64; large events make a part full earlier."""
    going: bool
    """Somebody let it go on, and what waits is being handled."""


class SetAsidePage(Struct):
    """Some of them, by id."""

    items: list[SetAside]
    cursor: str | None
    """Give it back to go on; None at the end."""
    as_of: float
    """The oldest checkpoint that was read, seconds since the epoch."""


def read_set_aside(
    store: Store, partitions: int, where: str, limit: int, cursor: str | None
) -> SetAsidePage:
    """Find those that a filter finds, and read why; blocks. Raises `BadFilter`.

    Twins that go on between the search and the reading are left out.
    """
    page = store.search(where, limit=limit, cursor=cursor, parked=True)
    by_partition: dict[int, list[str]] = {}
    for found in page.items:
        by_partition.setdefault(partition_of(found.id, partitions), []).append(found.id)
    rows: list[TwinRow] = []
    for partition, ids in by_partition.items():
        rows += store.twins(partition, ids)
    return SetAsidePage(sorted(_told(rows), key=lambda one: one.id), page.cursor, page.as_of)


def _told(rows: Iterable[TwinRow]) -> Iterable[SetAside]:
    for row in rows:
        parked = decode_book(row.book).parked
        if parked is None:
            continue
        last = parked.last
        waiting = len(parked.entries) + (0 if last is None else len(last.entries))
        yield SetAside(
            row.id, parked.since, parked.position, parked.event_type, parked.reason,
            waiting + PART * (parked.end - parked.first), parked.going,
        )  # fmt: skip
