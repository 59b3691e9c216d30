"""The hash chain of a partition's checkpoints.

`chain(n) = BLAKE2b-128(chain(n-1), digest of the rows written, head)`, kept beside the head and
written in the same transaction. A head that was altered, or put together from two checkpoints,
does not match its own chain; and two copies of a store went the same way if their chains are
equal. The rows as they stand now are not covered: each chain link digests what one checkpoint
changed.
"""

from hashlib import blake2b

from msgspec import msgpack

from actors.store.base import Checkpoint, Head

GENESIS = b"\0" * 16
"""What the first checkpoint names as the chain before it."""

_encode = msgpack.Encoder().encode


def rows_digest(checkpoint: Checkpoint) -> bytes:
    """Digest of the twins and reminders that a checkpoint writes, in the order given.

    About 0.7 µs a twin of 300 bytes; the hashing itself lets other threads run.
    """
    rows = (checkpoint.twins, checkpoint.reminders, checkpoint.forgotten)
    return blake2b(_encode(rows), digest_size=16).digest()


def chain(previous: bytes, rows: bytes, head: Head) -> bytes:
    """The hash that the partition's next checkpoint builds on."""
    return blake2b(previous + rows + _encode(head), digest_size=16).digest()
