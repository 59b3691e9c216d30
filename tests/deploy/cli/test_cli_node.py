"""The commands about this machine's node: up, down, config; and the values that people type."""

import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec import json
from typer.testing import CliRunner

from deploy import running
from deploy.cli import process, values
from deploy.cli.app import make_app
from deploy.cli.connection import Target
from deploy.errors import AlreadyRunning, BadKinds, NotRunning, StartFailed

NODE = """
import os, signal, sys
from pathlib import Path
from deploy import running
folder = Path(sys.argv[1])
print("coming up", flush=True)
with running.Lock(folder):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    running.write(folder, running.Running(
        pid=os.getpid(), api_url="http://127.0.0.1:1", operator_token="t", nats_url="n",
        mqtt_url=None, partitions=16, started_at=0.0,
    ))
    signal.sigwait({signal.SIGTERM})
    running.remove(folder)
"""
"""What a node does as far as starting and ending go."""


def node_of(folder: Path, pid: int | None = None) -> running.Running:
    """A run file."""
    node = running.Running(
        pid=os.getpid() if pid is None else pid,
        api_url="http://127.0.0.1:1",
        operator_token="t",
        nats_url="n",
        mqtt_url=None,
        partitions=16,
        started_at=0.0,
    )
    running.write(folder, node)
    return node


def test_node_starts_in_the_background_and_ends(tmp_path: Path) -> None:
    """Started once, known by its run file, ended by a signal, and gone when `stop` returns."""
    command = [sys.executable, "-c", NODE, str(tmp_path)]

    node = process.start(command, tmp_path, 30)
    with pytest.raises(AlreadyRunning):
        process.start(command, tmp_path, 30)
    watchdog = running.watchdog(tmp_path)
    ended = process.stop(tmp_path, 30)
    os.waitpid(watchdog or 0, 0)

    assert node.pid == ended
    assert not running.locked(tmp_path)
    assert "coming up\n" == (tmp_path / process.LOG_FILE).read_text()
    with pytest.raises(NotRunning):
        process.stop(tmp_path, 1)


def test_node_that_ends_while_it_starts_shows_its_last_words(tmp_path: Path) -> None:
    """The end of the log of this start, not of an earlier one."""
    (tmp_path / process.LOG_FILE).write_text("an older start\n")

    with pytest.raises(StartFailed, match="code 3") as caught:
        process.start(
            [sys.executable, "-c", "print('the port is taken'); raise SystemExit(3)"], tmp_path, 30
        )

    assert "the port is taken" in str(caught.value)
    assert "older" not in str(caught.value)


def test_process_that_took_the_number_is_left_alone(tmp_path: Path) -> None:
    """A run file of a node that died names a process that is somebody else's by now."""
    node_of(tmp_path)
    killed: list[int] = []

    with pytest.raises(NotRunning):
        process.stop(tmp_path, 1, kill=lambda pid, _: killed.append(pid))

    assert [] == killed


def test_node_that_does_not_end_is_said(tmp_path: Path) -> None:
    """It got the signal; what to do next stands in the error."""
    node_of(tmp_path)
    got: list[tuple[int, int]] = []
    waits: list[float] = []

    with running.Lock(tmp_path), pytest.raises(process.StopFailed, match="checkpoints"):
        process.stop(
            tmp_path, 1.0, kill=lambda pid, number: got.append((pid, number)), sleep=waits.append
        )

    assert [(os.getpid(), signal.SIGTERM)] == got
    assert 10 == len(waits)


def test_down_without_a_node_is_three(tmp_path: Path) -> None:
    """And of a cluster elsewhere it is a mistake."""
    here = CliRunner().invoke(make_app(), ["--folder", str(tmp_path), "down"])
    there = CliRunner().invoke(make_app(), ["--url", "http://x", "--token", "t", "down"])

    assert (3, 2) == (here.exit_code, there.exit_code)


def test_up_refuses_a_folder_that_is_in_use(tmp_path: Path) -> None:
    """It says where the node is that runs there."""
    node_of(tmp_path)
    with running.Lock(tmp_path):
        result = CliRunner().invoke(make_app(), ["--folder", str(tmp_path), "up"])

    assert (1, True) == (result.exit_code, "already runs" in result.stderr)


@pytest.mark.parametrize("setting", ["nothing", "=1", "no.such=1", "log.partitions=3"])
def test_up_refuses_settings_that_are_none(tmp_path: Path, setting: str) -> None:
    """Before anything is started."""
    result = CliRunner().invoke(make_app(), ["--folder", str(tmp_path), "up", "--set", setting])

    assert 2 == result.exit_code
    assert [] == list(tmp_path.iterdir())


