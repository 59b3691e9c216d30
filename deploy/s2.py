"""S2, read only: how the NATS server compresses blocks of its streams.

The framing is Snappy's, the stream identifier `S2sTwO`; in blocks, a copy with offset 0 repeats the
last one's offset (klauspost/compress, `s2/README.md`). Written for searching what lies on the disk.
"""

from collections.abc import Iterator

STREAM = b"\xff\x06\x00\x00S2sTwO"
_CHECKSUM = 4
_REPEATS = {5: (1, 8), 6: (2, 260), 7: (3, 65_540)}
"""What the tag of a repeat says -> how many bytes of length follow, and what is added."""
_COMPRESSED, _UNCOMPRESSED = 0x00, 0x01


def blocks_of(data: bytes) -> Iterator[bytes]:
    """Everything that is compressed in some bytes, decompressed, chunk by chunk.

    A chunk that is cut off or damaged ends it: what cannot be decompressed cannot be read.
    """
    at = data.find(STREAM)
    if at < 0:
        return
    at += len(STREAM)
    whole = bytearray()
    while at + 4 <= len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 4], "little")
        body = data[at + 4 + _CHECKSUM : at + 4 + size]
        at += 4 + size
        if kind == _COMPRESSED:
            try:
                whole += decompress(body)
            except (IndexError, ValueError):
                break
        elif kind == _UNCOMPRESSED:
            whole += body
        elif kind < 0x80:  # noqa: PLR2004 - chunks below must not be skipped; so says the format
            break
    yield bytes(whole)


def decompress(data: bytes) -> bytes:  # noqa: C901, PLR0912, PLR0915 - one loop over five kinds of element
    """One block; raises `ValueError` or `IndexError` where it is damaged."""
    length = shift = at = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - a varint's last byte
            break
        shift += 7
    out = bytearray()
    offset = 0
    while at < len(data):
        tag = data[at]
        kind = tag & 3
        if kind == 0:
            size = tag >> 2
            at += 1
            if size >= 60:  # noqa: PLR2004 - so many bytes of length follow
                more = size - 59
                size = int.from_bytes(data[at : at + more], "little")
                at += more
            size += 1
            out += data[at : at + size]
            at += size
            continue
        if kind == 1:
            new = ((tag & 0xE0) << 3) | data[at + 1]
            size = (tag >> 2) & 7
            at += 2
            if new:
                offset = new
                size += 4
            else:  # a repeat
                size, at = _repeat(data, at, size)
        elif kind == 2:  # noqa: PLR2004 - an offset of two bytes
            offset = int.from_bytes(data[at + 1 : at + 3], "little")
            size = (tag >> 2) + 1
            at += 3
        else:
            offset = int.from_bytes(data[at + 1 : at + 5], "little")
            size = (tag >> 2) + 1
            at += 5
        if not 0 < offset <= len(out):
            raise ValueError(f"a copy from {offset} bytes back, of {len(out)}")
        start = len(out) - offset
        if offset >= size:
            out += out[start : start + size]
        else:
            for index in range(size):
                out.append(out[start + index])
    if len(out) != length:
        raise ValueError(f"{len(out)} bytes, and {length} were said")
    return bytes(out)


def _repeat(data: bytes, at: int, size: int) -> tuple[int, int]:
    """The length of a repeat, and where what follows begins."""
    if size not in _REPEATS:
        return size + 4, at
    more, base = _REPEATS[size]
    return int.from_bytes(data[at : at + more], "little") + base, at + more
