"""Backtests on a whole node: minutes of driving, replayed beside what is live."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from msgspec import json
from support.e2e_load import read
from typer.testing import CliRunner, Result

from actors.state import TwinState
from deploy.cli.app import make_app
from deploy.node import Node
from gateway.auth import device_token
from gateway.client import Client
from gateway.fleet import Fleet
from gateway.rule_findings import RuleFile
from load.drives import Drive, overheat, simulate_drive

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
]

MINUTES = 6
MEASURED = ("coolant_c", "speed_kmh", "rpm", "engine_load_pct", "battery_v")
AT_ONCE = 20
"""Readings of one message."""

SOONER = """\
# Half as many rises as the rule that vehicles bring.
rule: engine.overheating
kind: vehicle
on: telemetry
when: rising(coolant_c, 5, band=0.5, above=95, clear=92)
---
rule: engine.hot
kind: vehicle
on: telemetry
when: coolant_c > 105
for: 10s
"""


def drives() -> dict[str, Drive]:
    """Six warm cars; two of them overheat."""
    found = {f"bt-{seed}": simulate_drive(seed, 60.0 * MINUTES, False, False) for seed in range(6)}  # noqa: FBT003 - its own arguments, in order
    for number, key in enumerate(("bt-2", "bt-4")):
        found[key] = overheat(found[key], 60.0 + 30.0 * number, rate_c_per_min=16.0)
    return found


async def send(fleet: Fleet, key: str, drive: Drive, began: float) -> None:
    """Send a whole drive, some readings at a time, and wait until all of it is durable."""
    device = fleet.device(key)
    readings = []
    for sample in drive.samples:
        values = {name: getattr(sample, name, None) for name in MEASURED}
        known = {name: value for name, value in values.items() if value is not None}
        readings.append({"at": began + sample.at_s, **known})
    receipts = [
        await device.send("telemetry", readings[first : first + AT_ONCE])
        for first in range(0, len(readings), AT_ONCE)
    ]
    await asyncio.gather(*receipts)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def driven(node: Node) -> list[TwinState]:
    """The cars, after they have driven."""
    token = device_token(node.secrets.device_key, "vehicle/*")
    began = time.time() - 60.0 * MINUTES - 1.0
    async with Fleet("vehicle", node.server.url, token) as fleet:
        await asyncio.gather(*(send(fleet, key, drive, began) for key, drive in drives().items()))
    return await read(node, list(drives()))


async def vigil(node: Node, *words: str) -> Result:
    """Run `vigil …` against the node."""
    where = ("--url", node.api_url, "--token", node.operator_token)
    return await asyncio.to_thread(CliRunner().invoke, make_app(), [*where, *words])


def fired(states: list[TwinState]) -> Counter[tuple[str, str, float]]:
    """(rule, twin, event time) of what really fired."""
    return Counter(
        (firing["rule"], state.id, firing["at"])
        for state in states
        for firing in ((state.state.get("record") or {}).get("firings") or [])
    )


async def test_what_really_fired_is_what_the_replay_says(
    node: Node, driven: list[TwinState], tmp_path: Path
) -> None:
    """The live side is reality, firing by firing; the candidate's difference is told."""
    path = tmp_path / "sooner.yaml"
    path.write_text(SOONER)
    done = await vigil(node, "backtest", str(path), "--since", "1h", "--json")

    assert 0 == done.exit_code, done.output
    assert done.stderr.startswith("about "), "how long it takes comes first"
    report = json.decode(done.stdout)
    rules = {one["rule"]: one for one in report["rules"]}
    overheating, hot = rules["engine.overheating"], rules["engine.hot"]
    real = fired(driven)
    assert 2 == len(real) == overheating["live"]
    assert real == Counter(
        ("engine.overheating", one["twin_id"], one["at"]) for one in overheating["only_live"]
    )
    assert ("changed", "new") == (overheating["change"], hot["change"])
    sooner = {one["twin_id"]: one["at"] for one in reversed(overheating["only_candidate"])}
    assert {"vehicle/bt-2", "vehicle/bt-4"} == {*sooner}
    assert all(sooner[twin_id] < at for _, twin_id, at in real)
    assert ["vehicle/bt-2", "vehicle/bt-4"] == sorted(one["twin_id"] for one in hot["first"])
    assert sum(state.numbered for state in driven) <= report["events"]
    assert (6, []) == (report["twins"], report["parked"])


async def test_nothing_is_touched(node: Node, driven: list[TwinState], tmp_path: Path) -> None:
    """No device's event more, and nothing fired; what the rescue still tells the cars goes on."""
    path = tmp_path / "sooner.yaml"
    path.write_text(SOONER)
    before = await read(node, list(drives()))
    done = await vigil(node, "backtest", str(path), "--since", "1h", "--sample", "50%")
    after = await read(node, list(drives()))

    assert 0 == done.exit_code, done.output
    assert "engine.overheating" in done.stdout
    assert "50 % of them" in done.stdout
    assert [one.numbered for one in before] == [one.numbered for one in after]
    assert fired(driven) == fired(before) == fired(after)


async def test_it_ends_when_it_is_told_to(node: Node, driven: list[TwinState]) -> None:
    """Cancelled by API, its process is gone, and the next one may begin."""

    def cancelled() -> Any:
        with Client(node.api_url, node.operator_token) as api:
            began = api.backtests.start([RuleFile(SOONER)], time.time() - 3600.0)
            ended = api.backtests.cancel(began.id)
            second = api.backtests.start([RuleFile(SOONER)], time.time() - 3600.0)
            api.backtests.cancel(second.id)
            return began, ended, second

    began, ended, second = await asyncio.to_thread(cancelled)

    assert driven
    assert ("running", "cancelled", "running") == (began.state, ended.state, second.state)
