"""The load is steady, the same for one seed, and writes down what it was told."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from gateway.device import Receipt
from load.chaos.devices import HOT, Devices, Told


class Fleet:
    """Devices that are answered at once, until it is told otherwise."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.data: list[Any] = []

    def device(self, key: str) -> "Device":
        """One of them."""
        return Device(self, key)

    async def settled(self) -> None:
        """Nothing waits."""


class Device:
    """One device."""

    def __init__(self, fleet: Fleet, key: str) -> None:
        self._fleet, self._key = fleet, key

    async def send(self, _type: str, data: Any) -> "asyncio.Future[Receipt]":
        """Take it, with the next number."""
        fleet = self._fleet
        fleet.got[self._key] += 1
        fleet.data.append(data)
        receipt = asyncio.get_running_loop().create_future()
        receipt.set_result(Receipt(fleet.got[self._key], 10 + fleet.got[self._key]))
        return receipt


async def sent(
    monkeypatch: pytest.MonkeyPatch, seconds: float, seed: int = 1, **now: Any
) -> tuple[Devices, Fleet, Fleet]:
    """What devices have sent in a time that passes by itself."""
    clock = 0.0
    once = asyncio.sleep

    async def wait(tick_s: float) -> None:
        nonlocal clock
        clock += tick_s
        await once(0)

    monkeypatch.setattr("load.chaos.devices.asyncio.sleep", wait)
    cars: Any = Fleet()
    errands: Any = Fleet()
    devices = Devices(cars, errands, 100.0, seed, "http://127.0.0.1:1", lambda: clock)
    for name, value in now.items():
        setattr(devices, name, value)
    await devices.send_for(seconds)
    await once(0)
    return devices, cars, errands


async def test_the_rate_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """All cars alike; two wishes a second, each once; all of it acknowledged."""
    devices, cars, errands = await sent(monkeypatch, 10.0)

    assert devices.sent == pytest.approx(1000, abs=2)
    assert 20 == len(cars.got)
    assert 20 == len(devices.wishes) == errands.got.total()
    assert list(range(20)) == [wish["number"] for wish in errands.data]
    assert devices.wishes == [wish["keep"] for wish in errands.data]
    assert 0 == devices.waiting
    assert dict(enumerate(devices.wishes)) == devices.acknowledged_wishes()


async def test_a_seed_says_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same again, and another one otherwise."""
    one, again, other = [
        [fleet.data for fleet in (await sent(monkeypatch, 3.0, seed))[1:]] for seed in (1, 1, 2)
    ]

    assert one == again != other


async def test_more_may_be_sent_than_usually(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times as much; or a large share of it by one."""
    many, _, _ = await sent(monkeypatch, 3.0, times=10.0)
    _, cars, _ = await sent(monkeypatch, 20.0, hot=True)

    assert many.sent == pytest.approx(3000, abs=20)
    assert cars.got["chaos-0"] / cars.got.total() == pytest.approx(HOT, abs=0.07)


async def test_what_a_device_is_told_is_written_down() -> None:
    """Acknowledged, refused, or nothing yet."""
    told = Told(sent=4)
    loop = asyncio.get_running_loop()
    for receipt in (Receipt(1, 7), Receipt(2, None, "no"), None):
        future: asyncio.Future[Receipt] = loop.create_future()
        if receipt is None:
            future.cancel()
        else:
            future.set_result(receipt)
        told.note(future)

    assert ({1: 7}, {2: "no"}, 2) == (told.acknowledged, told.refused, told.waiting)
