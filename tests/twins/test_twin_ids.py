"""Ids of twins, their partition, and ids made of parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.errors import BadTwinId
from twins.ids import digest, partition_of, split

PARTS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@given(PARTS, PARTS)
def test_an_id_is_kind_and_key(kind: str, key: str) -> None:
    """Both parts come back."""
    assert (kind, key) == split(f"{kind}/{key}")


@pytest.mark.parametrize(
    "text",
    ["", "/", "a", "a/", "/b", "a/b/c", "a b/c", "a/b.c", "a/b*", "a/>", "a/ü", "a/b\n", "a\n/b",
     f"{'a' * 65}/b", f"a/{'b' * 65}", "a/b ", "vehicle/../x", "a/b\0"],
)  # fmt: skip
def test_other_texts_are_refused(text: str) -> None:
    """The error repeats the text and says what an id looks like."""
    with pytest.raises(BadTwinId, match="is no twin id; write kind/key"):
        split(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Test vectors of FNV-1a, 32 bit, by its authors (isthe.com/chongo/tech/comp/fnv).
        ("/", 0x811C9DC5),
        ("/a", 0xE40C292C),
        ("/b", 0xE70C2DE5),
        ("fo/o", 0xA9F37ED7),
        ("foo/b", 0x3F5076EF),
        ("foo/ba", 0x39AAA18A),
        ("foo/bar", 0xBF9CF968),
        ("chongo/ was here!\n", 0xD49930D5),
    ],
)
def test_the_partition_is_fnv_1a_of_kind_and_key(text: str, value: int) -> None:
    """The log server computes the same hash; a twin reached either way is the same twin."""
    assert value == partition_of(text, 2**32)


@given(PARTS, PARTS, st.integers(0, 12))
def test_more_partitions_split_each_in_two(kind: str, key: str, power: int) -> None:
    """With a power of two, doubling it sends p's twins to p and to p + P, and nowhere else."""
    twin_id, partitions = f"{kind}/{key}", 2**power
    before, after = (partition_of(twin_id, count) for count in (partitions, 2 * partitions))

    assert 0 <= before < partitions
    assert after in (before, before + partitions)


def test_twins_spread_over_all_partitions() -> None:
    """No partition of 16 holds more than one and a half times its share of 16,000."""
    counts = [0] * 16
    for number in range(16_000):
        counts[partition_of(f"vehicle/v{number}", 16)] += 1

    assert 500 < min(counts)
    assert max(counts) < 1500


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4))
def test_a_digest_is_constant_and_tells_its_parts_apart(parts: list[str]) -> None:
    """Sixteen hexadecimal digits, the same every time; one more part is another digest."""
    made = digest(*parts)

    assert 16 == len(made)
    assert int(made, 16) >= 0
    assert made == digest(*parts)
    assert made != digest(*parts, "")


def test_a_digest_of_today_is_that_of_tomorrow() -> None:
    """Effects' ids are made of it: a change of the function would repeat every effect."""
    assert "2d55406dabbd0f7d" == digest("vehicle/v1", "e1", "tow.hold", "")
