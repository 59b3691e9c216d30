"""Blocks: up to 1,024 events of one partition, written to the log as one message.

Layout (MessagePack array, formats 1 to 3):

    [format, key_id, epoch, previous, from, position, before, entries]

- `previous`: 16 bytes, the hash of the block before it on the same subject (zeros for the first)
- `from`, `position`, `before`: for messages of partition `from`: the position that caused them,
  and the position of its message to this partition before; -1, 0, 0 for events from gateways
  What one position told to one partition may be several messages, in a chain of their own: the
  first has format 1, each further one format 2, and names its own position as `before`. Format 3
  begins the chain anew, whatever was before it: see `RENEWED`
- `entries`: arrays [subject, type, origin, payload], the payload a `Message` in MessagePack
- `key_id`: 0, or 1 where some of the entries are sealed: 8 is added to the origin of these, and
  their payload names its key (`actors.keys`)
"""

from hashlib import blake2b

import msgspec
from msgspec import Struct, msgpack

from actors.errors import UnknownFormat

FORMAT = 1
FURTHER = 2
"""Format of a pair's message that goes on where the one before it, of the same position, ended."""

RENEWED = 3
"""Format of a pair's message whose sender cannot know what its receiver has: it was brought back
from a backup, and what an erased person had caused is not made again. What is newer than the last
one that the receiver has begins their chain anew."""

_READS = frozenset({FORMAT, FURTHER, RENEWED})

SEALED_BLOCK = 1
"""Key id of a block some of whose entries are sealed."""

SEALED = 8
"""Added to the origin of an entry whose payload is sealed."""

MAX_EVENTS = 1024
MAX_BYTES = 512 * 1024
_AROUND = 20
"""Bytes of an entry beside payload and texts: headers of MessagePack, and the origin."""

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
    format_: int = FORMAT,
    key_id: int = 0,
) -> bytes:
    """Return the bytes of a block; its hash is `chain(bytes)`."""
    return _encode(Block(format_, key_id, epoch, previous, source, position, before, entries))


def decode_block(body: bytes) -> Block:
    """Read a block, or raise `UnknownFormat`."""
    try:
        block = _decode(body)
    except msgspec.DecodeError as error:
        raise UnknownFormat(f"not a block of format {FORMAT} to {RENEWED}: {error}") from error
    if block.format not in _READS:
        raise UnknownFormat(
            f"block of format {block.format}; this version reads {FORMAT} to {RENEWED}"
        )
    if block.key_id not in {0, SEALED_BLOCK}:
        raise UnknownFormat(
            f"block with key id {block.key_id}; this version reads 0 and {SEALED_BLOCK}"
        )
    return block


def chain(body: bytes) -> bytes:
    """The hash that the next block of the same subject names as `previous` (BLAKE2b, 128 bit)."""
    return blake2b(body, digest_size=16).digest()


def entry_bytes(entry: Entry) -> int:
    """About how many bytes an entry takes in a block; not fewer."""
    return len(entry.payload) + 4 * (len(entry.subject) + len(entry.type)) + _AROUND
