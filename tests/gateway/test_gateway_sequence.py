"""The order of a sender's messages, across changes of gateway and lost answers."""

import pytest

from gateway.errors import Reason, Refused
from gateway.sequence import Sequences


def test_messages_in_order_pass() -> None:
    """A sender with several in flight is taken number by number."""
    sequences = Sequences(100)

    for number in range(1, 50):
        sequences.take("meter/m1", 1, number, 1)

    assert 1 == len(sequences)


def test_a_gap_is_refused_with_the_remedy() -> None:
    """A message whose predecessor was not taken is refused; from `base` on it goes again."""
    sequences = Sequences(100)
    sequences.take("meter/m1", 1, 5, None)

    with pytest.raises(Refused, match="send again from 5") as caught:
        sequences.take("meter/m1", 1, 7, 5)

    assert (Reason.GAP, 409, 20101) == (
        caught.value.reason, caught.value.code, caught.value.err_code
    )  # fmt: skip
    assert not caught.value.final
    for number in (5, 6, 7):
        sequences.take("meter/m1", 1, number, 5)


def test_a_new_gateway_wants_the_oldest_first() -> None:
    """Where nothing is known, a message with older ones in flight is refused."""
    sequences = Sequences(100)

    with pytest.raises(Refused):
        sequences.take("meter/m1", 1, 7, 5)
    sequences.take("meter/m1", 1, 5, 5)
    sequences.take("meter/m1", 1, 6, 5)


def test_repeats_pass() -> None:
    """What was taken is taken again; twins recognise it."""
    sequences = Sequences(100)
    for number in (1, 2, 3, 2, 1, 4):
        sequences.take("meter/m1", 1, number, 1)


def test_whoever_sends_one_at_a_time_is_never_refused() -> None:
    """Messages without `base` pass whatever their numbers are."""
    sequences = Sequences(100)
    for number in (10, 3, 500, 4):
        sequences.take("meter/m1", 1, number, None)


def test_a_new_boot_epoch_begins_anew() -> None:
    """Numbers of another boot epoch say nothing about this one."""
    sequences = Sequences(100)
    sequences.take("meter/m1", 1, 100, None)

    with pytest.raises(Refused):
        sequences.take("meter/m1", 2, 101, 100)
    sequences.take("meter/m1", 2, 1, None)
    sequences.take("meter/m1", 2, 2, 1)


def test_senders_do_not_disturb_one_another() -> None:
    """Each sender has its own order."""
    sequences = Sequences(100)
    sequences.take("meter/m1", 1, 1, None)

    with pytest.raises(Refused):
        sequences.take("meter/m2", 1, 2, 1)


def test_forgetting_sends_everybody_back() -> None:
    """After messages were lost, senders go back to their oldest."""
    sequences = Sequences(100)
    sequences.take("meter/m1", 1, 1, None)
    sequences.forget()

    with pytest.raises(Refused):
        sequences.take("meter/m1", 1, 2, 1)


def test_memory_is_bounded_and_the_busy_are_remembered() -> None:
    """However many senders come, no more than the bound are kept; one that goes on sending is."""
    sequences = Sequences(100)
    sequences.take("meter/busy", 1, 0, None)
    for number in range(1, 5000):
        sequences.take(f"meter/m{number}", 1, 1, None)
        if number % 40 == 0:
            sequences.take("meter/busy", 1, number // 40, 0)

    assert len(sequences) <= 101
