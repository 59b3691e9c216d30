"""A disk is filled to the last byte, and given back."""

import errno
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from load.chaos.disk import FILL, NoMount, fill, make_room, small_disk


def test_every_byte_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk of 2,500,001 bytes, in pieces that get smaller; what it frees is taken, too."""
    left = 2_500_001

    def write(_file: int, piece: bytes) -> int:
        nonlocal left
        if len(piece) > left:
            raise OSError(errno.ENOSPC, "no space left on device")
        left -= len(piece)
        return len(piece)

    monkeypatch.setattr(os, "write", write)
    taken = fill(tmp_path)
    left += 10

    assert (2_500_001, 10, 0) == (taken, fill(tmp_path), left)
    assert [FILL] == [path.name for path in tmp_path.iterdir()]
    make_room(tmp_path)
    make_room(tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_another_error_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no full disk."""

    def write(_file: int, _piece: bytes) -> int:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="input/output"):
        fill(tmp_path)


@pytest.mark.parametrize("megabytes", [None, 64])
def test_a_disk_is_mounted_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, megabytes: int | None
) -> None:
    """Where one is wanted, and it is taken away whatever happens."""
    commands: list[str] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command[0]))
    with pytest.raises(KeyError), small_disk(tmp_path / "node", megabytes):
        raise KeyError

    assert ([] if megabytes is None else ["mount", "umount"]) == commands


def test_who_may_not_mount_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the system's own words."""

    def refuse(command: list[str], **_: Any) -> None:
        raise subprocess.CalledProcessError(32, command, stderr="mount: only root can do that\n")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(NoMount, match="only root can do that"), small_disk(tmp_path / "node", 64):
        pass
