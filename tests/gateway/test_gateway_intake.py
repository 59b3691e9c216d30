"""Entries become blocks, one in flight at a time, and answers come once they are durable."""

import asyncio
from typing import Any

import pytest
from gateway_kit import FakeLog, log_full

from actors.block import Entry
from actors.errors import Superseded
from gateway.errors import Reason, Refused
from gateway.intake import Block, PartitionIntake, Way
from gateway.settings import GatewaySettings


class Bench:
    """An intake on a log in memory, and what it answered."""

    def __init__(self, **settings: Any) -> None:
        self.log = FakeLog()
        self.answers: list[tuple[str, bytes | Reason]] = []
        self.lost = 0
        self.changed = asyncio.Event()
        self.clock = 100.0
        self.intake = PartitionIntake(
            3, self.log, self.answer, self.lose, GatewaySettings(**settings), lambda: self.clock
        )

    async def answer(
        self, block: Block, acknowledgement: bytes | None, refused: Refused | None
    ) -> None:
        """Note an answer."""
        what = acknowledgement if refused is None else refused.reason
        assert what is not None
        self.answers.extend((reply.decode(), what) for reply in block.replies)
        self.changed.set()

    def lose(self) -> None:
        """Note that entries were lost."""
        self.lost += 1

    def put(self, *names: str) -> None:
        """Put an entry for each name."""
        for name in names:
            why = self.intake.refusal()
            if why is not None:
                raise why
            self.intake.put(Entry("testmeter/m1", "telemetry", 0, name.encode()), name.encode())

    async def answered(self, count: int) -> None:
        """Wait until so many answers are there."""
        while len(self.answers) < count:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 5.0)

    @property
    def blocks(self) -> list[list[str]]:
        """The names in each block."""
        return [[entry.payload.decode() for entry in block] for block in self.log.blocks]


async def test_one_event_is_one_block_at_once() -> None:
    """When it is quiet, an event waits for nothing."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.put("a")
    await bench.answered(1)

    assert [["a"]] == bench.blocks
    assert [("a", b'{"stream":"LOG_3","seq":1}')] == bench.answers


async def test_what_comes_meanwhile_is_the_next_block() -> None:
    """While a block is in flight, everything that arrives becomes one block, in order."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.log.hold()
    bench.put("a")
    await bench.log.waiting.wait()
    bench.put("b", "c")
    bench.put("d")
    bench.log.go.set()
    await bench.answered(4)

    assert [["a"], ["b", "c", "d"]] == bench.blocks
    assert ["a", "b", "c", "d"] == [reply for reply, _ in bench.answers]
    assert {b'{"stream":"LOG_3","seq":2}'} == {what for _, what in bench.answers[1:]}


async def test_while_the_log_does_not_answer_senders_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits stays; what comes is refused for now, until the log has taken the block."""
    monkeypatch.setattr("gateway.intake.STALL_S", 0.0)
    bench = Bench()
    await bench.intake.serve(1)
    bench.log.hold()
    bench.put("a")
    await bench.log.waiting.wait()
    while bench.intake.refusal() is None:
        await asyncio.sleep(0)
    bench.clock += 7.04
    with pytest.raises(Refused) as refused:
        bench.put("b")
    stalled_s = bench.intake.statistics().stalled_s
    bench.log.go.set()
    await bench.answered(1)

    assert Reason.OVERLOADED == refused.value.reason
    assert not refused.value.final
    assert 7.0 == stalled_s
    assert 0.0 == bench.intake.statistics().stalled_s
    assert bench.intake.refusal() is None
    assert [["a"]] == bench.blocks


async def test_nothing_is_answered_before_it_is_durable() -> None:
    """No answer while the block is in flight."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.log.hold()
    bench.put("a", "b")
    await bench.log.waiting.wait()

    assert [] == bench.answers
    assert 2 == bench.intake.statistics().pending
    bench.log.go.set()
    await bench.answered(2)


