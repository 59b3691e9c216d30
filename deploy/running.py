"""What runs on a data folder: the lock that makes it one, and the file that says where it is."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import psutil
from msgspec import Struct

from deploy.errors import AlreadyRunning, NotRunning

RUN_FILE = "run.json"
LOCK_FILE = "lock"
WATCH_FILE = "watchdog"
"""Locked by the watchdog for as long as it is there; its process id stands in it."""


class Running(Struct):
    """Where a running node is."""

    pid: int
    api_url: str
    operator_token: str
    nats_url: str
    mqtt_url: str | None
    partitions: int
    started_at: float
    privacy_token: str = ""
    """With it persons are exported and erased."""
    renewals: int = 0
    """How often its kinds were to be renewed, whatever came of it."""
    renewed: list[str] = []
    """The members that began with the last renewal."""
    problem: str | None = None
    """Why the last renewal was none."""

    @property
    def live_url(self) -> str:
        """The live page, signed in."""
        return f"{self.api_url}/?token={self.operator_token}"


class Lock:
    """A lock of the data folder; the kernel frees it when its process ends, however it ends."""

    def __init__(self, folder: Path, name: str = LOCK_FILE) -> None:
        self._folder = folder
        self._name = name
        self._file: int | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(
            self._folder / self._name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            self._file = None
            raise AlreadyRunning(describe(self._folder)) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def locked(folder: Path, name: str = LOCK_FILE) -> bool:
    """Whether a process holds a lock of the folder."""
    try:
        with Lock(folder, name):
            return False
    except AlreadyRunning:
        return True


def sign(folder: Path) -> None:
    """Say that this process is the folder's watchdog; it has the lock."""
    (folder / WATCH_FILE).write_text(f"{os.getpid()}\n")


def watchdog(folder: Path) -> int | None:
    """The process that watches the folder's node; None when nobody does."""
    try:
        pid = int((folder / WATCH_FILE).read_text())
    except (OSError, ValueError):
        return None
    return pid if locked(folder, WATCH_FILE) else None


def describe(folder: Path) -> str:
    """Say what runs there, for people."""
    away = f"Vigil is starting or stopping on {folder}; try again in a moment"
    try:
        running = written(folder)
    except NotRunning:
        return away
    if not psutil.pid_exists(running.pid):
        return away
    return (
        f"Vigil already runs on {folder} (process {running.pid}): API {running.api_url}, "
        f"devices {running.nats_url}. `vigil status` shows it, `vigil down` ends it"
    )


def write(folder: Path, running: Running) -> None:
    """Tell others where the node is; whole or not at all, readable by its owner only."""
    path = folder / RUN_FILE
    draft = folder / f".{RUN_FILE}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(running), indent=2))
    draft.replace(path)


def remove(folder: Path) -> None:
    """The node is gone."""
    (folder / RUN_FILE).unlink(missing_ok=True)


def written(folder: Path) -> Running:
    """Where the node said that it is, whether or not it is still there. Raises `NotRunning`."""
    path = folder / RUN_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Running)
    except FileNotFoundError:
        raise NotRunning(f"Vigil does not run on {folder}; start it with `vigil up`") from None
    except msgspec.DecodeError as error:
        raise NotRunning(f"{path} is damaged ({error}); remove it and run `vigil up`") from error


def read(folder: Path) -> Running:
    """Where the node is. Raises `NotRunning`, also when its process died without a word."""
    running = written(folder)
    if not psutil.pid_exists(running.pid):
        gone = f"Vigil ran on {folder} but process {running.pid} is gone; "
        if watchdog(folder) is not None:
            raise NotRunning(f"{gone}its watchdog starts it again: try again in a moment")
        raise NotRunning(f"{gone}`vigil up` goes on from there")
    return running
