"""The activity log: who changed what through the API, when, from where, and what came of it.

A call is entered, durably, before it is carried out, and completed when it is answered. So a crash
between leaves an entry without outcome, and never a change without an entry; where nothing can be
entered, nothing is changed. Entries are kept for as long as settings say, whatever the log keeps.

What is a person's does not stand here: of her twins an entry has the names of the fields that
changed. What they were is in the twin's history, sealed with her key, under the same event id.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Final

import structlog
from msgspec import Struct, json

from actors.errors import StoreError
from actors.store.sqlite_file import SqliteFile
from gateway.activity_views import Changed, Entry

logger = structlog.get_logger(__name__)

FORMAT: Final = 1

SCHEMA: Final = """
CREATE TABLE activity (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL,
    what TEXT NOT NULL, status INTEGER, body BLOB NOT NULL, changes BLOB NOT NULL
);
CREATE INDEX activity_by_who ON activity (who, number);
CREATE INDEX activity_by_what ON activity (what, number);
CREATE TABLE touched (twin TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (twin, number))
    WITHOUT ROWID
"""

DAY_S: Final = 86_400.0
SWEEP: Final = 256
"""Entries between two looks for those that are too old."""


class _Body(Struct):
    via: str
    credential: str
    roles: list[str]
    where: dict[str, str]
    origin: str
    agent: str
    request: str


class _Changes(Struct):
    items: list[Changed] = []
    more: int = 0


class Asked(Struct, frozen=True, kw_only=True):
    """Which entries are wanted; what is None is not asked for."""

    who: str | None = None
    what: str | None = None
    subject: str | None = None
    since: float | None = None
    until: float | None = None
    refused: bool | None = None
    """True: only what was refused or failed."""
    before: int | None = None
    """Only entries with a lower number: goes on after a page."""
    limit: int = 100


class ActivityLog:
    """See the module. Calls wait for one another's commits, and never for the loop.

    Args:
        folder: Where its file lies.
        days: How long entries are kept.
        clock: Seconds since the epoch.
    """

    def __init__(
        self, folder: Path, days: float = 400.0, clock: Callable[[], float] = time.time
    ) -> None:
        path = folder / "activity.db"
        self._file = SqliteFile(path, schema=SCHEMA, version=FORMAT, secret=True)
        self._days = days
        self._clock = clock
        self._waiting: list[tuple[Callable[[Connection], int], asyncio.Future[int]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._begun = 0

    def prepare(self) -> None:
        """Create the file if it is missing."""
        self._file.create()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    async def begin(self, entry: Entry) -> None:
        """Enter a call; durable on return, and `entry.number` is set. Raises `StoreError`."""
        body = json.encode(_Body(entry.via, entry.credential, entry.roles, entry.where,
                                 entry.origin, entry.agent, entry.request))  # fmt: skip
        self._begun += 1
        sweep = self._begun % SWEEP == 1

        def write(db: Connection) -> int:
            if sweep:
                _sweep(db, self._clock() - self._days * DAY_S)
            row = db.execute(
                "INSERT INTO activity (at, who, what, body, changes) VALUES (?, ?, ?, ?, ?)"
                " RETURNING number",
                (entry.at, entry.who, entry.what, body, json.encode(_Changes())),
            ).fetchone()
            return int(row[0])

        entry.number = await self._write(write)

    async def complete(self, entry: Entry) -> None:
        """Enter what came of it; durable on return. Raises `StoreError`."""
        number, status = entry.number, entry.status
        changes = json.encode(_Changes(entry.changes, entry.more))
        touched = {(change.subject, number) for change in entry.changes}

        def write(db: Connection) -> int:
            db.execute(
                "UPDATE activity SET status = ?, changes = ? WHERE number = ?",
                (status, changes, number),
            )
            db.executemany("INSERT OR IGNORE INTO touched VALUES (?, ?)", sorted(touched))
            return number

        await self._write(write)

    def find(self, asked: Asked) -> list[Entry]:
        """The newest entries that fit, newest first."""
        conditions: list[tuple[str, Any]] = [
            ("who = ?", asked.who), ("what = ?", asked.what), ("at >= ?", asked.since),
            ("at <= ?", asked.until), ("number < ?", asked.before),
            ("number IN (SELECT number FROM touched WHERE twin = ?)", asked.subject),
        ]  # fmt: skip
        given = [(text, value) for text, value in conditions if value is not None]
        texts = [text for text, _ in given]
        if asked.refused is not None:
            texts.append("status >= 400" if asked.refused else "status < 400")
        where = " AND ".join(["1", *texts])
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT number, at, who, what, status, body, changes FROM activity "  # noqa: S608 - the conditions are constants
                f"WHERE {where} ORDER BY number DESC LIMIT ?",
                (*(value for _, value in given), asked.limit),
            ).fetchall()
        return [_entry(*row) for row in rows]

    # Group commit: what comes while one batch is being fsynced is the next batch.

    async def _write(self, work: Callable[[Connection], int]) -> int:
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all(), name="activity")
        # Shielded: what is written is written, also when whoever waits for it is gone.
        return await asyncio.shield(done)

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                numbers = await asyncio.to_thread(self._commit, [work for work, _ in batch])
            except Exception as error:
                if not isinstance(error, StoreError):
                    logger.exception("the activity log fails")
                for _, done in batch:
                    done.set_exception(error)
                    done.exception()  # nobody may be left to hear of it
                continue
            for (_, done), number in zip(batch, numbers, strict=True):
                done.set_result(number)
        self._writing = None

    def _commit(self, works: Sequence[Callable[[Connection], int]]) -> list[int]:
        with self._file.writing() as db:
            return [work(db) for work in works]


def _sweep(db: Connection, oldest: float) -> None:
    db.execute(
        "DELETE FROM touched WHERE number IN (SELECT number FROM activity WHERE at < ?)", (oldest,)
    )
    db.execute("DELETE FROM activity WHERE at < ?", (oldest,))


def _entry(
    number: int, at: float, who: str, what: str, status: int | None, body: bytes, changes: bytes
) -> Entry:
    told, read = json.decode(body, type=_Body), json.decode(changes, type=_Changes)
    return Entry(
        number=number, at=at, who=who, what=what, status=status, via=told.via,
        credential=told.credential, roles=told.roles, where=told.where, origin=told.origin,
        agent=told.agent, request=told.request, changes=read.items, more=read.more,
    )  # fmt: skip
