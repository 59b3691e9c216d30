"""Process: a node in the background; started, waited for, ended."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from deploy import running
from deploy.errors import AlreadyRunning, BadKinds, DeployError, NotRunning, StartFailed

LOG_FILE = "vigil.log"
LOOK_S = 0.1
TAIL_BYTES = 2000


class StopFailed(DeployError):
    """The node does not end; the text says what to do."""


class RenewFailed(DeployError):
    """The node does not say that its kinds are renewed; the text says where to look."""


def start(command: list[str], folder: Path, patience_s: float) -> running.Running:
    """Start a node in the background, with a watchdog, and return where it is once it is up.

    Args:
        command: Runs the node in the foreground; first the path of the program.
        folder: Its data folder; what it says goes to `vigil.log` there.
        patience_s: How long it may take, in seconds.

    Raises:
        AlreadyRunning: One runs there already.
        StartFailed: It ended, or was not up in time; with the end of its log.
    """
    if busy(folder):
        raise AlreadyRunning(running.describe(folder))
    log = folder / LOG_FILE
    began_at = log.stat().st_size if log.exists() else 0
    pid = _spawn([sys.executable, "-m", "deploy.watchdog", str(folder), *command], log)
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            raise StartFailed(
                f"Vigil ended with code {os.waitstatus_to_exitcode(status)} while it started; "
                f"the end of {log}:\n{_tail(log, began_at)}"
            )
        try:
            node = running.read(folder)
        except NotRunning:
            time.sleep(LOOK_S)
            continue
        if _parent(node.pid) == pid:
            return node
        time.sleep(LOOK_S)
    os.kill(pid, signal.SIGTERM)
    raise StartFailed(
        f"Vigil was not up within {patience_s:g} s and was told to end; the end of {log}:\n"
        f"{_tail(log, began_at)}"
    )


def busy(folder: Path) -> bool:
    """Whether a node runs there, or is started again by its watchdog."""
    return running.locked(folder) or running.watchdog(folder) is not None


def _parent(pid: int) -> int | None:
    try:
        return psutil.Process(pid).ppid()
    except psutil.NoSuchProcess:
        return None


def _spawn(command: list[str], log: Path) -> int:
    """Start a program that outlives this one, and return its process id."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        # A session of its own: Ctrl-C here, or the end of the terminal, does not reach it.
        setsid=True,
    )


def stop(
    folder: Path,
    patience_s: float,
    *,
    kill: Callable[[int, int], None] = os.kill,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """End the node of a folder with a last checkpoint, and its watchdog; wait until they are gone.

    Returns the node's process id, or the watchdog's where there is no node at the moment. Raises
    `NotRunning`, and `StopFailed` when it is still there after `patience_s` seconds; it goes on
    ending then, and nothing is lost.
    """
    watchdog = running.watchdog(folder)
    if watchdog is None:
        pid = running.read(folder).pid
        if not running.locked(folder):
            # Its process died without a word, and the number may be another process' by now.
            raise NotRunning(f"Vigil ran on {folder} and died; `vigil up` goes on from there")
        kill(pid, signal.SIGTERM)
    else:
        pid = watchdog
        with suppress(NotRunning):
            pid = running.read(folder).pid
        kill(watchdog, signal.SIGTERM)  # it passes it on
    for _ in range(int(patience_s / LOOK_S)):
        if not busy(folder):
            return pid
        sleep(LOOK_S)
    raise StopFailed(
        f"process {pid} got the signal but has not ended within {patience_s:g} s; it may still be "
        f"writing checkpoints. Look at {folder / LOG_FILE}, and try again"
    )


def renew(
    folder: Path,
    patience_s: float,
    *,
    kill: Callable[[int, int], None] = os.kill,
    sleep: Callable[[float], None] = time.sleep,
) -> running.Running:
    """Let the node of a folder take over its kinds anew, and wait for what comes of it.

    Raises `NotRunning`, `BadKinds`, and `RenewFailed` when nothing came of it in time.
    """
    before = running.read(folder)
    if not running.locked(folder):
        raise NotRunning(f"Vigil ran on {folder} and died; `vigil up` goes on from there")
    kill(before.pid, signal.SIGUSR1)
    for _ in range(int(patience_s / LOOK_S)):
        now = running.read(folder)
        if now.renewals > before.renewals:
            if now.problem is not None:
                raise BadKinds(now.problem)
            return now
        sleep(LOOK_S)
    raise RenewFailed(
        f"process {before.pid} has not said within {patience_s:g} s that its kinds are renewed; it "
        f"may be at it still: look at {folder / LOG_FILE}, and at `vigil status`"
    )


def up_command(config: Path | None, settings: list[str]) -> list[str]:
    """The command that runs a node in the foreground with the same settings."""
    command = [sys.executable, "-m", "deploy.cli", "up", "--foreground"]
    if config is not None:
        command += ["--config", str(config)]
    for setting in settings:
        command += ["--set", setting]
    return command


def _tail(log: Path, began_at: int) -> str:
    data = log.read_bytes()[began_at:][-TAIL_BYTES:]
    return data.decode("utf-8", "replace").strip() or "(empty)"
