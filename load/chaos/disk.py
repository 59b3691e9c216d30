"""Disk: a small file system for a node's data, that can be filled to the last byte.

Mounting needs the right to; without it a run on such a disk says so, and is none.
"""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.errors import DeployError

FILL = "fill"
_PIECE = 1 << 20


class NoMount(DeployError):
    """This process may not mount a file system; the text says what the system said."""


@contextmanager
def small_disk(folder: Path, megabytes: int | None) -> Iterator[None]:
    """A file system of its own for a folder while the block takes; None: the folder as it is."""
    if megabytes is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(folder))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
    except FileNotFoundError as error:
        raise NoMount(f"there is no {command[0]} here") from error
    except subprocess.CalledProcessError as error:
        raise NoMount(f"{' '.join(command)}: {error.stderr.strip()}") from error


def fill(folder: Path) -> int:
    """Take all the room that is left; returns how many bytes that was."""
    file = os.open(folder / FILL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    taken, piece = 0, _PIECE
    try:
        while piece:
            try:
                taken += os.write(file, b"\0" * piece)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                piece //= 2
    finally:
        os.close(file)
    return taken


def make_room(folder: Path) -> None:
    """Give it back."""
    with suppress(FileNotFoundError):
        (folder / FILL).unlink()
