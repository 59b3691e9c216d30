"""`vigil demo`: what is asked for wrongly is said at once, before anything starts."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.app import make_app
from deploy.cli.output import FAILED, USAGE
from deploy.running import Lock


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--report", "demo.json"], "give --seconds, too"),
        (["--seconds", "60", "--report", "nowhere/at/all/demo.json"], "is no folder"),
        (["--seconds", "0"], "--seconds"),
        (["--cars", "3"], "--cars"),
        (["--patience", "-1"], "--patience"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], said: str) -> None:
    """As a mistake of usage, with the option's name."""
    result = CliRunner().invoke(make_app(), ["demo", *arguments], env={"COLUMNS": "200"})

    assert USAGE == result.exit_code
    assert said in result.output


def demo(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process of its own: it sets up logging and imports Ray."""
    command = [sys.executable, "-m", "deploy.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


def test_a_folder_without_drives_ends_it_before_anything_starts(tmp_path: Path) -> None:
    """The error says what is missing; no simulated drives take the place of recorded ones."""
    logs, home = tmp_path / "logs", tmp_path / "home"
    logs.mkdir()
    result = demo("--folder", str(home), "demo", "--drives", str(logs))

    assert FAILED == result.returncode
    assert "no file in it ends in .csv" in result.stderr
    assert not (home / "nats").exists()


def test_a_second_one_finds_the_first(tmp_path: Path) -> None:
    """It says so, and leaves it alone, even with `--fresh`."""
    with Lock(tmp_path):
        result = demo("--folder", str(tmp_path), "demo", "--fresh")

    assert FAILED == result.returncode
    assert str(tmp_path) in result.stderr.replace("\n", "")


def test_a_story_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    """Before anything starts."""
    result = demo("--folder", str(tmp_path), "demo", "--story", "rodside")
    said = " ".join(result.stderr.split())

    assert FAILED == result.returncode
    assert "no story 'rodside'" in said
    assert all(name in said for name in ("roadside", "service", "delivery"))
    assert not (tmp_path / "nats").exists()
