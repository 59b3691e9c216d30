"""Parked twins are found by the store's note of them, sealed ones and those of older files too."""

from pathlib import Path

import msgspec
import pytest
from msgspec import json

from actors.block import Entry
from actors.cell import Book
from actors.keyring import Keyring
from actors.parked import PART, Parked, Part, parked_since
from actors.set_aside import read_set_aside
from actors.store.base import Checkpoint, Head, TwinRow
from actors.store.sqlite import SqliteStore
from twins.handler import Origin

ENTRY = Entry("vehicle/v1", "telemetry", Origin.DEVICE, b"{}")
PERSON = "customer/c1"


def book(since: float | None, waiting: int = 1, shelves: int = 0) -> bytes:
    """Of a twin that is parked since then, or of one that is not."""
    if since is None:
        return msgspec.msgpack.encode(Book(applied=3))
    entries = [ENTRY] * waiting
    last = Part([ENTRY], [1.0]) if shelves else None
    parked = Parked("ValueError: 7", 5, "telemetry", since, entries, [1.0] * waiting, last,
                    first=2, end=2 + shelves)  # fmt: skip
    return msgspec.msgpack.encode(Book(parked=parked))


def row(twin_id: str, since: float | None, **parked: int) -> TwinRow:
    """A row as `Cell.row` makes it."""
    state = json.encode({"key": twin_id.partition("/")[2]})
    return TwinRow(twin_id, 5, 1, 0, state, book(since, **parked), since)


def store_with(folder: Path, *rows: TwinRow, keyring: Keyring | None = None) -> SqliteStore:
    """A store of one partition."""
    store = SqliteStore(folder, keyring)
    store.prepare(1)
    persons = {PERSON: PERSON} if keyring is not None else {}
    head = Head(0, 0, 5, 1000.0, "log-0", 500.0, b"body")
    store.commit(Checkpoint(head, rows, persons=persons))
    return store


def test_a_book_says_since_when() -> None:
    """As its own type reads it."""
    for since in (None, 17.5):
        found = msgspec.msgpack.decode(book(since), type=Book).parked

        assert since == parked_since(book(since)) == (None if found is None else found.since)
    assert parked_since(b"\xc1 damaged") is None


def test_they_are_listed_with_what_waits(tmp_path: Path) -> None:
    """By id, a page at a time, only those that the filter finds; a twin that goes on is none."""
    store = store_with(
        tmp_path, row("vehicle/v1", 40.0), row("vehicle/v2", None), row("robot/r1", 50.0),
        row("vehicle/v3", 30.0, waiting=2, shelves=3),
    )  # fmt: skip
    first = read_set_aside(store, 1, "", 2, None)
    second = read_set_aside(store, 1, "", 2, first.cursor)
    cars = read_set_aside(store, 1, "kind = vehicle", 9, None)

    assert ["robot/r1", "vehicle/v1"] == [one.id for one in first.items]
    assert (["vehicle/v3"], None) == ([one.id for one in second.items], second.cursor)
    assert [("vehicle/v1", 1), ("vehicle/v3", 3 + 3 * PART)] == [
        (one.id, one.waiting) for one in cars.items
    ]
    assert (40.0, 5, "telemetry", "ValueError: 7") == (
        cars.items[0].since, cars.items[0].position, cars.items[0].event_type,
        cars.items[0].reason,
    )  # fmt: skip
    assert (3, 2) == (store.count("", parked=True), store.count("kind = vehicle", parked=True))

    head = Head(0, 0, 6, 1001.0, "log-0", 500.0, b"body")
    store.commit(Checkpoint(head, [row("vehicle/v1", None)]))

    assert ["vehicle/v3"] == [one.id for one in read_set_aside(store, 1, "kind = vehicle", 9,
                                                               None).items]  # fmt: skip
    store.close()


def test_the_few_are_found_without_reading_the_many(tmp_path: Path) -> None:
    """By an index of their own."""
    store = store_with(tmp_path, *(row(f"vehicle/v{n}", None) for n in range(50)))
    statements: list[str] = []
    with store._file(0).reading() as db:
        db.set_trace_callback(statements.append)
    store.search("kind = vehicle and exists key", parked=True)
    with store._file(0).reading() as db:
        db.set_trace_callback(None)
        query = next(text for text in statements if "FROM twins" in text)
        plan = str(db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())

    assert "USING INDEX parked" in plan
    store.close()


@pytest.fixture(name="keyring")
def _keyring(tmp_path: Path) -> Keyring:
    """A node's."""
    ring = Keyring(tmp_path / "keys")
    ring.prepare()
    return ring


def test_a_person_s_twin_is_found_though_it_is_sealed(tmp_path: Path, keyring: Keyring) -> None:
    """Why it is parked stands in its book alone, which is sealed with her key."""
    store = store_with(tmp_path / "store", row(PERSON, 40.0), keyring=keyring)
    (found,) = read_set_aside(store, 1, "kind = customer", 9, None).items
    files = b"".join(each.read_bytes() for each in (tmp_path / "store").iterdir())

    assert (PERSON, "ValueError: 7") == (found.id, found.reason)
    assert b"ValueError" not in files
    store.close()


def test_older_files_are_searched_once_when_they_are_upgraded(
    tmp_path: Path, keyring: Keyring
) -> None:
    """Those that were parked before the note was made are found as well, sealed or not."""
    folder = tmp_path / "store"
    rows = [row(PERSON, 40.0), row("vehicle/v1", 30.0), row("vehicle/v2", None)]
    store = store_with(folder, *rows, keyring=keyring)
    with store._file(0).writing() as db:
        db.execute("DROP INDEX parked")
        db.execute("ALTER TABLE twins DROP COLUMN parked")
        db.execute("PRAGMA user_version = 2")
    store.close()
    newer = SqliteStore(folder, keyring)
    newer.prepare(1)

    assert [(PERSON, 40.0), ("vehicle/v1", 30.0)] == [
        (one.id, one.since) for one in read_set_aside(newer, 1, "", 9, None).items
    ]
    newer.close()
