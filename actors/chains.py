"""Chains: which messages of the log a partition has followed, one chain for each sender."""

from msgspec import Struct

from actors.block import FURTHER, GENESIS, RENEWED, Block, chain
from actors.errors import ChainBroken, Gap


class Chains(Struct):
    """Where each sender's chain of messages stands: the gateways', and every other partition's."""

    head: bytes = GENESIS
    """Hash of the gateways' last block."""
    marks: dict[int, int] = {}
    """Partition -> position of its last message applied here."""
    heads: dict[int, bytes] = {}
    """Partition -> hash of that message."""

    def follow(self, partition: int, block: Block, body: bytes, position: int) -> bool:
        """Take one message of the log on; False for a pair's message that was applied before.

        Raises:
            Gap: The pair's message does not follow.
            ChainBroken: The block does not name the hash of the one before it.
        """
        source = block.source
        if source < 0:
            if not block.entries and not block.key_id and block.previous == GENESIS:
                return True  # a tick; it stands outside of the gateways' chain
            if block.previous != self.head:
                raise ChainBroken(
                    f"partition {partition}, position {position}: the block does not follow the "
                    "one before it; restore the log from a replica, or split here on purpose"
                )
            self.head = chain(body)
            return True
        mark, head = self.marks.get(source, 0), self.heads.get(source, GENESIS)
        if block.position < mark:
            return False
        if block.position == mark and (block.format != FURTHER or block.previous != head):
            return False  # the last position's first message again, or a further one that is known
        follows = block.before == mark and block.previous == head
        if not follows and block.format != RENEWED:
            raise Gap(
                f"partition {partition}, position {position}: partition {source}'s message of "
                f"its position {block.position} follows {block.before}, but {mark} was the last. "
                "Log and store are not of one moment: restore all partitions of them from a backup "
                "that was taken with the node stopped, or from one snapshot of the file system"
            )
        self.marks[source] = block.position
        self.heads[source] = chain(body)
        return True
