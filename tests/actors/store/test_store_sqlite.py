"""What only `SqliteStore` has: its files, their damage, its indexes and its chain."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_kit import PARTITIONS, head, twin

from actors.errors import BadFilter, PartitionsDiffer, StoreError, UnknownFormat
from actors.store import sqlite, sqlite_verdicts
from actors.store.base import Checkpoint, Ownership, ReminderRow, TwinRow, Verdict
from actors.store.sqlite import SqliteStore
from actors.store.sqlite_file import SqliteFile


def _new(folder: Path) -> SqliteStore:
    store = SqliteStore(folder)
    store.prepare(PARTITIONS)
    store.assign(0, Ownership(0, gateway="g1", host="h1"))
    return store


@pytest.fixture
def own(tmp_path: Path) -> Iterator[SqliteStore]:
    """A prepared store of four partitions; partition 0 has epoch 1."""
    store = _new(tmp_path)
    yield store
    store.close()


def _tamper(path: Path, statement: str) -> None:
    """Change a file behind the store's back."""
    db = sqlite3.connect(path)
    with db:
        db.execute(statement)
    db.close()


# --- files ---


@pytest.mark.parametrize("partition", [0, 2])
def test_lost_file_is_not_made_anew(own: SqliteStore, tmp_path: Path, partition: int) -> None:
    """A partition whose file is gone is an error that names it, not an empty partition."""
    own.close()
    lost = tmp_path / f"p-{partition:03d}.db"
    lost.unlink()

    with pytest.raises(StoreError, match=rf"p-00{partition}\.db: missing.*from a backup"):
        SqliteStore(tmp_path).prepare(PARTITIONS)

    assert not lost.exists()


def test_file_in_anothers_place_is_noticed(own: SqliteStore, tmp_path: Path) -> None:
    """A file knows which partition it holds."""
    own.close()
    (tmp_path / "p-001.db").replace(tmp_path / "p-002.db")
    (tmp_path / "p-003.db").replace(tmp_path / "p-001.db")
    (tmp_path / "p-002.db").replace(tmp_path / "p-003.db")
    SqliteFile(tmp_path / "p-002.db", schema=sqlite.SCHEMA, version=1).create()

    with pytest.raises(StoreError, match=r"p-001\.db: holds partition 3"):
        SqliteStore(tmp_path).prepare(PARTITIONS)


def test_interrupted_prepare_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until all files are made nobody can use the store; preparing again makes the rest."""
    create = SqliteFile.create

    def fail_at_two(file: SqliteFile) -> None:
        if file.path.name == "p-002.db":
            raise KeyboardInterrupt
        create(file)

    store = SqliteStore(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(SqliteFile, "create", fail_at_two)
        with pytest.raises(KeyboardInterrupt):
            store.prepare(PARTITIONS)
    with pytest.raises(StoreError, match="not prepared to the end"):
        store.head(0)
    with pytest.raises(PartitionsDiffer, match="made for 4 partitions, not for 2"):
        store.prepare(2)

    store.prepare(PARTITIONS)

    assert store.head(3) is None
    store.close()


def test_unprepared_store_says_so(tmp_path: Path) -> None:
    """The error names the file and what to do."""
    with pytest.raises(StoreError, match=r"p-000\.db: missing; prepare the store"):
        SqliteStore(tmp_path).head(0)


def test_folder_is_made(tmp_path: Path) -> None:
    """A first start needs no preparation by hand."""
    store = SqliteStore(tmp_path / "new" / "store")

    store.prepare(1)

    assert store.head(0) is None
    store.close()


def test_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    """The error names the file and what to check."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError, match=r"file/store/p-000\.db.*check who may write"):
        SqliteStore(tmp_path / "file" / "store").prepare(1)


@pytest.mark.parametrize("garbage", [b"\0" * 100, b"not a database at all" * 500])
def test_damaged_file_names_file_and_remedy(
    own: SqliteStore, tmp_path: Path, garbage: bytes
) -> None:
    """Somebody who reads the error knows which file to restore."""
    own.close()
    path = tmp_path / "p-000.db"
    path.write_bytes(garbage + path.read_bytes()[len(garbage) :])

    with pytest.raises(StoreError, match=r"p-000\.db: damaged; .*restore the file from a backup"):
        SqliteStore(tmp_path).head(0)


def test_truncated_file_is_no_empty_partition(own: SqliteStore, tmp_path: Path) -> None:
    """SQLite takes an empty file for an empty database; we do not."""
    own.close()
    (tmp_path / "p-001.db").write_bytes(b"")

    with pytest.raises(StoreError, match=r"p-001\.db: not a file of this store"):
        SqliteStore(tmp_path).prepare(PARTITIONS)


