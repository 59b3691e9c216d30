"""Checkpoints: cut while the partition goes on, tried until they are there, fenced by epochs."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from support import probes
from support.feed import START, Feed, device, replay
from support.memory_store import MemoryStore

import actors.checkpoints
from actors.checkpoints import Checkpoints
from actors.errors import Fenced, StoreError
from actors.store.base import Checkpoint, Ownership

assert probes, "importing it registers the kind"

HOST, OTHER = "h0#1", "h1#7"
STREAM = ("LOG_0", START)


class Disk(MemoryStore):
    """A store that fails, and is slow, as it is told."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__()
        self.calls = calls
        self.trouble: list[Exception] = []
        self.mute = 0
        """How often the owner cannot be read."""
        self.tried: list[Checkpoint] = []
        self.go = threading.Event()
        self.go.set()

    def commit(self, checkpoint: Checkpoint) -> None:
        """Commit, or fail."""
        self.calls.append("commit")
        self.tried.append(checkpoint)
        assert self.go.wait(10)
        if self.trouble:
            raise self.trouble.pop(0)
        super().commit(checkpoint)

    def ownership(self, partition: int) -> Ownership:
        """Who owns a partition, or fail when another thread than the loop's asks."""
        if self.mute and threading.current_thread() is not threading.main_thread():
            self.mute -= 1
            raise StoreError("cannot be read")
        return super().ownership(partition)


class Index:
    """A history index that notes what was noted."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls
        self.noted: list[tuple[int, dict[str, list[int]], float, float]] = []
        self.trouble: list[Exception] = []

    def note(
        self, partition: int, touched: dict[str, list[int]], first: float, last: float
    ) -> None:
        """See `HistoryIndex`."""
        self.calls.append("note")
        if self.trouble:
            raise self.trouble.pop(0)
        self.noted.append((partition, touched, first, last))

    def positions(
        self, partition: int, twin_id: str, since: float, until: float, limit: int = 100_000
    ) -> list[int]:
        """Nobody asks here."""
        raise NotImplementedError

    def touched(self, partition: int, position: int, most: int) -> list[str] | None:
        """Nobody asks here."""
        raise NotImplementedError

    def forget(self, partition: int, below: int) -> None:
        """Nobody asks here."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""


class Desk:
    """One partition with its log, and its checkpoints."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.feed = Feed()
        self.store = Disk(self.calls)
        self.feed.store = self.store
        self.owner = self.store.assign(0, Ownership(0, gateway="g0#1", host=HOST))
        self.feed.owner = self.owner
        self.index = Index(self.calls)
        self.checkpoints = Checkpoints(
            self.feed.partition, self.store, self.index, STREAM, self.owner.epoch, HOST  # type: ignore[arg-type]  # the part of a store that serving needs
        )  # fmt: skip

    def note(self, *keys: str, text: str = "x") -> None:
        """Apply one block that touches some probes."""
        at = float(len(self.feed.log))
        entries = [device(f"probe/{key}", "note", {"text": text}, id=f"{key}-{at}") for key in keys]
        applied = self.feed.apply(*entries, at=at)
        self.checkpoints.note(applied.touched, applied.position, self.feed.partition.now)

    def many(self, count: int, text: str = "x") -> None:
        """Apply one block that touches so many probes."""
        self.note(*(f"p{number}" for number in range(count)), text=text)

    @property
    def position(self) -> int:
        """Where the store's checkpoint stands."""
        head = self.store.head(0)
        return head.position if head is not None else 0

    def as_of_a_replay(self) -> None:
        """The store holds what a straight replay of the log up to its position makes."""
        straight = replay(self.feed.log[: self.position])
        straight.checkpoint()

        assert straight.store.all_twins(0) == self.store.all_twins(0)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A partition at its beginning; what fails is tried again at once."""
    monkeypatch.setattr(actors.checkpoints, "AGAIN_S", 0.0)
    desk = Desk()
    yield desk
    desk.store.go.set()


async def test_commits_where_the_partition_stands(desk: Desk) -> None:
    """The store has the head, the epoch and the twins; `committed` says so."""
    desk.note("p1", "p2")
    desk.note("p1")
    await desk.checkpoints.take()
    head = desk.store.head(0)

    assert head is not None
    assert (2, 1, *STREAM) == (head.position, head.epoch, head.stream, head.created)
    assert (2, 2) == (desk.checkpoints.committed, desk.checkpoints.twins)

    desk.as_of_a_replay()


async def test_nothing_new_is_not_written(desk: Desk) -> None:
    """Without a block since the last one there is no transaction."""
    await desk.checkpoints.take()
    desk.note("p1")
    await desk.checkpoints.take()
    await desk.checkpoints.take()

    assert 1 == desk.store.commits


async def test_writes_what_changed_since_the_last_one(desk: Desk) -> None:
    """A twin that nothing touched is not written again."""
    desk.note("p1", "p2", "p3")
    await desk.checkpoints.take()
    desk.note("p2")
    await desk.checkpoints.take()

    assert ["probe/p2"] == [row.id for row in desk.store.tried[-1].twins]
    assert 4 == desk.checkpoints.twins

    desk.as_of_a_replay()


async def test_blocks_are_applied_while_it_is_cut(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between slices the partition goes on; the checkpoint is as of where it was begun."""
    monkeypatch.setattr(actors.checkpoints, "SLICE", 1)
    desk.many(12)
    taking = asyncio.create_task(desk.checkpoints.take())
    while desk.feed.partition._twins.cut is None:
        await asyncio.sleep(0)
    for number in range(5):
        assert [] == desk.store.tried, "it is still being cut"
        desk.note("p0", f"p{11 - number}", text=f"later {number}")
        await asyncio.sleep(0)
    await taking

    assert 1 == desk.position
    assert 6 == desk.feed.partition.position

    desk.as_of_a_replay()
    await desk.checkpoints.take()

    assert 6 == desk.position

    desk.as_of_a_replay()


