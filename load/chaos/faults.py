"""Faults: what is done to a running node, by name."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from load.chaos.devices import HOT, Devices
from load.chaos.disk import fill, make_room
from load.chaos.odd import Odd
from load.chaos.poison import WORST
from load.chaos.processes import below_of, end_all, kill, memory_of, of_role, paused
from load.chaos.soak import drift, size_of

ALL_S = 60.0
"""The same, where Ray itself is gone, or everything at once."""

BACK_S = 10.0
"""Within so many seconds after a fault all has to be at full rate."""

SPARED = 0.5
"""How often the host is not killed behind a poisoned event."""

POISON_S = 30.0
"""An event that takes its process along is condemned only when it has done so twice."""

STORM = 4
STORM_S = 20.0
"""The same, where several parts are gone at once."""

HUNG_S = 8.0
"""Longer than any answer of theirs is waited for, and than a lease."""

SOAK_LOOK_S = 5.0
FULL_S = 10
ROOM_S = 30.0
"""How long after there is room again it may take."""

HOT_S = 15
BURST_S = 60
TIMES = 10.0
CATCH_UP_S = 30.0
"""How long after a burst it may take until nothing of it waits."""

MOST_MB = 512
"""By how much memory may grow, when more comes than usually."""

PATIENCE_S = 60.0
"""How long a fault waits for what it needs to be there."""

LOOK_S = 0.1


class Scene:
    """What a fault may look at and touch.

    Args:
        top: Process id of the node's watchdog; all else is below it.
        chance: Whom it hits.
        status: The newest status of the node; None when it did not answer.
        odd: Devices that misbehave.
        twin: Reads a twin; None when nobody answers for it.
        devices: Those that send all the time.
        folder: The node's data folder.
    """

    def __init__(
        self,
        top: int,
        chance: random.Random,
        status: Callable[[], dict[str, Any] | None],
        odd: Odd,
        twin: Callable[[str], Awaitable[dict[str, Any] | None]],
        devices: Devices,
        folder: Path,
    ) -> None:
        self.top = top
        self.chance = chance
        self._status = status
        self.odd = odd
        self.devices = devices
        self.folder = folder
        self._twin = twin
        self._played = 0
        self.parked: list[str] = []
        """Twins that were poisoned, and have to be set aside."""
        self.left_s: Callable[[], float] = lambda: 0.0
        """For how long it is still sent, in seconds."""
        self.problems: list[str] = []
        """What should not have happened, for people."""

    def turn(self) -> int:
        """How often something was played before, for names that are new."""
        self._played += 1
        return self._played

    async def kill_one(self, role: str) -> int:
        """Kill a process of a role; returns which."""
        pid = await self.pick(role)
        kill(pid)
        return pid

    async def until_parked(self, twin_id: str) -> None:
        """Wait until a twin that had one good event is set aside."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                state = await self._twin(twin_id)
                if state is not None and state["parked"] and state["applied"] == 1:
                    return
                await asyncio.sleep(LOOK_S)

    async def pick(self, role: str) -> int:
        """One of the processes of a role, as soon as there is one."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = await asyncio.to_thread(of_role, self.top, role)
                if found:
                    return self.chance.choice(found)
                await asyncio.sleep(LOOK_S)

    async def growth(self, seconds: float) -> int:
        """By how much the memory of gateways and hosts grows meanwhile, at most, in MB."""
        began = most = await asyncio.to_thread(memory_of, self.top)
        for _ in range(int(seconds)):
            await asyncio.sleep(1.0)
            most = max(most, await asyncio.to_thread(memory_of, self.top))
        grown = (most - began) // 1_000_000
        if grown > MOST_MB:
            self.problems.append(f"memory grew by {grown} MB, more than {MOST_MB}")
        return grown

    def is_red(self) -> bool:
        """Whether the node says that it is not well, or says nothing."""
        status = self._status()
        return status is None or not status["healthy"]

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
    disk_mb: int | None = None
    """Size of a file system of the node's own; None: its folder lies where temporary ones do."""
    free: bool = False
    """Whether a device may send as fast as it likes."""
    rate: float = 300.0
    """Messages a second, unless told otherwise."""
    members: int = 1
    """Hosts and gateways that the node has."""


def called(role: str) -> str:
    """A role, for people."""
    return {
        "effects": "effect worker", "api": "API", "nats": "NATS server",
        "raylet": "raylet, with which all actors end",
    }.get(role, role)  # fmt: skip


def _kill(role: str) -> Fault:
    async def play(scene: Scene) -> str:
        return f"{role} {await scene.kill_one(role)}"

    return Fault(f"kill-{role}", f"kill -9 of the {called(role)}", play)


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


def _hang(role: str) -> Fault:
    async def play(scene: Scene) -> str:
        pid = await scene.pick(role)
        with paused(pid):
            await asyncio.sleep(HUNG_S)
        return f"{role} {pid}"

    about = f"the {called(role)} stands still for {HUNG_S:g} s, and goes on then"
    return Fault(f"pause-{role}", about, play, limit_s=HUNG_S + BACK_S, pause_s=(25.0, 30.0))


async def _kill_all(scene: Scene) -> str:
    """The node, its log server, Ray and all actors; the watchdog stands outside."""
    found = await asyncio.to_thread(below_of, scene.top)
    end_all(found)
    return f"{len(found)} processes"


