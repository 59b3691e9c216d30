"""What a device sends when, and what it sends again."""

import pytest

from gateway.window import MOST_IN_FLIGHT, Item, Sending, Window


def item(number: int, boot: int = 1, serial: int | None = None) -> Item:
    """A message."""
    return Item(number if serial is None else serial, boot, number, "t", b"", 0.0)


def drain(window: Window, now: float) -> list[Sending]:
    """All that may go now."""
    sendings = []
    while (sending := window.take(now)) is not None:
        sendings.append(sending)
    return sendings


def numbers(sendings: list[Sending]) -> list[tuple[int, int | None]]:
    """(number, base) of each."""
    return [(sending.item.number, sending.base) for sending in sendings]


def filled(count: int, **options: float) -> Window:
    """A window with messages 1 to `count`."""
    window = Window(10_000, **options)
    for number in range(1, count + 1):
        window.add(item(number))
    return window


def test_the_oldest_goes_without_base_and_the_others_with_it() -> None:
    """`base` stands only where older ones are in flight."""
    assert [(1, None), (2, 1), (3, 1)] == numbers(drain(filled(3), 0.0))


def test_at_most_a_window_is_in_flight() -> None:
    """No more than 64 numbers are under way, counted from the oldest not acknowledged."""
    window = filled(200)

    first = drain(window, 0.0)
    for number in range(2, 40):
        window.acknowledged(number)
    second = drain(window, 0.0)
    window.acknowledged(1)
    third = drain(window, 0.0)

    assert MOST_IN_FLIGHT == len(first)
    assert [] == second
    assert list(range(65, 65 + 39)) == [number for number, _ in numbers(third)]


def test_an_overdue_answer_sends_everything_again() -> None:
    """After the time for answers, all not acknowledged go again, oldest first, same numbers."""
    window = filled(4, timeout_s=5.0, backoff_s=0.2)
    drain(window, 0.0)
    window.acknowledged(2)

    window.look(4.9)
    early = drain(window, 4.9)
    window.look(5.1)
    again = drain(window, 5.4)

    assert [] == early
    assert [(1, None)] == numbers(again)
    window.acknowledged(1)
    assert [(3, None), (4, 3)] == numbers(drain(window, 5.4))
    assert 2 == window.statistics().resent - 1


def test_a_late_gateway_is_given_more_time() -> None:
    """The time for an answer doubles with each one that is overdue, and shrinks again."""
    window = filled(1000, timeout_s=1.0, backoff_s=0.01, backoff_max_s=0.01)
    now, waits = 0.0, []
    for _ in range(8):
        drain(window, now)
        due = window.due_at
        assert due is not None
        waits.append(due - now)
        now = due + 0.1
        window.look(now)
        now += 0.1
    for serial in range(1, 400):
        drain(window, now)
        window.acknowledged(serial)
    drain(window, now)

    assert [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] == pytest.approx(waits)
    assert window.due_at == pytest.approx(now + 1.0)


def test_a_refusal_for_now_waits_longer_each_time() -> None:
    """Pauses double up to the longest; an acknowledgement sets them back."""
    window = filled(1, backoff_s=1.0, backoff_max_s=8.0)
    now, pauses = 0.0, []
    for _ in range(6):
        (sending,) = drain(window, now)
        window.not_now(sending.round, now)
        due = window.due_at
        assert due is not None
        pauses.append(due - now)
        now = due

    assert all(
        low <= pause <= high
        for pause, (low, high) in zip(
            pauses, [(0.5, 1), (1, 2), (2, 4), (4, 8), (4, 8), (4, 8)], strict=True
        )
    )
    window.acknowledged(1)
    window.add(item(2))
    (sending,) = drain(window, now)
    window.not_now(sending.round, now)
    assert window.due_at is not None
    assert window.due_at - now <= 1.0


def test_a_refusal_of_an_earlier_round_means_nothing() -> None:
    """Once everything is under way again, late refusals of the first time do not count."""
    window = filled(3, backoff_s=0.1)
    first = drain(window, 0.0)
    window.not_now(first[0].round, 0.0)
    drain(window, 1.0)

    for sending in first:
        window.not_now(sending.round, 1.0)

    assert 3 == window.statistics().in_flight


def test_an_acknowledgement_of_an_earlier_round_counts() -> None:
    """Durable is durable: what was acknowledged late is not sent again."""
    window = filled(2, backoff_s=0.1)
    first = drain(window, 0.0)
    window.not_now(first[0].round, 0.0)
    window.acknowledged(1)

    assert [(2, None)] == numbers(drain(window, 1.0))


def test_what_is_refused_for_good_is_not_sent_again() -> None:
    """It leaves a gap of numbers; what comes behind the gap waits until it is the oldest."""
    window = filled(4, backoff_s=0.1)
    first = drain(window, 0.0)
    gone = window.refused(2)
    window.not_now(first[0].round, 0.0)

    again = drain(window, 1.0)
    window.acknowledged(1)
    rest = drain(window, 1.0)

    assert gone is not None
    assert 2 == gone.number
    assert [(1, None)] == numbers(again)
    assert [(3, None), (4, 3)] == numbers(rest)
    assert 1 == window.statistics().refused


def test_an_older_boot_epoch_goes_first_and_alone() -> None:
    """Messages of a new boot epoch wait until all older ones are acknowledged."""
    window = Window(100)
    window.add(item(7, boot=1, serial=1))
    window.add(item(8, boot=1, serial=2))
    window.add(item(1, boot=2, serial=3))

    old = drain(window, 0.0)
    window.acknowledged(1)
    between = drain(window, 0.0)
    window.acknowledged(2)

    assert [(7, None), (8, 7)] == numbers(old)
    assert [] == between
    assert [(1, None)] == numbers(drain(window, 0.0))


def test_too_many_drop_the_oldest_that_is_not_in_flight() -> None:
    """The bound holds; what is dropped is named, and what is in flight is not dropped."""
    window = Window(100)
    dropped = []
    for number in range(1, 201):
        gone = window.add(item(number))
        if gone is not None:
            dropped.append(gone.number)
        if number == 50:
            drain(window, 0.0)

    assert list(range(51, 151)) == dropped
    assert 100 == len(window)
    assert 100 == window.statistics().dropped


def test_a_bound_below_the_window_is_refused() -> None:
    """Then there would be nothing but what is in flight to drop."""
    with pytest.raises(ValueError, match="limit"):
        Window(MOST_IN_FLIGHT)


def test_a_new_connection_sends_at_once() -> None:
    """Answers of the old connection are lost; nothing waits for them."""
    window = filled(2, backoff_s=10.0)
    drain(window, 0.0)
    window.reconnected(0.1)

    assert [(1, None), (2, 1)] == numbers(drain(window, 0.1))


def test_nothing_is_due_while_nothing_waits() -> None:
    """An empty window needs no attention."""
    window = filled(1)
    drain(window, 0.0)
    window.acknowledged(1)

    assert window.due_at is None
    assert window.acknowledged(1) is None
    assert window.refused(1) is None
