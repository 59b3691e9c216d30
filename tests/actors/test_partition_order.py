"""The partition: repeats of all three classes, order, refusals, and the log's time and chain."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.feed import START, Feed, device, inside, numbered, replay, told
from support.probes import Level, Note

from actors.block import GENESIS, Entry, decode_block, encode_block
from actors.errors import ChainBroken, Gap
from twins.event import encode_message
from twins.handler import Origin
from twins.ids import digest

P = "probe/p1"
NOTE = Note()


# -- repeats -------------------------------------------------------------------------------------


def test_a_number_is_applied_once() -> None:
    """Numbered: a repeat in the same block, in a later one, and after a checkpoint is dropped."""
    feed = Feed(hot_bytes=0)
    first = numbered(P, "note", NOTE, 5)
    assert 1 == feed.apply(first, first).repeats
    feed.checkpoint()
    feed.apply(first, numbered(P, "note", NOTE, 6))

    assert [f"{P}:1:5", f"{P}:1:6"] == feed.twin(P).trace
    assert 2 == feed.partition.repeats


def test_numbers_may_come_in_any_order_within_the_window() -> None:
    """Each of 64 numbers in flight is applied once, in the order in which the log has them."""
    feed = Feed()
    order = random.Random(1).sample(range(64), 64)
    for number in order:
        feed.apply(numbered(P, "note", NOTE, number), numbered(P, "note", NOTE, number))

    assert [f"{P}:1:{number}" for number in order] == feed.twin(P).trace


def test_a_number_below_the_window_is_not_applied() -> None:
    """What could be a repeat nobody remembers is refused, and counted at the twin."""
    feed = Feed()
    feed.apply(numbered(P, "note", NOTE, 100), numbered(P, "note", NOTE, 35))

    assert [f"{P}:1:100"] == feed.twin(P).trace
    assert 1 == feed.cell(P).book.below


def test_a_restarted_device_counts_anew() -> None:
    """A higher boot begins again at any number; a message of the boot before is refused."""
    feed = Feed()
    for boot, number in ((1, 9), (2, 9), (1, 10), (2, 10)):
        feed.apply(numbered(P, "note", NOTE, number, boot))

    assert [f"{P}:1:9", f"{P}:2:9", f"{P}:2:10"] == feed.twin(P).trace


def test_each_source_has_numbers_of_its_own() -> None:
    """A hub and the device itself may use the same numbers."""
    feed = Feed()
    for source in ("hub", None, "hub", None):
        feed.apply(device(P, "note", NOTE, source=source, boot=1, sequence=1))

    assert ["hub:1:1", f"{P}:1:1"] == feed.twin(P).trace


def test_an_id_is_applied_once_among_the_last_32() -> None:
    """With an id only: known while fewer than 32 others came since."""
    feed = Feed()
    for id_ in ("x", "x", *map(str, range(31)), "x", "31", "x"):
        feed.apply(device(P, "note", NOTE, id=id_))

    assert ["x", *map(str, range(32)), "x"] == feed.twin(P).trace


def test_content_is_the_id_where_there_is_none() -> None:
    """With neither: equal type and payload are one event, another type or time is another."""
    feed = Feed()
    at_1, at_2 = (device(P, "note", NOTE, time=START + at) for at in (1, 2))
    level = device(P, "level", Level(), time=START + 1)
    feed.apply(at_1, at_2, level, at_1, level)

    assert [digest(it.type, it.payload.hex()) for it in (at_1, at_2, level)] == feed.twin(P).trace
    assert 2 == feed.partition.repeats


def test_a_device_cannot_use_up_an_id_of_vigils_own() -> None:
    """Whoever guesses the id of a call and sends it first does not make the call a repeat."""
    feed = Feed()
    feed.apply(device(P, "note", NOTE, id="c1"))
    feed.apply(inside(P, "ask.sum", {"left": 1, "right": 2}, "c1"))

    assert [NOTE.text or "c1", "c1"] == feed.twin(P).trace


def test_a_list_of_readings_is_one_entry() -> None:
    """A list is taken or recognised whole, and its readings are handled one after the other."""
    feed = Feed()
    batch = numbered(P, "level", [Level(at=START + n, a=float(n)) for n in (1, 3, 2)], 1)
    applied = [feed.apply(batch).events, feed.apply(batch).events]

    assert [1, 0] == applied
    assert (3.0, [f"{P}:1:1"] * 3) == (feed.twin(P).a, feed.twin(P).trace)


def test_an_undecodable_number_counts_as_taken() -> None:
    """A number whose data this code cannot read is parked once, however often it is sent."""
    feed = Feed()
    odd = device(P, "note", {"text": 5}, boot=1, sequence=1)
    feed.apply(odd, odd)
    feed.apply(odd)
    parked = feed.cell(P).book.parked
    assert parked is not None

    assert [odd] == parked.entries
    assert 2 == feed.partition.repeats


# -- order ---------------------------------------------------------------------------------------

_SENT = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 9), st.sampled_from(["number", "id", "content"])),
    max_size=60,
)


@given(_SENT, st.integers(1, 7))
def test_events_of_a_twin_are_applied_in_the_logs_order(
    sent: list[tuple[int, int, str]], size: int
) -> None:
    """Whatever their class and however they are cut into blocks: first occurrences, in order."""
    feed = Feed()
    texts: dict[str, list[str]] = {}
    entries = []
    for twin, number, how in sent:
        subject, text = f"probe/{twin}", f"{how} {number}"
        names: dict[str, dict[str, object]] = {
            "number": {"boot": 1, "sequence": number},
            "id": {"id": text},
            "content": {},
        }
        entries.append(device(subject, "note", Note(text), **names[how]))
        texts.setdefault(subject, []).append(text)
    for start in range(0, len(entries), size):
        feed.apply(*entries[start : start + size])

    assert {subject: list(dict.fromkeys(sent)) for subject, sent in texts.items()} == {
        subject: feed.twin(subject).trace for subject in texts
    }


# -- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "event_type", "origin"),
    [
        ("nosuchkind/p1", "note", Origin.DEVICE),
        ("probe", "note", Origin.DEVICE),
        ("probe/", "note", Origin.DEVICE),
        ("probe/a b", "note", Origin.DEVICE),
        ("probe/p1/x", "note", Origin.DEVICE),
        (f"probe/{'x' * 65}", "note", Origin.DEVICE),
        ("", "", Origin.DEVICE),
        (P, "nosuchtype", Origin.INSIDE),
        (P, "word", Origin.DEVICE),
        (P, "deed.done", Origin.TWIN),
        (P, "ask.sum", Origin.DEVICE),
        (P, "signal.probe.rising", Origin.DEVICE),
        (P, "due.wake", Origin.INSIDE),
        (P, "vigil.resume", Origin.DEVICE),
        (P, "vigil.skip", Origin.TWIN),
    ],
)
def test_what_nobody_takes_is_refused_and_counted(
    subject: str, event_type: str, origin: Origin
) -> None:
    """Unknown kinds and types, bad ids, and senders who may not: no twin is made, none changes."""
    feed = Feed()
    refused = Entry(subject, event_type, origin, encode_message(NOTE, id="x"))
    applied = feed.apply(refused, numbered("probe/p2", "note", NOTE, 1))

    assert (1, 1) == (applied.refused, applied.events)
    assert {"probe/p2"} == {row.id for row in feed.checkpoint().twins}
    assert 1 == feed.partition.refused


def test_a_refused_call_learns_why() -> None:
    """A caller whose type or kind nobody knows gets an answer, and need not wait."""
    feed = Feed()
    feed.apply(
        inside(P, "ask.nonsense", None, "c1"),
        inside("nosuchkind/x", "ask.sum", None, "c2"),
    )

    assert "does not take 'ask.nonsense'" in str(feed.partition.replies["c1"].error)
    assert "no kind 'nosuchkind'" in str(feed.partition.replies["c2"].error)


# -- time, positions, chain ----------------------------------------------------------------------


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_the_logs_time_never_runs_backwards(stamps: list[float]) -> None:
    """`now` is the greatest stamp so far, also across a checkpoint."""
    feed = Feed()
    for number, stamp in enumerate(stamps):
        feed.tick(stamp)
        if number % 3 == 1:
            feed.checkpoint()
            feed.crash()

        assert START + max(stamps[: number + 1]) == feed.partition.now


def test_an_event_without_a_time_has_the_servers() -> None:
    """A reading that brings no time was measured when the log took it."""
    feed = Feed()
    feed.apply(numbered(P, "level", Level(a=1.0), 1), at=7.0)
    feed.apply(device(P, "level", Level(b=1.0), time=START + 9, boot=1, sequence=2), at=20.0)
    feed.apply(numbered(P, "level", Level(at=START + 8, c=1.0), 3), at=30.0)

    assert [START + 7, START + 9, START + 8] == [feed.twin(P).measured_at(name) for name in "abc"]


@pytest.mark.parametrize("position", [0, 1, 3, 99])
def test_positions_follow_one_another(position: int) -> None:
    """A position that is not the next one is refused, and nothing of it applied."""
    feed = Feed()
    feed.apply(numbered(P, "note", NOTE, 1))
    body = feed.block(numbered(P, "note", NOTE, 2))
    with pytest.raises(Gap, match="read again from 2"):
        feed.partition.apply(decode_block(body), body, position, START)

    assert (1, 1) == (feed.partition.position, len(feed.twin(P).trace))
    feed.take(body, 1.0)
    assert 2 == len(feed.twin(P).trace)


def test_a_block_that_does_not_follow_is_refused() -> None:
    """A block names the hash of the one before it; a changed or missing one shows."""
    feed = Feed()
    feed.apply(numbered(P, "note", NOTE, 1))
    for previous in (GENESIS, b"x" * 16):
        body = encode_block(1, previous, [numbered(P, "note", NOTE, 2)])
        with pytest.raises(ChainBroken, match="position 2"):
            feed.partition.apply(decode_block(body), body, 2, START)

    assert (1, 1) == (feed.partition.position, len(feed.twin(P).trace))


def test_ticks_stand_outside_of_the_chain() -> None:
    """Anybody may write a tick, twice too; the gateway's blocks go on as if there were none."""
    feed = Feed()
    feed.tick(1.0)
    feed.apply(numbered(P, "note", NOTE, 1))
    feed.tick(2.0)
    feed.tick(2.0)
    feed.apply(numbered(P, "note", NOTE, 2))

    assert 2 == len(feed.twin(P).trace)


