"""Remains: what lies in files is found, also where it is compressed."""

from pathlib import Path

import pytest
from msgspec import msgpack

from deploy.remains import Remain, Sought, search, sorted_out, texts_of
from deploy.s2 import STREAM, blocks_of, decompress


def chunk(kind: int, body: bytes) -> bytes:
    """A chunk of a stream, with a checksum that nobody reads."""
    return bytes([kind]) + (len(body) + 4).to_bytes(3, "little") + b"\0\0\0\0" + body


def literal(data: bytes) -> bytes:
    """Up to 60 bytes as they are."""
    return bytes([(len(data) - 1) << 2]) + data


def test_texts_and_numbers_are_found_where_they_stand(tmp_path: Path) -> None:
    """In any file of the folder, raw, in JSON, and as MessagePack."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "p.db").write_bytes(b"..Anna Lindqvist..Anna Lindqvist")
    (tmp_path / "b.json").write_text('{"name": "Bj\\u00f6rk Unik"}')
    (tmp_path / "c.blk").write_bytes(b"\0" + msgpack.encode(59.32931))
    found = search(tmp_path, ["Anna Lindqvist", "Björk Unik", 59.32931, "nowhere"])

    assert [
        Remain("a/p.db", "Anna Lindqvist", 2),
        Remain("b.json", "Björk Unik", 1),
        Remain("c.blk", "59.32931", 1),
    ] == found


def test_what_the_log_server_compressed_is_searched(tmp_path: Path) -> None:
    """The name is whole only when it is decompressed."""
    block = b"\x0e" + literal(b"Anna Li") + bytes([(7 - 4) << 2 | 1, 7])
    (tmp_path / "1.blk").write_bytes(b"cmp..." + STREAM + chunk(0, block) + chunk(1, b"ndqvist"))

    assert b"Anna LiAnna Lindqvist" == b"".join(blocks_of((tmp_path / "1.blk").read_bytes()))
    assert [Remain("1.blk", "Anna Lindqvist", 1)] == search(tmp_path, ["Anna Lindqvist"])


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (bytes([(2 - 1) << 2 | 2, 3, 0]), b"abcab"),
        (bytes([(2 - 1) << 2 | 3, 3, 0, 0, 0]), b"abcab"),
        (bytes([0 << 2 | 1, 3, 0 << 2 | 1, 0]), b"abcabcaabca"[:7] + b"bcab"),
        (bytes([(5 - 4) << 2 | 1, 3, 5 << 2 | 1, 0, 2]), b"abc" + b"abcab" + b"cabcabcabc"),
        (bytes([(5 - 4) << 2 | 1, 3, 6 << 2 | 1, 0, 0, 0]), b"abc" * 89 + b"a"),
    ],
)
def test_each_kind_of_copy_is_understood(tail: bytes, expected: bytes) -> None:
    """Offsets of one, two and four bytes, and repeats with lengths beside the tag."""
    length = len(expected)
    varint = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])

    assert expected == decompress(varint + literal(b"abc") + tail)


def test_what_is_damaged_is_said() -> None:
    """A copy from before the beginning, and a wrong length."""
    with pytest.raises(ValueError, match="copy from"):
        decompress(b"\x05" + literal(b"abc") + bytes([(2 - 1) << 2 | 2, 9, 0]))
    with pytest.raises(ValueError, match="were said"):
        decompress(b"\x09" + literal(b"abc"))


def test_texts_of_an_export_are_those_that_say_something() -> None:
    """Neither Vigil's own words nor what is too short."""
    items = [
        {"what": "person", "id": "customer/c1"},
        {"what": "twin", "state": {"name": "Anna", "address": "Storgatan 5", "language": "en"}},
        {"what": "event", "type": "configured", "data": {"list": [{"name": "Anna Lindqvist"}]}},
        {"what": "event", "data": {"state": "confirmed", "at": 5.0}},
    ]

    assert ["Storgatan 5", "Anna Lindqvist"] == texts_of(items)


def test_what_is_not_hers_alone_is_told_apart(tmp_path: Path) -> None:
    """Ids stay as pseudonyms; what others' files hold, too, is no sign of her."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "heat.yaml").write_text("message: Please stop the car")
    other = tmp_path / "c2.jsonl"
    other.write_text('{"what": "twin", "state": {"by": "Tow Björk"}}')
    texts = ["customer/c1", "Anna Lindqvist", "Tow Björk", "Please stop", "Anna Lindqvist"]
    sought = sorted_out(texts, [tmp_path / "rules", other])

    assert Sought(["Anna Lindqvist"], ["customer/c1"], ["Tow Björk", "Please stop"]) == sought


def test_an_address_is_no_id() -> None:
    """Nothing that may name somebody passes for a pseudonym."""
    texts = [
        "anna@example.com", "https://example.com/a", "Storgatan 5/2", "+46 70 1234567",
        "4670123456789012", "deadbeefdeadbeef Anna", "5f2a9c81d3e4b607 5f2a9c81d3e4b607",
    ]  # fmt: skip

    assert texts == sorted_out(texts, []).hers


def test_what_vigil_made_is_an_id() -> None:
    """Of an event, an arrangement, a hold."""
    texts = ["vehicle/v1~3213b77c5dbe599b", "4f483c2e01c8f335", "4f483c2e01c8f335.rental.1"]

    assert Sought([], texts, []) == sorted_out(texts, [])
