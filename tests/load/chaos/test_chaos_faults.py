"""Faults are played on processes that are found by their titles, and say what they did."""

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from load.chaos import faults
from load.chaos.devices import Devices
from load.chaos.faults import FAULTS, Scene, owners_of
from load.chaos.odd import Odd
from load.chaos.processes import TITLES, below_of, is_called, paused
from load.chaos.report import Report, verdict
from load.chaos.table import table


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["ray::TwinHost"], "host"),
        (["ray::Gateway.statistics"], "gateway"),
        (["/lib/site-packages/bin/nats-server", "-c", "nats.conf"], "nats"),
        (["/lib/ray/core/src/ray/raylet/raylet", "--raylet_socket_name=x"], "raylet"),
        (["ray::IDLE"], None),
        (["python", "-m", "deploy.cli"], None),
        ([], None),
    ],
)
def test_a_process_is_known_by_its_title(command: list[str], expected: str | None) -> None:
    """Of each role one, and of no other."""
    roles = [role for role, title in TITLES.items() if is_called(command, title)]

    assert ([] if expected is None else [expected]) == roles


def test_who_stands_still_goes_on_whatever_happens() -> None:
    """The signals come in pairs."""
    sent: list[tuple[int, int]] = []
    with pytest.raises(TimeoutError), paused(7, lambda pid, what: sent.append((pid, what))):
        raise TimeoutError

    assert [(7, signal.SIGSTOP), (7, signal.SIGCONT)] == sent


def status(*hosts: str) -> dict[str, Any]:
    """What a node says."""
    return {"partitions": [{"host": host} for host in hosts]}


def test_owners_are_known_when_everything_is_owned() -> None:
    """A partition without a host, and a node that does not answer: nobody can say."""
    assert {"host-0#a", "host-1#b"} == owners_of(status("host-0#a", "host-1#b", "host-0#a"), "host")
    assert set() == owners_of(status("host-0#a", ""), "host")
    assert set() == owners_of(None, "host")


async def nobody(_twin_id: str) -> None:
    """Nobody answers for a twin."""


def scene(
    top: int,
    says: Callable[[], dict[str, Any] | None] = lambda: None,
    folder: Path = Path("nowhere"),
) -> Scene:
    """One whose chance is always the same, without odd devices."""
    fleet: Any = None
    devices = Devices(fleet, fleet, 100.0, 1, "http://127.0.0.1:1", lambda: 0.0)
    odd = Odd({}, random.Random(5), 0.0)
    return Scene(top, random.Random(5), says, odd, nobody, devices, folder)


async def test_one_of_a_role_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed says which; what was done is told."""
    killed: list[int] = []
    monkeypatch.setattr(faults, "of_role", lambda _node, role: {"host": [11, 12, 13]}[role])
    monkeypatch.setattr(faults, "kill", killed.append)
    said = [await FAULTS["kill-host"].play(scene(1)) for _ in range(2)]

    assert killed[0] == killed[1]
    assert [f"host {killed[0]}"] * 2 == said


async def test_a_storm_kills_several_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """By chance, which the seed decides; what was killed is told in order."""
    killed: list[int] = []

    async def wait(_seconds: float) -> None:
        """Time passes."""

    monkeypatch.setattr(faults, "of_role", lambda _top, role: [faults.KILLED.index(role)])
    monkeypatch.setattr(faults, "kill", killed.append)
    monkeypatch.setattr(asyncio, "sleep", wait)
    said = await FAULTS["storm"].play(scene(1))

    assert faults.STORM == len(killed)
    assert ", ".join(f"{faults.KILLED[index]} {index}" for index in killed) == said


async def test_everything_is_killed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that stands below the watchdog, whose number was given."""
    killed: list[list[int]] = []
    monkeypatch.setattr(faults, "below_of", lambda top: [top + 1, top + 2])
    monkeypatch.setattr(faults, "end_all", killed.append)
    said = await FAULTS["kill-all"].play(scene(7))

    assert [[8, 9]] == killed
    assert "2 processes" == said


def test_what_has_ended_is_not_below() -> None:
    """One child that runs, and one that has ended and was not waited for."""
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running,
        subprocess.Popen([sys.executable, "-c", ""]) as over,
    ):
        os.waitid(os.P_PID, over.pid, os.WEXITED | os.WNOWAIT)
        found = below_of(os.getpid())
        running.kill()

    assert running.pid in {one.pid for one in found}
    assert over.pid not in {one.pid for one in found}


@pytest.mark.parametrize(
    ("name", "grown", "hot", "rate"),
    [("hot-twin", 40, True, 100.0), ("burst", 513, False, 1000.0)],
)
async def test_more_than_usual_comes_for_a_while(
    monkeypatch: pytest.MonkeyPatch, name: str, grown: int, hot: bool, rate: float
) -> None:
    """Meanwhile memory is looked at: how far it grows is told, and more than a limit is wrong."""
    here = scene(7)
    seen: set[tuple[bool, float]] = set()
    sizes = itertools.chain([100], itertools.repeat(100 + grown))

    async def wait(_seconds: float) -> None:
        """What happens while it is waited for."""
        seen.add((here.devices.hot, here.devices.rate))

    monkeypatch.setattr(faults, "memory_of", lambda _: next(sizes) * 1_000_000)
    monkeypatch.setattr(asyncio, "sleep", wait)
    said = await FAULTS[name].play(here)

    assert {(hot, rate)} == seen
    assert (False, 100.0) == (here.devices.hot, here.devices.rate)
    assert f"memory grew by {grown} MB" in said
    assert (grown > faults.MOST_MB) == bool(here.problems)


