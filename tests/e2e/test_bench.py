"""The benchmarks run and report what the README says they do; no figure is tested here."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.long]


def bench(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run `vigil bench`, and return its report."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "deploy.cli", "bench", "--report", str(report), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(report.read_text())
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rate", "400", "--twins", "40", "--partitions", "2"),
        ("--naive", "--rate", "40", "--twins", "2"),
    ],
    ids=["vigil", "naive"],
)
def test_a_bench_reports_all_of_its_figures(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Vigil and the naive way write the same keys, so that they stand side by side."""
    report = bench(tmp_path, "--seconds", "6", "--warmup", "1", *arguments)
    assert report["sustained_events_per_second"] > 0.5 * report["offered_events_per_second"]
    assert (report["lost"], report["duplicated"], report["out_of_order"]) == (0, 0, 0)
    assert report["acknowledged"] == report["applied"] == report["sent"] > 0
    assert report["latency_ms"].keys() >= {"publish_to_applied", "publish_to_effect"}
    assert report["latency_ms"]["publish_to_applied"].keys() >= {"p50", "p99", "p999"}
    assert report["latency_ms"]["publish_to_applied"]["p50"] > 0
    cost = report["cpu_us_per_event"]
    assert cost.keys() >= {"nats", "gateway", "host", "store", "total", "generator"}
    assert cost["total"] > 0
    assert cost["generator"] > 0
    assert report["bytes_per_hot_twin"] > 0
    assert report["machine"]["cpus"] > 0
