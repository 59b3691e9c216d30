"""Blocks: up to 1,024 events of one partition, written to the log as one message.

Layout (MessagePack array, format 1):

    [format, key_id, epoch, previous, from, position, before, entries]

- `previous`: 16 bytes, the hash of the block before it on the same subject (zeros for the first)
- `from`, `position`, `before`: for messages of partition `from`: the position that caused them,
  and the position of its message to this partition before; -1, 0, 0 for events from gateways
- `entries`: arrays [subject, type, origin, payload], the payload a `Message` in MessagePack
"""

from hashlib import blake2b

import msgspec
from msgspec import Struct, msgpack

from actors.errors import UnknownFormat

FORMAT = 1
MAX_EVENTS = 1024
MAX_BYTES = 512 * 1024
GENESIS = b"\0" * 16
"""What the first block of a subject names as the hash before it."""


class Entry(Struct, array_like=True):
    """One message of a block."""

    subject: str
    """Twin id."""
    type: str
    origin: int
    payload: bytes


class Block(Struct, array_like=True):
    """One message of the log."""

    format: int
    key_id: int
    epoch: int
    previous: bytes
    source: int
    """Partition whose twins sent it, or -1 for a gateway."""
    position: int
    before: int
    entries: list[Entry]


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(Block).decode


def encode_block(
    epoch: int,
    previous: bytes,
    entries: list[Entry],
    *,
    source: int = -1,
    position: int = 0,
    before: int = 0,
) -> bytes:
    """Return the bytes of a block; its hash is `chain(bytes)`."""
    return _encode(Block(FORMAT, 0, epoch, previous, source, position, before, entries))


def decode_block(body: bytes) -> Block:
    """Read a block, or raise `UnknownFormat`."""
    try:
        block = _decode(body)
    except msgspec.DecodeError as error:
        raise UnknownFormat(f"not a block of format {FORMAT}: {error}") from error
    if block.format != FORMAT:
        raise UnknownFormat(f"block of format {block.format}; this version reads {FORMAT}")
    return block


def chain(body: bytes) -> bytes:
    """The hash that the next block of the same subject names as `previous` (BLAKE2b, 128 bit)."""
    return blake2b(body, digest_size=16).digest()