async def test_blocks_are_applied_while_it_is_written(desk: Desk) -> None:
    """What changes while the transaction is on its way stays dirty, and is in the next one."""
    desk.many(5)
    desk.store.go.clear()
    taking = asyncio.create_task(desk.checkpoints.take())
    while not desk.store.tried:
        await asyncio.sleep(0)
    desk.note("p1", "p9", text="meanwhile")
    desk.store.go.set()
    await taking

    assert 1 == desk.position

    desk.as_of_a_replay()
    await desk.checkpoints.take()

    assert {"probe/p1", "probe/p9"} == {row.id for row in desk.store.tried[-1].twins}

    desk.as_of_a_replay()


async def test_calls_take_turns(desk: Desk) -> None:
    """Callers at the same time write one after the other, and what is written not again."""
    desk.many(3)
    await asyncio.gather(*(desk.checkpoints.take() for _ in range(4)))

    assert 1 == desk.store.commits


async def test_a_failed_write_is_tried_again_with_the_same_cut(desk: Desk) -> None:
    """The rows it holds are in no later one, so that they must not be lost to a full disk."""
    desk.many(3)
    desk.store.trouble = [StoreError("disk full"), OSError("disk gone")]
    taking = asyncio.create_task(desk.checkpoints.take())
    while not desk.store.tried:
        await asyncio.sleep(0)
    desk.note("p1", text="later")
    await taking

    assert 3 == len(desk.store.tried)
    assert desk.store.tried[0].twins == desk.store.tried[2].twins
    assert 1 == desk.checkpoints.committed

    desk.as_of_a_replay()


async def test_a_caller_that_is_cancelled_leaves_it_going_on(desk: Desk) -> None:
    """Half a checkpoint cannot be taken back; the next call waits for its end."""
    desk.many(3)
    desk.store.go.clear()
    taking = asyncio.create_task(desk.checkpoints.take())
    while not desk.store.tried:
        await asyncio.sleep(0)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)

    assert 0 == desk.checkpoints.committed

    desk.note("p1")
    last = asyncio.create_task(desk.checkpoints.take())
    await asyncio.sleep(0)
    desk.store.go.set()
    await last

    assert (2, 2) == (desk.checkpoints.committed, desk.store.commits)

    desk.as_of_a_replay()


async def test_another_host_owns_the_partition(desk: Desk) -> None:
    """Fenced, and the owner is somebody else: nothing is written, now or later."""
    desk.note("p1")
    desk.store.assign(1, Ownership(0, gateway="g0#1", host=OTHER))
    await desk.checkpoints.take()

    assert desk.checkpoints.lost.is_set()
    assert (0, 0) == (desk.checkpoints.committed, desk.store.commits)

    desk.note("p2")
    tried = len(desk.store.tried)
    await desk.checkpoints.take()

    assert tried == len(desk.store.tried)


async def test_the_epoch_moved_and_the_host_did_not(desk: Desk) -> None:
    """The gateway changed: the same cut is written under the epoch that stands now."""
    desk.note("p1")
    desk.store.assign(1, Ownership(0, gateway="g9#1", host=HOST))
    await desk.checkpoints.take()
    head = desk.store.head(0)

    assert (1, 2) == (head and head.position, head and head.epoch)
    assert not desk.checkpoints.lost.is_set()
    assert 2 == desk.checkpoints.epoch

    desk.as_of_a_replay()


async def test_fenced_while_the_owner_cannot_be_read(desk: Desk) -> None:
    """A store that fails between the two questions decides nothing; it is asked again."""
    desk.note("p1")
    desk.store.assign(1, Ownership(0, gateway="g9#1", host=HOST))
    desk.store.trouble = [Fenced("epoch 1 is over"), Fenced("epoch 1 is over")]
    desk.store.mute = 2
    await asyncio.wait_for(desk.checkpoints.take(), 10)

    assert (1, 2) == (desk.checkpoints.committed, desk.checkpoints.epoch)
    assert not desk.checkpoints.lost.is_set()

    desk.note("p2")
    await desk.checkpoints.take()

    desk.as_of_a_replay()


async def test_history_is_noted_before_the_commit(desk: Desk) -> None:
    """Replay begins after the checkpoint: what its history lacked, nobody would note again."""
    desk.note("p1", "p2")
    desk.note("p1")
    await desk.checkpoints.take()

    assert ["note", "commit"] == desk.calls
    assert [(0, {"probe/p1": [1, 2], "probe/p2": [1]}, START, START + 1.0)] == desk.index.noted


async def test_each_note_holds_its_own_stretch(desk: Desk) -> None:
    """A second checkpoint notes what was touched since the first, with its own times."""
    desk.note("p1")
    await desk.checkpoints.take()
    desk.note("p1")
    desk.note("p3")
    await desk.checkpoints.take()

    assert (0, {"probe/p1": [2], "probe/p3": [3]}, START + 1.0, START + 2.0) == desk.index.noted[1]


async def test_nothing_is_committed_without_its_history(desk: Desk) -> None:
    """An index that fails holds the commit back; then both are there."""
    desk.note("p1")
    desk.index.trouble = [StoreError("disk full")]
    await desk.checkpoints.take()

    assert ["note", "note", "commit"] == desk.calls
    assert [{"probe/p1": [1]}] == [noted for _, noted, _, _ in desk.index.noted]
