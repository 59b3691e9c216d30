"""One SQLite file: its connections, its locks, its format, and errors that name the remedy.

Two connections: one writes, one reads, each under a lock of its own, so that within a process a
read does not wait for a commit. Other processes open the same file; readers never wait for
writers (write-ahead log).

Invariant: whoever writes, in whichever process, holds the lock file from BEGIN until the commit
and the WAL checkpoint that may follow it are through. SQLite's own locks would let a commit and
a checkpoint overlap, and up to SQLite 3.51.2 that can, very rarely, lose pages ("WAL-reset bug",
sqlite.org/wal.html#walresetbug). Readers open read-only and never checkpoint.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, NoReturn

from actors.errors import StoreError, UnknownFormat

APPLICATION = 0x56494749
"""`PRAGMA application_id` of all our files: "VIGI"."""
PAGE_BYTES = 8192
"""Measured: 4096 spends more on rows over 1 KB, 16384 on few changes among many twins."""
WAL_PAGES = 4000
"""32 MB of changes, then they move from the WAL into the file: pages that change with every
checkpoint are moved once for several."""

_REMEDIES = {
    sqlite3.SQLITE_CORRUPT: "damaged; stop the host and restore the file from a backup",
    sqlite3.SQLITE_NOTADB: "damaged; stop the host and restore the file from a backup",
    sqlite3.SQLITE_FULL: "the disk is full; free some space, nothing was written",
    sqlite3.SQLITE_IOERR: "the disk failed; check it, nothing was committed",
    sqlite3.SQLITE_READONLY: "may not be written; check the owner of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that it exists and who may read it",
    sqlite3.SQLITE_BUSY: "locked by a program that is no part of the cluster; close that program",
}


class SqliteFile:
    """A SQLite database with one writer at a time and any number of readers.

    `schema` is SQL that creates the tables; `version` goes into `PRAGMA user_version`, and a file
    of another version is refused, but for older ones that `upgrades` knows how to bring to the
    next: version -> SQL, which may call `functions`. A `secret` file is its owner's alone to read,
    and overwrites what it deletes. Any thread may call. Opens its connections when first used.
    """

    def __init__(
        self,
        path: Path,
        *,
        schema: str,
        version: int,
        patience: float = 10.0,
        upgrades: Mapping[int, str] = MappingProxyType({}),
        functions: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
        secret: bool = False,
    ) -> None:
        self.path = path.absolute()
        self._schema = schema
        self._version = version
        self._upgrades = upgrades
        self._functions = functions
        self._secret = secret
        self._patience = patience
        self._writing = Lock()
        self._reading = Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._closed = False

    def create(self) -> None:
        """Create the file and its tables, durably, or upgrade it. A crash leaves no half."""
        if self.path.exists():
            if self._upgrades:
                self._upgrade()
            return
        with self._guard():
            _make_folder(self.path.parent)
        with self._writing, self._guard(), self._locked():
            if self.path.exists():
                return  # another process was faster
            new = self.path.with_suffix(".new")
            for leftover in self.path.parent.glob(f"{new.name}*"):
                leftover.unlink()
            db = self._connect(new, "rwc")
            try:
                db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
                db.execute("PRAGMA journal_mode = WAL")
                for statement in self._schema.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION}")
                db.execute(f"PRAGMA user_version = {self._version}")
            finally:
                db.close()
            if self._secret:
                new.chmod(0o600)
            new.rename(self.path)
            _sync(self.path.parent)

    def _upgrade(self) -> None:
        """Bring a file of an older version to this one, version by version."""
        with self._writing, self._guard(), self._locked():
            db = self._connect(self.path, "rw")
            try:
                self._check_application(db)
                for name, function in self._functions.items():
                    db.create_function(name, -1, function)
                while (version := _version(db)) in self._upgrades and version < self._version:
                    db.execute("BEGIN IMMEDIATE")
                    for statement in self._upgrades[version].split(";"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {version + 1}")
                    db.execute("COMMIT")
            finally:
                db.close()

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction: committed and durable at the end, or rolled back on any exception.

        Not `synced`, it is there for every process at once, and durable with the next one that is.
        Waits up to `patience` seconds for a writer in another process.
        """
        with self._writing, self._guard(), self._locked():
            db = self._writer = self._writer or self._open("rw")
            db.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One snapshot: all queries see the same commit."""
        with self._reading, self._guard():
            db = self._reader = self._reader or self._open("ro")
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Like `reading`, on a connection of its own: for long reads that must not hold a lock."""
        with self._guard():
            db = self._open("ro")
            try:
                db.execute("BEGIN")
                yield db
            finally:
                db.close()

    def wipe(self) -> None:
        """Leave no byte of what was deleted: overwritten in the file, and gone from the WAL.

        What the disk itself keeps of blocks that it gave up is beyond any program.
        """
        with self._writing, self._guard(), self._locked():
            db = self._writer = self._writer or self._open("rw")
            give_up = time.monotonic() + self._patience
            while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() >= give_up:
                    self.fail(f"somebody has been reading for {self._patience:g} s; try again")
                # SQLite answers "busy" and tells nobody when the last reader has ended, so it is
                # asked again; in a thread of its own, for `patience` seconds at most.
                time.sleep(0.01)

    def fail(self, what: str) -> NoReturn:
        """Raise a `StoreError` that names the file."""
        raise StoreError(f"{self.path}: {what}")

    def close(self) -> None:
        """Close the connections; the last writer to close moves the WAL into the file."""
        with self._reading, self._writing:
            self._closed = True
            reader, self._reader = self._reader, None
            writer, self._writer = self._writer, None
            if reader is not None:
                reader.close()
            if writer is not None:
                with self._guard(), self._locked():
                    writer.close()

    def _open(self, mode: str) -> sqlite3.Connection:
        if self._closed:
            self.fail("the store is closed")
        if not self.path.exists():
            self.fail("missing; prepare the store, or restore the file from a backup")
        db = self._connect(self.path, mode)
        try:
            self._check_format(db)
        except BaseException:
            db.close()
            raise
        return db

    def _connect(self, path: Path, mode: str) -> sqlite3.Connection:
        db = sqlite3.connect(
            f"{path.as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,  # we say BEGIN ourselves
            check_same_thread=False,  # our locks see to it
            timeout=self._patience,
        )
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA cache_size = -16384")  # KB
        # Wipe what is freed; where nothing secret lies, only where that is free.
        db.execute(f"PRAGMA secure_delete = {'ON' if self._secret else 'FAST'}")
        db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        db.execute(f"PRAGMA journal_size_limit = {2 * WAL_PAGES * PAGE_BYTES}")
        return db

    def _check_application(self, db: sqlite3.Connection) -> None:
        if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            self.fail("not a file of this store; restore the right one from a backup")

    def _check_format(self, db: sqlite3.Connection) -> None:
        self._check_application(db)
        version = _version(db)
        if version != self._version:
            raise UnknownFormat(
                f"{self.path}: format {version}; this version of Vigil reads {self._version}. "
                "Run the version that wrote it, or restore a backup that it can read"
            )

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Turn errors of SQLite and of the disk into ours."""
        try:
            yield
        except OSError as error:
            raise StoreError(f"{self.path}: {error}; check who may write in its folder") from error
        except OverflowError as error:
            raise StoreError(f"{self.path}: a number beyond 64 bit; nothing was written") from error
        except sqlite3.Error as error:
            # The low byte of an extended code is the plain one.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            raise StoreError(f"{self.path}: {_REMEDIES.get(code, 'failed')} ({error})") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock file, against writers in other processes."""
        path = self.path.with_suffix(".lock")
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            give_up = time.monotonic() + self._patience
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                if time.monotonic() >= give_up:
                    self.fail(
                        f"another process has been writing for {self._patience:g} s; "
                        "if it hangs, end it"
                    )
                time.sleep(0.001)
            yield
        finally:
            os.close(lock)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it; their names outlive a power cut."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Make the names in a folder durable; a file's own sync does not promise that."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
