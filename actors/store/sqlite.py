"""Checkpoints in SQLite: one file a partition, `p-000.db`, on the host's disk.

Each file says which partition it is, and of how many; `p-000.db` also says that all were made.
So a file that is lost, or stands in another's place, is noticed and never silently made anew.
"""

import operator
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from sqlite3 import Connection
from threading import Lock

from msgspec import json

from actors.errors import Fenced, PartitionsDiffer, StaleCheckpoint, StoreError, UnknownFormat
from actors.keyring import Keyring
from actors.parked import parked_since
from actors.store import integrity, sealing, sqlite_search, sqlite_verdicts
from actors.store.base import (
    FORMAT,
    PLAIN,
    READS,
    Checkpoint,
    Head,
    Ownership,
    Page,
    ReminderRow,
    TwinRow,
    Verdict,
)
from actors.store.sqlite_file import SqliteFile
from actors.store.sqlite_tables import LAYOUT, SCHEMA, UPGRADES

MAX_PARTITIONS = 65_536

_SET_TWIN = """
INSERT INTO twins (id, position, schema, key_id, state, book, parked)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET position = excluded.position, schema = excluded.schema,
    key_id = excluded.key_id, state = excluded.state, book = excluded.book,
    parked = excluded.parked
"""
_GET_TWINS = """
SELECT id, position, schema, key_id, CAST(state AS BLOB), book, parked FROM twins
WHERE id IN (SELECT value FROM json_each(?))
"""
_SET_REMINDER = """
INSERT INTO reminders (due, twin_id, name) VALUES (?, ?, ?)
ON CONFLICT (twin_id, name) DO UPDATE SET due = excluded.due
"""


