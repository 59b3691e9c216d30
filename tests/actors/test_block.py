"""Blocks: the bytes of one message of the log, and the chain that they form."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.block import (
    FORMAT,
    FURTHER,
    GENESIS,
    RENEWED,
    Block,
    Entry,
    chain,
    decode_block,
    encode_block,
    entry_bytes,
)
from actors.errors import UnknownFormat

_ENTRIES = st.lists(
    st.builds(Entry, st.text(), st.text(), st.integers(0, 2), st.binary(max_size=50)), max_size=5
)
_NUMBERS = st.integers(0, 2**62)


@given(_ENTRIES, _NUMBERS, st.binary(min_size=16, max_size=16), st.integers(-1, 999), _NUMBERS)
def test_a_block_comes_back(
    entries: list[Entry], epoch: int, previous: bytes, source: int, position: int
) -> None:
    """What was encoded is decoded, field by field."""
    body = encode_block(
        epoch, previous, entries, source=source, position=position, before=position // 2
    )
    expected = Block(FORMAT, 0, epoch, previous, source, position, position // 2, entries)

    assert expected == decode_block(body)


def test_equal_blocks_are_equal_bytes() -> None:
    """The chain hashes bytes, so the same block must always be the same bytes."""
    entry = Entry("probe/p1", "note", 0, b"x")

    assert encode_block(3, GENESIS, [entry]) == encode_block(3, GENESIS, [entry])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"no block",
        msgspec.msgpack.encode({"format": 1}),
        msgspec.msgpack.encode([1, 0, 0]),
        msgspec.msgpack.encode([1, 0, 0, GENESIS, -1, 0, 0, [["probe/p1", "note", 0]]]),
        msgspec.msgpack.encode(["1", 0, 0, GENESIS, -1, 0, 0, []]),
    ],
)
def test_what_is_no_block_is_refused(body: bytes) -> None:
    """Other bytes raise `UnknownFormat`, never anything else."""
    with pytest.raises(UnknownFormat):
        decode_block(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_block_or_refused(body: bytes) -> None:
    """No bytes make the reader fail in another way, and what it accepts is of its format."""
    try:
        block = decode_block(body)
    except UnknownFormat:
        return

    assert block.format in {FORMAT, FURTHER, RENEWED}


def test_a_block_of_another_format_is_refused() -> None:
    """A newer format is named, and not read as if it were this one."""
    body = msgspec.msgpack.encode([RENEWED + 1, 0, 0, GENESIS, -1, 0, 0, []])

    with pytest.raises(UnknownFormat, match=f"format {RENEWED + 1}; this version reads {FORMAT}"):
        decode_block(body)


def test_the_chain_depends_on_every_byte() -> None:
    """Changing any byte of a block changes what the next one must name."""
    body = encode_block(1, GENESIS, [Entry("probe/p1", "note", 0, b"payload")])
    changed = {chain(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]) for at in range(len(body))}

    assert len(body) == len(changed)
    assert chain(body) not in changed
    assert len(GENESIS) == len(chain(body))


@given(_ENTRIES)
def test_an_entry_takes_no_more_than_it_is_counted(entries: list[Entry]) -> None:
    """Else a message that is counted to fit would not."""
    empty = len(encode_block(0, GENESIS, []))

    assert len(encode_block(0, GENESIS, entries)) - empty <= sum(map(entry_bytes, entries))