@pytest.mark.parametrize("healthy", [True, False])
async def test_a_full_disk_has_to_be_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, healthy: bool
) -> None:
    """It is full until the end, and then there is room; health that stays green is a problem."""
    done: list[str] = []

    async def wait(_seconds: float) -> None:
        """Time passes."""

    monkeypatch.setattr(faults, "fill", lambda _: done.append("fill") or 5_000_000)
    monkeypatch.setattr(faults, "make_room", lambda _: done.append("room"))
    monkeypatch.setattr(asyncio, "sleep", wait)
    here = scene(1, lambda: {"healthy": healthy}, tmp_path)
    said = await FAULTS["disk-full"].play(here)

    assert [*["fill"] * 11, "room"] == done
    assert "5 MB taken for 10 s" in said
    assert healthy == bool(here.problems)


async def test_what_has_no_other_stands_still_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """And goes on then."""
    done: list[object] = []

    async def wait(seconds: float) -> None:
        """Time passes."""
        done.append(seconds)

    monkeypatch.setattr(faults, "of_role", lambda _, role: {"nats": [11]}[role])
    monkeypatch.setattr(
        faults, "paused", lambda pid: paused(pid, lambda _, what: done.append(what))
    )
    monkeypatch.setattr(asyncio, "sleep", wait)
    said = await FAULTS["pause-nats"].play(scene(1))

    assert "nats 11" == said
    assert [signal.SIGSTOP, faults.HUNG_S, signal.SIGCONT] == done


async def test_a_sleeper_wakes_when_another_has_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before; and the fault is over when it takes part again."""
    says = [status("host-0#a", "host-1#b")]
    signals: list[int] = []

    async def wait(_seconds: float) -> None:
        """What happens while it is waited for."""
        says.append(
            status("host-0#a", "host-0#a")
            if signals == [signal.SIGSTOP]
            else status("host-0#a", "host-1#c")
        )

    monkeypatch.setattr(faults, "of_role", lambda *_: [11])
    monkeypatch.setattr(
        faults, "paused", lambda pid: paused(pid, lambda _, what: signals.append(what))
    )
    monkeypatch.setattr(asyncio, "sleep", wait)
    said = await FAULTS["pause-host"].play(scene(1, lambda: says[-1]))

    assert "host 11" == said
    assert [signal.SIGSTOP, signal.SIGCONT] == signals
    assert status("host-0#a", "host-1#c") == says[-1]


def report(**more: Any) -> Report:
    """One of a run in which all is well, but for what is said."""
    given: dict[str, Any] = {
        "fault": "kill-host", "seed": 1, "minutes": 1.0, "acknowledged": 10, "applied": 10,
        "lost": 0, "duplicated": 0, "out_of_order": 0, "effects_duplicated": 0, "holds_left": 0,
        "recovery_seconds": [3.0], "passed": False, "sent": 10, "refused": 0, "rate": 10.0,
        "wishes": 1, "faults": ["6.0 s: host 11"], "limit_s": 10.0, **more,
    }  # fmt: skip
    return Report(**given)


def test_a_run_passes_when_nothing_is_wrong() -> None:
    """Then there is no problem to name."""
    assert report(passed=True) == verdict(report())


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"lost": 2}, "lost: 2"),
        ({"out_of_order": 1}, "out of order: 1"),
        ({"effects_duplicated": 1}, "effects duplicated: 1"),
        ({"holds_left": 3}, "holds left: 3"),
        ({"refused": 1}, "refused: 1"),
        ({"recovery_seconds": [3.0, 10.5]}, "back only after 10.5 s; the limit is 10 s"),
        ({"acknowledged": 0}, "nothing was acknowledged"),
        ({"faults": []}, "no fault was played: the run was too short"),
        ({"problems": ["a twin is parked"]}, "a twin is parked"),
    ],
)
def test_a_run_does_not_pass_for_a_reason(more: dict[str, Any], why: str) -> None:
    """Every one is named."""
    found = verdict(report(**more))

    assert not found.passed
    assert [why] == found.problems


def test_reports_become_rows() -> None:
    """One a run, with the quickest and the slowest recovery."""
    lines = table([report(recovery_seconds=[3.0, 1.25], passed=True, date="2026-11-27")])

    assert (
        "| `kill-host` | 1 | 1 | 1 | 10 | 10 | 0 | 0 | 0 | 0 | 0 | 1.2 to 3.0 | yes | 2026-11-27 |"
    ) == lines.splitlines()[2]