def test_damaged_page_is_found_by_a_deep_check(own: SqliteStore, tmp_path: Path) -> None:
    """Damage that no query has met yet."""
    own.commit(Checkpoint(head(), [twin(f"vehicle/v{n}", pad="x" * 500) for n in range(500)]))
    own.close()
    path = tmp_path / "p-000.db"
    body = bytearray(path.read_bytes())
    middle = len(body) // 2 // 8192 * 8192
    body[middle : middle + 8192] = b"\xaa" * 8192
    path.write_bytes(body)
    store = SqliteStore(tmp_path)

    with pytest.raises(StoreError, match=r"p-000\.db.*restore the file from a backup"):
        store.verify(0, deep=True)
    store.close()


def test_file_of_another_version_is_refused(own: SqliteStore, tmp_path: Path) -> None:
    """Files of a newer layout are neither read nor written."""
    own.close()
    _tamper(tmp_path / "p-000.db", "PRAGMA user_version = 9")

    with pytest.raises(UnknownFormat, match=r"p-000\.db: format 9; this version of Vigil reads 3"):
        SqliteStore(tmp_path).prepare(PARTITIONS)


def _older(folder: Path) -> None:
    """Make a store what the first version left behind."""
    for file in folder.glob("p-*.db"):
        for statement in (
            "DROP TABLE verdicts", "DROP TABLE trial", "UPDATE head SET format = 1",
            "DROP INDEX parked", "ALTER TABLE twins DROP COLUMN parked", "PRAGMA user_version = 1",
        ):  # fmt: skip
            _tamper(file, statement)


def test_older_files_are_upgraded(own: SqliteStore, tmp_path: Path) -> None:
    """`prepare` brings them to this version's layout, and all that they hold stays."""
    own.commit(Checkpoint(head(3), [twin("vehicle/v1")], [ReminderRow(1.0, "vehicle/v1", "wake")]))
    own.close()
    _older(tmp_path)
    with pytest.raises(UnknownFormat, match=r"p-000\.db: format 1; this version of Vigil reads 3"):
        SqliteStore(tmp_path).head(0)
    for _ in range(2):
        store = SqliteStore(tmp_path)
        store.prepare(PARTITIONS)
        store.condemn(0, "h1", Verdict(3, "vehicle/v1", "e1", "it looped"))
        kept = store.head(0)
        assert kept is not None

        assert (3, 1) == (kept.position, kept.format)
        assert [twin("vehicle/v1")] == store.twins(0, ["vehicle/v1"])
        assert [3] == [verdict.position for verdict in store.verdicts(0)]
        store.close()


def test_an_interrupted_upgrade_leaves_the_old_file(own: SqliteStore, tmp_path: Path) -> None:
    """Half of it is not there, and the next one does it."""
    own.close()
    _older(tmp_path)
    upgrades = {1: f"{sqlite_verdicts.SCHEMA}; CREATE TABLE verdicts (n)"}
    with pytest.raises(StoreError, match="verdicts already exists"):
        SqliteFile(tmp_path / "p-000.db", schema="", version=2, upgrades=upgrades).create()
    store = SqliteStore(tmp_path)
    store.prepare(PARTITIONS)

    assert [] == store.verdicts(0)
    store.close()


def test_head_of_another_version_is_refused(own: SqliteStore, tmp_path: Path) -> None:
    """A checkpoint that a newer version wrote is neither read nor overwritten."""
    own.commit(Checkpoint(head(1)))
    _tamper(tmp_path / "p-000.db", "UPDATE head SET format = 3")

    with pytest.raises(UnknownFormat, match="partition 0: a checkpoint of format 3"):
        own.head(0)
    with pytest.raises(UnknownFormat, match="partition 0: a checkpoint of format 3"):
        own.commit(Checkpoint(head(2)))


def test_writer_that_hangs_is_named(tmp_path: Path) -> None:
    """A process that holds the partition's lock does not block others for ever."""
    file = SqliteFile(tmp_path / "x.db", schema="CREATE TABLE t (n)", version=1, patience=0.0)
    file.create()
    other = os.open(tmp_path / "x.lock", os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)

    with pytest.raises(StoreError, match="another process has been writing"), file.writing():
        pass
    os.close(other)
    with file.writing() as db:
        db.execute("INSERT INTO t VALUES (1)")
    file.close()


def test_commits_are_synced(own: SqliteStore) -> None:
    """A write-ahead log, synced with every commit: a power cut loses nothing acknowledged."""
    with own._file(0).writing() as db:
        journal = db.execute("PRAGMA journal_mode").fetchone()
        synchronous = db.execute("PRAGMA synchronous").fetchone()

    assert ("wal",) == journal
    assert (2,) == synchronous


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint(head(2**63)),
        Checkpoint(head(2), [twin("vehicle/v1", 2**63)]),
        Checkpoint(head(2), reminders=[ReminderRow(float("nan"), "vehicle/v1", "a")]),
    ],
)
def test_numbers_that_do_not_fit_change_nothing(own: SqliteStore, checkpoint: Checkpoint) -> None:
    """Positions beyond 64 bit and times that are none are refused, with nothing written."""
    own.commit(Checkpoint(head(1), [twin("vehicle/v1", 1)]))

    with pytest.raises(StoreError, match=r"p-000\.db"):
        own.commit(checkpoint)

    assert head(1) == own.head(0)
    assert [twin("vehicle/v1", 1)] == own.twins(0, ["vehicle/v1"])


