"""The order of a sender's messages, across changes of gateway and lost answers."""

import random
from itertools import pairwise

import pytest

from gateway.errors import Reason, Refused
from gateway.sequence import Sequences
from gateway.window import Item, Window


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


class Twin:
    """What a twin does with numbers: takes the new ones, within a window of 64."""

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.below = 0

    def apply(self, number: int) -> None:
        """Take a number out of the log."""
        if number in self.applied:
            return
        if self.applied and number < max(self.applied) - 64:
            self.below += 1
            return
        self.applied.append(number)


@pytest.mark.parametrize("seed", range(60))
def test_order_holds_whatever_gets_lost(seed: int) -> None:
    """A device's window and gateways' sequences together, on a network that loses.

    Gateways change, lose what they took but had not written, and are too busy; answers are lost or
    late; connections break; the device drops what is too much. In the end every message was
    applied once and in order, or dropped by the device.
    """
    print("seed", seed)
    chance = random.Random(seed)
    window = Window(100, timeout_s=1.0, backoff_s=0.1, backoff_max_s=0.5, seed=seed)
    sequences, twin = Sequences(1000), Twin()
    wire: list[tuple[int, int, int | None, int]] = []
    answers: list[tuple[str, int, int]] = []
    taken: list[tuple[int, int, int]] = []
    now, serial, dropped, refused = 0.0, 0, set(), set()
    total = 400
    calm = 3000
    for step in range(20_000):
        trouble = step < calm
        now += 0.01
        for _ in range(chance.choice([0, 0, 1, 3])):
            if serial < total:
                serial += 1
                gone = window.add(Item(serial, 1, serial, "t", b"", now))
                if gone is not None:
                    dropped.add(gone.number)
        window.look(now)
        while (sending := window.take(now)) is not None:
            wire.append((sending.item.serial, sending.item.number, sending.base, sending.round))
        for _ in range(chance.randrange(6)):
            if not wire:
                break
            one, number, base, round_ = wire.pop(0)
            fate = chance.random() if trouble else 1.0
            if fate < 0.03:
                continue
            if fate < 0.05:
                answers.append(("later", one, round_))
            elif fate < 0.06:
                refused.add(number)
                answers.append(("never", one, round_))
            else:
                try:
                    sequences.take("meter/m1", 1, number, base)
                except Refused:
                    answers.append(("later", one, round_))
                else:
                    taken.append((one, number, round_))
        if trouble and chance.random() < 0.01:
            # The gateway dies with what it took, or the partition moves.
            sequences, taken = Sequences(1000), []
        if trouble and chance.random() < 0.01:
            # The log refuses a block.
            answers.extend(("later", one, round_) for one, _, round_ in taken)
            sequences.forget()
            taken = []
        if chance.random() < 0.3:
            for one, number, round_ in taken:
                twin.apply(number)
                answers.append(("ack", one, round_))
            taken = []
        if trouble and chance.random() < 0.01:
            # The connection breaks; what was written to it may still arrive, answers do not.
            answers.clear()
            if chance.random() < 0.5:
                wire.clear()
            window.reconnected(now)
        while answers and chance.random() < 0.8:
            what, one, round_ = answers.pop(0)
            if trouble and chance.random() < 0.05:
                continue
            if what == "ack":
                window.acknowledged(one)
            elif what == "never":
                window.refused(one)
            else:
                window.not_now(round_, now)
        if serial == total and not len(window):
            break

    missing = set(range(1, total + 1)) - set(twin.applied)
    statistics = window.statistics()

    assert 0 == statistics.pending
    assert missing <= dropped | refused
    assert all(a < b for a, b in pairwise(twin.applied))
    assert 0 == twin.below
