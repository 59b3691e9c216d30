"""The demo's fleet: a reading a second from each car, at its own moment; commands are answered."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from demo_kit import drive, plan

from deploy.demo.car import STANDS
from deploy.demo.fleet import LATE_S, TICKS, DemoFleet
from deploy.demo.scene import FleetView
from gateway.device import Command, Handler
from gateway.errors import CommandRefused
from load.drives.fleet import CarPlan

WALL = 1_800_000_000.0


class Over(Exception):
    """The test has seen enough."""


class Time:
    """Time that passes only while the fleet sleeps; the first sleep takes `stall` longer."""

    def __init__(self, until: float, stall: float = 0.0) -> None:
        self.stall = stall
        self.now = 50.0
        self.until = self.now + until
        self.sleeps = 0

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass; raises `Over` at the end."""
        self.sleeps += 1
        self.now += seconds + self.stall
        self.stall = 0.0
        if self.now > self.until:
            raise Over


class Device:
    """Keeps what it is to send."""

    def __init__(self, sent: list[tuple[str, str, Any, float]], key: str, handle: Handler) -> None:
        self._sent, self._key = sent, key
        self.handle = handle

    async def send(self, type_: str, data: Any, at: float) -> None:
        """Keep it."""
        self._sent.append((self._key, type_, data, at))


class Connection:
    """Stands for `gateway.fleet.Fleet`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any, float]] = []
        self.devices: dict[str, Device] = {}

    def device(self, key: str, *, handle: Handler) -> Device:
        """A device."""
        return self.devices.setdefault(key, Device(self.sent, key, handle))

    def statistics(self) -> list[Any]:
        """None."""
        return []


def cars(number: int, seconds: int = 60) -> Sequence[CarPlan]:
    """Cars at 36 km/h."""
    made = drive([90.0] * seconds, [36.0] * seconds)
    return [plan(made, f"v{k}") for k in range(1, number + 1)]


def fleet(connection: Connection, passing: Time, plans: Sequence[CarPlan]) -> DemoFleet:
    """A fleet on a connection of the test's."""
    return DemoFleet(
        connection,  # type: ignore[arg-type]  # it has what the fleet uses
        plans, FleetView(), 1, clock=lambda: WALL, monotonic=passing, sleep=passing.sleep,
    )  # fmt: skip


async def test_each_car_sends_a_reading_a_second() -> None:
    """With the time at which it was due, in order."""
    connection, passing = Connection(), Time(10.0)
    with pytest.raises(Over):
        await fleet(connection, passing, cars(20)).run()

    for key in connection.devices:
        times = [at for sender, _, _, at in connection.sent if sender == key]

        assert 10 <= len(times) <= 11
        assert [1.0] * (len(times) - 1) == [
            pytest.approx(late - early) for early, late in pairwise(times)
        ]
    assert {"telemetry"} == {type_ for _, type_, _, _ in connection.sent}
    assert all(data.at == at for _, _, data, at in connection.sent)


async def test_cars_share_the_moments_of_a_second() -> None:
    """Few wake-ups for many cars: that is what keeps the demo small."""
    connection, passing = Connection(), Time(10.0)
    with pytest.raises(Over):
        await fleet(connection, passing, cars(100)).run()

    assert passing.sleeps <= 10 * TICKS + 2
    assert len(connection.sent) > 900


async def test_after_a_stall_old_readings_are_left_out() -> None:
    """A machine that slept must not flood its gateway; what is sent is at most a while late."""
    connection, passing = Connection(), Time(40.0, stall=30.0)
    with pytest.raises(Over):
        await fleet(connection, passing, cars(1)).run()
    times = [at - WALL for _, _, _, at in connection.sent]

    assert 30.0 - LATE_S <= times[0] <= 30.0 - LATE_S + 2.0
    assert 39.0 <= times[-1] <= 40.0
    assert len(times) == round(times[-1] - times[0]) + 1


async def test_a_fleet_whose_drives_are_over_ends() -> None:
    """Cars with a fault stop; when none is left nobody sends."""
    connection, passing = Connection(), Time(100.0)

    await fleet(connection, passing, cars(3, seconds=5)).run()

    assert 15 == len(connection.sent)


# -- commands ------------------------------------------------------------------------------------


def command(name: str) -> Command:
    """A command of this name."""
    return Command(id=f"c-{name}", name=name)


async def test_the_car_itself_refuses_to_open_its_trunk() -> None:
    """While it moves; the refusal goes to the twin with its reason."""
    connection, passing = Connection(), Time(3.0)
    with pytest.raises(Over):
        await fleet(connection, passing, cars(1)).run()
    handle = connection.devices["v1"].handle

    with pytest.raises(CommandRefused, match="moving at 36 km/h"):
        await handle(command("open_trunk"))
    assert "dashboard" in (await handle(command("warn_driver")) or "")


async def test_pulling_over_is_done_when_the_car_stands() -> None:
    """Not when it is told; and then the trunk opens."""
    connection, passing = Connection(), Time(3.0)
    made = fleet(connection, passing, cars(1))
    with pytest.raises(Over):
        await made.run()
    handle = connection.devices["v1"].handle
    pulling = asyncio.ensure_future(handle(command("pull_over")))
    await asyncio.sleep(0)

    assert not pulling.done()

    while not made.cars["v1"].standing:
        made.cars["v1"].read()
    passing.until = passing.now + 20.0
    with pytest.raises(Over):
        await made.run()

    assert STANDS == await pulling
    assert "the trunk is open" == await handle(command("open_trunk"))
