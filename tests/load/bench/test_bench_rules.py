"""The benchmark of rules: the three engines are given the same conditions, and say the same."""

from typing import Any

import cel
import msgspec
import pytest
import zen

from load.bench.rules import CONDITIONS, measure
from twins.devices.vehicle import Telemetry, Vehicle
from twins.rules.ruleset import compile_rules
from twins.testing import Trial

HOT: dict[str, Any] = {
    "engine.hot": {"coolant_c": 116.0},
    "engine.racing": {"rpm": 6600.0, "speed_kmh": 5.0},
    "engine.strained": {"engine_load_pct": 96.0, "coolant_c": 106.0},
    "battery.flat": {"battery_v": 11.0, "rpm": 0.0},
    "fuel.low": {"fuel_level_pct": 5.0},
    "too.fast": {"speed_kmh": 211.0},
    "intake.hot": {"intake_air_c": 100.0, "coolant_c": 70.0},
}
"""Readings that make them fire; the rest needs a window."""


@pytest.mark.parametrize("name", HOT)
def test_the_engines_agree(name: str) -> None:
    """Each holds for its reading, in all three."""
    ours, zens, cels = CONDITIONS[name]
    rules = compile_rules(Vehicle.kind, [{"rule": name, "on": "telemetry", "when": ours}])
    trial = Trial("vehicle/v1", {"vehicle": rules})
    trial.measure(HOT[name])
    values = {**msgspec.structs.asdict(Telemetry()), **HOT[name]}

    assert [name] == [signal.name for signal in trial.signals]
    assert zen.compile_expression(zens).evaluate(values) is True
    assert cel.compile(cels).execute(values) is True


def test_the_benchmark_runs() -> None:
    """Ten rules, of which two have windows, and none of which fires."""
    report = measure(events=1_000)

    assert 10 == len(CONDITIONS)
    assert 2 == sum("5m" in when or "1m" in when for when, _, _ in CONDITIONS.values())
    assert 0 < report.bare_event < report.vigil_event
    assert min(report.vigil, report.zen, report.cel) > 0
