"""What a device keeps on its disk."""

import sqlite3
from pathlib import Path

from gateway.backlog import COMMANDS_KEPT, SqliteBacklog, Volatile
from gateway.window import Item

NOW = 1_800_000_000.0


def item(serial: int, boot: int, number: int) -> Item:
    """A message."""
    return Item(serial, boot, number, "telemetry", b"\x80", NOW, f"trace-{serial}")


def test_messages_outlive_the_process_with_their_numbers(tmp_path: Path) -> None:
    """After a restart those not acknowledged are there, in order, numbered as before."""
    first = SqliteBacklog(tmp_path / "d" / "v1.db", NOW)
    boot, left = first.open()
    for number in (1, 2, 3):
        first.add(item(number, boot, number))
    first.remove([2])
    first.close()
    second = SqliteBacklog(tmp_path / "d" / "v1.db", NOW)
    again, kept = second.open()
    second.close()

    assert [] == left
    assert [item(1, boot, 1), item(3, boot, 3)] == kept
    assert boot + 1 == again


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """What was added is there for whoever opens the file next, though nobody closed it."""
    first = SqliteBacklog(tmp_path / "v1.db", NOW)
    boot, _ = first.open()
    first.add(item(1, boot, 1))
    base = sqlite3.connect(tmp_path / "v1.db")
    rows = base.execute("select serial, boot, number from item").fetchall()
    base.close()
    first.close()

    assert [(1, boot, 1)] == rows


def test_no_boot_epoch_is_used_twice(tmp_path: Path) -> None:
    """Not after a restart, nor after the file was lost, nor when the clock runs backwards."""
    seen = []
    for now in (NOW, NOW - 1000, NOW + 1):
        backlog = SqliteBacklog(tmp_path / "v1.db", now)
        seen.append(backlog.open()[0])
        backlog.close()
    (tmp_path / "v1.db").unlink()
    backlog = SqliteBacklog(tmp_path / "v1.db", NOW + 60)
    seen.append(backlog.open()[0])
    backlog.close()

    assert sorted(set(seen)) == seen


def test_commands_are_remembered(tmp_path: Path) -> None:
    """How far each has come, the newest ones only."""
    first = SqliteBacklog(tmp_path / "v1.db", NOW)
    first.note_command("a", "delivered", None)
    first.note_command("a", "done", "unlocked")
    first.note_command("b", "delivered", None)
    first.note_command("c", "delivered", None)
    first.forget_command("c")
    first.close()
    second = SqliteBacklog(tmp_path / "v1.db", NOW)
    known = second.commands()
    for number in range(COMMANDS_KEPT):
        second.note_command(f"n{number}", "done", None)
    later = second.commands()
    second.close()

    assert {"a": ("done", "unlocked"), "b": ("delivered", None)} == known
    assert COMMANDS_KEPT == len(later)
    assert "a" not in later


def test_without_a_file_the_boot_epoch_is_the_time() -> None:
    """Milliseconds, so that two starts within a second differ."""
    assert (int(NOW * 1000), []) == Volatile(NOW).open()
    assert Volatile(NOW).open() < Volatile(NOW + 0.01).open()