# --- indexes ---


def _plan(store: SqliteStore, where: str, sort: str | None = None) -> str:
    """How SQLite runs the search of partition 0."""
    statements: list[str] = []
    with store._file(0).reading() as db:
        db.set_trace_callback(statements.append)
    store.search(where, sort=sort)
    with store._file(0).reading() as db:
        db.set_trace_callback(None)
        query = next(text for text in statements if "FROM twins" in text)
        return str(db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall())


def _vehicles(store: SqliteStore) -> None:
    rows = [twin(f"vehicle/v{n}", coolant_c=n % 90, name=f"n{n}") for n in range(200)]
    rows += [twin(f"customer/c{n}", coolant_c=n) for n in range(200)]
    rows.append(TwinRow("vehicle/sealed", 1, 1, 4, b"\xff{", b""))
    rows.append(TwinRow("vehicle/broken", 1, 1, 0, b"{", b""))
    store.commit(Checkpoint(head(), rows))


@pytest.mark.parametrize(
    ("where", "sort"),
    [
        ("kind = vehicle and coolant_c > 87", None),
        ("kind = vehicle and coolant_c = 5 and name != n5", None),
        ("kind = vehicle", "-coolant_c"),
    ],
)
def test_declared_index_is_used_and_changes_nothing(
    own: SqliteStore, where: str, sort: str | None
) -> None:
    """The same is found with the index as without, and SQLite looks it up."""
    _vehicles(own)
    expected = own.search(where, sort=sort)

    own.declare_index("vehicle", "coolant_c")
    own.declare_index("vehicle", "coolant_c")
    actual = own.search(where, sort=sort)

    assert expected.items
    assert expected == actual
    assert "USING INDEX by_" in _plan(own, where, sort)
    assert own.count(where) >= len(expected.items)


def test_index_of_a_kind_serves_no_other(own: SqliteStore) -> None:
    """Without its kind pinned, or for another, the index is not used, and all is found."""
    own.declare_index("vehicle", "coolant_c")
    _vehicles(own)

    assert own.count("coolant_c = 5") == 4
    assert own.count("kind = customer and coolant_c = 5") == 1
    assert "by_" not in _plan(own, "kind = customer and coolant_c = 5")


def test_pinned_kind_reads_only_its_range(own: SqliteStore) -> None:
    """A search of one kind does not read the others."""
    _vehicles(own)

    assert "id>? AND id<?" in _plan(own, "kind = vehicle and name = n5")


@pytest.mark.parametrize(("kind", "field"), [("v'", "a"), ("vehicle", "a'b"), ("", "a")])
def test_bad_index_is_refused(own: SqliteStore, kind: str, field: str) -> None:
    """Names that do not fit never reach SQL."""
    with pytest.raises(BadFilter):
        own.declare_index(kind, field)


# --- chain ---


def test_chain_says_what_was_written(tmp_path: Path) -> None:
    """Equal checkpoints give equal chains, and any other row another one, for ever after."""

    def run(name: str, **state: Any) -> list[bytes | None]:
        folder = tmp_path / name
        folder.mkdir()
        store = _new(folder)
        chains = [store.verify(0)]
        for position in (1, 2):
            rows = [twin("vehicle/v1", **state)] if position == 1 else []
            store.commit(Checkpoint(head(position), rows))
            chains.append(store.verify(0, deep=True))
        store.close()
        return chains

    first, same, other = run("a", n=1), run("b", n=1), run("c", n=2)

    assert first == same
    assert first[0] is None
    assert len({*first, *other[1:]}) == 5


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE head SET position = 1",
        "UPDATE head SET body = x'00'",
        "UPDATE head SET now = now + 1",
        "UPDATE head SET rows = zeroblob(16)",
        "UPDATE head SET previous = zeroblob(16)",
        "UPDATE ownership SET epoch = 0",
    ],
)
def test_altered_head_is_noticed(own: SqliteStore, tmp_path: Path, change: str) -> None:
    """A head that was not written by a commit does not match its chain."""
    own.commit(Checkpoint(head(1)))
    own.commit(Checkpoint(head(2)))
    assert own.verify(0) is not None
    _tamper(tmp_path / "p-000.db", change)

    with pytest.raises(StoreError, match=r"p-000\.db: partition 0.*from a backup"):
        own.verify(0)


def test_twin_beyond_the_head_is_noticed(own: SqliteStore, tmp_path: Path) -> None:
    """No checkpoint can have left a twin that is ahead of it."""
    own.commit(Checkpoint(head(5), [twin("vehicle/v1", 5)]))
    own.verify(0, deep=True)
    _tamper(tmp_path / "p-000.db", "UPDATE twins SET position = 6")

    with pytest.raises(StoreError, match="vehicle/v1 at position 6"):
        own.verify(0, deep=True)