async def _shuffle(scene: Scene) -> str:
    """Odd devices send, and in the middle of it a host or a gateway is killed."""
    async with asyncio.timeout(PATIENCE_S):
        sending = asyncio.create_task(scene.odd.shuffle(scene.turn()))
        try:
            await asyncio.sleep(scene.chance.uniform(0.2, 1.0))
            role = scene.chance.choice(("host", "gateway"))
            pid = await scene.kill_one(role)
            return f"{await sending} messages of 3 devices, {role} {pid} meanwhile"
        finally:
            sending.cancel()


async def _poison(scene: Scene) -> str:
    """A twin gets what no handler survives; half of the time the host is killed behind it."""
    type_, twin_id = scene.chance.choice(WORST), f"poison/p{scene.turn()}"
    async with asyncio.timeout(PATIENCE_S):
        await scene.odd.poison(twin_id, type_)
    scene.parked.append(twin_id)
    if scene.chance.random() < SPARED:
        await scene.until_parked(twin_id)
        return f"{type_} to {twin_id}"
    pid = await scene.kill_one("host")
    await scene.until_parked(twin_id)
    return f"{type_} to {twin_id}, host {pid} meanwhile"


async def _hot_twin(scene: Scene) -> str:
    """One twin gets a large share of all messages."""
    scene.devices.hot = True
    try:
        grown = await scene.growth(HOT_S)
    finally:
        scene.devices.hot = False
    return f"one twin with {HOT:.0%} of all for {HOT_S} s; memory grew by {grown} MB"


async def _burst(scene: Scene) -> str:
    """All devices send more than usually."""
    scene.devices.times = TIMES
    try:
        grown = await scene.growth(BURST_S)
    finally:
        scene.devices.times = 1.0
    return f"{TIMES:g} times the rate for {BURST_S} s; memory grew by {grown} MB"


async def _disk_full(scene: Scene) -> str:
    """There is no room for a while, and then there is."""
    taken = await asyncio.to_thread(fill, scene.folder)
    try:
        waiting = scene.devices.waiting
        red = False
        for _ in range(FULL_S):
            await asyncio.sleep(1.0)
            await asyncio.to_thread(fill, scene.folder)  # what was freed meanwhile, too
            red = red or scene.is_red()
    finally:
        await asyncio.to_thread(make_room, scene.folder)
    if not red:
        scene.problems.append(f"the disk was full for {FULL_S} s, and health stayed green")
    more = scene.devices.waiting - waiting
    return f"{taken / 1e6:.0f} MB taken for {FULL_S} s, {more} messages without an answer by then"


async def _storm(scene: Scene) -> str:
    """Several parts, one after the other, before any of them is back."""
    killed = []
    for _ in range(STORM):
        role = scene.chance.choice(KILLED)
        killed.append(f"{role} {await scene.kill_one(role)}")
        await asyncio.sleep(scene.chance.uniform(0.0, 2.0))
    return ", ".join(killed)


async def _soak(scene: Scene) -> str:
    """Nothing is done; it is looked at what grows."""
    sizes = [await asyncio.to_thread(size_of, scene.top)]
    while scene.left_s() > SOAK_LOOK_S:
        await asyncio.sleep(SOAK_LOOK_S)
        sizes.append(await asyncio.to_thread(size_of, scene.top))
    said, problems = drift(sizes, scene.devices.waits_s)
    scene.problems += problems
    return said


KILLED = ("host", "gateway", "coordinator", "router", "effects", "api", "nats")
PAUSED = ("host", "gateway")
"""Of these there are two, and one takes over."""

HUNG = ("nats", "coordinator", "effects")
"""Of these there is one: what needs it waits."""

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
        Fault(
            "storm", f"{STORM} of these parts are killed within seconds, by chance", _storm,
            limit_s=STORM_S, pause_s=(25.0, 35.0), last_s=STORM_S,
        ),
        *map(_pause, PAUSED),
        *map(_hang, HUNG),
        Fault(
            "shuffle", "devices repeat, shuffle and come hours late, while a part is killed",
            _shuffle,
        ),
        Fault(
            "poison", "handlers that raise, loop or find no memory; half the time with a kill",
            _poison, limit_s=POISON_S, pause_s=(30.0, 40.0), last_s=POISON_S,
        ),
        Fault(
            "disk-full", f"no room on the node's disk for {FULL_S} s", _disk_full,
            limit_s=FULL_S + ROOM_S, pause_s=(50.0, 60.0), last_s=FULL_S + ROOM_S + 10.0,
            disk_mb=512,
        ),
        Fault("soak", "nothing at all; memory, open files and latency have to stay", _soak),
        Fault(
            "hot-twin", f"one twin gets {HOT:.0%} of all messages for {HOT_S} s", _hot_twin,
            pause_s=(25.0, 35.0), last_s=HOT_S + BACK_S, free=True,
        ),
        Fault(
            "burst", f"{TIMES:g} times the usual rate for {BURST_S} s", _burst,
            limit_s=BURST_S + CATCH_UP_S, pause_s=(100.0, 110.0), last_s=BURST_S + CATCH_UP_S,
            free=True, rate=100.0,
        ),
    )
}  # fmt: skip
"""By name."""
