"""The ledger: every effect that a worker took on, and what came of it. Durable on return."""

import sqlite3
from pathlib import Path

from msgspec import Struct, json

from actors.keys import Key, seal_outcome
from twins.outputs import Effect, Outcome

WAITING = "waiting"
CALLED = "called"
"""A delivery began and its outcome is not known yet."""
KNOWN = "known"
"""The outcome is known; the twin has not got it yet."""
DONE = "done"


class Item(Struct):
    """One effect in the ledger."""

    effect: Effect
    state: str
    attempts: int
    outcome: Outcome | None = None
    number: int = 0
    """Order of acceptance."""


_TABLE = """
CREATE TABLE IF NOT EXISTS effect (
    number   INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    state    TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    effect   BLOB NOT NULL,
    outcome  BLOB,
    at       REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS undone ON effect (number) WHERE state != 'done';
"""


class Ledger:
    """A worker's ledger in SQLite. One worker writes; anybody may read.

    Invariant: an id is inserted once for ever, so an effect that is given again (a host's replay
    after a crash) changes nothing.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_TABLE)

    def accept(self, effects: list[Effect], now: float) -> list[Item]:
        """Take effects on; returns those that are new, in order."""
        new = []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for effect in effects:
                cursor = self._db.execute(
                    "INSERT INTO effect (id, state, effect, at) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (id) DO NOTHING",
                    (effect.id, WAITING, json.encode(effect), now),
                )
                if cursor.rowcount:
                    new.append(Item(effect, WAITING, 0, number=cursor.lastrowid or 0))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        return new

    def undone(self) -> list[Item]:
        """All effects whose outcome the twin does not have yet, in the order of acceptance."""
        rows = self._db.execute(
            "SELECT number, state, attempts, effect, outcome FROM effect "
            "WHERE state != 'done' ORDER BY number"
        )
        return [
            Item(
                json.decode(effect, type=Effect),
                state,
                attempts,
                json.decode(outcome, type=Outcome) if outcome else None,
                number,
            )
            for number, state, attempts, effect, outcome in rows
        ]

    def calling(self, item: Item) -> None:
        """A delivery begins."""
        item.state, item.attempts = CALLED, item.attempts + 1
        self._db.execute(
            "UPDATE effect SET state = ?, attempts = ? WHERE id = ?",
            (item.state, item.attempts, item.effect.id),
        )

    def known(self, item: Item, outcome: Outcome, key: Key | None = None) -> None:
        """The outcome is known; with a key it is kept sealed."""
        item.state, item.outcome = KNOWN, outcome
        self._db.execute(
            "UPDATE effect SET state = ?, outcome = ? WHERE id = ?",
            (
                KNOWN,
                json.encode(outcome if key is None else seal_outcome(outcome, key)),
                item.effect.id,
            ),
        )

    def done(self, item: Item) -> None:
        """The twin has the outcome."""
        item.state = DONE
        self._db.execute("UPDATE effect SET state = ? WHERE id = ?", (DONE, item.effect.id))

    def counts(self) -> dict[str, int]:
        """How many effects are in which state."""
        rows = self._db.execute("SELECT state, count(*) FROM effect GROUP BY state")
        return {state: int(count) for state, count in rows}

    def failed(self, limit: int = 100) -> list[Item]:
        """The dead letters: effects that failed for good, newest first."""
        rows = self._db.execute(
            "SELECT number, state, attempts, effect, outcome FROM effect "
            "WHERE outcome IS NOT NULL AND json_extract(outcome, '$.reason') IS NOT NULL "
            "ORDER BY number DESC LIMIT ?",
            (limit,),
        )
        return [
            Item(
                json.decode(effect, type=Effect), state, attempts,
                json.decode(outcome, type=Outcome), number,
            )
            for number, state, attempts, effect, outcome in rows
        ]  # fmt: skip

    def close(self) -> None:
        """Close the file."""
        self._db.close()
