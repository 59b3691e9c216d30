"""One run: a node, a load, faults at random moments, and then the comparison."""

import asyncio
import random
import shutil
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from nats.aio.client import Client

from actors.connection import connect
from deploy.demo.providers import Providers
from gateway.fleet import Fleet
from load.chaos.books import Audit, address, audit, journal, world
from load.chaos.checker import Found, Holds, compare, compare_odd
from load.chaos.devices import KEPT, Devices, Told
from load.chaos.disk import small_disk
from load.chaos.faults import FAULTS, Fault, Scene
from load.chaos.house import House, house, scratch
from load.chaos.odd import ODD, Odd
from load.chaos.pulse import TIMEOUT_S, Pulse, recovery, spells
from load.chaos.report import Plan, Report, verdict
from load.chaos.written import read_logs

STEADY_S = 6.0
"""So long all is well before the first fault."""

SETTLE_S = 120.0
"""How long may be waited for the last acknowledgement, and for the last errand."""

PER_WISH = 3
"""Events of one wish: itself, the outcome of its hold, and that of its end."""

LOOK_S = 0.2

Progress = Callable[[str, float], None]
"""Takes (what is going on, share done from 0 to 1)."""


class Run:
    """A run on a node that is up."""

    def __init__(
        self, plan: Plan, fault: Fault, here: House, devices: Devices, odd: dict[str, Client]
    ) -> None:
        self._plan, self._fault, self._house, self._devices = plan, fault, here, devices
        self._chance = random.Random(plan.seed)
        self._began = time.monotonic()
        self.odd = Odd(odd, self._chance, time.time())
        self.pulse = Pulse(
            partial(here.status, TIMEOUT_S),
            lambda: devices.sent + (PER_WISH - 1) * len(devices.wishes) + self.odd.caused,
            lambda: devices.rate,
            self.clock,
        )
        self.scene = Scene(
            here.pid,
            self._chance,
            lambda: self.pulse.last,
            self.odd,
            here.twin,
            devices,
            here.folder,
        )
        self.done: list[tuple[float, str]] = []
        """When each fault began, and what was done."""
        self.problems: list[str] = []

    def clock(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    async def load(self, progress: Progress) -> None:
        """Send and break, for as long as was asked for."""
        seconds = self._plan.minutes * 60.0
        self._began = time.monotonic()
        self.scene.left_s = lambda: seconds - self.clock()
        looking = asyncio.create_task(self.pulse.run())
        breaking = asyncio.create_task(self._break(seconds, progress))
        try:
            await self._devices.send_for(seconds)
            await breaking
        finally:
            for task in (looking, breaking):
                task.cancel()
            await asyncio.gather(looking, breaking, return_exceptions=True)

    async def _break(self, seconds: float, progress: Progress) -> None:
        fault, chance = self._fault, self._chance
        at = STEADY_S + chance.uniform(0.0, 2.0)
        while at < seconds - fault.last_s or not self.done:
            while (now := self.clock()) < at:
                progress(f"{fault.name}: {len(self.done)} played", 0.1 + 0.7 * now / seconds)
                await asyncio.sleep(min(LOOK_S, at - now))
            began = self.clock()
            try:
                what = await fault.play(self.scene)
            except TimeoutError:
                self.problems.append(f"{fault.name} at {began:.1f} s: what it waits for never came")
                what = "not played to its end"
            self.done.append((began, what))
            at = max(self.clock() + fault.pause_s[0] / 2, began + chance.uniform(*fault.pause_s))

    def recoveries(self) -> tuple[list[float], list[str]]:
        """Of each fault; and when else it was late."""
        if not self.pulse.fresh:
            self.problems.append("not at full rate when the load ended; let it run longer")
        begun, end = [at for at, _ in self.done], self.clock()
        stalls = spells(self.pulse.beats, 0.0, min([*begun, end]))
        recovered = []
        for at, until in zip(begun, [*begun[1:], end], strict=True):
            took, others = recovery(self.pulse.beats, at, until)
            recovered.append(took)
            stalls += others
        limit_s = self._fault.limit_s
        if any(one.seconds > limit_s for one in stalls):
            self.problems.append(
                f"late for more than {limit_s:g} s long after a fault; see `stalls`"
            )
        return recovered, [f"{one.since:.1f} s: for {one.seconds:.1f} s" for one in stalls]

    async def settle(self) -> None:
        """Wait until something was said about every message."""
        try:
            async with asyncio.timeout(SETTLE_S):
                await self._devices.settled()
        except TimeoutError:
            self.problems.append(
                f"{self._devices.waiting} messages had no answer {SETTLE_S:g} s after the load"
            )

    async def compare(self) -> Found:
        """Read logs and twins, and hold them against the devices' books."""
        here = self._house
        told = {name: book for name, book in self._devices.told.items() if book.sent}
        client = await connect(here.address, "chaos")
        try:
            written = await read_logs(client, here.running.partitions)
        finally:
            await client.close()
        said = {name: book for name, book in self.odd.said.items() if name.startswith(ODD)}
        twins = {}
        for twin_id in (*told, *said, *self.scene.parked):
            end = written.ends[written.partition[twin_id]] if twin_id in written.partition else 0
            found = await here.read(f"/v1/twins/{twin_id}", min_position=str(end))
            twins[twin_id] = msgspec.convert(found, Holds)
        result = compare(told, written, twins)
        compare_odd(result, said, written.owed, twins)
        for twin_id in self.scene.parked:
            if twins[twin_id].parked is None or twins[twin_id].applied != 1:
                result.name(f"{twin_id} was poisoned, and is not set aside: {twins[twin_id]}")
        return result

    async def errands(self, providers: Providers) -> Audit:
        """Wait until every errand has ended, and read the company's books."""
        told = {name: one for name, one in self._devices.told.items() if name.startswith("errand/")}
        until = time.monotonic() + SETTLE_S
        open_ = 1
        while open_ and time.monotonic() < until:
            open_ = sum([await self._open(name, book) for name, book in told.items()])
            await asyncio.sleep(LOOK_S)
        if open_:
            self.problems.append(f"{open_} errands had no end {SETTLE_S:g} s after the load")
        return audit(await journal(providers), self._devices.acknowledged_wishes())

    async def _open(self, twin_id: str, told: Told) -> int:
        """How many errands a twin has not ended, of those that it was told of."""
        last = max(told.acknowledged.values(), default=0)
        found = await self._house.read(f"/v1/twins/{twin_id}", min_position=str(last))
        return len(found["state"].get("open", ()))


async def run(plan: Plan, progress: Progress, folder: Path | None = None) -> Report:
    """Run, and return the report.

    Args:
        plan: What to run.
        progress: Told how far it is.
        folder: For the node's data; None: a temporary one, which stays when something is wrong.
    """
    fault = FAULTS[plan.fault]
    place = folder or scratch()
    report = await _run(plan, fault, progress, place)
    if folder is None:
        if report.passed or fault.disk_mb is not None:
            shutil.rmtree(place, ignore_errors=True)  # a disk of its own is gone already
        else:
            report.problems.append(f"the node's data is kept in {place}")
    return report


async def _run(plan: Plan, fault: Fault, progress: Progress, folder: Path) -> Report:
    date = datetime.now(UTC).date().isoformat()
    async with AsyncExitStack() as stack:
        progress("starting a node", 0.0)
        providers = await stack.enter_async_context(Providers(folder / "companies", world()))
        stack.enter_context(small_disk(folder / "node", fault.disk_mb))
        here = await stack.enter_async_context(
            house(folder / "node", fault.members, free=fault.free)
        )
        cars, errands = [
            await stack.enter_async_context(
                Fleet(
                    kind, here.running.nats_url, here.token(kind), limit=KEPT
                )
            )
            for kind in ("vehicle", "errand")
        ]  # fmt: skip
        devices = Devices(cars, errands, plan.rate, plan.seed, address(providers), time.monotonic)
        for fleet in (cars, errands):
            await fleet.link.wait_connected()
        odd = {
            kind: await stack.enter_async_context(here.signed_in(kind))
            for kind in ("vehicle", "poison")
        }
        one = Run(plan, fault, here, devices, odd)
        await one.load(progress)
        recovered, stalls = one.recoveries()
        progress("waiting for the last acknowledgements", 0.85)
        await one.settle()
        progress("comparing", 0.9)
        books = await one.errands(providers)
        found = await one.compare()
        progress("ending the node", 0.97)
    return verdict(
        Report(
            fault=plan.fault,
            seed=plan.seed,
            minutes=plan.minutes,
            acknowledged=found.acknowledged,
            applied=found.applied,
            lost=found.lost,
            duplicated=found.duplicated,
            out_of_order=found.out_of_order,
            effects_duplicated=books.duplicated,
            holds_left=books.left,
            recovery_seconds=recovered,
            passed=False,
            sent=devices.sent,
            refused=found.refused,
            rate=plan.rate,
            wishes=len(devices.wishes),
            faults=[f"{at:.1f} s: {what}" for at, what in one.done],
            limit_s=fault.limit_s,
            stalls=stalls,
            date=date,
            problems=[*one.problems, *one.scene.problems, *found.problems, *books.problems[:20]],
        )
    )
