"""A node whose Ray has ended does not stay, and says so by its exit code."""

import asyncio
import os
from types import SimpleNamespace
from typing import Any, Self

import pytest
from ray._private import worker as ray_worker

from deploy import node, ray_local
from deploy.settings import Settings


def processes(*ended: str) -> Any:
    """What Ray knows of those that it started."""
    return SimpleNamespace(dead_processes=lambda: [(name, object()) for name in ended])


@pytest.mark.parametrize(
    ("ray", "expected"),
    [
        (None, []),
        (processes(), []),
        (processes("log_monitor", "dashboard"), []),
        (processes("raylet", "log_monitor"), ["raylet"]),
        (processes("gcs_server"), ["gcs_server"]),
    ],
)
def test_ray_is_dead_without_raylet_or_gcs(
    monkeypatch: pytest.MonkeyPatch, ray: Any, expected: list[str]
) -> None:
    """What only shows or collects something may be missing."""
    monkeypatch.setattr(ray_worker, "_global_node", ray)

    assert expected == ray_local.dead()


async def test_the_watch_says_when_ray_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as it is seen."""
    looks = iter([[], [], ["raylet"]])
    monkeypatch.setattr(node, "dead", lambda: next(looks))
    monkeypatch.setattr(node, "WATCH_S", 0)
    one = node.Node(Settings())
    await one._watch_ray()

    assert one.broken.is_set()


class Broken:
    """A node that starts well, and whose Ray then ends."""

    def __init__(self, *_: object) -> None:
        self.broken = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.broken.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End in good order, were it asked to."""


async def test_a_broken_node_ends_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, with a code that is no success: whoever watches it starts it again."""
    ended = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(node, "Node", Broken)
    monkeypatch.setattr(os, "_exit", ended.set_result)
    running = asyncio.create_task(node.run(Settings()))
    code = await ended
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert node.BROKEN == code != 0
