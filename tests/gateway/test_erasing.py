"""Erasing, on a partition and a store that are real, and a cluster that fails when it is told."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec import structs
from support.city import CAR, DESK, HERE, OWNER
from support.feed import Feed, inside

import actors.supervisors
import twins.people
from actors.block import Entry
from actors.erased import ERASE
from actors.errors import Unavailable
from actors.keyring import Erasure, Keyring
from actors.store.base import Ownership
from actors.store.sqlite import SqliteStore
from gateway.erasing import AGAIN_S, Eraser
from twins.handler import Origin
from twins.people.casework import NewCase

assert actors.supervisors, "the kinds"
assert twins.people

NAME = "Aurelia Quistgaard"
STEPS = ("tell", "settle", "bury", "sleep")


class Crash(Exception):
    """The process that erases ends here."""


class Town:
    """One partition with its store; `crash_at` counts down the calls until one fails."""

    def __init__(self, folder: Path) -> None:
        self.keyring = Keyring(folder / "keys")
        self.keyring.prepare()
        self.feed = Feed(keyring=self.keyring)
        self.store = SqliteStore(folder / "store", self.keyring)
        self.store.prepare(1)
        self.feed.owner = self.store.assign(0, Ownership(0))
        self.feed.store = self.store  # type: ignore[assignment]  # as far as a feed needs it
        self.crash_at = -1
        self.calls: list[str] = []
        self.settled = {0: 0}
        self.feed.apply(
            inside(OWNER, "configured", {"name": NAME, "position": HERE}, "s1"),
            inside(CAR, "configured", {"owner": OWNER}, "s2"),
            inside(DESK, "configured", {"name": "North"}, "s3"),
            inside("customer/c2", "configured", {"name": "Bartholomew"}, "s4"),
        )
        self.keyring.belong({CAR: OWNER})
        for number, person in enumerate((OWNER, "customer/c2")):
            case = NewCase(
                id=f"k{number}", subject=CAR, reason="broke down", skill="x", person=person,
                context={"number": number},
            )  # fmt: skip
            self.feed.apply(inside(DESK, "case.opened", case, f"s{5 + number}"))

    def _step(self, name: str) -> None:
        self.calls.append(name)
        self.crash_at -= 1
        if self.crash_at == 0:
            raise Crash

    async def tell(self, twin_id: str, body: bytes) -> int:
        """Apply it at once."""
        self._step("tell")
        self.feed.apply(Entry(twin_id, ERASE, Origin.INSIDE, body))
        return self.feed.partition.position

    async def settle(self) -> dict[int, int]:
        """A checkpoint."""
        self._step("settle")
        self.feed.checkpoint()
        return dict.fromkeys(self.settled, self.feed.partition.position)

    async def bury(self, twin_ids: Iterable[str]) -> int:
        """One letter a twin."""
        self._step("bury")
        return len(list(twin_ids))

    async def sleep(self, _seconds: float) -> None:
        """No time passes."""
        self._step("sleep")

    def eraser(self, partitions: int = 1) -> Eraser:
        """A process that erases."""
        return Eraser(self.keyring, self.store, self, partitions, self.sleep)

    def erase(self) -> Erasure:
        """Erase her."""
        return asyncio.run(self.eraser().erase(OWNER))


def check(town: Town, erasure: Erasure) -> None:
    """Nothing of hers is left, in memory or in the store, and all else is as it was."""
    feed = town.feed
    raw = b"".join(path.read_bytes() for path in Path(town.store._folder).iterdir())

    assert [None] == [town.keyring.get(key_id) for key_id in erasure.key_ids]
    assert NAME.encode() not in raw
    for _ in range(2):  # as it is in memory, and as a replay from the checkpoint makes it
        assert ("", None) == (feed.twin(OWNER).name, feed.twin(OWNER).position)
        assert feed.twin(CAR).owner is None
        assert ["k1"] == list(feed.twin(DESK).cases)
        assert "Bartholomew" == feed.twin("customer/c2").name
        feed.crash()
    assert erasure.done is not None
    assert {OWNER, CAR, DESK} == erasure.twins.keys()


def test_she_is_erased_and_nobody_else(tmp_path: Path) -> None:
    """Her twin, her car, her case at the desk; the certificate says where."""
    town = Town(tmp_path)
    erasure = town.erase()

    check(town, erasure)
    assert 3 == erasure.letters
    assert {0: town.feed.partition.position} == erasure.heads
    assert erasure.heads[0] >= max(position for _, position in erasure.twins.values())
    assert [erasure] == town.keyring.erasures()


def test_a_crash_at_any_step_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Whoever goes on afterwards, with another process, comes to the same end."""
    steps = len(straight(tmp_path / "straight").calls)
    for at in range(1, steps + 1):
        town = Town(tmp_path / str(at))
        town.crash_at = at
        with pytest.raises(Crash):
            town.erase()
        town.keyring.forget()
        erasure = town.erase()

        check(town, erasure)
        assert [erasure] == town.keyring.erasures(), "one erasure, however often it was begun"


