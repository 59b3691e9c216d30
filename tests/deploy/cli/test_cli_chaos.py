"""`vigil chaos` names its faults, writes its report, and fails when a run does not pass."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from typer.testing import CliRunner

from deploy.cli.app import make_app
from load.chaos import run as chaos
from load.chaos.faults import FAULTS
from load.chaos.report import Plan, Report, verdict


def invoke(*arguments: str) -> Any:
    """Run the command."""
    return CliRunner().invoke(make_app(), ["chaos", *arguments])


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """What was to be run; nothing is. One with seed 7 loses a message."""
    asked: list[Plan] = []

    async def run(plan: Plan, progress: Callable[[str, float], None]) -> Report:
        asked.append(plan)
        progress("done", 1.0)
        return verdict(
            Report(
                fault=plan.fault, seed=plan.seed, minutes=plan.minutes, acknowledged=10,
                applied=10, lost=int(plan.seed == 7), duplicated=0, out_of_order=0,
                effects_duplicated=0, holds_left=0, recovery_seconds=[3.5], passed=False, sent=10,
                refused=0, rate=plan.rate, wishes=1, faults=["6.0 s: host 11"], limit_s=10.0,
            )
        )  # fmt: skip

    monkeypatch.setattr(chaos, "run", run)
    return asked


def test_all_faults_are_named() -> None:
    """With what each does; and where one is named that is none."""
    listed, unknown = invoke("--fault", "list"), invoke("--fault", "kill-hots")

    assert (0, 2) == (listed.exit_code, unknown.exit_code)
    for name in FAULTS:
        assert name in listed.stdout
        assert name in unknown.stderr


def test_a_run_that_passes_is_reported(tmp_path: Path, plans: list[Plan]) -> None:
    """The report has all that was promised, as JSON, in a file and on the screen."""
    path = tmp_path / "report.json"
    done = invoke("--fault", "kill-host", "--minutes", "2", "--report", str(path), "--json")
    report = json.decode(path.read_bytes())

    assert 0 == done.exit_code
    assert [Plan("kill-host", 2.0, 1, 300.0)] == plans
    assert report == json.decode(done.stdout)
    assert report.items() >= {
        "fault": "kill-host", "seed": 1, "minutes": 2.0, "acknowledged": 10, "applied": 10,
        "lost": 0, "duplicated": 0, "out_of_order": 0, "effects_duplicated": 0, "holds_left": 0,
        "recovery_seconds": [3.5], "passed": True,
    }.items()  # fmt: skip


def test_a_run_that_does_not_pass_is_one(plans: list[Plan]) -> None:
    """It says why."""
    done = invoke("--fault", "burst", "--seed", "7")

    assert 1 == done.exit_code
    assert [Plan("burst", 1.0, 7, 100.0)] == plans
    assert "lost: 1" in done.stdout
    assert "not passed" in done.stdout
