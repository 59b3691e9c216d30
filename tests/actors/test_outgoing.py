"""Outgoing: what a partition has caused leaves in order, one message in flight a pair."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.log_server import until

import actors.outgoing
from actors.block import Entry
from actors.outbox import Caused, Outbox
from actors.outgoing import Outgoing
from twins.outputs import Effect, Target

SOURCE = 5


class Far:
    """The log and the effect workers, as seen from a partition."""

    def __init__(self) -> None:
        self.put_by: dict[str, list[bytes]] = {}
        self.flying: dict[str, int] = {}
        self.most = 0
        """Most messages of one pair in flight at a time."""
        self.gates: dict[str, asyncio.Event] = {}
        self.trouble: list[Exception] = []
        self.batches: list[list[str]] = []
        self.accepting = asyncio.Event()
        self.accepting.set()
        self.asked = 0
        self.outgoing: Outgoing | None = None

    async def put(self, subject: str, body: bytes) -> int:
        """See `actors.outgoing.Put`."""
        self.flying[subject] = self.flying.get(subject, 0) + 1
        self.most = max(self.most, self.flying[subject])
        try:
            await asyncio.sleep(0)
            if subject in self.gates:
                await self.gates[subject].wait()
            if self.trouble:
                raise self.trouble.pop(0)
            self.put_by.setdefault(subject, []).append(body)
        finally:
            self.flying[subject] -= 1
        return len(self.put_by[subject])

    async def accept(self, effects: list[Effect]) -> None:
        """See `actors.outgoing.Accept`."""
        self.asked += 1
        await self.accepting.wait()
        if self.trouble:
            raise self.trouble.pop(0)
        self.batches.append([effect.id for effect in effects])


def tell(outbox: Outbox, target: int, *positions: int) -> list[bytes]:
    """Let a partition have told another one something at some positions; returns the bodies."""
    for position in positions:
        outbox.tell(SOURCE, target, position, [Entry("probe/p1", "word", 1, b"%d" % position)])
    return [body for _, body in outbox.pairs[target].waiting]


def cause(outbox: Outbox, position: int, *ids: str) -> None:
    """Let a partition have caused effects at a position."""
    effects = [Effect(id_, "probe/p1", "deed", Target.CHANNEL, "log:x", "o", {}) for id_ in ids]
    outbox.effects.append(Caused(position, effects))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again without a pause."""
    monkeypatch.setattr(actors.outgoing, "AGAIN_S", 0.0)


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    """The other side; whatever still sends is ended with the test."""
    far = Far()
    yield far
    if far.outgoing is not None:
        await far.outgoing.stop()


def sending(far: Far, outbox: Outbox) -> Outgoing:
    """The senders of an outbox."""
    far.outgoing = Outgoing(SOURCE, outbox, far.put, far.accept)
    return far.outgoing


async def drained(outgoing: Outgoing) -> None:
    """Wait until nothing is left."""
    await asyncio.wait_for(outgoing.drained.wait(), 5)


async def test_messages_of_a_pair_leave_in_order_one_at_a_time(far: Far) -> None:
    """The next one leaves when the one before is in the log; each goes out once."""
    outbox = Outbox()
    bodies = tell(outbox, 2, 3, 4, 9, 11)
    outgoing = sending(far, outbox)
    outgoing.kick()
    outgoing.kick()
    await drained(outgoing)

    assert {"log.2.from.5": bodies} == far.put_by
    assert (1, 0) == (far.most, outbox.size)


async def test_what_is_told_meanwhile_goes_out_too(far: Far) -> None:
    """A sender that is at work takes on what was added, without being kicked for it."""
    outbox = Outbox()
    tell(outbox, 2, 1)
    far.gates["log.2.from.5"] = asyncio.Event()
    outgoing = sending(far, outbox)
    outgoing.kick()
    await until(lambda: far.flying.get("log.2.from.5"))
    bodies = tell(outbox, 2, 2, 3)
    far.gates["log.2.from.5"].set()
    await drained(outgoing)

    assert bodies == far.put_by["log.2.from.5"]
    assert 1 == far.most


