"""The judge: events that hang or end their host are parked, in every replay at one position."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from support.feed import START, Feed, inside, numbered, replay, resume, skip
from support.hanging import Hanger, Until

import actors.judge
from actors.applied import Applied
from actors.block import Entry, decode_block
from actors.errors import Fenced, Overrun
from actors.guard import Guard
from actors.judge import Judge
from actors.partition import Partition
from actors.store.base import Ownership, Verdict
from actors.trial import CAREFUL, MOST_DEATHS

A, B = "hanger/a", "hanger/b"
SOON, LATE = Until(START + 100), Until(START + 1e6)
HOST = "h0#1"


class Death(BaseException):
    """The process ends."""


@pytest.fixture(autouse=True)
def guard() -> Iterator[Guard]:
    """A guard of this thread with little patience."""
    Hanger.begun.clear()
    guard = Guard(0.05)
    guard.start()
    yield guard
    guard.stop()


class Host:
    """One host after the other, of one partition; the feed keeps its log and its store."""

    def __init__(self, guard: Guard) -> None:
        self.feed = Feed(hot_bytes=0)
        self.store = self.feed.store
        self.own(HOST)
        self.guard = guard
        self.judge: Judge

    def own(self, host: str) -> None:
        """Say who owns the partition."""
        owner = self.store.ownership(0)
        self.feed.owner = self.store.assign(owner.epoch, Ownership(0, host=host))

    def write(self, *blocks: list[Entry], at: float = 1.0) -> None:
        """Put blocks into the log, unapplied."""
        for entries in blocks:
            self.feed.log.append((self.feed.block(*entries), START + at))

    async def begin(self) -> list[Applied]:
        """A host begins from the checkpoint, and applies the log to its end."""
        partition = self.feed.partition = Partition(0, 1, 0)
        head = self.store.head(0)
        if head is not None:
            partition.restore(head, self.store.reminders(0))
        self.judge = Judge(partition, self.store, HOST, self.guard)
        await self.judge.open(len(self.feed.log) + 1)
        return [self.deliver(at) for at in range(partition.position + 1, len(self.feed.log) + 1)]

    def deliver(self, position: int) -> Applied:
        """Apply one position."""
        body, stamp = self.feed.log[position - 1]
        block = decode_block(body)
        partition = self.feed.partition
        partition.load(self.store.twins(0, partition.needed(block, stamp)))
        return self.judge.apply(block, body, position, stamp)

    async def run(self) -> list[Applied]:
        """The same, as a host does it: with a verdict, from the checkpoint anew."""
        while True:
            try:
                return await self.begin()
            except Overrun as error:
                await self.judge.condemn(self.feed.partition.position, error)

    def parked(self, twin_id: str = A) -> tuple[str, int] | None:
        """Why a twin is set aside, and since which position."""
        parked = self.feed.cell(twin_id).book.parked
        return parked and (parked.reason, parked.position)

    def as_of_a_replay(self) -> None:
        """What is stored is what a straight replay with the verdicts leaves."""
        self.feed.checkpoint()
        straight = replay(self.feed.log, verdicts=self.store.verdicts(0))
        straight.checkpoint()

        assert straight.store.all_twins(0) == self.store.all_twins(0)
        assert list(straight.store.reminders(0)) == list(self.store.reminders(0))
        assert straight.partition.outbox == self.feed.partition.outbox


@pytest.fixture
def host(guard: Guard) -> Host:
    """A partition without a host yet."""
    return Host(guard)


@pytest.mark.parametrize("what", ["loop", "stubborn", "hungry"])
async def test_an_event_that_takes_too_much_is_parked(host: Host, what: str) -> None:
    """With the reason; its neighbours, before and after it in its block, do not notice."""
    host.write(
        [numbered(A, "note", None, 1), numbered(B, "note", None, 1)],
        [numbered(B, "note", None, 2), numbered(A, what, LATE, 2), numbered(B, "note", None, 3)],
        [numbered(A, "note", None, 3), numbered(B, "note", None, 4)],
    )
    await host.run()
    reason = "memory" if what == "hungry" else "processor time"
    parked = host.parked()
    assert parked is not None

    assert (True, 2) == (reason in parked[0], parked[1])
    assert [what, "note"] == [entry.type for entry, _ in host.feed.waiting(A)]
    assert [f"{A}:1:1"] == host.feed.twin(A).trace
    assert [f"{B}:1:{n}" for n in (1, 2, 3, 4)] == host.feed.twin(B).trace
    assert {} == host.feed.partition.reminders.of(A)
    assert 0 == host.feed.partition.outbox.size
    host.as_of_a_replay()


async def test_a_replay_does_not_run_it(host: Host) -> None:
    """The verdict is read first, and the same event is parked at the same position."""
    host.write([numbered(B, "note", None, 1)], [numbered(A, "loop", LATE, 1)])
    await host.run()
    first, begun = host.parked(), list(Hanger.begun)
    for _ in range(3):
        await host.begin()

    assert first == host.parked()
    assert begun == Hanger.begun
    assert [Verdict(2, A, f"{A}:1:1", first[0] if first else "")] == host.store.verdicts(0)
    host.as_of_a_replay()


async def test_several_are_condemned_one_by_one(host: Host) -> None:
    """In one block and in later ones."""
    ids = [f"hanger/n{number}" for number in range(5)]
    host.write([numbered(it, "loop", LATE, 1) for it in ids[:3]], [numbered(B, "note", None, 1)])
    host.write([numbered(it, "loop", LATE, 1) for it in ids[3:]], [numbered(B, "note", None, 2)])
    await host.run()

    assert [1, 1, 1, 3, 3] == [verdict.position for verdict in host.store.verdicts(0)]
    assert all(host.parked(it) for it in ids)
    assert 2 == len(host.feed.twin(B).trace)
    host.as_of_a_replay()


async def test_it_is_handled_when_it_is_resumed_in_time(host: Host) -> None:
    """A verdict is on one position; the operator's word is another."""
    host.write([numbered(A, "loop", SOON, 1)], [numbered(A, "note", None, 2)])
    host.write([resume(A, "r1")], at=50.0)
    await host.run()
    again = host.parked()
    host.write([resume(A, "r2")], at=200.0)
    await host.run()

    assert again is not None
    assert [1, 3] == [verdict.position for verdict in host.store.verdicts(0)]
    assert (3, None) == (again[1], host.parked())
    assert [f"{A}:1:1", f"{A}:1:2"] == host.feed.twin(A).trace
    host.as_of_a_replay()


