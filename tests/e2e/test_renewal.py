"""Kinds are taken over while devices send: new ones, later ones, and wrong ones not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from e2e.conftest import settings_for
from support.e2e_load import Load, read

from deploy.node import Node
from gateway.auth import device_token
from gateway.device import Device
from gateway.fleet import Fleet

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
]

BUOY = "kind: renewed_buoy\nfields: {wave_m: {type: number}}\n"
LATER = "kind: renewed_buoy\nschema: 2\nfields: {wave_m: {type: number}, adrift: {type: boolean}}\n"


async def renew(node: Node, *documents: Path) -> str | None:
    """Take over the usual kinds and these; returns why not."""
    usual = node.settings.node.kinds
    kinds = {"kinds": [*usual, *(str(path) for path in documents)]}
    await node.renew(lambda: settings_for(node.folder, node={"folder": str(node.folder), **kinds}))
    return node.running.problem


async def send(node: Node, data: dict[str, Any]) -> Any:
    """Let a buoy send; returns its state once it is applied."""
    token = device_token(node.secrets.device_key, "renewed_buoy/b1")
    async with Device("renewed_buoy/b1", node.server.url, token) as device:
        await (await device.send("telemetry", data))
    (state,) = await read(node, ["b1"], "renewed_buoy")
    return state.state


async def test_kinds_are_taken_over_mid_stream(node: Node, tmp_path: Path) -> None:
    """While cars send: all of theirs is applied once, in order; and then buoys send, too."""
    path = tmp_path / "buoy.yaml"
    path.write_text(BUOY)
    token = device_token(node.secrets.device_key, "vehicle/*")
    async with Fleet("vehicle", node.server.url, token) as fleet:
        load = Load(fleet, "renewed")
        sending = asyncio.gather(*(load.run(key) for key in load.keys))
        await load.third.wait()
        problem = await renew(node, path)
        await asyncio.wait_for(sending, 120)
    first = await send(node, {"wave_m": 1.5})
    path.write_text(LATER)
    later = await renew(node, path)
    second = await send(node, {"adrift": True})

    assert (None, None) == (problem, later)
    load.check(await read(node, load.keys))
    assert 1.5 == first["wave_m"]
    assert (1.5, True) == (second["wave_m"], second["adrift"])
    assert ["host-0", "gateway-0", "api"] == node.running.renewed


async def test_wrong_kinds_change_nothing(node: Node, tmp_path: Path) -> None:
    """A mistake is told with its line; what runs goes on."""
    path = tmp_path / "bad.yaml"
    path.write_text("kind: renewed_bad\nfeilds: {}\n")
    before = dict(node.crew.actors)
    problem = await renew(node, path)

    assert f"{path}:2:1: feilds: no such word here; did you mean fields?" == problem
    assert before == node.crew.actors
    assert [] == node.running.renewed
