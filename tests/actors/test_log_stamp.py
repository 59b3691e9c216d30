"""The server's stamps, read from text: the same numbers as those that are delivered."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.log import stamp_of


@given(st.integers(1_600_000_000, 2_000_000_000), st.integers(0, 10**9 - 1))
def test_stamp_is_that_of_the_reader(seconds: int, nanoseconds: int) -> None:
    """Which takes whole nanoseconds since the epoch, and divides."""
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    text = f"{whole}.{nanoseconds:09d}".rstrip("0").rstrip(".") + "Z"

    assert (seconds * 10**9 + nanoseconds) / 1e9 == stamp_of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01T00:00:01.5Z", 1.5),
        ("1970-01-01T00:00:00.000000001Z", 1e-9),
    ],
)
def test_stamps_without_a_full_fraction(text: str, expected: float) -> None:
    """The server leaves out zeros at the end."""
    assert expected == stamp_of(text)