async def test_it_may_be_skipped(host: Host) -> None:
    """What waits behind it is handled, and loops again where it has to."""
    host.write([numbered(A, "loop", LATE, 1), numbered(A, "note", None, 2)])
    host.write([numbered(A, "loop", LATE, 3), numbered(A, "note", None, 4)])
    host.write([skip(A, "s1")], [skip(A, "s2")], at=5.0)
    await host.run()

    assert [1, 3] == [verdict.position for verdict in host.store.verdicts(0)]
    assert [f"{A}:1:2", f"{A}:1:4"] == host.feed.twin(A).trace
    host.as_of_a_replay()


async def test_a_call_that_loops_is_refused(host: Host) -> None:
    """Its caller learns why, and nobody is parked."""
    host.write([inside(A, "ask.loop", LATE, "c1"), numbered(A, "note", None, 1)])
    await host.run()

    assert "processor time" in str(host.feed.partition.replies["c1"].error)
    assert None is host.parked()
    assert [f"{A}:1:1"] == host.feed.twin(A).trace
    host.as_of_a_replay()


async def test_a_host_that_lost_the_partition_does_not_judge(host: Host) -> None:
    """The new owner may have handled the event, and what came of it may be under way."""
    host.write([numbered(A, "loop", LATE, 1)])
    with pytest.raises(Overrun) as overrun:
        await host.begin()
    host.own("h1#1")
    with pytest.raises(Fenced, match="does not own it"):
        await host.judge.condemn(1, overrun.value)

    assert [] == host.store.verdicts(0)


