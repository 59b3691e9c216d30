"""The partition: what waits for a parked twin is bounded in memory, and none of it is lost."""

import msgspec
import pytest
from support.feed import START, Feed, device, inside, numbered, replay, resume, skip
from support.probes import Boom, Note

from actors.cell import Cell
from actors.parked import PART, PART_BYTES, Parked
from actors.shelf import shelf_id

P, Q = "probe/p1", "probe/p2"
SOON = Boom(until=START + 100)
LATE = Boom(until=START + 1000)
MOST = 2 * (PART_BYTES + 64 * 1024)
"""Bytes that a parked twin's book may have: two parts, each with one event too large for it."""


def park(feed: Feed, boom: Boom = SOON) -> None:
    """Set P aside; the failing event has number 0."""
    feed.apply(numbered(P, "boom", boom, 0))


def notes(feed: Feed, first: int, count: int, text: str = "") -> None:
    """Let so many notes wait for P, some in a block."""
    for start in range(first, first + count, 50):
        stop = min(start + 50, first + count)
        feed.apply(*[numbered(P, "note", Note(text), n) for n in range(start, stop)])


def going(feed: Feed) -> Parked | None:
    """What is still set aside."""
    return feed.cell(P).book.parked


def let_go(feed: Feed, at: float) -> int:
    """Let time pass until P goes on no further; returns how many ticks that took."""
    for ticks in range(10_000):
        parked = going(feed)
        if parked is None or not parked.going:
            return ticks
        feed.tick(at)
    raise AssertionError("it never ends")


def ids(*numbers: int) -> list[str]:
    """The ids of P's numbered events."""
    return [f"{P}:1:{number}" for number in numbers]


def test_ten_thousand_waiting_events_take_no_more_memory_than_a_hundred() -> None:
    """The book stays small, and what lies on shelves leaves memory with the next checkpoint."""
    feed = Feed(hot_bytes=0)
    park(feed)
    notes(feed, 1, 10_000, "x" * 100)
    feed.checkpoint()

    assert len(feed.cell(P).row().book) < 2 * PART * 200
    assert (0, 0) == feed.partition.hot
    assert 10_001 == len(feed.waiting(P))


def test_large_events_fill_a_part_sooner() -> None:
    """A part is bounded in bytes as well, whatever devices send."""
    feed = Feed(hot_bytes=0)
    park(feed)
    notes(feed, 1, 40, "x" * 60_000)
    feed.checkpoint()
    rows = feed.store.all_twins(0).values()

    assert 7 == len(rows)
    assert max(len(row.book) for row in rows) < MOST
    assert 41 == len(feed.waiting(P))


