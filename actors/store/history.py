"""Which blocks of the log hold which twin, in SQLite files of their own (`h-000.db`).

A note is what one stretch of the log touched. Its twins are dealt into buckets by the hash of
their id, about 32 to a bucket, and each bucket is one row: twin id -> positions, MessagePack,
counted from the note's lowest position. Rows are ordered by position, so a note writes pages
one after the other, and reading a twin looks up one row a note.

A day has 43,200 checkpoints, and to look into each of their notes takes half a second, from the
disk several. So short notes are merged, 256 into one, whose twins are dealt anew: again about 32 to
a row. (Rows put side by side, unread, spare the writer some work, but a day is then 10 MB to read.)

Rows a twin (twin id, position) were measured and are five times dearer to write: 20,000 twins
among a million touch as many pages. 13.7 against 3.3 µs a twin, at 28 bytes a twin and note.

Durable like a checkpoint (`synchronous=FULL`), though all of it could be made again from the
log. For notes come before the checkpoint's commit: without, a power cut could keep the checkpoint
and lose the notes before it; replay begins after the checkpoint, and nobody would note again.
After a crash of the process alone, replay notes the same positions in perhaps other stretches:
both stay, and readers see each position once.
"""

import sqlite3
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from zlib import crc32

import msgspec
import structlog
from msgspec import msgpack

from actors.errors import StoreError
from actors.store.sqlite_file import SqliteFile

logger = structlog.get_logger(__name__)

FORMAT = 1
TWINS_A_BUCKET = 32
"""A row of that many stays within a page; fewer mean more rows, more mean more to read."""
MERGED = 256
"""So many short notes become one."""
SHORT_S = 60.0
"""A note of less of the log's time is short, in seconds. With a checkpoint every 2 s a merged one
is not: each is written anew once."""
NOTES_A_SLICE = 256
"""How many notes one transaction forgets, so that noting waits but shortly."""

SCHEMA = """
CREATE TABLE notes (
    lo INTEGER, hi INTEGER, buckets INTEGER, first REAL NOT NULL, last REAL NOT NULL,
    PRIMARY KEY (lo, hi, buckets)
) WITHOUT ROWID;
CREATE INDEX notes_by_time ON notes (last, first);
CREATE TABLE frames (
    lo INTEGER, hi INTEGER, buckets INTEGER, bucket INTEGER, digest BLOB, body BLOB NOT NULL,
    PRIMARY KEY (lo, hi, buckets, bucket, digest)
) WITHOUT ROWID
"""
# The digest lets two notes of the same positions, but of other twins, stand beside one another.

_ADD_NOTE = """
INSERT INTO notes VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
SET first = min(first, excluded.first), last = max(last, excluded.last)
"""
_FIND = "SELECT lo, hi, buckets FROM notes WHERE last >= ? AND first <= ? ORDER BY lo"
_LOOK_UP = "SELECT body FROM frames WHERE lo = ? AND hi = ? AND buckets = ? AND bucket = ?"
_COUNT_SHORT = "SELECT count(*) FROM notes WHERE last - first < ?"
_FIND_SHORT = "SELECT lo, hi, buckets, first, last FROM notes WHERE last - first < ?"
_FIND_LATER = "SELECT lo, hi, buckets FROM notes WHERE hi >= ? ORDER BY lo"
_READ = "SELECT body FROM frames WHERE lo = ? AND hi = ? AND buckets = ?"

_decode_merged = msgpack.Decoder(list[tuple[int, bytes]]).decode
_decode = msgpack.Decoder(dict[str, list[int]]).decode


