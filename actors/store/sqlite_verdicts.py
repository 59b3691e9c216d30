"""Verdicts in SQLite, and the note on how a partition's host is doing."""

from sqlite3 import Connection

from actors.errors import Fenced
from actors.store.base import Ownership, Verdict

SCHEMA = """
CREATE TABLE verdicts (
    position INTEGER, twin_id TEXT, event_id TEXT, reason TEXT NOT NULL,
    PRIMARY KEY (position, twin_id, event_id)
) WITHOUT ROWID;
CREATE TABLE trial (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    note BLOB NOT NULL
)
"""


def check_host(owner: Ownership, host: str) -> None:
    """Raise `Fenced` when this host does not own the partition.

    Not by the epoch, which also moves when the partition's gateway does.
    """
    if owner.host != host:
        raise Fenced(
            f"partition {owner.partition}: host {host!r} judges, but epoch {owner.epoch} belongs "
            f"to host {owner.host!r}; stop"
        )


def read_verdicts(db: Connection) -> list[Verdict]:
    """All, by position."""
    rows = db.execute(
        "SELECT position, twin_id, event_id, reason FROM verdicts ORDER BY position"
    ).fetchall()
    return [Verdict(*row) for row in rows]


def write_verdict(db: Connection, verdict: Verdict) -> None:
    """Add one; the same again changes nothing."""
    db.execute(
        "INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?, ?)",
        (verdict.position, verdict.twin_id, verdict.event_id, verdict.reason),
    )


def read_trial(db: Connection) -> bytes | None:
    """The note, if there is one."""
    row = db.execute("SELECT note FROM trial").fetchone()
    return bytes(row[0]) if row else None


def write_trial(db: Connection, note: bytes | None) -> None:
    """Replace the note; None drops it."""
    if note is None:
        db.execute("DELETE FROM trial")
    else:
        db.execute("INSERT OR REPLACE INTO trial VALUES (1, ?)", (note,))
