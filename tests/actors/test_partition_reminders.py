"""The partition: reminders fire once, never early by the log's time, in one order."""

from hypothesis import given
from hypothesis import strategies as st
from support.feed import START, Feed, numbered
from support.probes import Level, Note, Wish

from actors.block import Entry, decode_block
from actors.reminders import MAX_DUE
from twins.ids import digest

P = "probe/p1"
RISING = [Level(a=91.0 + 2 * number) for number in range(4)]


def wish(number: int, at: float | None, name: str = "wake", twin_id: str = P) -> Entry:
    """Set a reminder, `at` seconds after the start, or forget it."""
    return numbered(twin_id, "wish", Wish(name, None if at is None else START + at), number)


def test_a_reminder_fires_once_and_never_early() -> None:
    """Not before its time, at the first block at or after it, and then no more."""
    feed = Feed()
    feed.apply(wish(1, 10.0))
    fired = []
    for at in (9.999, 10.0, 10.0, 11.0):
        feed.tick(at)
        fired.append(len(feed.twin(P).fired))

    assert [0, 1, 1, 1] == fired


def test_a_stamp_that_falls_back_makes_nothing_due_twice() -> None:
    """The log server's clock may be set back; the log's time is not."""
    feed = Feed()
    feed.apply(wish(1, 10.0), at=5.0)
    for at in (20.0, 3.0, 10.0, 2.0):
        feed.tick(at)
    feed.apply(wish(2, 12.0), at=1.0)
    feed.tick(1.0)

    assert [("wake", START + 20)] == feed.twin(P).fired

    feed.tick(20.5)

    assert [("wake", START + 20), ("wake", START + 20.5)] == feed.twin(P).fired


def test_due_reminders_run_before_the_blocks_events() -> None:
    """In the order of due time, twin and name, and then the events."""
    feed = Feed()
    names = [("b", 1, "wake:x"), ("a", 2, "wake:y"), ("a", 1, "wake:z"), ("a", 1, "wake:b")]
    for index, (key, due, name) in enumerate(names):
        feed.apply(wish(index, float(due), name, f"probe/{key}"))
    applied = feed.apply(numbered("probe/a", "level", RISING, 99), at=5.0)

    assert ["a wake:b", "a wake:z", "b wake:x", "a wake:y", "a rose"] == [
        f"{signal.twin_id[-1]} {signal.data.get('reminder', 'rose')}" for signal in applied.signals
    ]


def test_moved_and_forgotten_ones() -> None:
    """The last wish counts, in the same block too."""
    feed = Feed()
    feed.apply(wish(1, 10.0), wish(2, 30.0), wish(3, 10.0, "wake:b"), wish(4, None, "wake:b"))
    feed.tick(20.0)
    assert [] == feed.twin(P).fired
    feed.tick(30.0)
    assert [("wake", START + 30)] == feed.twin(P).fired


def test_one_set_for_the_past_fires_as_soon_as_time_moves_on() -> None:
    """A reminder never runs at the log's time at which it was set."""
    feed = Feed()
    feed.apply(wish(1, 1.0), at=50.0)
    fired = []
    for at in (50.0, 50.000_001, 50.000_001):
        feed.tick(at)
        fired.append(len(feed.twin(P).fired))

    assert [0, 1, 1] == fired


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.0, 1.0]), st.integers(0, 6)), min_size=1, max_size=12
    )
)
def test_no_two_reminders_of_a_twin_share_an_id(wishes: list[tuple[float, int]]) -> None:
    """However often one is set for the same time, past or to come, while the log's time stands.

    What they cause is known by that id: a second effect of the same name would never leave.
    """
    feed, now, ids = Feed(), 0.0, []
    for number, (later, due) in enumerate(wishes):
        now += later
        ids += [one.id for one in feed.tick(now).signals]
        ids += [one.id for one in feed.apply(wish(number, float(due)), at=now).signals]
    ids += [one.id for one in feed.tick(now + 10.0).signals]

    assert len(ids) == len(feed.twin(P).fired)
    assert len(ids) == len(set(ids))


def test_at_most_1024_before_one_block() -> None:
    """The rest fires before the next block, and the events need not wait for all of them."""
    feed = Feed()
    for start in range(0, MAX_DUE + 6, 500):
        numbers = range(start, min(start + 500, MAX_DUE + 6))
        feed.apply(*[wish(1, 5.0, "wake", f"probe/n{number:05}") for number in numbers])
    counts = [feed.apply(numbered(P, "note", Note(), 1), at=6.0).events, feed.tick(6.0).events]

    assert [MAX_DUE + 1, 6] == counts
    assert 0 == len(feed.partition.reminders)


def test_a_reminders_id_is_constant() -> None:
    """It is made of twin, name and due time: a replay causes the same effects again."""
    feed = Feed()
    feed.apply(wish(1, 10.0))
    (signal,) = feed.tick(20.0).signals

    id_ = digest(P, digest(P, "due.wake", repr(START + 10)), "probe.woke")

    assert f"{P}~{id_}" == signal.id


def test_a_reminder_set_with_a_whole_number_is_the_same_after_a_crash() -> None:
    """An int that comes back as a float would give the same reminder another id."""
    signals = []
    for crash in (False, True):
        feed = Feed()
        feed.apply(numbered(P, "nap", int(START) + 10, 1))
        if crash:
            feed.checkpoint()
            feed.crash()
        signals.append(feed.tick(20.0).signals)

    assert signals[0] == signals[1]


def test_reminders_survive_a_checkpoint_at_any_moment() -> None:
    """Set, moved, forgotten and fired before, within and after a cut: the end is the same."""
    steps = [wish(1, 5.0), wish(2, 30.0, "wake:b"), wish(3, 20.0), wish(4, None, "wake:b"),
             wish(5, 40.0, "wake:c"), wish(6, 60.0, "wake:c"), wish(7, 70.0, "wake:b")]  # fmt: skip
    expected = [("wake", START + 25), ("wake:c", START + 65), ("wake:b", START + 75)]
    for cut_after in range(16):
        for commit_after in range(cut_after, 16):
            feed = Feed(hot_bytes=0)
            cut = None
            for number in range(16):
                if number < len(steps):
                    feed.apply(steps[number], at=float(number))
                else:
                    feed.tick(25.0 + (number - len(steps)) * 10)
                if number == cut_after:
                    cut = feed.begin_cut()
                if number == commit_after and cut is not None:
                    cut.step(1000)
                    feed.store.commit(cut.checkpoint())
                    feed.crash()

            assert expected == feed.twin(P).fired, f"cut {cut_after}, commit {commit_after}"


def test_a_cut_between_naming_and_applying() -> None:
    """A checkpoint that is cut, committed and settled while the store is read takes nothing away.

    A reminder is due with the next block, whose twins were in memory when they were asked for.
    """
    feed = Feed(hot_bytes=0)
    feed.apply(wish(1, 10.0), numbered("probe/p2", "note", Note("kept"), 1))
    feed.checkpoint()
    feed.apply(wish(2, 20.0), numbered("probe/p2", "note", Note("kept too"), 2))
    body = feed.block(numbered("probe/p2", "note", Note("last"), 3))
    feed.log.append((body, START + 30))
    missing = feed.partition.needed(decode_block(body), START + 30)
    feed.checkpoint()
    feed.partition.load(feed.store.twins(0, missing))
    feed.partition.apply(decode_block(body), body, 3, START + 30)

    assert [("wake", START + 30)] == feed.twin(P).fired
    assert ["kept", "kept too", "last"] == feed.twin("probe/p2").trace
