"""Backlog: what a device keeps on its disk, so that nothing is lost when it is switched off.

One SQLite file: messages not yet acknowledged with their numbers, the boot epoch, and the commands
that were carried out. A message is written before it is sent. Numbers are never used twice: every
opening of the file begins a new boot epoch, and older messages keep the numbers that they have.
"""

import sqlite3
from pathlib import Path
from typing import Protocol

from gateway.window import Item

COMMANDS_KEPT = 1024
"""Commands whose outcome is remembered, the newest; they expire long before so many came."""

_TABLES = """
create table if not exists boot (only integer primary key check (only = 1), epoch integer not null);
create table if not exists item (
    serial integer primary key, boot integer not null, number integer not null,
    type text not null, data blob not null, time real not null, traceparent text
);
create table if not exists command (
    position integer primary key autoincrement, id text not null unique,
    state text not null, detail text
);
"""


class Backlog(Protocol):
    """Where a device keeps what it must not forget."""

    def open(self) -> tuple[int, list[Item]]:
        """A boot epoch never used before, and the messages left from earlier ones, in order."""

    def add(self, item: Item) -> None:
        """Keep a message."""

    def remove(self, serials: list[int]) -> None:
        """Forget messages."""

    def note_command(self, id_: str, state: str, detail: str | None) -> None:
        """Keep how far a command has come."""

    def forget_command(self, id_: str) -> None:
        """Forget a command: it may be carried out when it comes again."""

    def commands(self) -> dict[str, tuple[str, str | None]]:
        """Command id -> (state, detail), oldest first."""

    def close(self) -> None:
        """Let go of the file."""


class Volatile:
    """Keeps nothing beyond the process. The boot epoch is the time, in milliseconds.

    So the device's clock must not run backwards from one start to the next; where it may, give it
    a file.
    """

    def __init__(self, now: float) -> None:
        self._boot = int(now * 1000)

    def open(self) -> tuple[int, list[Item]]:
        """See `Backlog.open`."""
        return self._boot, []

    def add(self, item: Item) -> None:
        """See `Backlog.add`."""

    def remove(self, serials: list[int]) -> None:
        """See `Backlog.remove`."""

    def note_command(self, id_: str, state: str, detail: str | None) -> None:
        """See `Backlog.note_command`."""

    def forget_command(self, id_: str) -> None:
        """See `Backlog.forget_command`."""

    def commands(self) -> dict[str, tuple[str, str | None]]:
        """See `Backlog.commands`."""
        return {}

    def close(self) -> None:
        """See `Backlog.close`."""


class SqliteBacklog:
    """Keeps all of it in one file. Its calls block for the time of a write to the disk.

    Args:
        path: Of the file; its folder is made when it is not there.
        now: Seconds since the epoch; a new file's boot epoch begins there, so that a device whose
            file was lost does not use its old numbers again.
    """

    def __init__(self, path: Path, now: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._first = int(now * 1000)
        self._base = sqlite3.connect(path, isolation_level=None)
        self._base.execute("pragma journal_mode = wal")
        self._base.execute("pragma synchronous = full")
        self._base.executescript(_TABLES)

    def open(self) -> tuple[int, list[Item]]:
        """See `Backlog.open`."""
        self._base.execute(
            "insert into boot values (1, ?) on conflict do update set epoch = epoch + 1",
            (self._first,),
        )
        ((boot,),) = self._base.execute("select epoch from boot").fetchall()
        rows = self._base.execute(
            "select serial, boot, number, type, data, time, traceparent from item order by serial"
        )
        return boot, [Item(*row) for row in rows]

    def add(self, item: Item) -> None:
        """See `Backlog.add`."""
        self._base.execute(
            "insert into item values (?, ?, ?, ?, ?, ?, ?)",
            (
                item.serial,
                item.boot,
                item.number,
                item.type,
                item.data,
                item.time,
                item.traceparent,
            ),
        )

    def remove(self, serials: list[int]) -> None:
        """See `Backlog.remove`."""
        self._base.execute("begin")
        self._base.executemany("delete from item where serial = ?", [(one,) for one in serials])
        self._base.execute("commit")

    def note_command(self, id_: str, state: str, detail: str | None) -> None:
        """See `Backlog.note_command`."""
        self._base.execute(
            "insert into command (id, state, detail) values (?, ?, ?) on conflict (id) do update "
            "set state = excluded.state, detail = excluded.detail",
            (id_, state, detail),
        )
        self._base.execute(
            "delete from command where position <= (select max(position) from command) - ?",
            (COMMANDS_KEPT,),
        )

    def forget_command(self, id_: str) -> None:
        """See `Backlog.forget_command`."""
        self._base.execute("delete from command where id = ?", (id_,))

    def commands(self) -> dict[str, tuple[str, str | None]]:
        """See `Backlog.commands`."""
        rows = self._base.execute("select id, state, detail from command order by position")
        return {id_: (state, detail) for id_, state, detail in rows}

    def close(self) -> None:
        """See `Backlog.close`."""
        self._base.close()
