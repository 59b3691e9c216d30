"""Reminders: ordered by due time, twin and name; each fires once, and never early."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.reminders import MAX_DUE, MAX_STALE, Reminders
from actors.store.base import ReminderRow


def fired(reminders: Reminders, now: float) -> list[tuple[float, str, str]]:
    """Take off all that is due, a block's worth."""
    due = [item for item in reminders.peek(now) if reminders.fire(item)]
    return [(item.due, item.twin_id, item.name) for item in due]


def test_nothing_is_early() -> None:
    """A reminder is due at its time, and not a moment before."""
    reminders = Reminders()
    reminders.set("probe/a", "wake", 10.0)

    assert [] == fired(reminders, 9.999)
    assert [(10.0, "probe/a", "wake")] == fired(reminders, 10.0)
    assert [] == fired(reminders, 11.0)
    assert 0 == len(reminders)


def test_order_is_due_time_then_twin_then_name() -> None:
    """Whatever the order of setting, the order of firing is one and the same."""
    items = [(due, f"probe/{t}", n) for due in (1.0, 2.0) for t in "ab" for n in ("x", "y")]
    expected = sorted(items[:3] + items[5:])
    for seed in range(20):
        reminders = Reminders()
        for due, twin_id, name in random.Random(seed).sample(expected, len(expected)):
            reminders.set(twin_id, f"{name}{due}", due)

        assert [(due, t, f"{n}{due}") for due, t, n in expected] == fired(reminders, 5.0)


def test_setting_again_moves() -> None:
    """The last time that was set counts, whether later or earlier."""
    reminders = Reminders()
    reminders.set("probe/a", "wake", 10.0)
    reminders.set("probe/a", "wake", 30.0)
    reminders.set("probe/b", "wake", 30.0)
    reminders.set("probe/b", "wake", 10.0)

    assert 10.0 == reminders.next_due()
    assert [(10.0, "probe/b", "wake")] == fired(reminders, 20.0)
    assert [(30.0, "probe/a", "wake")] == fired(reminders, 99.0)


def test_moving_there_and_back_fires_once() -> None:
    """A reminder that is set to the time that it had before is still one reminder."""
    reminders = Reminders()
    for due in (10.0, 20.0, 10.0, 10.0):
        reminders.set("probe/a", "wake", due)

    assert [(10.0, "probe/a", "wake")] == fired(reminders, 99.0)
    assert [] == fired(reminders, 99.0)


def test_forgetting_drops() -> None:
    """A forgotten reminder does not fire, and forgetting what is not set is no error."""
    reminders = Reminders()
    reminders.set("probe/a", "wake", 10.0)
    reminders.set("probe/a", "wake", None)
    reminders.set("probe/a", "other", None)

    assert [] == fired(reminders, 99.0)
    assert None is reminders.next_due()


def test_one_that_another_forgot_does_not_fire() -> None:
    """What was due when the block began may be moved or forgotten before its turn."""
    reminders = Reminders()
    for name in ("a", "b", "c"):
        reminders.set("probe/p", name, 1.0)
    due = reminders.peek(5.0)
    reminders.set("probe/p", "b", None)
    reminders.set("probe/p", "c", 9.0)

    assert [True, False, False] == [reminders.fire(item) for item in due]


def test_at_most_1024_before_one_block() -> None:
    """The rest waits for the next block, in the same order."""
    reminders = Reminders()
    for number in range(MAX_DUE + 10):
        reminders.set(f"probe/{number:05}", "wake", 1.0)
    first, second = fired(reminders, 2.0), fired(reminders, 2.0)

    assert (MAX_DUE, 10) == (len(first), len(second))
    assert sorted(first + second) == first + second


def test_looking_changes_nothing() -> None:
    """Two looks in a row see the same, and all stay set."""
    reminders = Reminders()
    for number in range(20):
        reminders.set(f"probe/{number % 7}", f"n{number}", float(number % 5))

    assert reminders.peek(3.0) == reminders.peek(3.0)
    assert 20 == len(reminders)


def test_a_twin_that_moves_its_reminder_all_day_costs_no_memory() -> None:
    """`silent(15m)` moves its reminder with every reading; what is left behind is cleared away."""
    reminders = Reminders()
    for number in range(50_000):
        reminders.set(f"probe/{number % 10}", "wake", float(number))

    assert len(reminders._heap) <= 2 * 10 + MAX_STALE
    assert 10 == len(fired(reminders, 1e9))


def test_a_checkpoint_takes_each_change_once() -> None:
    """Set and moved ones are written, fired and forgotten ones dropped, unchanged ones neither."""
    reminders = Reminders()
    for name in ("fires", "moves", "stays", "goes"):
        reminders.set("probe/a", name, 1.0 if name == "fires" else 50.0)
    reminders.take_changes()
    fired(reminders, 2.0)
    reminders.set("probe/a", "moves", 60.0)
    reminders.set("probe/a", "stays", 50.0)
    reminders.set("probe/a", "goes", None)
    rows, dropped = reminders.take_changes()

    assert [ReminderRow(60.0, "probe/a", "moves")] == rows
    assert [("probe/a", "fires"), ("probe/a", "goes")] == sorted(dropped)
    assert ([], []) == reminders.take_changes()


_NAMES = st.sampled_from(["probe/a x", "probe/a y", "probe/b x", "probe/b y"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), _NAMES, st.integers(0, 30)),
        st.tuples(st.just("forget"), _NAMES, st.just(0)),
        st.tuples(st.just("pass"), st.just(""), st.integers(0, 5)),
        st.tuples(st.just("checkpoint"), st.just(""), st.just(0)),
        st.tuples(st.just("crash"), st.just(""), st.just(0)),
    ),
    max_size=60,
)


@given(_STEPS)
def test_against_a_plain_dictionary(steps: list[tuple[str, str, int]]) -> None:
    """Any mix of setting, forgetting, time passing, checkpoints and restarts."""
    reminders, plain, now = Reminders(), dict[tuple[str, str], float](), 0.0
    stored: dict[tuple[str, str], float] = {}
    for what, whose, number in steps:
        if what in ("set", "forget"):
            twin_id, name = whose.split()
            due = float(number) if what == "set" else None
            reminders.set(twin_id, name, due)
            plain.pop((twin_id, name), None)
            if due is not None:
                plain[twin_id, name] = due
        elif what == "pass":
            now += number
            expected = sorted((due, *owner) for owner, due in plain.items() if due <= now)
            for _, twin_id, name in expected:
                del plain[twin_id, name]

            assert expected == fired(reminders, now)
        else:
            rows, dropped = reminders.take_changes()
            for key in dropped:
                stored.pop(key, None)
            stored.update({(row.twin_id, row.name): row.due for row in rows})

            assert plain == stored
            if what == "crash":
                reminders = Reminders()
                reminders.load(ReminderRow(due, *owner) for owner, due in stored.items())

        assert len(plain) == len(reminders)
        assert min(plain.values(), default=None) == reminders.next_due()


@pytest.mark.parametrize("twin_id", ["probe/a", "probe/b"])
def test_of_one_twin(twin_id: str) -> None:
    """The reminders of one twin by name, and nobody else's."""
    reminders = Reminders()
    reminders.set("probe/a", "x", 1.0)
    reminders.set("probe/b", "x", 2.0)
    reminders.set("probe/b", "y", 3.0)
    expected = {"probe/a": {"x": 1.0}, "probe/b": {"x": 2.0, "y": 3.0}}

    assert expected[twin_id] == reminders.of(twin_id)
