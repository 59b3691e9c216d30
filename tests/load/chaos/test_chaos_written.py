"""The log's bytes are read as the format says, with code of its own."""

from zlib import crc32

from actors.block import GENESIS, Entry, encode_block
from load.chaos.written import Line, Written
from twins.event import encode_message

CAR = "vehicle/v1"


def message(number: int, base: int | None = None) -> bytes:
    """What a car's client sends."""
    return encode_message({"speed_kmh": 5.0}, time=1.0, boot=7, sequence=number, base=base)


def block(*payloads: bytes, source: int = -1, origin: int = 0) -> bytes:
    """A block with these of one car."""
    entries = [Entry(CAR, "telemetry", origin, payload) for payload in payloads]
    return encode_block(3, GENESIS, entries, source=source)


def test_a_number_counts_where_it_stands_first() -> None:
    """Its repeats change neither order nor digest, though their bytes may differ."""
    written = Written()
    written.block(2, 1, block(message(1), message(2)))
    written.block(2, 2, block(message(2, base=1), message(3)))
    expected = 0
    for number in (1, 2, 3):
        expected = crc32(message(number), expected)

    assert {CAR: Line([1, 2, 3], {1: 1, 2: 1, 3: 2}, expected, 1)} == written.lines
    assert {CAR: 2} == written.partition
    assert [] == written.problems


def test_what_no_device_sent_is_left_out() -> None:
    """Ticks, messages between twins, and what has no number."""
    written = Written()
    written.block(0, 1, encode_block(0, GENESIS, []))
    written.block(0, 2, block(message(1), source=3))
    written.block(0, 3, block(encode_message(None, id="e1"), origin=2))

    assert {} == written.lines


def test_what_cannot_be_is_said() -> None:
    """A sealed entry, and a twin in two logs."""
    written = Written()
    written.block(0, 1, block(message(1)))
    written.block(1, 1, block(message(2)))
    written.block(0, 2, block(message(3), origin=8))

    assert [
        f"{CAR} stands in the logs of 0 and 1",
        "partition 0, position 2: sealed entry",
    ] == written.problems


def test_inversions_count_what_stands_behind_a_higher_one() -> None:
    """However far behind."""
    assert 0 == Line([1, 2, 5]).inversions
    assert 2 == Line([1, 5, 2, 3, 6]).inversions
