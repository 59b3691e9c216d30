"""Rules change while a whole node runs: published, moved with their partitions, gone back on."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from typer.testing import CliRunner, Result

from actors.state import TwinState
from deploy.cli.app import make_app
from deploy.crew import HOST
from deploy.node import Node
from gateway.client import Client

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
]

CAR = "vehicle/fast1"
RULE = """\
# Faster than any road allows.
rule: too.fast
kind: vehicle
on: telemetry
when: speed_kmh > 180
"""


class Shell:
    """Somebody at the node's command line."""

    def __init__(self, node: Node, folder: Path) -> None:
        self._node = node
        self.rules = folder / "rules"

    async def __call__(self, *words: str) -> Result:
        """Run a command, while the node goes on in this loop."""
        given = ["--folder", str(self._node.folder), *words]
        env = {"VIGIL_BY": "ann", "COLUMNS": "200"}
        return await asyncio.to_thread(CliRunner().invoke, make_app(), given, env=env)

    async def json(self, *words: str) -> Any:
        """What a command tells a program; it went well."""
        result = await self(*words, "--json")

        assert 0 == result.exit_code, result.output

        return json.decode(result.stdout)

    async def push(self, text: str | None) -> None:
        """Have the folder's rules published, with this one or without, and live everywhere."""
        path = self.rules / "vehicle" / "too.fast.yaml"
        if text is None:
            path.unlink()
        else:
            path.write_text(text, "utf-8")
        await self.json("rules", "push", str(self.rules))
        await self.live()

    async def live(self) -> None:
        """Wait until the published version is live in every partition."""
        while (await self("rules", "status", "vehicle")).exit_code:
            await asyncio.sleep(0)

    async def drive(self, *speeds: float) -> TwinState:
        """Let the car drive, reading by reading, and return what it is like then."""

        def send() -> TwinState:
            with Client(self._node.api_url, self._node.operator_token) as api:
                for speed_kmh in speeds:
                    sent = api.send(CAR, "telemetry", {"speed_kmh": speed_kmh}, as_device=True)
                return api.state(CAR, sent.position)

        return await asyncio.to_thread(send)


def firings(state: TwinState) -> list[tuple[str, int, float]]:
    """(rule, version, speed) of all that the car remembers."""
    found = (state.state.get("record") or {}).get("firings", [])
    return [(one["rule"], one["version"], one["why"]["inputs"]["speed_kmh"]) for one in found]


async def test_a_rule_lives_from_its_push_to_its_rollback(node: Node, tmp_path: Path) -> None:
    """It fires, on another host too; in the shadow it is counted; gone back on, it is gone."""
    vigil = Shell(node, tmp_path)
    await vigil.json("rules", "pull", str(vigil.rules), "--kind", "vehicle")

    assert [] == firings(await vigil.drive(200.0, 100.0))

    await vigil.push(RULE)
    fired = firings(await vigil.drive(201.0, 202.0, 100.0))

    assert [("too.fast", 1, 201.0)] == fired

    # Partitions move: their new host has the rules from the checkpoint.
    node.crew.add(HOST)
    await node.crew.remove(f"{HOST}-0")
    fired = firings(await vigil.drive(203.0, 100.0))

    assert ("too.fast", 1, 203.0) == fired[-1]

    await vigil.push(f"{RULE}shadow: true\n")
    state = await vigil.drive(204.0, 100.0)
    (firing,) = [one for one in state.state["record"]["firings"] if one["version"] == 2]
    explained = await vigil.json("explain", firing["id"])

    assert (True, []) == (explained["shadow"], explained["signals"])
    assert RULE.splitlines()[-1] == f"when: {explained['document']['when']}"
    while not (await vigil.json("rules", "status", "vehicle"))[0]["shadows"][0]["count"]:
        await asyncio.sleep(0)

    await vigil.json("rules", "rollback", "vehicle", "0")
    await vigil.live()
    fired = firings(await vigil.drive(205.0, 100.0))

    assert [("too.fast", 1, 201.0), ("too.fast", 1, 203.0), ("too.fast", 2, 204.0)] == fired