def test_background_gets_the_same_settings() -> None:
    """The node's own command line says all that was said."""
    command = process.up_command(Path("vigil.toml"), ["node.folder=/x", "api.port=0"])

    assert ["up", "--foreground", "--config", "vigil.toml", "--set", "node.folder=/x"] == (
        command[3:9]
    )


def test_config_shows_values_and_where_they_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Default, file and variable; `--changed` leaves out the defaults."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIGIL__API__PORT", "8099")
    (tmp_path / "vigil.toml").write_text("[log]\npartitions = 8\n")

    all_ = CliRunner().invoke(make_app(), ["config", "show"])
    changed = json.decode(
        CliRunner().invoke(make_app(), ["config", "show", "--changed", "--json"]).stdout
    )

    assert "host.lease_s" in all_.stdout
    assert {("api.port", "8099"), ("log.partitions", "8")} == {
        (item["path"], item["value"]) for item in changed
    }


def test_folder_is_the_given_one_or_the_settings_or_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without loading the whole tree of settings for each command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIGIL__NODE__FOLDER", raising=False)
    found = [Target(None, None, None).folder]
    (tmp_path / "vigil.toml").write_text('[node]\nfolder = "data"\n')
    found.append(Target(None, None, None).folder)
    monkeypatch.setenv("VIGIL__NODE__FOLDER", "elsewhere")
    found.append(Target(None, None, None).folder)
    found.append(Target("given", None, None).folder)

    assert [".vigil", "data", "elsewhere", "given"] == [str(folder) for folder in found]


# -- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (None, None),
        ("now", 1000.0),
        ("90s", 910.0),
        ("1.5m", 910.0),
        ("1970-01-01T00:10:00+00:00", 600.0),
    ],
)
def test_times_as_people_type_them(text: str | None, at: float | None) -> None:
    """Ago, or on the calendar."""
    assert at == values.moment(text, 1000.0)


@pytest.mark.parametrize("text", ["", "5", "5x", "-5m", "tomorrow", "9" * 30 + "d"])
def test_times_that_are_none_are_refused(text: str) -> None:
    """With an example of how to write them."""
    with pytest.raises(values.BadValue, match="15m"):
        values.moment(text, 1000.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-100.0, "in 2 min"),
        (-0.5, "just now"),
        (0.4, "just now"),
        (12.0, "12 s ago"),
        (600.0, "10 min ago"),
        (12_000.0, "3 h 20 min ago"),
        (100_000.0, "1 day ago"),
        (200_000.0, "2 days ago"),
    ],
)
def test_ages_are_words(seconds: float, text: str) -> None:
    """As people say them."""
    assert text == values.age(seconds)


@pytest.mark.parametrize(
    ("count", "text"), [(5, "5 B"), (1536, "1.5 KB"), (3 * 1024**3, "3.0 GB"), (1024**4, "1.0 TB")]
)
def test_sizes_are_short(count: int, text: str) -> None:
    """Powers of 1024."""
    assert text == values.size(count)


def answering(folder: Path, **said: object) -> list[tuple[int, int]]:
    """A node that says, at the signal, what came of a renewal; returns the signals it got."""
    node = node_of(folder)
    got: list[tuple[int, int]] = []

    def kill(pid: int, number: int) -> None:
        got.append((pid, number))
        running.write(folder, msgspec.structs.replace(node, renewals=1, **said))

    with running.Lock(folder):
        process.renew(folder, 1.0, kill=kill, sleep=lambda _: None)
    return got


def test_renewal_is_asked_for_by_a_signal(tmp_path: Path) -> None:
    """And over when the node says so."""
    assert [(os.getpid(), signal.SIGUSR1)] == answering(tmp_path, renewed=["host-1"])


def test_renewal_that_was_none_says_why(tmp_path: Path) -> None:
    """What is wrong with the kinds, and what to do when nothing is heard."""
    with pytest.raises(BadKinds, match=r"buoy\.yaml:2:1: feilds"):
        answering(tmp_path, problem="buoy.yaml:2:1: feilds: no such word here")
    node_of(tmp_path)
    with running.Lock(tmp_path), pytest.raises(process.RenewFailed, match=r"look at .*vigil\.log"):
        process.renew(tmp_path, 1.0, kill=lambda _, __: None, sleep=lambda _: None)


def test_renewal_needs_a_node(tmp_path: Path) -> None:
    """Here, and alive: a number may be another process' by now."""
    there = ["--url", "http://x", "--token", "t", "kinds", "reload"]
    result = CliRunner().invoke(make_app(), ["--folder", str(tmp_path), "kinds", "reload"])
    node_of(tmp_path)

    assert (3, 2) == (result.exit_code, CliRunner().invoke(make_app(), there).exit_code)
    with pytest.raises(NotRunning, match="died"):
        process.renew(tmp_path, 1.0, kill=lambda _, __: None)
