"""Where a partition's replay begins, and what its twins are then."""

from typing import Any

import pytest
from msgspec.structs import replace
from support.feed import START, Feed, device, told
from support.history import contest, fired, result, rule, times
from support.memory_store import MemoryStore

import twins.devices
import twins.people
from actors.backtest.base import Base, find_base, hindsight
from actors.backtest.replay import Part, Replay
from actors.block import Entry, decode_block
from actors.cell import Book, Cell
from actors.store.base import Head

assert twins.devices
assert twins.people, "vehicles mirror what they tell"

HOT = [rule("hot", "coolant_c > 100")]
CAR = "vehicle/v1"


def reading(number: int, coolant_c: float, twin_id: str = CAR) -> Entry:
    """A car's reading, at second `number`."""
    data = {"coolant_c": coolant_c}
    return device(twin_id, "telemetry", data, time=START + number, boot=1, sequence=number)


def replayed(feed: Feed, base: Base, candidate: list[dict[str, Any]], since: float) -> Part:
    """Replay a feed's log from a base on, as a job does."""
    one = Replay(0, 1, {"vehicle": contest(HOT, candidate)}, since=START + since)
    if base.head is not None:
        ids = one.restore(base.head, base.reminders)
        one.load(base.rows(feed.store.twins(0, ids)))
    for position, (body, stamp) in enumerate(feed.log, 1):
        if position >= base.start:
            block = decode_block(body)
            missing = one.needed(block)
            if not base.whole:
                one.load(base.rows(feed.store.twins(0, missing)))
            one.take(block, body, position, stamp)
    return one.finish(START + 1000.0)


@pytest.fixture
def feed() -> Feed:
    """A car that was configured, and measured a little."""
    feed = Feed()
    feed.apply(told(CAR, "configured", {"description": "a red one"}), at=0.0)
    feed.apply(reading(1, 95.0), at=1.0)
    return feed


def test_a_whole_log_needs_no_checkpoint(feed: Feed) -> None:
    """Twins that are in it from its first position on begin anew, whatever the store says."""
    feed.checkpoint()
    feed.apply(reading(2, 101.0), at=2.0)

    assert Base(1, whole=True) == find_base(feed.store, 0, 1, 3, START + 1.5)


def test_a_quiet_partition_begins_with_its_checkpoint(feed: Feed) -> None:
    """Its log need not be read at all; time passes for its reminders."""
    waits = [rule("hot", "coolant_c > 90", **{"for": "30s"})]
    feed.checkpoint()
    base = find_base(feed.store, 0, 1, 2, START + 10.0)

    assert (3, 2) == (base.start, base.head and base.head.position)
    part = replayed(feed, base, waits, since=10.0)
    assert (0, 0, 0) == fired(part)
    assert 0 == part.blocks


def test_a_trimmed_log_goes_on_from_an_older_checkpoint(feed: Feed) -> None:
    """Twins are as they were: what they measured, and the reminders that they had set."""
    feed.apply(reading(2, 80.0, "vehicle/v2"), at=2.0)
    feed.checkpoint()
    feed.apply(reading(20, 101.0, "vehicle/v2"), at=20.0)
    base = find_base(feed.store, 0, 3, 4, START + 10.0)
    named = [rule("hot", "coolant_c > 100 or description == 'a red one'", on="telemetry")]

    assert (4, False) == (base.start, base.whole)
    part = replayed(feed, base, [*named, rule("was", "was(coolant_c) < 90")], since=10.0)
    assert (1, 1, 1) == fired(part)
    assert [("vehicle/v2", 20.0)] == times(result(part).first)


def test_reminders_of_the_checkpoint_wake_its_twins() -> None:
    """A wait that began before the span ends in it, with the twin as it was."""
    feed = Feed()
    waits = [rule("hot", "coolant_c > 100", **{"for": "60s"})]
    feed.partition.in_force.rules["vehicle"] = contest(waits, waits).live
    feed.apply(reading(1, 101.0), at=1.0)
    feed.checkpoint()
    base = find_base(feed.store, 0, 1, 1, START + 10.0)
    one = Replay(0, 1, {"vehicle": contest(waits, HOT)}, since=START + 10.0)
    assert base.head is not None
    ids = one.restore(base.head, base.reminders)
    one.load(base.rows(feed.store.twins(0, ids)))
    part = one.finish(START + 100.0)

    assert [CAR] == ids
    assert (0, 1, 0) == fired(part)
    assert [(CAR, 61.0)] == times(result(part).only_live)


def test_a_checkpoint_within_the_span_is_no_beginning(feed: Feed) -> None:
    """Of a trimmed log all that is left is replayed then."""
    feed.checkpoint()

    assert Base(2) == find_base(feed.store, 0, 2, 2, START + 0.5)


def test_a_checkpoint_that_is_overtaken_is_read_again(feed: Feed) -> None:
    """Head and reminders are of one commit; a store that never rests is not waited for."""
    feed.checkpoint()

    class Restless(MemoryStore):
        """Commits between any two looks."""

        looks = 0
        stops = 3

        def head(self, partition: int) -> Head | None:
            """A later one each time, up to a point."""
            found = feed.store.head(partition)
            assert found is not None
            self.looks += 1
            return replace(found, position=found.position + min(self.looks, self.stops))

    assert 6 == find_base(Restless(), 0, 2, 9, START + 10.0).start
    restless = Restless()
    restless.stops = 1000
    assert Base(2) == find_base(restless, 0, 2, 2000, START + 10.0)


def test_a_twin_of_today_keeps_what_messages_told_it(feed: Feed) -> None:
    """What it measured, noticed and took is gone: the history would not count otherwise."""
    feed.apply(reading(2, 101.0), at=2.0)
    feed.checkpoint()
    (row,) = feed.store.twins(0, [CAR])
    cell = Cell.load(hindsight(row))
    twin: Any = cell.twin

    assert ("a red one", None, 0.0) == (twin.description, twin.coolant_c, twin.stamp)
    assert (None, None, None) == (twin.windows, twin.record, twin.older)
    assert (Book(), 0) == (cell.book, cell.position)


def test_a_trimmed_log_without_an_older_checkpoint_begins_with_twins_of_today(feed: Feed) -> None:
    """Readings that the store has long taken are replayed as if they were new."""
    feed.apply(reading(2, 101.0), at=2.0)
    feed.checkpoint()
    base = find_base(feed.store, 0, 2, 3, START + 1.0)
    part = replayed(feed, base, HOT, since=1.0)

    assert Base(2) == base
    assert [True] == [base.guessed(row) for row in feed.store.twins(0, [CAR])]
    assert (1, 1, 1) == fired(part)
    assert [(CAR, 2.0)] == times(result(part).first)