async def test_blocks_are_bounded_by_number() -> None:
    """More than the most events of a block are several blocks, in order."""
    bench = Bench(block_events=3)
    await bench.intake.serve(1)
    bench.put(*"abcdefgh")
    await bench.answered(8)

    assert [["a", "b", "c"], ["d", "e", "f"], ["g", "h"]] == bench.blocks


async def test_blocks_are_bounded_by_size() -> None:
    """Entries that would make a block too large begin the next one; a large one stands alone."""
    bench = Bench(block_bytes=4096)
    await bench.intake.serve(1)
    large, small = "x" * 3500, "y" * 1000
    bench.put(large, small, small, "z" * 5000, "a")
    await bench.answered(5)

    assert [[large], [small, small], ["z" * 5000], ["a"]] == bench.blocks


async def test_what_waits_is_bounded() -> None:
    """Beyond the bound, entries are refused as overloaded, until blocks are written."""
    bench = Bench(pending_events=3)
    await bench.intake.serve(1)
    bench.log.hold()
    bench.put("a", "b", "c")

    with pytest.raises(Refused) as caught:
        bench.put("d")
    bench.log.go.set()
    await bench.answered(3)
    bench.put("d")
    await bench.answered(4)

    assert Reason.OVERLOADED is caught.value.reason
    assert [["a", "b", "c"], ["d"]] == bench.blocks


async def test_a_full_log_refuses_all_that_waits_and_what_comes() -> None:
    """Nothing behind a block that failed is written; devices hold back until there is room."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.log.fail = [log_full()]
    bench.log.hold()
    bench.put("a")
    await bench.log.waiting.wait()
    bench.put("b", "c")
    bench.log.go.set()
    await bench.answered(3)

    assert [(name, Reason.FULL) for name in "abc"] == bench.answers
    assert [] == bench.blocks
    assert 1 == bench.lost
    with pytest.raises(Refused, match="full"):
        bench.put("d")
    bench.intake.note_fill(10, 1000)
    bench.put("e")
    await bench.answered(4)
    assert [["e"]] == bench.blocks


async def test_devices_are_refused_before_the_log_is_full() -> None:
    """At 80 % of the log the rest is for messages between twins."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.intake.note_fill(799, 1000)
    bench.put("a")
    await bench.answered(1)
    bench.intake.note_fill(800, 1000)

    with pytest.raises(Refused) as caught:
        bench.put("b")

    assert Reason.FULL is caught.value.reason
    assert bench.intake.statistics().full


async def test_the_fill_between_two_looks_is_reckoned() -> None:
    """What was written since the last look counts."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.intake.note_fill(750, 1000)
    bench.put("x" * 60)
    await bench.answered(1)

    with pytest.raises(Refused, match="full"):
        bench.put("b")


async def test_a_late_block_of_an_earlier_gateway_is_followed() -> None:
    """When somebody of an earlier epoch was quicker, the block goes behind, once."""
    bench = Bench()
    await bench.intake.serve(5)
    bench.log.fail = [Superseded("position 7 was appended by another gateway")]
    bench.put("a", "b")
    await bench.answered(2)

    assert [["a", "b"]] == bench.blocks
    assert [5, 5] == bench.log.opened
    assert 0 == bench.lost


async def test_a_later_epoch_ends_the_intake() -> None:
    """Behind a block of a later epoch nothing is written; senders are told to try again."""
    bench = Bench()
    await bench.intake.serve(5)
    bench.log.fail = [Superseded("position 7 was appended by another gateway")]
    bench.log.over = True
    bench.put("a", "b")
    await bench.answered(2)

    assert [("a", Reason.MOVED), ("b", Reason.MOVED)] == bench.answers
    with pytest.raises(Refused) as caught:
        bench.put("c")
    assert Reason.MOVED is caught.value.reason
    assert [] == bench.blocks


async def test_a_new_epoch_takes_effect_between_blocks() -> None:
    """The block in flight ends under its own epoch; the next is opened under the new one."""
    bench = Bench()
    await bench.intake.serve(5)
    bench.log.hold()
    bench.put("a")
    await bench.log.waiting.wait()
    await bench.intake.serve(6)
    bench.put("b")
    opened = list(bench.log.opened)
    bench.log.go.set()
    await bench.answered(2)

    assert [5] == opened
    assert [5, 6] == bench.log.opened
    assert [["a"], ["b"]] == bench.blocks


async def test_a_new_epoch_revives_a_superseded_intake() -> None:
    """What was superseded under one epoch takes again under a later one."""
    bench = Bench()
    await bench.intake.serve(5)
    bench.log.fail, bench.log.over = [Superseded("gone")], True
    bench.put("a")
    await bench.answered(1)
    bench.log.over = False
    await bench.intake.serve(7)
    bench.put("b")
    await bench.answered(2)

    assert [["b"]] == bench.blocks


async def test_closing_finishes_what_is_in_flight() -> None:
    """The block in flight is acknowledged; what waits behind it hears that the partition moves."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.log.hold()
    bench.put("a")
    await bench.log.waiting.wait()
    bench.put("b")
    closing = asyncio.create_task(bench.intake.close(5.0))
    await asyncio.sleep(0)
    with pytest.raises(Refused):
        bench.put("c")
    bench.log.go.set()
    await closing

    assert [("a", b'{"stream":"LOG_3","seq":1}'), ("b", Reason.MOVED)] == bench.answers
    assert [["a"]] == bench.blocks


