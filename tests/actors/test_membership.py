"""A member's side of ownership: gaining, losing, epochs that move, leases that end."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from actors.assignment import HOST, Orders
from actors.membership import Membership


class Coordinator:
    """Answers heartbeats as the test says, and remembers them."""

    def __init__(self) -> None:
        self.serve: dict[int, int] = {}
        self.heard: list[tuple[list[int], bool]] = []
        self.broken = False

    async def beat(self, _role: str, _owner: str, held: list[int], draining: bool) -> Orders:
        """Take a heartbeat."""
        self.heard.append((held, draining))
        if self.broken:
            raise ConnectionError("away")
        return Orders({} if draining else dict(self.serve), 5.0)


class Member:
    """What the member did, in order; `gate` holds gains back."""

    def __init__(self, coordinator: Coordinator) -> None:
        self.done: list[tuple[str, int, int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fail = 0
        self.changed = asyncio.Event()
        self.membership = Membership(
            HOST, "h0", coordinator.beat, self._gain, self._lose, every_s=0.01,
            clock=lambda: self.now,
        )  # fmt: skip
        self.now = 100.0

    async def _gain(self, partition: int, epoch: int) -> None:
        await self.gate.wait()
        if self.fail:
            self.fail -= 1
            raise OSError("disk")
        self._note("gain", partition, epoch)

    async def _lose(self, partition: int) -> None:
        self._note("lose", partition, 0)

    def _note(self, what: str, partition: int, epoch: int) -> None:
        self.done.append((what, partition, epoch))
        self.changed.set()

    async def until(self, count: int) -> list[tuple[str, int, int]]:
        """Wait until so much was done."""
        while len(self.done) < count:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 5)
        return self.done


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Coordinator, Member]]:
    """A coordinator, and a member that follows it."""
    coordinator = Coordinator()
    member = Member(coordinator)
    member.membership.start()
    yield coordinator, member
    await member.membership.stop()


async def test_follows_orders(pair: tuple[Coordinator, Member]) -> None:
    """It gains what it is ordered to serve, moves epochs, and lets go of the rest."""
    coordinator, member = pair
    coordinator.serve = {1: 7}
    await member.until(1)
    coordinator.serve = {1: 8}
    await member.until(2)
    coordinator.serve = {}

    assert [("gain", 1, 7), ("gain", 1, 8), ("lose", 1, 0)] == await member.until(3)


async def test_holds_a_partition_while_it_is_being_taken_up(
    pair: tuple[Coordinator, Member],
) -> None:
    """A partition counts as held from the moment it is ordered, so nobody else may have it."""
    coordinator, member = pair
    member.gate.clear()
    coordinator.serve = {2: 1}
    while ([2], False) not in coordinator.heard:
        await asyncio.sleep(0)

    assert [] == member.done

    coordinator.serve = {}
    member.gate.set()

    assert [("gain", 2, 1), ("lose", 2, 0)] == await member.until(2)


async def test_tries_a_failed_gain_again(pair: tuple[Coordinator, Member]) -> None:
    """A partition that could not be taken up is given back and taken up again."""
    coordinator, member = pair
    member.fail = 1
    coordinator.serve = {3: 1}

    assert [("gain", 3, 1)] == await member.until(1)


async def test_lease_ends_without_a_coordinator(pair: tuple[Coordinator, Member]) -> None:
    """The lease holds from when the heartbeat was sent; without answers it is not renewed."""
    coordinator, member = pair
    coordinator.serve = {1: 1}
    await member.until(1)

    assert member.membership.lease_valid

    coordinator.broken = True
    count = len(coordinator.heard)
    while len(coordinator.heard) == count:
        await asyncio.sleep(0)
    member.now += 5.0

    assert not member.membership.lease_valid


async def test_drain_returns_when_nothing_is_held(pair: tuple[Coordinator, Member]) -> None:
    """Draining says so in the heartbeat, and ends when the last partition was let go."""
    coordinator, member = pair
    coordinator.serve = {1: 1, 2: 1}
    await member.until(2)
    await member.membership.drain()

    assert [] == member.membership.held
    assert {("lose", 1, 0), ("lose", 2, 0)} == set(member.done[2:])


async def test_a_partition_can_be_taken_up_anew(pair: tuple[Coordinator, Member]) -> None:
    """It is let go, and gained again by the orders that go on naming it, as often as is asked."""
    coordinator, member = pair
    coordinator.serve = {3: 7, 4: 7}
    await member.until(2)
    member.membership.renew(3)
    await member.until(4)
    member.membership.renew(3)

    expected = [("gain", 3, 7), ("gain", 4, 7), *[("lose", 3, 0), ("gain", 3, 7)] * 2]

    assert expected == await member.until(6)
    assert [3, 4] == member.membership.held


async def test_what_is_on_its_way_is_taken_up_anew_later(pair: tuple[Coordinator, Member]) -> None:
    """A renewal while its epoch moves is not forgotten."""
    coordinator, member = pair
    coordinator.serve = {3: 7}
    await member.until(1)
    member.gate.clear()
    coordinator.serve = {3: 8}
    while not member.membership._working:
        await asyncio.sleep(0)
    member.membership.renew(3)
    heard = len(coordinator.heard)
    while len(coordinator.heard) < heard + 2:
        await asyncio.sleep(0)
    member.gate.set()

    expected = [("gain", 3, 7), ("gain", 3, 8), ("lose", 3, 0), ("gain", 3, 8)]

    assert expected == await member.until(4)
