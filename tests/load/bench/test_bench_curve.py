"""The drawing of the curve: well-formed, with every report in it, at round steps."""

import re
from typing import Any
from xml.etree.ElementTree import fromstring

import msgspec
import pytest

from load.bench.curve import SERIES, chart
from load.bench.report import Cost, Latencies, Machine, Quantiles, Report


def report(partitions: int, p99: float) -> Report:
    """A report that says no more than the drawing shows."""
    quantiles = Quantiles(p50=p99 / 3, p99=p99, p999=p99, samples=9)
    plain: dict[str, Any] = {
        field.name: 0
        for field in msgspec.structs.fields(Report)
        if field.required and field.type in (int, float)
    }
    cost = {field.name: 1.0 for field in msgspec.structs.fields(Cost)}
    return Report(
        **plain | {"partitions": partitions, "offered_events_per_second": 20_000.0},
        name="",
        latency_ms=Latencies(
            publish_to_applied=quantiles,
            publish_to_effect=quantiles,
            publish_to_acknowledged=quantiles,
        ),
        cpu_us_per_event=Cost(**cost),
        machine=Machine(cpus=2, model="", memory_gb=1.0, python="", system=""),
        notes=[],
    )


@pytest.mark.parametrize("highest", [0.7, 9.0, 100.0, 813.0, 4321.0])
def test_a_curve_shows_every_run_within_its_frame(highest: float) -> None:
    """One point for each series and report; no more than ten lines, each a round number."""
    drawn = fromstring(chart([report(4, highest / 2), report(8, highest)]))  # noqa: S314 - our own
    circles = drawn.findall("{*}circle")
    ticks = [float(text.text or "") for text in drawn.findall("{*}text[@text-anchor='end']")[:-1]]

    assert len(circles) == 2 * len(SERIES)
    assert all(0 <= float(circle.attrib["cy"]) <= 380 for circle in circles)
    assert ticks[0] == 0
    assert highest <= ticks[-1] <= 2 * highest
    assert 5 <= len(ticks) <= 11
    assert re.fullmatch(r"[125]0*|0\.[125]|0\.0[125]", f"{ticks[1]:g}")