async def test_closing_does_not_wait_for_ever() -> None:
    """With the log away, closing leaves the block in flight unanswered and refuses the rest."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.log.hold()
    bench.put("a")
    await bench.log.waiting.wait()
    bench.put("b")
    await bench.intake.close(0.01)

    assert [("b", Reason.MOVED)] == bench.answers
    assert 0 == bench.intake.statistics().pending


async def test_a_fault_of_our_own_is_answered() -> None:
    """An error that nobody expected refuses what was put, and the intake goes on."""
    bench = Bench()
    await bench.intake.serve(1)
    bench.log.fail = [ZeroDivisionError("a bug")]
    bench.put("a")
    await bench.answered(1)
    bench.put("b")
    await bench.answered(2)

    assert ("a", Reason.OVERLOADED) == bench.answers[0]
    assert [["b"]] == bench.blocks


async def test_room_comes_when_a_block_is_written() -> None:
    """Whoever can wait waits for room, and is woken by it."""
    bench = Bench(pending_events=1)
    await bench.intake.serve(1)
    bench.log.hold()
    bench.put("a")
    waiting = asyncio.create_task(bench.intake.room())
    await bench.log.waiting.wait()
    early = waiting.done()
    bench.log.go.set()
    await asyncio.wait_for(waiting, 5.0)

    assert not early


async def test_waiting_for_room_ends_with_the_partition() -> None:
    """Whoever waits for room when the partition is let go is told so."""
    bench = Bench(pending_events=1)
    await bench.intake.serve(1)
    bench.log.hold()
    bench.put("a")
    waiting = asyncio.create_task(bench.intake.room())
    await bench.log.waiting.wait()
    closing = asyncio.create_task(bench.intake.close(5.0))

    with pytest.raises(Refused) as caught:
        await asyncio.wait_for(waiting, 5.0)
    bench.log.go.set()
    await closing
    assert Reason.MOVED is caught.value.reason


async def test_it_counts_by_way() -> None:
    """Durable events are counted by the way they came."""
    bench = Bench()
    await bench.intake.serve(4)
    for way in (Way.NATS, Way.MQTT, Way.INSIDE, Way.INSIDE):
        bench.intake.put(Entry("testmeter/m1", "telemetry", 0, b"x"), b"r", way)
    await bench.answered(4)
    statistics = bench.intake.statistics()

    assert {"nats": 1, "mqtt": 1, "inside": 2} == statistics.taken
    assert (3, 4, 1, 1, 0) == (
        statistics.partition, statistics.epoch, statistics.position, statistics.blocks,
        statistics.pending,
    )  # fmt: skip
