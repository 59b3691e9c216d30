"""Processes: those that a node started, found from outside, by what they call themselves."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

TITLES = {
    "host": "ray::TwinHost",
    "gateway": "ray::Gateway",
    "coordinator": "ray::Coordinator",
    "router": "ray::Router",
    "effects": "ray::EffectWorker",
    "api": "ray::ApiActor",
    "nats": "nats-server",
    "raylet": "raylet",
}
"""Role -> how its processes are called."""


def is_called(command: list[str], title: str) -> bool:
    """Whether a command line is that of a process of this title.

    Ray's workers have their class for a title, with the method after a dot while one runs.
    """
    name = command[0].rsplit("/", 1)[-1] if command else ""
    return name == title or name.startswith((f"{title}.", f"{title}:"))


def of_role(top: int, role: str) -> list[int]:
    """The processes of a role below one, the oldest first."""
    title = TITLES[role]
    found = []
    for child in psutil.Process(top).children(recursive=True):
        with suppress(psutil.Error):
            if is_called(child.cmdline(), title):
                found.append((child.create_time(), child.pid))
    return [pid for _, pid in sorted(found)]


def memory_of(top: int) -> int:
    """Resident bytes of all gateways and hosts below a process."""
    total = 0
    for role in ("gateway", "host"):
        for pid in of_role(top, role):
            with suppress(psutil.NoSuchProcess):
                total += psutil.Process(pid).memory_info().rss
    return total


def below_of(top: int) -> list[psutil.Process]:
    """All processes below one that still run, its children first."""
    try:
        children = psutil.Process(top).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if _runs(child)]


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def kill(pid: int) -> None:
    """End a process as a crash would."""
    os.kill(pid, signal.SIGKILL)


@contextmanager
def paused(pid: int, stop: Callable[[int, int], None] = os.kill) -> Iterator[None]:
    """Let a process stand still for as long as the block takes; it goes on whatever happens."""
    stop(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            stop(pid, signal.SIGCONT)


def end_all(processes: list[psutil.Process]) -> None:
    """End all of these as a crash would; those that have ended meanwhile are passed over."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()  # it looks first whether the number is another process' by now
