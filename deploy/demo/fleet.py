"""Fleet: the cars on the road. Each sends a reading a second and answers commands for itself."""

import asyncio
import heapq
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Final

import structlog

from deploy.demo.car import STANDS, Car, Refused
from deploy.demo.count import Given
from deploy.demo.scene import FleetView
from gateway.device import Command, Device, Handler
from gateway.errors import CommandRefused
from gateway.fleet import Fleet
from load.drives.fleet import CarPlan

logger = structlog.get_logger(__name__)

TELEMETRY: Final = "telemetry"
SETTLE_S: Final = 20.0
"""How long the last acknowledgements are waited for, in seconds."""

TICKS: Final = 20
"""Moments of a second at which cars send. What is sent at one moment leaves the process together,
and reaches the disk together: far fewer system calls than one for each car."""

LATE_S: Final = 5.0
"""A car that lags behind its drive by more leaves readings out: a stall must cause no flood."""


class DemoFleet:
    """Drives all cars, while `await run()` lasts.

    Args:
        fleet: The connection that all cars share.
        plans: One a car.
        view: Kept up to date, for whoever shows it.
        seed: Spreads the cars' readings over the second.
        clock: Seconds since the epoch.
        monotonic: Seconds that never jump.
        sleep: Waits.
    """

    def __init__(
        self,
        fleet: Fleet,
        plans: Sequence[CarPlan],
        view: FleetView,
        seed: int,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fleet = fleet
        self._view = view
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self.cars = {plan.key: Car(plan) for plan in plans}
        self._devices: dict[str, Device] = {}
        self._stood: dict[str, asyncio.Event] = {}
        chance = Random(seed)  # noqa: S311 - spreads readings; guards nothing
        self._phase = {key: chance.randrange(TICKS) / TICKS for key in self.cars}
        for key, car in self.cars.items():
            self._stood[key] = asyncio.Event()
            self._devices[key] = fleet.device(key, handle=self._driver(key, car))
        view.cars = len(self.cars)

    def _driver(self, key: str, car: Car) -> Handler:
        async def obey(command: Command) -> str | None:
            try:
                done = car.obey(command.name)
            except Refused as refused:
                raise CommandRefused(str(refused)) from refused
            if done is not None:
                return done
            await self._stood[key].wait()
            return STANDS

        return obey

    async def run(self) -> None:
        """Send every reading when it is due, until cancelled."""
        began, wall = self._monotonic(), self._clock()
        due = [(at, key) for key in self.cars if (at := self._due_s(key)) is not None]
        heapq.heapify(due)
        counting = asyncio.create_task(self._count())
        try:
            while due:
                at_s, key = due[0]
                wait = began + at_s - self._monotonic()
                if wait > 0:
                    await self._sleep(wait)
                    continue
                heapq.heappop(due)
                car = self.cars[key]
                reading = car.read()
                if wait > -LATE_S:
                    reading.at = round(wall + at_s, 3)
                    await self._devices[key].send(TELEMETRY, reading, at=reading.at)
                if car.standing:
                    self._stood[key].set()
                following = self._due_s(key)
                if following is not None:
                    heapq.heappush(due, (following, key))
        finally:
            counting.cancel()

    def _due_s(self, key: str) -> float | None:
        """When a car sends next, in seconds since the start: at the tick after its reading."""
        due_s = self.cars[key].due_s
        if due_s is None:
            return None
        return math.ceil((due_s + self._phase[key]) * TICKS) / TICKS

    async def _count(self) -> None:
        """Keep the view up to date, once a second."""
        before = 0
        while True:
            await asyncio.sleep(1.0)
            given = self.given().values()
            view = self._view
            view.sent = sum(car.sent for car in given)
            view.acknowledged = sum(car.acknowledged for car in given)
            view.waiting = view.sent - view.acknowledged - sum(car.refused for car in given)
            view.rates.append(view.acknowledged - before)
            before = view.acknowledged

    @property
    def twin_ids(self) -> list[str]:
        """Of all cars."""
        return [f"vehicle/{key}" for key in self.cars]

    async def settle(self) -> bool:
        """Wait for the last acknowledgements; returns whether all came."""
        try:
            async with asyncio.timeout(SETTLE_S):
                await self._fleet.settled()
        except TimeoutError:
            logger.warning("not all acknowledged", waiting=self._view.waiting)
            return False
        return True

    def given(self) -> dict[str, Given]:
        """Twin id -> what its car sent so far."""
        found = {}
        for statistics in self._fleet.statistics():
            messages = statistics.messages
            found[statistics.twin_id] = Given(
                sent=messages.sent,
                acknowledged=messages.acknowledged,
                refused=messages.refused + messages.dropped,
            )
        return found
