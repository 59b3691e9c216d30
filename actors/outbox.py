"""Outbox: what a partition has caused and nobody has acknowledged yet.

It is part of the checkpoint: after a crash, replay makes the later outputs again with the same
bytes and ids, and the outbox of the checkpoint holds the earlier ones.
"""

from msgspec import Struct

from actors.block import GENESIS, Entry, chain, encode_block
from twins.outputs import Effect


class Pair(Struct, array_like=True):
    """What this partition has sent to one other: a chain of messages, in order."""

    before: int = 0
    """Position of the last message, acknowledged or not."""
    chain: bytes = GENESIS
    waiting: list[tuple[int, bytes]] = []
    """(position, body), oldest first; the first is in flight."""


class Caused(Struct, array_like=True):
    """Effects of one position."""

    position: int
    effects: list[Effect]


class Outbox(Struct, array_like=True):
    """Messages by receiving partition, and effects, in the order of their positions."""

    pairs: dict[int, Pair] = {}
    effects: list[Caused] = []

    def tell(self, source: int, target: int, position: int, entries: list[Entry]) -> None:
        """Make one message of all that one block told to one partition."""
        pair = self.pairs.get(target)
        if pair is None:
            pair = self.pairs[target] = Pair()
        # Epoch 0: a repeat by another owner must be the same bytes.
        body = encode_block(
            0, pair.chain, entries, source=source, position=position, before=pair.before
        )
        pair.before = position
        pair.chain = chain(body)
        pair.waiting.append((position, body))

    def acknowledge(self, target: int, position: int) -> None:
        """The log has all messages to `target` up to a position."""
        pair = self.pairs[target]
        pair.waiting = [item for item in pair.waiting if item[0] > position]

    def accepted(self, position: int) -> None:
        """The effect workers hold all effects up to a position durably."""
        self.effects = [caused for caused in self.effects if caused.position > position]

    @property
    def size(self) -> int:
        """How many outputs wait: messages and effects."""
        return sum(len(pair.waiting) for pair in self.pairs.values()) + sum(
            len(caused.effects) for caused in self.effects
        )
