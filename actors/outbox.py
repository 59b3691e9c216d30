"""Outbox: what a partition has caused and nobody has acknowledged yet.

It is part of the checkpoint: after a crash, replay makes the later outputs again with the same
bytes and ids, and the outbox of the checkpoint holds the earlier ones.
"""

from collections.abc import Iterator

from msgspec import Struct

from actors.block import (
    FORMAT,
    FURTHER,
    GENESIS,
    MAX_BYTES,
    MAX_EVENTS,
    RENEWED,
    SEALED,
    SEALED_BLOCK,
    Entry,
    chain,
    encode_block,
    entry_bytes,
)
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

    def tell(
        self, source: int, target: int, position: int, entries: list[Entry], *,
        renewed: bool = False,
    ) -> None:  # fmt: skip
        """Make a message of all that one block told to one partition, or several of too much.

        `renewed`: it begins their chain anew.
        """
        pair = self.pairs.get(target)
        if pair is None:
            pair = self.pairs[target] = Pair()
        format_ = RENEWED if renewed else FORMAT
        for some in _parts(entries):
            sealed = any(entry.origin & SEALED for entry in some)
            # Epoch 0: a repeat by another owner must be the same bytes.
            body = encode_block(
                0, pair.chain, some,
                source=source, position=position, before=pair.before, format_=format_,
                key_id=SEALED_BLOCK if sealed else 0,
            )  # fmt: skip
            pair.before = position
            pair.chain = chain(body)
            pair.waiting.append((position, body))
            format_ = FURTHER

    def acknowledge(self, target: int) -> None:
        """The log has the oldest message to `target`."""
        del self.pairs[target].waiting[0]

    def accepted(self, position: int) -> None:
        """The effect workers hold all effects up to a position durably."""
        self.effects = [caused for caused in self.effects if caused.position > position]

    @property
    def message_bytes(self) -> int:
        """How many bytes the messages have that wait."""
        return sum(len(body) for pair in self.pairs.values() for _, body in pair.waiting)

    @property
    def size(self) -> int:
        """How many outputs wait: messages and effects."""
        return sum(len(pair.waiting) for pair in self.pairs.values()) + sum(
            len(caused.effects) for caused in self.effects
        )


def _parts(entries: list[Entry]) -> Iterator[list[Entry]]:
    """The entries in order, some at a time: as much as a message carries, and at least one."""
    some: list[Entry] = []
    size = 0
    for entry in entries:
        more = entry_bytes(entry)
        if some and (len(some) >= MAX_EVENTS or size + more > MAX_BYTES):
            yield some
            some, size = [], 0
        some.append(entry)
        size += more
    yield some