@pytest.mark.parametrize("crashes", [False, True])
def test_all_of_it_is_handled_once_in_order(crashes: bool) -> None:
    """By one word of the operator, whatever crashes and evictions lie between."""
    feed = Feed(hot_bytes=0)
    park(feed)
    for start in range(1, 1001, 100):
        notes(feed, start, 100)
        if crashes:
            feed.checkpoint()
            feed.crash()
    feed.apply(resume(P, "r1"), at=200.0)
    ticks = 0
    while going(feed) is not None:
        feed.tick(200.0 + ticks)
        ticks += 1
        if crashes and ticks % 4 == 0:
            feed.checkpoint()
        if crashes and ticks % 3 == 0:
            feed.crash()

    assert ids(*range(1001)) == feed.twin(P).trace
    assert -(-1001 // PART) - 1 == ticks
    assert 0 == feed.apply(numbered(P, "note", Note(), 1000)).events


def test_it_is_what_a_replay_makes_of_it() -> None:
    """Shelves, reminders and all: byte for byte."""
    feed = Feed(hot_bytes=0)
    park(feed)
    notes(feed, 1, 300)
    feed.checkpoint()
    feed.apply(resume(P, "r1"), at=200.0)
    feed.tick(201.0)
    notes(feed, 301, 20)
    feed.checkpoint()
    feed.crash()
    feed.tick(202.0)
    straight = replay(feed.log)
    for one in (feed, straight):
        one.checkpoint()

    assert straight.store.all_twins(0) == feed.store.all_twins(0)
    assert list(straight.store.reminders(0)) == list(feed.store.reminders(0))


def test_neighbours_go_on_between_the_parts() -> None:
    """A long queue is handled part by part, and the log's next block is not held up by all."""
    feed = Feed()
    park(feed)
    notes(feed, 1, 500)
    applied = [feed.apply(resume(P, "r1"), at=200.0)]
    applied += [feed.apply(numbered(Q, "note", Note(), n), at=201.0 + n) for n in range(4)]

    assert [PART] + [PART + 1] * 4 == [it.events for it in applied]
    assert 4 == len(feed.twin(Q).trace)


def test_what_arrives_while_it_goes_on_waits_behind() -> None:
    """Nothing overtakes what waits; a call is refused meanwhile, and says why."""
    feed = Feed()
    park(feed)
    notes(feed, 1, 3 * PART)
    feed.apply(resume(P, "r1"), at=200.0)
    notes(feed, 3 * PART + 1, 10)
    feed.apply(inside(P, "ask.sum", {"left": 1, "right": 2}, "c1"))
    let_go(feed, 201.0)
    feed.apply(numbered(P, "note", Note("last"), 4 * PART))

    assert [*ids(*range(3 * PART + 11)), "last"] == feed.twin(P).trace
    assert "parked since position 1" in str(feed.partition.replies["c1"].error)


def test_poison_on_a_shelf_parks_again_there() -> None:
    """What comes before it is handled for good; skipped, the rest follows."""
    feed = Feed(hot_bytes=0)
    park(feed)
    notes(feed, 1, 99)
    feed.apply(numbered(P, "boom", LATE, 100), at=1.0)
    notes(feed, 101, 200)
    feed.checkpoint()
    feed.apply(resume(P, "r1"), at=200.0)
    let_go(feed, 201.0)
    parked = going(feed)
    assert parked is not None
    expected = (feed.partition.position, "boom", False)

    assert expected == (parked.position, parked.event_type, parked.going)
    assert ids(*range(100)) == feed.twin(P).trace
    notes(feed, 301, 100)
    feed.apply(skip(P, "s1"), at=210.0)
    let_go(feed, 211.0)
    assert ids(*(n for n in range(401) if n != 100)) == feed.twin(P).trace


def test_an_operators_second_word_changes_nothing() -> None:
    """While what waits is being handled, neither resume nor skip means anything."""
    feed = Feed()
    park(feed)
    notes(feed, 1, 200)
    feed.apply(resume(P, "r1"), at=200.0)
    feed.apply(resume(P, "r2"), skip(P, "s1"), at=200.0)
    let_go(feed, 201.0)

    assert ids(*range(201)) == feed.twin(P).trace


def test_shelves_are_used_again() -> None:
    """A twin that is parked often leaves no more behind than its longest queue did."""
    feed = Feed(hot_bytes=0)
    for turn in range(3):
        feed.apply(device(P, "boom", Boom(until=START + 100 * turn + 50), id=f"b{turn}"),
                   at=100.0 * turn)  # fmt: skip
        notes(feed, 1000 * turn, 300)
        feed.checkpoint()
        feed.apply(resume(P, f"r{turn}"), at=100.0 * turn + 60)
        let_go(feed, 100.0 * turn + 61)
    feed.checkpoint()
    shelves = [row for row in feed.store.all_twins(0).values() if row.id != P]

    assert {shelf_id(P, number) for number in range(3)} == {row.id for row in shelves}
    assert [None] * 3 == [Cell.load(row).book.shelf for row in shelves]
    assert [{"key": row.id[12:], "owner": P} for row in shelves] == [
        msgspec.json.decode(row.state) for row in shelves
    ]


def test_an_older_books_long_queue_is_released_whole() -> None:
    """Format 1 kept all of it in the book."""
    feed = Feed()
    park(feed)
    parked = going(feed)
    assert parked is not None
    parked.entries += [numbered(P, "note", Note(), n) for n in range(1, 500)]
    parked.stamps += [START] * 499
    notes(feed, 500, 10)
    feed.apply(resume(P, "r1"), at=200.0)

    assert ids(*range(500)) == feed.twin(P).trace
    let_go(feed, 201.0)
    assert ids(*range(510)) == feed.twin(P).trace


def test_a_shelf_takes_nothing_from_anybody() -> None:
    """Neither a device nor an operator can address it to any effect."""
    feed = Feed()
    park(feed)
    notes(feed, 1, 300)
    shelf = shelf_id(P, 0)
    before = feed.waiting(P)
    feed.apply(device(shelf, "note", Note(), id="d"), resume(shelf, "r"), skip(shelf, "s"))

    assert before == feed.waiting(P)
    assert 1 == feed.partition.refused
