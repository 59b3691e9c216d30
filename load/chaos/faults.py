"""Faults: what is done to a running node, by name."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from load.chaos.processes import below_of, end_all, kill, of_role, paused

ALL_S = 60.0
"""The same, where Ray itself is gone, or everything at once."""

BACK_S = 10.0
"""Within so many seconds after a fault all has to be at full rate."""

PATIENCE_S = 60.0
"""How long a fault waits for what it needs to be there."""

LOOK_S = 0.1


class Scene:
    """What a fault may look at and touch.

    Args:
        top: Process id of the node's watchdog; all else is below it.
        chance: Whom it hits.
        status: The newest status of the node; None when it did not answer.
    """

    def __init__(
        self, top: int, chance: random.Random, status: Callable[[], dict[str, Any] | None]
    ) -> None:
        self.top = top
        self.chance = chance
        self._status = status

    async def pick(self, role: str) -> int:
        """One of the processes of a role, as soon as there is one."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = await asyncio.to_thread(of_role, self.top, role)
                if found:
                    return self.chance.choice(found)
                await asyncio.sleep(LOOK_S)

    async def owners(self, role: str, count: int) -> None:
        """Wait until all partitions are shared by so many members of a role."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if len(owners_of(self._status(), role)) == count:
                    return
                await asyncio.sleep(LOOK_S)


def owners_of(status: dict[str, Any] | None, role: str) -> set[str]:
    """The members of a role that own partitions; none while somebody owns nothing or is unknown."""
    if status is None:
        return set()
    owners = {part[role] for part in status["partitions"]}
    return set() if "" in owners else owners


class Fault(Struct, frozen=True):
    """One fault that can be played again and again."""

    name: str
    about: str
    """What it does, for people."""
    play: Callable[[Scene], Awaitable[str]]
    """Does it once, and returns what was done to whom."""
    limit_s: float = BACK_S
    """How long a recovery may take."""
    pause_s: tuple[float, float] = (14.0, 22.0)
    """Between one and the next, at least and at most, in seconds."""
    last_s: float = 15.0
    """So long nothing more is done at the end, that what was done last can be got over."""
    members: int = 1
    """Hosts and gateways that the node has."""


def _kill(role: str) -> Fault:
    async def play(scene: Scene) -> str:
        pid = await scene.pick(role)
        kill(pid)
        return f"{role} {pid}"

    return Fault(f"kill-{role}", f"kill -9 of the {role}'s process", play)


def _pause(role: str) -> Fault:
    async def play(scene: Scene) -> str:
        await scene.owners(role, 2)
        pid = await scene.pick(role)
        with paused(pid):
            await scene.owners(role, 1)
        # It wakes up with all that it held, and has to find out by itself that it is over.
        await scene.owners(role, 2)
        return f"{role} {pid}"

    about = f"one {role} stands still until another has taken over all, and goes on then"
    return Fault(f"pause-{role}", about, play, pause_s=(20.0, 26.0), members=2)


async def _kill_all(scene: Scene) -> str:
    """The node, its log server, Ray and all actors; the watchdog stands outside."""
    found = await asyncio.to_thread(below_of, scene.top)
    end_all(found)
    return f"{len(found)} processes"


KILLED = ("host", "gateway", "coordinator", "router", "effects", "api", "nats")
PAUSED = ("host", "gateway")

REST_S = (70.0, 80.0)
"""Between faults that take a new start of everything."""

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *map(_kill, KILLED),
        replace(_kill("raylet"), limit_s=ALL_S, pause_s=REST_S, last_s=ALL_S),
        Fault(
            "kill-all", "kill -9 of all processes at once, but the watchdog", _kill_all,
            limit_s=ALL_S, pause_s=REST_S, last_s=ALL_S,
        ),
        *map(_pause, PAUSED),
    )
}  # fmt: skip
"""By name."""
