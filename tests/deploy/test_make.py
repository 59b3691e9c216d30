"""`make demo` and `make console` without Node: what is missing is said, and the demo runs."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="make")
def _make(tmp_path: Path) -> list[str]:
    """The command, with a `vigil` that says its arguments, and a console that is not built."""
    venv, console = tmp_path / "venv", tmp_path / "console"
    (venv / "bin").mkdir(parents=True)
    for name in ("python", "vigil"):
        (venv / "bin" / name).write_text('#!/bin/sh\necho "vigil $*"\n')
        (venv / "bin" / name).chmod(0o755)
    for folder in ("src", "public", "tools"):
        (console / folder).mkdir(parents=True)
    for stamp in (venv / ".installed", venv / ".installed-dev"):
        stamp.touch()
    return ["make", "--no-print-directory", "NODE=", f"VENV={venv}", f"CONSOLE={console}"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run it in the checkout."""
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_the_demo_runs_and_says_why_its_page_is_plain(make: list[str]) -> None:
    """It names what is needed, how one comes by it, and what to do then."""
    done = run(*make, "demo", "ARGS=--seconds 1")

    assert (0, "vigil demo --seconds 1\n") == (done.returncode, done.stdout)
    for words in ("needs Node 20", "apt install nodejs npm", "make console", "plain page is shown"):
        assert words in done.stderr


def test_a_console_that_was_built_elsewhere_is_shown(make: list[str], tmp_path: Path) -> None:
    """Then nothing is missing."""
    (tmp_path / "console" / "dist").mkdir()
    (tmp_path / "console" / "dist" / "index.html").touch()
    done = run(*make, "demo")

    assert (0, "vigil demo\n", "") == (done.returncode, done.stdout, done.stderr)


def test_the_console_itself_cannot_be_built(make: list[str], tmp_path: Path) -> None:
    """With the same words, and no success."""
    for name in ("index.html", "package-lock.json", "tsconfig.json", "vite.config.ts"):
        (tmp_path / "console" / name).touch()
    done = run(*make, "console")

    assert done.returncode != 0
    assert "needs Node 20" in done.stderr