class SqliteHistory:
    """`HistoryIndex` in a folder. Any thread may call; other processes may read meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[int, SqliteFile] = {}
        self._opening = Lock()

    def note(
        self, partition: int, touched: dict[str, list[int]], first: float, last: float
    ) -> None:
        """See `HistoryIndex`. Durable on return."""
        lo = min((positions[0] for positions in touched.values() if positions), default=None)
        if lo is None:
            return
        hi = max(positions[-1] for positions in touched.values() if positions)
        file = self._file(partition)
        file.create()
        with file.writing() as db:
            _insert(db, (lo, hi, first, last), touched)
        try:
            if _mergeable(file):
                with file.writing() as db:
                    self._merge(file, db)
        except StoreError:
            # Noted it is, and a checkpoint must not wait for faster reading.
            logger.exception("short notes are not merged", partition=partition)

    def _merge(self, file: SqliteFile, db: sqlite3.Connection) -> None:
        """Make one note of all short ones."""
        notes = db.execute(_FIND_SHORT, (SHORT_S,)).fetchall()
        touched: dict[str, list[int]] = {}
        for lo, hi, buckets, _, _ in notes:
            for (row,) in db.execute(_READ, (lo, hi, buckets)):
                for start, body in self._parts(file, lo, row):
                    for twin_id, offsets in self._frame(file, start, body).items():
                        found = touched.setdefault(twin_id, [])
                        found.extend(start + offset for offset in offsets)
        lows, highs, _, firsts, lasts = zip(*notes, strict=True)
        _delete(db, [(lo, hi, buckets) for lo, hi, buckets, _, _ in notes])
        _insert(db, (min(lows), max(highs), min(firsts), max(lasts)), touched)

    def positions(
        self, partition: int, twin_id: str, since: float, until: float, limit: int = 100_000
    ) -> list[int]:
        """See `HistoryIndex`. Whole notes are in the span or not, so some lie just outside.

        With more than `limit`, the lowest ones.
        """
        file = self._file(partition)
        if not file.path.exists():
            return []  # nothing was noted yet
        hash_ = crc32(twin_id.encode())
        # With its length before it, so that no longer id counts for it.
        encoded = msgpack.encode(twin_id)
        found: set[int] = set()
        highest = -1
        with file.reading() as db:
            for lowest, hi, buckets in db.execute(_FIND, (since, until)).fetchall():
                if len(found) >= limit and lowest > highest:
                    break  # notes come by their lowest position: nothing below is to come
                where = (lowest, hi, buckets, hash_ & (buckets - 1))
                for (row,) in db.execute(_LOOK_UP, where):
                    if encoded in row:
                        found |= self._in_row(file, lowest, row, twin_id, encoded)
                        highest = max(found, default=-1)
        return sorted(found)[:limit]

    def touched(self, partition: int, position: int, most: int) -> list[str] | None:
        """See `HistoryIndex`."""
        file = self._file(partition)
        found: dict[str, None] = {}
        if not file.path.exists():
            return []
        with file.reading() as db:
            for lowest, hi, buckets in db.execute(_FIND_LATER, (position,)).fetchall():
                for (row,) in db.execute(_READ, (lowest, hi, buckets)):
                    for lo, body in self._parts(file, lowest, row):
                        for twin_id, offsets in self._frame(file, lo, body).items():
                            if lo + max(offsets, default=-1) >= position:
                                found[twin_id] = None
                if len(found) > most:
                    return None
        return list(found)

    def forget(self, partition: int, below: int) -> None:
        """See `HistoryIndex`. A note goes when all of its positions lie below."""
        file = self._file(partition)
        while file.path.exists():
            with file.writing() as db:
                notes = db.execute(
                    "SELECT lo, hi, buckets FROM notes WHERE lo < ? AND hi < ? LIMIT ?",
                    (below, below, NOTES_A_SLICE),
                ).fetchall()
                if not notes:
                    return
                _delete(db, notes)

    def close(self) -> None:
        """See `HistoryIndex`."""
        with self._opening:
            for file in self._files.values():
                file.close()

    def _file(self, partition: int) -> SqliteFile:
        if partition < 0:
            raise StoreError(f"partition {partition}: partitions count from 0")
        with self._opening:
            if partition not in self._files:
                path = self._folder / f"h-{partition:03d}.db"
                self._files[partition] = SqliteFile(path, schema=SCHEMA, version=FORMAT)
            return self._files[partition]

    def _in_row(
        self, file: SqliteFile, lowest: int, row: bytes, twin_id: str, encoded: bytes
    ) -> set[int]:
        """A twin's positions in one row."""
        return {
            lo + offset
            for lo, body in self._parts(file, lowest, row)
            if encoded in body
            for offset in self._frame(file, lo, body).get(twin_id, ())
        }

    @staticmethod
    def _parts(file: SqliteFile, lo: int, body: bytes) -> list[tuple[int, bytes]]:
        """The frames of a row, each with what it counts from: one.

        Several in rows that were merged before twins were dealt anew.
        """
        # The first byte of MessagePack says that it is an array.
        if body and (body[0] & 0xF0 == 0x90 or body[0] in (0xDC, 0xDD)):  # noqa: PLR2004 - MessagePack's marks of short, 16 bit and 32 bit arrays
            try:
                return _decode_merged(body)
            except msgspec.DecodeError as error:
                file.fail(f"damaged at position {lo} ({error}); delete it, history begins anew")
        return [(lo, body)]

    @staticmethod
    def _frame(file: SqliteFile, lo: int, body: bytes) -> dict[str, list[int]]:
        try:
            return _decode(body)
        except msgspec.DecodeError as error:
            file.fail(f"damaged at position {lo} ({error}); delete it, history begins anew")


def _insert(
    db: sqlite3.Connection, note: tuple[int, int, float, float], touched: dict[str, list[int]]
) -> None:
    """Write a note: (lowest position, highest, log time of the first, of the last)."""
    lo, hi, first, last = note
    buckets = _buckets(len(touched))
    frames: list[dict[str, list[int]]] = [{} for _ in range(buckets)]
    for twin_id, positions in touched.items():
        frame = frames[crc32(twin_id.encode()) & (buckets - 1)]
        frame[twin_id] = [position - lo for position in positions]
    rows = []
    for bucket, frame in enumerate(frames):
        if frame:
            body = msgpack.encode(frame)
            digest = blake2b(body, digest_size=8).digest()
            rows.append((lo, hi, buckets, bucket, digest, body))
    db.execute(_ADD_NOTE, (lo, hi, buckets, first, last))
    db.executemany("INSERT OR IGNORE INTO frames VALUES (?, ?, ?, ?, ?, ?)", rows)


def _mergeable(file: SqliteFile) -> bool:
    with file.reading() as db:
        (short,) = db.execute(_COUNT_SHORT, (SHORT_S,)).fetchone()
    return bool(short >= MERGED)


def _delete(db: sqlite3.Connection, notes: list[tuple[int, int, int]]) -> None:
    for table in ("frames", "notes"):
        db.executemany(
            f"DELETE FROM {table} WHERE lo = ? AND hi = ? AND buckets = ?",  # noqa: S608  # both names stand here
            notes,
        )


def _buckets(twins: int) -> int:
    """A power of two, about `TWINS_A_BUCKET` twins in each."""
    return 1 << max(0, (twins // TWINS_A_BUCKET).bit_length())
