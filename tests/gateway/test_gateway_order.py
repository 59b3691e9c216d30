"""A device's window and gateways' sequences together, on a network that loses: the order holds."""

import random
from itertools import pairwise

import pytest

from gateway.errors import Refused
from gateway.sequence import Sequences
from gateway.window import Item, Sending, Window

TOTAL = 400
CALM_AFTER = 3000
"""Steps after which nothing more goes wrong, so that all can end."""


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


class Network:
    """A device, gateways one after the other, and a twin behind them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.window = Window(100, timeout_s=1.0, backoff_s=0.1, backoff_max_s=0.5, seed=seed)
        self.sequences = Sequences(1000)
        self.twin = Twin()
        self.now = 0.0
        self.made = 0
        self.gone: set[int] = set()
        """Dropped by the device, or refused for good."""
        self.wire: list[Sending] = []
        self.taken: list[Sending] = []
        """By the gateway, and not written yet."""
        self.answers: list[tuple[str, Sending]] = []

    def happens(self, share: float) -> bool:
        """Chance."""
        return self.chance.random() < share

    def device(self) -> None:
        """The device makes messages and sends."""
        for _ in range(self.chance.choice([0, 0, 1, 3])):
            if self.made < TOTAL:
                self.made += 1
                dropped = self.window.add(Item(self.made, 1, self.made, "t", b"", self.now))
                if dropped is not None:
                    self.gone.add(dropped.number)
        self.window.look(self.now)
        while (sending := self.window.take(self.now)) is not None:
            self.wire.append(sending)

    def gateway(self, *, trouble: bool) -> None:
        """The gateway takes some of what is on the wire."""
        for _ in range(min(len(self.wire), self.chance.randrange(6))):
            sending = self.wire.pop(0)
            fate = self.chance.random() if trouble else 1.0
            if fate < 0.03:
                continue  # lost on the way
            if fate < 0.05:
                self.answers.append(("later", sending))
            elif fate < 0.06:
                self.gone.add(sending.item.number)
                self.answers.append(("never", sending))
            else:
                self.take(sending)

    def take(self, sending: Sending) -> None:
        """The gateway takes one message, in order or not at all."""
        try:
            self.sequences.take("testmeter/m1", 1, sending.item.number, sending.base)
        except Refused:
            self.answers.append(("later", sending))
        else:
            self.taken.append(sending)

    def write(self) -> None:
        """A block becomes durable."""
        for sending in self.taken:
            self.twin.apply(sending.item.number)
            self.answers.append(("ack", sending))
        self.taken = []

    def fail(self) -> None:
        """Now and then a gateway dies, the log refuses a block, or the connection breaks."""
        if self.happens(0.01):
            self.sequences, self.taken = Sequences(1000), []
        if self.happens(0.01):
            self.answers.extend(("later", sending) for sending in self.taken)
            self.sequences.forget()
            self.taken = []
        if self.happens(0.01):
            self.answers.clear()
            if self.happens(0.5):
                self.wire.clear()  # else it still arrives, after what is sent anew or before
            self.window.reconnected(self.now)

    def hear(self, *, trouble: bool) -> None:
        """Answers come back, most of them."""
        while self.answers and self.happens(0.8):
            what, sending = self.answers.pop(0)
            if trouble and self.happens(0.05):
                continue
            if what == "ack":
                self.window.acknowledged(sending.item.serial)
            elif what == "never":
                self.window.refused(sending.item.serial)
            else:
                self.window.not_now(sending.round, self.now)

    def run(self) -> None:
        """Until everything is settled."""
        for step in range(20_000):
            trouble = step < CALM_AFTER
            self.now += 0.01
            self.device()
            self.gateway(trouble=trouble)
            if trouble:
                self.fail()
            if self.happens(0.3):
                self.write()
            self.hear(trouble=trouble)
            if self.made == TOTAL and not len(self.window):
                return


@pytest.mark.parametrize("seed", range(60))
def test_order_holds_whatever_gets_lost(seed: int) -> None:
    """Every message is applied once and in order, or the device knows that it was not.

    Gateways change, lose what they took but had not written, and are too busy; answers are lost
    or late; connections break; the device drops what is too much.
    """
    network = Network(seed)

    network.run()

    twin = network.twin
    missing = set(range(1, TOTAL + 1)) - set(twin.applied)
    assert 0 == network.window.statistics().pending
    assert missing <= network.gone
    assert all(earlier < later for earlier, later in pairwise(twin.applied))
    assert 0 == twin.below