class SqliteStore:
    """`Store` in a folder that all processes of one machine share.

    With a keyring, what is a person's lies there sealed, and is found by searches all the same.

    Any thread may call; calls for one partition take turns, except that reading does not wait for
    a commit. A commit of 10,000 changed twins of 300 bytes takes about 50 ms of CPU time where
    they are most of the partition, and 150 to 200 ms scattered among 200,000, for each page that
    holds one is written whole. A commit of a few twins takes about 1 ms, most of it the disk's.
    """

    def __init__(self, folder: Path, keyring: Keyring | None = None) -> None:
        self._folder = folder
        self._keyring = keyring
        self._files: dict[int, SqliteFile] = {}
        self._opening = Lock()
        self._partitions = 0

    def prepare(self, partitions: int) -> None:
        """See `Store`. Safe to repeat, from several processes at once, and after a crash."""
        if not 1 <= partitions <= MAX_PARTITIONS:
            raise StoreError(f"{partitions} partitions: choose 1 to {MAX_PARTITIONS}, a power of 2")
        first = self._file(0)
        if not first.path.exists() and any(self._folder.glob("p-*.db")):
            first.fail("missing, but other partitions are there; restore it from a backup")
        _create(first, 0, partitions)
        with first.reading() as db:
            complete = _cluster(db)[2]
        for partition in range(1, partitions):
            file = self._file(partition)
            if complete and not file.path.exists():
                file.fail(f"missing: partition {partition} is lost; restore it from a backup")
            _create(file, partition, partitions)
        if not complete:
            with first.writing() as db:
                db.execute("UPDATE cluster SET complete = 1")
        self._partitions = partitions

    def ownership(self, partition: int) -> Ownership:
        """See `Store`."""
        with self._reading(partition) as db:
            return _ownership(db, partition)

    def assign(self, expected_epoch: int, owner: Ownership) -> Ownership:
        """See `Store`. The epoch in `owner` does not matter."""
        partition = owner.partition
        with self._writing(partition) as db:
            current = _ownership(db, partition)
            if current.epoch != expected_epoch:
                raise Fenced(
                    f"partition {partition}: expected epoch {expected_epoch}, but it is "
                    f"{current.epoch} (gateway {current.gateway!r}, host {current.host!r}); "
                    "read the ownership again"
                )
            new = Ownership(partition, expected_epoch + 1, owner.gateway, owner.host)
            db.execute(
                "INSERT OR REPLACE INTO ownership VALUES (1, ?, ?, ?)",
                (new.epoch, new.gateway, new.host),
            )
        return new

    def head(self, partition: int) -> Head | None:
        """See `Store`."""
        with self._reading(partition) as db:
            found = _head(db, partition)
        return found and found[0]

    def twins(self, partition: int, ids: Sequence[str]) -> list[TwinRow]:
        """See `Store`. In no particular order."""
        with self._reading(partition) as db:
            rows = db.execute(_GET_TWINS, (json.encode(ids).decode(),)).fetchall()
        return sealing.opened([TwinRow(*row) for row in rows], self._keyring)

    def sealed(self, partition: int, key_ids: Sequence[int]) -> list[str]:
        """See `Store`."""
        with self._get(partition).snapshot() as db:
            rows = db.execute(
                "SELECT id FROM twins WHERE key_id IN (SELECT value FROM json_each(?)) ORDER BY id",
                (json.encode(key_ids).decode(),),
            )
            return [row[0] for row in rows]

    def reminders(self, partition: int) -> Iterator[ReminderRow]:
        """See `Store`. One snapshot, however slowly it is read; ties by twin and name."""
        with self._get(partition).snapshot() as db:
            yield from (
                ReminderRow(*row)
                for row in db.execute(
                    "SELECT due, twin_id, name FROM reminders ORDER BY due, twin_id, name"
                )
            )

    def commit(self, checkpoint: Checkpoint) -> None:
        """See `Store`."""
        head = checkpoint.head
        if head.format != FORMAT:
            raise _unknown(head.partition, head.format)
        checkpoint = sealing.sealed(checkpoint, self._keyring)
        rows = integrity.rows_digest(checkpoint)
        with self._writing(head.partition) as db:
            previous = _check(db, head)
            db.executemany(_SET_TWIN, _bindable(checkpoint.twins))
            db.executemany(
                "DELETE FROM reminders WHERE twin_id = ? AND name = ?", checkpoint.forgotten
            )
            db.executemany(
                _SET_REMINDER, ((r.due, r.twin_id, r.name) for r in checkpoint.reminders)
            )
            db.execute(
                "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    head.epoch, head.position, head.now, head.stream, head.created, head.body,
                    head.format, previous, rows, integrity.chain(previous, rows, head),
                ),
            )  # fmt: skip

    def verdicts(self, partition: int) -> list[Verdict]:
        """See `Store`."""
        with self._reading(partition) as db:
            return sqlite_verdicts.read_verdicts(db)

    def condemn(self, partition: int, host: str, verdict: Verdict) -> None:
        """See `Store`."""
        with self._writing(partition) as db:
            sqlite_verdicts.check_host(_ownership(db, partition), host)
            sqlite_verdicts.write_verdict(db, verdict)

    def trial(self, partition: int) -> bytes | None:
        """See `Store`."""
        with self._reading(partition) as db:
            return sqlite_verdicts.read_trial(db)

    def note_trial(
        self, partition: int, host: str, note: bytes | None, *, synced: bool = True
    ) -> None:
        """See `Store`. Not synced, it takes about 0.1 ms."""
        with self._get(partition).writing(synced=synced) as db:
            sqlite_verdicts.check_host(_ownership(db, partition), host)
            sqlite_verdicts.write_trial(db, note)

    def verify(self, partition: int, *, deep: bool = False) -> bytes | None:
        """Check a partition and return its chain hash; None before the first checkpoint.

        Raises `StoreError` when the head does not match its chain, or has an epoch that nobody
        was ever given. `deep` also reads the whole file: its pages, indexes, and every state.
        """
        file = self._get(partition)
        with file.snapshot() as db:
            found = _head(db, partition)
            if deep:
                _check_rows(db, file, found[0].position if found else -1)
            if found is None:
                return None
            head, previous, rows, chain = found
            if chain != integrity.chain(previous, rows, head):
                file.fail(
                    f"partition {partition}: the head at position {head.position} does not match "
                    "its chain; it was altered. Restore the file from a backup"
                )
            owner = _ownership(db, partition)
            if head.epoch > owner.epoch:
                file.fail(
                    f"partition {partition}: a checkpoint of epoch {head.epoch}, but the last "
                    f"owner has {owner.epoch}. Restore the file from a backup"
                )
        return chain

    def search(
        self,
        where: str,
        *,
        sort: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        parked: bool = False,
    ) -> Page:
        """See `Store`. Each partition is one snapshot; a page is as old as the oldest."""
        return sqlite_search.search(
            self._all(), where, sort, limit, cursor, self._keyring, parked=parked
        )

    def count(self, where: str, *, parked: bool = False) -> int:
        """See `Store`."""
        return sqlite_search.count(self._all(), where, self._keyring, parked=parked)

    def declare_index(self, kind: str, field: str) -> None:
        """Index a field of a kind, in all partitions; searches that pin the kind then use it.

        Takes about 2 s a million twins, while commits wait. Does nothing where it exists.
        """
        for file in self._all():
            sqlite_search.declare_index(file, kind, field)

    def close(self) -> None:
        """See `Store`."""
        with self._opening:
            for file in self._files.values():
                file.close()

    def _parked(self, key_id: int, twin_id: str, book: bytes) -> float | None:
        """For files of before layout 3: since when a twin is set aside, as its book says."""
        plain = sealing.opened_book(key_id, twin_id, book, self._keyring)
        return None if plain is None else parked_since(plain)

    def _file(self, partition: int) -> SqliteFile:
        with self._opening:
            if partition not in self._files:
                path = self._folder / f"p-{partition:03d}.db"
                self._files[partition] = SqliteFile(
                    path, schema=SCHEMA, version=LAYOUT, upgrades=UPGRADES,
                    functions={"vigil_parked": self._parked},
                )  # fmt: skip
            return self._files[partition]

    def _get(self, partition: int) -> SqliteFile:
        if not 0 <= partition < self._count():
            raise StoreError(f"partition {partition}: the store has 0 to {self._count() - 1}")
        return self._file(partition)

    def _all(self) -> list[SqliteFile]:
        return [self._file(partition) for partition in range(self._count())]

    def _count(self) -> int:
        """The number of partitions, fixed when the store was prepared."""
        if not self._partitions:
            first = self._file(0)
            with first.reading() as db:
                _, self._partitions, complete = _cluster(db)
            if not complete:
                first.fail("the store was not prepared to the end; prepare it again")
        return self._partitions

    def _reading(self, partition: int) -> AbstractContextManager[Connection]:
        return self._get(partition).reading()

    def _writing(self, partition: int) -> AbstractContextManager[Connection]:
        return self._get(partition).writing()


