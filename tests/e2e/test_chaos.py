"""`vigil chaos` breaks a real node, and reports what came of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.chaos,
    pytest.mark.long,
    pytest.mark.timeout(300),
]


def test_a_fault_is_played_and_reported(tmp_path: Path) -> None:
    """A host is killed once: everything is there, once and in order; the report says so."""
    path = tmp_path / "report.json"
    command = [
        sys.executable, "-m", "deploy.cli", "chaos", "--fault", "kill-host", "--minutes", "0.4",
        "--rate", "100", "--report", str(path),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    report = json.loads(path.read_text()) if path.exists() else {}

    assert report.get("acknowledged", 0) == report.get("applied") == report.get("sent"), done.stderr
    assert [0] * 5 == [
        report[name]
        for name in ("lost", "duplicated", "out_of_order", "effects_duplicated", "holds_left")
    ]
    assert ("kill-host", 1, 0.4) == (report["fault"], report["seed"], report["minutes"])
    assert 1 == len(report["faults"]) == len(report["recovery_seconds"])
    # How long it took is this machine's matter; that it is told and judged is not.
    slow = any(one > report["limit_s"] for one in report["recovery_seconds"])
    assert (report["passed"], done.returncode) == ((False, 1) if slow else (True, 0))