def test_a_node_that_starts_goes_on_by_itself(tmp_path: Path) -> None:
    """After a crash at any step, without anybody asking again; done once, with one certificate."""
    steps = len(straight(tmp_path / "straight").calls)
    for at in range(1, steps + 1):
        town = Town(tmp_path / str(at))
        town.crash_at = at
        with pytest.raises(Crash):
            town.erase()
        town.keyring.forget()
        asyncio.run(town.eraser().resume())
        (erasure,) = town.keyring.erasures()

        check(town, erasure)


def test_it_waits_for_the_cluster_and_tries_again(tmp_path: Path) -> None:
    """While hosts are not there yet; and where nothing is unfinished, nothing is done."""
    town, waited = Town(tmp_path), []
    town.crash_at = 1
    with pytest.raises(Crash):
        town.erase()
    town.settled = {}

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if waited.count(AGAIN_S) == 3:
            town.settled = {0: 0}

    eraser = Eraser(town.keyring, town.store, town, 1, sleep)
    asyncio.run(eraser.resume())
    (erasure,) = town.keyring.erasures()
    calls = len(town.calls)
    asyncio.run(eraser.resume())

    check(town, erasure)
    assert 3 == waited.count(AGAIN_S)
    assert (calls, [erasure]) == (len(town.calls), town.keyring.erasures())


def test_whoever_calls_meanwhile_gets_the_same_certificate(tmp_path: Path) -> None:
    """What goes on by itself and what is called do not erase her twice."""
    town = Town(tmp_path)
    town.crash_at = 2
    with pytest.raises(Crash):
        town.erase()

    async def both() -> Erasure:
        eraser = town.eraser()
        called, _ = await asyncio.gather(eraser.erase(OWNER), eraser.resume())
        return called

    assert [asyncio.run(both())] == town.keyring.erasures()


def straight(folder: Path) -> Town:
    """A town after an erasure without any crash."""
    town = Town(folder)
    town.erase()
    return town


def test_erased_twice_she_stays_erased(tmp_path: Path) -> None:
    """The second time there is nothing left, and it has a certificate of its own."""
    town = straight(tmp_path)
    second = town.erase()

    assert 2 == len(town.keyring.erasures())
    assert town.keyring.erasures()[0].key_ids != second.key_ids
    assert "Bartholomew" == town.feed.twin("customer/c2").name


def test_a_partition_that_does_not_settle_is_named(tmp_path: Path) -> None:
    """Its keys stay until it does."""
    town = Town(tmp_path)
    with pytest.raises(Unavailable, match=r"partitions \[1\] do not settle"):
        asyncio.run(town.eraser(partitions=2).erase(OWNER))

    assert town.keyring.key_ids(OWNER)


def test_what_comes_while_she_is_erased_goes_too(tmp_path: Path) -> None:
    """The gateway seals it with the old key until that is retired; the partition refuses it."""
    town = Town(tmp_path)
    tell = town.tell

    async def told(twin_id: str, body: bytes) -> int:
        position = await tell(twin_id, body)
        number = len(town.calls)
        town.feed.apply(inside(OWNER, "configured", {"name": NAME}, f"late{number}"))
        return position

    town.tell = told  # type: ignore[method-assign]  # something comes in between
    erasure = town.erase()
    life = town.feed.twin(OWNER)

    assert NAME == life.name, "what came after the key was retired is a new life"
    assert town.keyring.of(OWNER).id not in erasure.key_ids
    assert structs.asdict(life)["erased"] in erasure.key_ids
