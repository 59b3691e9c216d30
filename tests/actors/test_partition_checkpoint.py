"""The partition: a checkpoint is the state at its cut, whatever is applied meanwhile."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.feed import START, Feed, device, inside, numbered, replay
from support.probes import Boom, Level, Note, Wish

from actors.block import Entry, decode_block
from actors.errors import Fenced, UnknownFormat
from actors.partition import Partition
from actors.store.base import Checkpoint

TWINS = 6


def busy(number: int) -> list[Entry]:
    """What arrives with block `number`: a bit of everything, for a few of the twins."""
    twins = [f"probe/p{(number * step) % TWINS}" for step in (1, 2, 3)]
    return [
        numbered(twins[0], "level", Level(a=85.0 + number % 11, b=float(number)), number),
        numbered(twins[1], "wish", Wish("wake", START + number + 3), 1000 + number),
        numbered(twins[2], "deed", {"key": str(number)}, 2000 + number),
        numbered(twins[0], "pass", {"to": twins[1], "text": str(number)}, 3000 + number),
        device(twins[1], "note", Note(), id=str(number % 40)),
        inside(twins[2], "ask.sum", {"left": number - 3, "right": 1}, f"c{number}"),
        numbered("probe/p5", "boom", Boom(START + 1000), 4000 + number),
    ]


def whole(checkpoint: Checkpoint) -> tuple[object, ...]:
    """A checkpoint for comparing; the order of its rows says nothing."""
    return (
        checkpoint.head,
        sorted(checkpoint.twins, key=lambda row: row.id),
        sorted(checkpoint.reminders, key=lambda row: (row.twin_id, row.name)),
        sorted(checkpoint.forgotten),
    )


@given(
    before=st.integers(1, 12),
    slices=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), min_size=1, max_size=6),
)
def test_a_checkpoint_equals_the_state_at_its_cut(
    before: int, slices: list[tuple[int, int]]
) -> None:
    """Encoded in slices while blocks are applied in between: as if all had stood still."""
    still, moving = Feed(), Feed()
    for number in range(before):
        for feed in (still, moving):
            feed.apply(*busy(number), at=float(number))
    expected = still.begin_cut()
    expected.step(1 << 30)
    cut = moving.begin_cut()
    number, done = before, False
    for blocks, most in slices:
        for _ in range(blocks):
            moving.apply(*busy(number), at=float(number))
            number += 1
        done = cut.step(most)
    while not done:
        done = cut.step(1)

    assert whole(expected.checkpoint()) == whole(cut.checkpoint())


@given(
    steps=st.lists(
        st.sampled_from(["apply", "apply", "cut", "slice", "commit", "settle", "crash"]),
        max_size=60,
    ),
    hot_bytes=st.sampled_from([0, 900, 2500, 1 << 20]),
)
def test_any_interleaving_ends_in_the_same_state(steps: list[str], hot_bytes: int) -> None:
    """Cuts, slices, commits, settling, evictions and crashes at any moment leave no trace."""
    feed = Feed(hot_bytes=hot_bytes)
    cut, stage, number = None, "", 0
    for step in steps:
        if step == "apply":
            feed.apply(*busy(number), at=float(number))
            number += 1
        elif step == "crash":
            feed.crash()
            cut, stage = None, ""
        elif step == "cut" and cut is None:
            cut, stage = feed.begin_cut(), "slices"
        elif step == "slice" and cut is not None and stage == "slices":
            stage = "ready" if cut.step(2) else "slices"
        elif step == "commit" and cut is not None and stage == "ready":
            feed.store.commit(cut.checkpoint())
            stage = "settling"
        elif step == "settle" and cut is not None and stage == "settling":
            cut = None if feed.partition.settle(cut, 2) else cut
    feed.crash()

    assert _everything(replay(feed.log)) == _everything(feed)


def _everything(feed: Feed) -> tuple[object, ...]:
    feed.checkpoint()
    return (
        feed.store.all_twins(0),
        list(feed.store.reminders(0)),
        feed.store.head(0),
    )


@pytest.mark.parametrize("hot_bytes", [0, 1, 500, 1000, 2000, 4000])
def test_what_is_in_memory_does_not_matter(hot_bytes: int) -> None:
    """Twins leave memory after each checkpoint and come back from the store; results are equal."""
    feed = Feed(hot_bytes=hot_bytes)
    for number in range(40):
        feed.apply(*busy(number), at=float(number))
        if number % 3 == 0:
            feed.checkpoint()

    assert _everything(replay(feed.log)) == _everything(feed)


def test_clean_twins_leave_when_there_are_too_many() -> None:
    """The least recently used go first, and memory stays within its bound."""
    feed = Feed(hot_bytes=3000)
    for number in range(30):
        feed.apply(numbered(f"probe/n{number}", "note", Note(), 1))
        feed.checkpoint()
        feed.apply(numbered("probe/n0", "note", Note(), number + 2))
    feed.checkpoint()
    count, size = feed.partition.hot

    assert 2 <= count <= 7
    assert size <= 3000
    assert 0 == feed.partition.dirty
    assert feed.partition.peek("probe/n0") is not None
    assert feed.partition.peek("probe/n1") is None


def test_looking_does_not_keep_a_twin_in_memory() -> None:
    """`peek` is no use of the twin."""
    feed = Feed(hot_bytes=1800)
    for number in range(10):
        feed.apply(numbered(f"probe/n{number}", "note", Note(), 1))
        feed.checkpoint()
        feed.partition.peek("probe/n0")

    assert feed.partition.peek("probe/n0") is None
    assert feed.partition.peek("probe/n9") is not None


def test_a_named_twin_stays_until_it_is_applied() -> None:
    """Between naming what is needed and applying, a settling checkpoint takes nothing away."""
    feed = Feed(hot_bytes=1000)
    feed.apply(numbered("probe/p1", "note", Note("one"), 1))
    feed.checkpoint()
    feed.apply(*[numbered(f"probe/n{number}", "note", Note(), 1) for number in range(9)])
    body = feed.block(numbered("probe/p1", "note", Note("two"), 2))
    missing = feed.partition.needed(decode_block(body), START)
    feed.checkpoint()
    feed.partition.load(feed.store.twins(0, missing))
    feed.partition.apply(decode_block(body), body, 3, START)

    assert ["one", "two"] == feed.twin("probe/p1").trace


def test_loading_what_is_in_memory_changes_nothing() -> None:
    """A row read before the twin changed must not bring its old state back."""
    feed = Feed()
    feed.apply(numbered("probe/p1", "note", Note("one"), 1))
    feed.checkpoint()
    rows = feed.store.twins(0, ["probe/p1"])
    feed.apply(numbered("probe/p1", "note", Note("two"), 2))
    feed.partition.load(rows)

    assert ["one", "two"] == feed.twin("probe/p1").trace


def test_rows_of_a_later_owner_end_an_old_one() -> None:
    """One that sleeps while another owner goes on finds rows that lie before it; it must stop.

    With them it would take its own block for a repeat, and send messages that nobody caused.
    """
    old = Feed(hot_bytes=0)
    old.apply(numbered("probe/p1", "pass", {"to": "probe/p2", "text": "one"}, 1))
    old.checkpoint()
    new = Feed(hot_bytes=0)
    new.store, new.log, new.owner = old.store, list(old.log), old.store.assign(1, old.owner)
    new.crash()
    body = old.block(numbered("probe/p1", "pass", {"to": "probe/p2", "text": "two"}, 2))
    new.take(body, 1.0)
    new.checkpoint()
    old.log.append((body, START + 1.0))

    with pytest.raises(Fenced, match=r"stands at 1, and the store holds probe/p1 at 2"):
        old.deliver(2)
    assert [1] == [position for position, _ in old.partition.outbox.pairs[0].waiting]


def test_a_checkpoint_holds_what_changed_since_the_last_one() -> None:
    """Twins that nothing touched are in no later checkpoint."""
    feed = Feed()
    feed.apply(*[numbered(f"probe/n{number}", "note", Note(), 1) for number in range(9)])
    feed.checkpoint()
    feed.apply(numbered("probe/n4", "note", Note(), 2))

    assert ["probe/n4"] == [row.id for row in feed.checkpoint().twins]
    assert [] == feed.checkpoint().twins


def test_a_twin_changed_while_it_settles_stays_dirty() -> None:
    """Settling in slices takes only those that nothing changed since the cut."""
    feed = Feed()
    feed.apply(*[numbered(f"probe/n{number}", "note", Note(), 1) for number in range(6)])
    cut = feed.begin_cut()
    cut.step(100)
    feed.store.commit(cut.checkpoint())
    feed.partition.settle(cut, 2)
    feed.apply(*[numbered(f"probe/n{number}", "note", Note(), 2) for number in (0, 5)])
    while not feed.partition.settle(cut, 1):
        pass

    assert ["probe/n0", "probe/n5"] == sorted(row.id for row in feed.checkpoint().twins)


def test_one_checkpoint_at_a_time() -> None:
    """Until one is settled, the next would miss what the first one holds."""
    feed = Feed()
    feed.apply(*[numbered(f"probe/n{number}", "note", Note(), 1) for number in range(6)])
    cut = feed.begin_cut()
    with pytest.raises(AssertionError, match="not finished"):
        cut.checkpoint()
    cut.step(100)
    feed.store.commit(cut.checkpoint())
    feed.partition.settle(cut, 2)
    with pytest.raises(AssertionError, match="one checkpoint at a time"):
        feed.begin_cut()
    while not feed.partition.settle(cut, 2):
        pass

    assert [] == feed.checkpoint().twins


def test_settling_takes_time_in_slices() -> None:
    """Each call settles no more than it is allowed to."""
    feed = Feed()
    feed.apply(*[numbered(f"probe/n{number}", "note", Note(), 1) for number in range(10)])
    cut = feed.begin_cut()

    assert [False, False, False, True] == [cut.step(3) for _ in range(4)]
    feed.store.commit(cut.checkpoint())
    dirty = []
    while not feed.partition.settle(cut, 4):
        dirty.append(feed.partition.dirty)
    assert [6, 2] == dirty


def test_outputs_not_acknowledged_are_in_the_checkpoint() -> None:
    """A new owner sends them again, the same bytes; acknowledged ones not."""
    feed = Feed()
    for number in range(4):
        feed.apply(*busy(number))
    outbox = msgspec.msgpack.encode(feed.partition.outbox)
    feed.checkpoint()
    feed.crash()

    assert outbox == msgspec.msgpack.encode(feed.partition.outbox)
    assert feed.partition.outbox.size > 0


@pytest.mark.parametrize("change", [{"format": 3}, {"partition": 1}])
def test_a_checkpoint_of_another_format_or_partition_is_refused(change: dict[str, int]) -> None:
    """What this code does not know it does not guess at."""
    feed = Feed()
    feed.apply(numbered("probe/p1", "note", Note(), 1))
    head = msgspec.structs.replace(feed.checkpoint().head, **change)

    with pytest.raises(UnknownFormat, match="partition 0 cannot begin"):
        Partition(0, 1).restore(head, [])