def test_a_replay_is_the_same_bytes() -> None:
    """The same log gives the same checkpoint, byte for byte."""
    feed = Feed()
    for number in range(30):
        subject = f"probe/{number % 4}"
        feed.apply(
            numbered(subject, "level", Level(a=91.0 + number), number),
            numbered(subject, "deed", {"key": str(number)}, 1000 + number),
            at=float(number),
        )

    assert replay(feed.log).checkpoint() == feed.checkpoint()


def test_touched_names_each_twin_once() -> None:
    """Twins of the entries and of the reminders, for those who watch or keep the history."""
    feed = Feed()
    feed.apply(numbered("probe/b", "wish", {"name": "wake", "at": START + 5}, 1))
    entries = [numbered(f"probe/{key}", "note", NOTE, 2) for key in "caca"]

    assert ["probe/c", "probe/a", "probe/b"] == feed.apply(*entries, at=6.0).touched


def test_a_twins_message_has_no_number_to_repeat() -> None:
    """What twins tell is recognised by the pair's mark, so equal ids of theirs all count."""
    feed = Feed()
    words = [told(P, "word", Note(text), "same") for text in "ab"]
    body = encode_block(0, GENESIS, words, source=3, position=1)
    feed.take(body, 1.0)

    assert [(P, "a"), (P, "b")] == feed.twin(P).heard
