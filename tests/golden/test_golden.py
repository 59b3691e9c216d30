"""Golden logs: what was recorded once is applied alike for ever.

A red test here means that this code reads old logs or checkpoints as something else. See
`golden.record` for what to do when that is meant.
"""

import msgspec
import pytest
from golden.files import Golden, State, comparable, log_of, outputs, read
from golden.stories import OLDER, STORIES, formats, queued
from support.feed import START, Feed, replay

from actors.block import FORMAT as BLOCK_FORMAT
from actors.block import decode_block
from actors.cell import Cell
from actors.store.base import FORMAT as CHECKPOINT_FORMAT
from actors.store.base import READS, Checkpoint, Head

CHANGED = "the bytes changed and the format's number did not; raise it, and keep reading the old"


@pytest.fixture(params=[*STORIES, *OLDER])
def golden(request: pytest.FixtureRequest) -> Golden:
    """Each file."""
    return read(request.param)


@pytest.fixture(params=STORIES)
def newest(request: pytest.FixtureRequest) -> Golden:
    """Each file of the format that is written today."""
    return read(request.param)


def test_a_log_comes_to_the_same_end(golden: Golden) -> None:
    """States, books, reminders and head of a straight replay are the recorded ones."""
    feed, format_ = replay(log_of(golden)), golden.checkpoint_format

    assert golden.outputs == outputs(feed)
    assert comparable(golden.end, format_) == comparable(State.of(feed), format_)


def test_the_states_are_the_same_bytes(newest: Golden) -> None:
    """Not only equal values: the same field names, order and numbers."""
    feed = replay(log_of(newest))
    feed.checkpoint()
    _, rows, _ = newest.end.load()

    assert rows == list(feed.store.all_twins(0).values()), CHANGED


def test_an_old_checkpoint_is_taken_over(golden: Golden) -> None:
    """From the checkpoint in the midst of the log, its second half leads to the same end."""
    head, rows, reminders = golden.middle.load()
    feed, format_ = Feed(), golden.checkpoint_format
    feed.store.commit(Checkpoint(head, rows, reminders))
    feed.log = log_of(golden)
    feed.crash()

    assert head.position == len(feed.log) // 2
    assert golden.outputs == outputs(feed)
    assert comparable(golden.end, format_) == comparable(State.of(feed), format_)


def test_blocks_are_written_as_they_were(golden: Golden) -> None:
    """Each message of the log is decoded, and encodes to the bytes that it was."""
    bodies = [body for body, _ in log_of(golden)]
    again = [msgspec.msgpack.encode(decode_block(body)) for body in bodies]

    assert bodies == again, CHANGED
    assert {golden.block_format} == {decode_block(body).format for body in bodies}


def test_the_formats_are_those_that_were_recorded(newest: Golden) -> None:
    """A new format needs a new file, and a reader for this one."""
    assert (BLOCK_FORMAT, CHECKPOINT_FORMAT) == (newest.block_format, newest.checkpoint_format)
    assert newest.checkpoint_format == newest.end.head["format"]


def test_each_format_that_is_read_has_its_files() -> None:
    """Also the files of older formats are what their names say."""
    assert [*READS[:-1], *READS[:-1]] == [read(name).checkpoint_format for name in OLDER]


def test_recording_the_formats_anew_gives_the_same_log() -> None:
    """Blocks, messages of pairs and marks are written today as they were then."""
    assert log_of(read("formats-1")) == formats().log, CHANGED
    assert log_of(read("formats-2")) == queued().log, CHANGED


def test_what_was_recorded_is_worth_replaying() -> None:
    """The files hold repeats, refusals, signals, reminders, parked twins and outputs."""
    formats_file, roadside = read("formats-2"), read("roadside-2")
    head = Feed()
    head.partition.restore(formats_file.end.load()[0], [])
    partition = head.partition

    assert all((partition.events, partition.repeats, partition.refused, partition.replies))
    assert formats_file.outputs.effects
    assert formats_file.outputs.told
    books = [Cell.load(row).book for row in formats_file.end.load()[1]]
    parked = books[1].parked
    assert parked is not None
    assert parked.last is not None
    assert books[2].shelf is not None
    arrangement = roadside.end.twins["roadside/v1"].state["arrangement"]

    assert "underway" == arrangement["state"]


def test_positions_and_stamps_are_kept() -> None:
    """The head stands at the log's end, at the newest of its stamps."""
    for name in (*STORIES, *OLDER):
        golden = read(name)
        head: Head = golden.end.load()[0]

        assert len(golden.messages) == head.position
        assert max(message.stamp for message in golden.messages) == head.now
        assert START <= head.now
