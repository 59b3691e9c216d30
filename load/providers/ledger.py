"""The provider's memory: holds, journal and counts of calls in one SQLite database.

What a transaction committed survives kill -9 and a power cut: WAL with synchronous=FULL syncs the
log before `COMMIT` returns. Writers of other processes wait their turn (BEGIN IMMEDIATE).
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from load.providers.contract import HoldState, Position

FORMAT: Final = 2

_SCHEMA: Final = """
CREATE TABLE holds (
    provider_id TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'confirmed', 'released', 'expired', 'done')),
    request TEXT,        -- canonical JSON of the hold request; null: a release came before it
    arrangement_id TEXT,
    item TEXT,
    quote TEXT,          -- JSON of the Quote as it was when the item was taken
    busy_from REAL,      -- what a live hold occupies of its item, by the clock
    busy_until REAL,
    expires_at REAL,
    due_at REAL,         -- when a live hold moves on by itself: held -> expired, confirmed -> done
    drive TEXT,          -- JSON of the Drive; tow and ride, once confirmed
    evidence TEXT,       -- canonical JSON of the details that came with the confirmation
    PRIMARY KEY (provider_id, hold_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX live ON holds (provider_id, item) WHERE state IN ('held', 'confirmed');
CREATE INDEX due ON holds (provider_id, due_at) WHERE state IN ('held', 'confirmed');
CREATE TABLE stands (    -- where a vehicle's last job ended
    provider_id TEXT NOT NULL,
    item TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    PRIMARY KEY (provider_id, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (   -- every change of a state, in order; nothing is ever changed or deleted
    sequence INTEGER PRIMARY KEY,
    provider_id TEXT NOT NULL,
    at REAL NOT NULL,
    hold_id TEXT NOT NULL,
    arrangement_id TEXT,
    item TEXT,
    from_state TEXT,
    to_state TEXT NOT NULL
) STRICT;
CREATE INDEX journal_of_hold ON journal (provider_id, hold_id, sequence);
CREATE INDEX journal_of_provider ON journal (provider_id, sequence);
CREATE TABLE calls (     -- how often each call was received, refused and repeated ones included
    provider_id TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    call TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (provider_id, hold_id, call)
) STRICT, WITHOUT ROWID;
"""

_SINCE_2: Final = """
CREATE TABLE moves (     -- what drove without a job, to be where it will be needed, in order
    sequence INTEGER PRIMARY KEY,
    provider_id TEXT NOT NULL,   -- who was asked
    item TEXT NOT NULL,
    at REAL NOT NULL,
    drive TEXT NOT NULL,         -- JSON of the Drive
    depot TEXT,                  -- of a rental car: the provider where it can be fetched then
    stopped_at REAL              -- when it was taken for a job, on its way or after it
) STRICT;
CREATE INDEX moves_of_item ON moves (item, sequence);
CREATE INDEX moves_of_provider ON moves (provider_id, sequence);
"""

_HOLD_COLUMNS: Final = (
    "provider_id, hold_id, state, request, arrangement_id, item, quote, busy_from, busy_until, "
    "expires_at, due_at, drive, evidence"
)


@dataclass(frozen=True)
class HoldRow:
    """A hold as it is stored; the columns' meanings stand in the schema."""

    provider_id: str
    hold_id: str
    state: HoldState
    request: str | None = None
    arrangement_id: str | None = None
    item: str | None = None
    quote: str | None = None
    busy_from: float | None = None
    busy_until: float | None = None
    expires_at: float | None = None
    due_at: float | None = None
    drive: str | None = None
    evidence: str | None = None


_MOVE_COLUMNS: Final = "sequence, provider_id, item, at, drive, depot, stopped_at"


@dataclass(frozen=True)
class MoveRow:
    """What drove without a job; the columns' meanings stand in the schema."""

    sequence: int
    provider_id: str
    item: str
    at: float
    drive: str
    depot: str | None
    stopped_at: float | None


@dataclass(frozen=True)
class Change:
    """One line of the journal."""

    sequence: int
    at: float
    hold_id: str
    arrangement_id: str | None
    item: str | None
    from_state: HoldState | None
    to_state: HoldState


class Ledger:
    """One database, one connection, one transaction at a time; safe to use from any thread.

    Args:
        path: The database's file; made if it does not exist.

    Raises:
        RuntimeError: the file holds another format, or its file system cannot do WAL.
        sqlite3.DatabaseError: the file is no database.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=10.0
        )
        try:
            self._open(path)
        except BaseException:
            self._connection.close()
            raise

    def _open(self, path: Path) -> None:
        (mode,) = self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise RuntimeError(f"{path}: journal mode is {mode}, not WAL: use a local disk's file.")
        self._connection.execute("PRAGMA synchronous = FULL")
        with self.transaction():
            (found,) = self._connection.execute("PRAGMA user_version").fetchone()
            if found < FORMAT:
                # Not executescript: that would commit before it begins.
                schema = _SINCE_2 if found else _SCHEMA + _SINCE_2
                for statement in schema.split(";\n"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {FORMAT}")
            elif found != FORMAT:
                raise RuntimeError(
                    f"{path} has format {found}; this version reads formats up to {FORMAT}: "
                    "use the version that wrote it, or another file."
                )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the database for one transaction: committed at the end, undone by an exception."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database. Every method fails afterwards."""
        with self._lock:
            self._connection.close()

    # Invariant: everything below is called within a transaction.

    def find(self, provider_id: str, hold_id: str) -> HoldRow | None:
        """Return the hold of that id."""
        rows = self._select("WHERE provider_id = ? AND hold_id = ?", provider_id, hold_id)
        return rows[0] if rows else None

    def held(self, provider_id: str, after: str, limit: int) -> list[HoldRow]:
        """Return up to `limit` holds above the id `after` that were held once, in order of ids."""
        return self._select(
            "WHERE provider_id = ? AND hold_id > ? AND quote IS NOT NULL ORDER BY hold_id LIMIT ?",
            provider_id,
            after,
            limit,
        )

    def due(self, provider_id: str, now: float) -> list[HoldRow]:
        """Return the live holds that move on by themselves until `now`, in order of time."""
        return self._select(
            "WHERE provider_id = ? AND state IN ('held', 'confirmed') AND due_at <= ? "
            "ORDER BY due_at, hold_id",
            provider_id,
            now,
        )

    def is_free(self, provider_id: str, item: str, busy_from: float, busy_until: float) -> bool:
        """Return whether no live hold occupies the item at any time of the period."""
        taken = self._connection.execute(
            "SELECT 1 FROM holds WHERE provider_id = ? AND item = ? "
            "AND state IN ('held', 'confirmed') AND busy_from < ? AND busy_until > ? LIMIT 1",
            (provider_id, item, busy_until, busy_from),
        ).fetchone()
        return taken is None

    def save(self, row: HoldRow, *, at: float, was: HoldState | None) -> None:
        """Store the hold's new state, and note the change in the journal.

        Args:
            row: The hold as it is now.
            at: When it changed, by the provider's clock.
            was: Its state before; None for a new one.
        """
        values = [getattr(row, name) for name in _HOLD_COLUMNS.split(", ")]
        marks = ", ".join("?" * len(values))
        self._connection.execute(
            f"REPLACE INTO holds ({_HOLD_COLUMNS}) VALUES ({marks})",  # noqa: S608 - constants
            values,
        )
        self._connection.execute(
            "INSERT INTO journal (provider_id, at, hold_id, arrangement_id, item, from_state, "
            "to_state) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row.provider_id, at, row.hold_id, row.arrangement_id, row.item, was, row.state),
        )

    def stand(self, provider_id: str, item: str) -> Position | None:
        """Return where the vehicle's last job ended; None before its first."""
        found = self._connection.execute(
            "SELECT latitude, longitude FROM stands WHERE provider_id = ? AND item = ?",
            (provider_id, item),
        ).fetchone()
        return cast("Position | None", found)

    def move(self, provider_id: str, item: str, position: Position) -> None:
        """Note where the vehicle's job ended."""
        self._connection.execute(
            "REPLACE INTO stands (provider_id, item, latitude, longitude) VALUES (?, ?, ?, ?)",
            (provider_id, item, *position),
        )

    def drove(
        self, provider_id: str, item: str, at: float, drive: str, depot: str | None = None
    ) -> None:
        """Note that an item drives without a job."""
        self._connection.execute(
            "INSERT INTO moves (provider_id, item, at, drive, depot) VALUES (?, ?, ?, ?, ?)",
            (provider_id, item, at, drive, depot),
        )

    def stop(self, move: MoveRow, at: float) -> None:
        """It was taken for a job."""
        self._connection.execute(
            "UPDATE moves SET stopped_at = ? WHERE sequence = ?", (at, move.sequence)
        )

    def last_move(self, provider_ids: Sequence[str], item: str) -> MoveRow | None:
        """Return the last one of an item that one of these has let drive."""
        marks = ", ".join("?" * len(provider_ids))
        row = self._connection.execute(
            f"SELECT {_MOVE_COLUMNS} FROM moves WHERE item = ? AND provider_id IN ({marks}) "  # noqa: S608 - constants
            "ORDER BY sequence DESC LIMIT 1",
            (item, *provider_ids),
        ).fetchone()
        return None if row is None else MoveRow(*row)

    def moves(self, provider_id: str, after: int, limit: int) -> list[MoveRow]:
        """Return up to `limit` moves above the sequence `after`, in order."""
        rows = self._connection.execute(
            f"SELECT {_MOVE_COLUMNS} FROM moves WHERE provider_id = ? AND sequence > ? "  # noqa: S608 - constants
            "ORDER BY sequence LIMIT ?",
            (provider_id, after, limit),
        )
        return [MoveRow(*row) for row in rows]

    def count(self, provider_id: str, hold_id: str, call: str) -> None:
        """Count a call that was received."""
        self._connection.execute(
            "INSERT INTO calls (provider_id, hold_id, call, count) VALUES (?, ?, ?, 1) "
            "ON CONFLICT DO UPDATE SET count = count + 1",
            (provider_id, hold_id, call),
        )

    def counts(self, provider_id: str, hold_ids: list[str]) -> dict[str, dict[str, int]]:
        """Return how often each call was received: hold id -> call -> count."""
        counts: dict[str, dict[str, int]] = {}
        for hold_id in hold_ids:
            rows = self._connection.execute(
                "SELECT call, count FROM calls WHERE provider_id = ? AND hold_id = ?",
                (provider_id, hold_id),
            )
            counts[hold_id] = dict(rows.fetchall())
        return counts

    def counted(self, provider_id: str, after: str, limit: int) -> list[str]:
        """Return up to `limit` ids above `after` of holds that calls were received for."""
        rows = self._connection.execute(
            "SELECT DISTINCT hold_id FROM calls WHERE provider_id = ? AND hold_id > ? "
            "ORDER BY hold_id LIMIT ?",
            (provider_id, after, limit),
        )
        return [hold_id for (hold_id,) in rows]

    def changes(
        self, provider_id: str, after: int, limit: int, hold_id: str | None
    ) -> list[Change]:
        """Return up to `limit` changes above the sequence `after`, in order."""
        rows = self._connection.execute(
            "SELECT sequence, at, hold_id, arrangement_id, item, from_state, to_state "
            "FROM journal WHERE provider_id = ? AND sequence > ? "
            "AND (? IS NULL OR hold_id = ?) ORDER BY sequence LIMIT ?",
            (provider_id, after, hold_id, hold_id, limit),
        )
        return [Change(*row) for row in rows]

    def _select(self, where: str, *values: object) -> list[HoldRow]:
        rows = self._connection.execute(
            f"SELECT {_HOLD_COLUMNS} FROM holds {where}",  # noqa: S608 - constants
            values,
        )
        return [HoldRow(*row) for row in rows]
