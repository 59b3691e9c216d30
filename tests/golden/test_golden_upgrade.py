"""What earlier code wrote is taken over: its bytes are read, and what was under way goes on."""

import pytest
from golden.files import State, comparable, outputs, read
from golden.upgrade import WRITTEN, taken_over, written

from actors.store.base import READS


@pytest.mark.parametrize("name", WRITTEN)
def test_what_earlier_code_wrote_is_taken_over(name: str) -> None:
    """Nothing of it is parked, and this code always makes the same of it."""
    golden = read(name)
    feed = taken_over(golden)
    made, end = outputs(feed), State.of(feed)
    parked = [twin_id for twin_id in end.twins if feed.cell(twin_id).book.parked]

    assert [] == parked
    assert len(golden.messages) == feed.partition.position
    assert golden.outputs == made
    assert comparable(golden.end, READS[-1]) == comparable(end, READS[-1])


@pytest.mark.parametrize("name", WRITTEN)
def test_nobody_has_written_it_anew(name: str) -> None:
    """Written by today's code it would prove nothing."""
    assert WRITTEN[name] == written(read(name))


def test_each_format_that_is_read_is_there() -> None:
    """A new one needs a file that the code before it wrote."""
    assert {*READS} == {read(name).checkpoint_format for name in WRITTEN}