async def test_a_lease_that_ended_meanwhile_is_waited_for(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event held the loop, and heartbeats with it; nobody else took the partition."""
    monkeypatch.setattr(actors.judge, "AGAIN_S", 0.0)
    host.write([numbered(A, "loop", LATE, 1)])
    with pytest.raises(Overrun) as overrun:
        await host.begin()
    host.own("")
    condemning = asyncio.create_task(host.judge.condemn(1, overrun.value))
    for _ in range(20):
        await asyncio.sleep(0)

    assert [] == host.store.verdicts(0)
    host.own(HOST)
    await condemning
    assert [1] == [verdict.position for verdict in host.store.verdicts(0)]


# -- events that end the process -----------------------------------------------------------------


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ending the process is an exception that nobody catches."""

    def end(_code: int) -> None:
        raise Death

    monkeypatch.setattr(os, "_exit", end)


async def deaths(host: Host) -> int:
    """Let hosts begin until one lives; returns how many did not."""
    for count in range(10):
        try:
            await host.run()
        except Death:
            continue
        return count
    raise AssertionError("every host dies")


@pytest.mark.usefixtures("mortal")
async def test_an_event_that_ends_its_host_is_parked_in_the_end(host: Host) -> None:
    """After two hosts that nobody watched, and two that were careful; the others go on."""
    host.write(
        [numbered(B, "note", None, 1), numbered(A, "note", None, 1)],
        [numbered(B, "note", None, 2), numbered(A, "deadly", LATE, 2)],
        [numbered(B, "note", None, 3), numbered(A, "note", None, 3)],
    )
    died = await deaths(host)
    parked = host.parked()
    assert parked is not None

    assert CAREFUL - 1 + MOST_DEATHS == died == len(Hanger.begun)
    assert ("2 processes ended while they handled it", 2) == parked
    assert [f"{B}:1:{n}" for n in (1, 2, 3)] == host.feed.twin(B).trace
    host.as_of_a_replay()


@pytest.mark.usefixtures("mortal")
async def test_two_deadly_events_are_parked_both(host: Host) -> None:
    """The second one is found behind the first."""
    host.write([numbered(A, "deadly", LATE, 1)], [numbered(B, "deadly", LATE, 1)])
    await deaths(host)
    host.feed.checkpoint()

    assert [(1, A), (2, B)] == [(it.position, it.twin_id) for it in host.store.verdicts(0)]
    host.as_of_a_replay()


@pytest.mark.usefixtures("mortal")
async def test_a_checkpoint_in_between_begins_the_count_anew(host: Host) -> None:
    """What is behind a checkpoint did not end anybody."""
    host.write([numbered(B, "note", None, 1)])
    for number in range(5):
        await host.begin()
        host.feed.checkpoint()
        host.write([numbered(B, "note", None, 2 + number)])
    await host.begin()

    assert None is host.feed.partition.verdicts.witness


async def test_only_the_replay_is_careful(host: Host) -> None:
    """What arrives now costs no note, however many hosts have ended before."""
    host.write([numbered(B, "note", None, 1)])
    for _ in range(CAREFUL):
        await host.begin()
    careful = host.feed.partition.verdicts.witness
    noted = host.store.trial(0)
    host.write([numbered(B, "note", None, 2)])
    host.deliver(2)

    assert None is not careful
    assert None is host.feed.partition.verdicts.witness
    assert noted == host.store.trial(0)


async def test_a_host_that_ends_in_order_leaves_no_note(host: Host) -> None:
    """Starting and stopping a node all day looks like no crash."""
    host.write([numbered(B, "note", None, 1)])
    for _ in range(2 * CAREFUL):
        await host.begin()

        assert None is host.feed.partition.verdicts.witness
        await host.judge.close()

    assert None is host.store.trial(0)