async def test_pairs_do_not_wait_for_one_another(far: Far) -> None:
    """A partition whose log is away holds up nobody else's messages."""
    outbox = Outbox()
    tell(outbox, 1, 1, 3)
    bodies = tell(outbox, 2, 2, 4)
    far.gates["log.1.from.5"] = asyncio.Event()
    outgoing = sending(far, outbox)
    outgoing.kick()
    await until(lambda: not outbox.pairs[2].waiting)

    assert {"log.2.from.5": bodies} == far.put_by
    assert [1, 3] == [position for position, _ in outbox.pairs[1].waiting]
    assert not outgoing.drained.is_set()


async def test_a_message_stays_until_it_is_there(far: Far) -> None:
    """A log that fails, in whatever way, is asked again with the same bytes."""
    outbox = Outbox()
    bodies = tell(outbox, 2, 1, 2)
    far.trouble = [OSError("away"), ValueError("nonsense")]
    outgoing = sending(far, outbox)
    outgoing.kick()
    await drained(outgoing)

    assert {"log.2.from.5": bodies} == far.put_by


async def test_effects_are_asked_for_until_they_are_accepted(far: Far) -> None:
    """Workers that die are asked again with all that waits, in the order of positions."""
    outbox = Outbox()
    cause(outbox, 1, "a", "b")
    cause(outbox, 4, "c")
    far.trouble = [ConnectionError("worker died"), RuntimeError("and its successor")]
    outgoing = sending(far, outbox)
    outgoing.kick()
    await drained(outgoing)

    assert (3, [["a", "b", "c"]]) == (far.asked, far.batches)
    assert [] == outbox.effects


async def test_effects_caused_meanwhile_come_after(far: Far) -> None:
    """What was caused while a batch was on its way stays, and is the next batch."""
    outbox = Outbox()
    cause(outbox, 1, "a")
    far.accepting.clear()
    outgoing = sending(far, outbox)
    outgoing.kick()
    await until(lambda: far.asked)
    cause(outbox, 2, "b")
    far.accepting.set()
    await drained(outgoing)

    assert [["a"], ["b"]] == far.batches


async def test_stopping_leaves_the_rest_in_the_outbox(far: Far) -> None:
    """What nobody has acknowledged is what the last checkpoint must hold."""
    outbox = Outbox()
    tell(outbox, 2, 1, 2, 3)
    cause(outbox, 2, "a")
    far.gates["log.2.from.5"] = asyncio.Event()
    far.accepting.clear()
    outgoing = sending(far, outbox)
    outgoing.kick()
    await until(lambda: far.asked and far.flying.get("log.2.from.5"))
    await outgoing.stop()
    far.gates["log.2.from.5"].set()
    far.accepting.set()
    await asyncio.sleep(0)

    assert ({}, []) == (far.put_by, far.batches)
    assert [1, 2, 3] == [position for position, _ in outbox.pairs[2].waiting]
    assert 4 == outbox.size


async def test_stopped_senders_are_not_drained(far: Far) -> None:
    """Whoever waits for room in the outbox must not take a stop for it."""
    outbox = Outbox()
    tell(outbox, 2, 1)
    far.gates["log.2.from.5"] = asyncio.Event()
    outgoing = sending(far, outbox)
    outgoing.kick()
    await until(lambda: far.flying.get("log.2.from.5"))
    await outgoing.stop()

    assert not outgoing.drained.is_set()


async def test_another_owner_sends_what_was_left(far: Far) -> None:
    """The outbox of a checkpoint is sent whole, with the bytes that were made at first."""
    outbox = Outbox()
    bodies = tell(outbox, 2, 1, 2)
    cause(outbox, 2, "a")
    outgoing = sending(far, outbox)

    assert not outgoing.drained.is_set()

    outgoing.kick()
    await drained(outgoing)

    assert ({"log.2.from.5": bodies}, [["a"]]) == (far.put_by, far.batches)


async def test_an_empty_outbox_is_drained(far: Far) -> None:
    """Nobody waits where nothing is to be sent, before and after a kick."""
    outgoing = sending(far, Outbox())

    assert outgoing.drained.is_set()

    outgoing.kick()

    assert outgoing.drained.is_set()
    assert {} == far.put_by