def _create(file: SqliteFile, partition: int, partitions: int) -> None:
    """Create a partition's file, or check that it is this partition's and of this many."""
    file.create()
    with file.writing() as db:
        db.execute("INSERT OR IGNORE INTO cluster VALUES (1, ?, ?, 0)", (partition, partitions))
        is_partition, of, _ = _cluster(db)
    if of != partitions:
        raise PartitionsDiffer(
            f"{file.path.parent} was made for {of} partitions, not for {partitions}. Their number "
            f"is fixed: start with {of}, or use an empty folder, or split the partitions offline"
        )
    if is_partition != partition:
        file.fail(f"holds partition {is_partition}; give each file its own name back")


def _cluster(db: Connection) -> tuple[int, int, int]:
    """Which partition a file is, of how many, and (in the first one) whether all were made."""
    row = db.execute("SELECT partition, partitions, complete FROM cluster").fetchone()
    return row or (-1, 0, 0)


def _ownership(db: Connection, partition: int) -> Ownership:
    row = db.execute("SELECT epoch, gateway, host FROM ownership").fetchone()
    return Ownership(partition, *row) if row else Ownership(partition)


def _head(db: Connection, partition: int) -> tuple[Head, bytes, bytes, bytes] | None:
    """The head, the chain before it, the digest of its rows, and its chain."""
    row = db.execute(
        "SELECT epoch, position, now, stream, created, body, format, previous, rows, chain "
        "FROM head"
    ).fetchone()
    if row is None:
        return None
    head = Head(partition, *row[:7])
    if head.format not in READS:
        raise _unknown(partition, head.format)
    return head, *row[7:]


def _check(db: Connection, head: Head) -> bytes:
    """Return the chain to build on, or raise when this head may not be committed."""
    owner = _ownership(db, head.partition)
    if head.epoch != owner.epoch:
        raise Fenced(
            f"partition {head.partition}: a checkpoint of epoch {head.epoch} at position "
            f"{head.position}, but epoch {owner.epoch} owns it (host {owner.host!r}); stop"
        )
    committed = _head(db, head.partition)
    if committed is None:
        return integrity.GENESIS
    if head.position < committed[0].position:
        raise StaleCheckpoint(
            f"partition {head.partition}: a checkpoint at position {head.position}, but "
            f"{committed[0].position} is committed; read the head and start again from there"
        )
    return committed[3]


def _bindable(twins: Sequence[TwinRow]) -> Iterator[tuple[object, ...]]:
    # By id: neighbours in the index are then changed together.
    for twin in sorted(twins, key=operator.attrgetter("id")):
        try:
            state = twin.state if twin.key_id != PLAIN else twin.state.decode()
        except UnicodeDecodeError as error:
            raise StoreError(
                f"twin {twin.id} at position {twin.position}: its state is no UTF-8, though its "
                f"key id says plain ({error.reason} at byte {error.start}); nothing was written. "
                "The fault is the partition's"
            ) from error
        yield twin.id, twin.position, twin.schema, twin.key_id, state, twin.book, twin.parked


def _check_rows(db: Connection, file: SqliteFile, position: int) -> None:
    """Read the whole file; raise on a damaged page, or a row that no checkpoint can have left."""
    pages = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if pages != "ok":
        pages = " ".join(pages.split())
        file.fail(f"damaged ({pages}); stop the host and restore the file from a backup")
    row = db.execute(
        "SELECT id, position FROM twins "
        "WHERE position > ? OR (key_id = ? AND NOT json_valid(state)) LIMIT 1",
        (position, PLAIN),
    ).fetchone()
    if row is not None:
        file.fail(
            f"twin {row[0]} at position {row[1]} lies beyond the head at {position}, or its state "
            "is no JSON. Restore the file from a backup"
        )


def _unknown(partition: int, found: int) -> UnknownFormat:
    return UnknownFormat(
        f"partition {partition}: a checkpoint of format {found}; this version of Vigil knows "
        f"{READS}. Run the version that wrote it"
    )
