"""The partition: messages between twins, in order per pair of partitions, each exactly once."""

from typing import Any

import msgspec
import pytest
from support.feed import START, Feed, device, inside, numbered, told
from support.probes import Flood, Level, Note, Word

from actors.block import FORMAT, GENESIS, RENEWED, chain, decode_block, encode_block
from actors.errors import Gap
from gateway.nats_config import MAX_PAYLOAD
from twins.event import Message
from twins.handler import Origin
from twins.ids import partition_of

P = "probe/p1"


def words(*texts: str, position: int, before: int, previous: bytes = GENESIS) -> bytes:
    """One message of partition 3's twins."""
    entries = [told(P, "word", Note(text)) for text in texts]
    return encode_block(0, previous, entries, source=3, position=position, before=before)


def heard(feed: Feed) -> list[str]:
    """What the twin heard, in order."""
    return [text for _, text in feed.twin(P).heard]


def elsewhere(partitions: int, partition: int) -> str:
    """A probe that lives in this partition."""
    ids = (f"probe/q{number}" for number in range(1000))
    return next(twin_id for twin_id in ids if partition_of(twin_id, partitions) == partition)


def test_the_messages_of_a_pair_are_applied_in_order() -> None:
    """Each names the one before it; gateways' blocks between them do not matter."""
    feed = Feed()
    first = words("a", "b", position=4, before=0)
    second = words("c", position=9, before=4, previous=chain(first))
    feed.take(first, 1.0)
    feed.apply(numbered(P, "note", Note(), 1))
    feed.take(second, 2.0)

    assert ["a", "b", "c"] == heard(feed)


def test_a_repeat_is_dropped_whole() -> None:
    """Two owners may send the same message, one after the other or mixed with later ones."""
    feed = Feed()
    first = words("a", "b", position=4, before=0)
    second = words("c", position=9, before=4, previous=chain(first))
    for body in (first, first, second, first, second):
        feed.take(body, 1.0)
        feed.checkpoint()
        feed.crash()

    assert ["a", "b", "c"] == heard(feed)


def test_time_passes_with_a_repeat_too() -> None:
    """A repeated message brings no event, but its stamp makes reminders due."""
    feed = Feed()
    first = words("a", position=4, before=0)
    feed.take(first, 1.0)
    feed.apply(numbered(P, "wish", {"name": "wake", "at": START + 50}, 1))
    feed.take(first, 60.0)

    assert [("wake", START + 60)] == feed.twin(P).fired


@pytest.mark.parametrize(
    "body",
    [
        words("c", position=9, before=5, previous=chain(words("a", position=4, before=0))),
        words("c", position=9, before=0, previous=chain(words("a", position=4, before=0))),
        words("c", position=9, before=4, previous=b"x" * 16),
    ],
    ids=["a message is missing", "it names none before", "the one before was another"],
)
def test_a_gap_is_refused(body: bytes) -> None:
    """A message that does not follow the last one is not applied, and nothing of it is kept."""
    feed = Feed()
    feed.take(words("a", position=4, before=0), 1.0)
    with pytest.raises(Gap, match="partition 3's message"):
        feed.partition.apply(decode_block(body), body, 2, START)

    assert ["a"] == heard(feed)
    assert 1 == feed.partition.position


def renewed(*texts: str, position: int, before: int = 0, previous: bytes = b"x" * 16) -> bytes:
    """The same, from a partition that does not know what the receiver has."""
    entries = [told(P, "word", Note(text)) for text in texts]
    return encode_block(
        0, previous, entries, source=3, position=position, before=before, format_=RENEWED
    )


def test_a_renewed_message_begins_the_chain_anew() -> None:
    """Whatever it names; what is not newer than the last one is known, and what follows it goes on.

    What does not follow it is a gap as before.
    """
    feed = Feed()
    feed.take(words("a", position=4, before=0), 1.0)
    for known in (2, 4):
        feed.take(renewed("again", position=known), 2.0)
    newer = renewed("b", position=5, before=2)
    feed.take(newer, 3.0)
    feed.take(words("c", position=7, before=5, previous=chain(newer)), 4.0)
    wrong = words("d", position=9, before=5, previous=chain(newer))
    with pytest.raises(Gap, match="restore all partitions"):
        feed.partition.apply(decode_block(wrong), wrong, 6, START)

    assert ["a", "b", "c"] == heard(feed)


def test_chains_are_renewed_up_to_a_position() -> None:
    """There, one goes to every partition; those after it are as ever, and name it."""
    feed = Feed(number=0, partitions=4)
    feed.partition.renew(3)
    to = elsewhere(4, 1)
    states = []
    for position in (1, 2, 3, 4):
        if position != 3:
            feed.apply(numbered(P, "pass", Word(to, str(position)), position))
        else:
            feed.tick(3.0)
        states.append(feed.partition.renewing)
    sent = {
        target: [decode_block(body) for _, body in pair.waiting]
        for target, pair in feed.partition.outbox.pairs.items()
    }

    assert [True, True, False, False] == states
    assert [(1, RENEWED), (2, RENEWED), (3, RENEWED), (4, FORMAT)] == [
        (block.position, block.format) for block in sent[1]
    ]
    assert [(3, RENEWED, [])] * 3 == [
        (block.position, block.format, block.entries)
        for target in (0, 2, 3)
        for block in sent[target]
    ]


def test_all_that_a_block_tells_one_partition_is_one_message() -> None:
    """In the order of telling, with the block's position, and the one before it of that pair."""
    feed = Feed(number=0, partitions=4)
    targets = [elsewhere(4, number) for number in range(4)]
    for position in (1, 2):
        entries = [
            numbered(P, "pass", Word(to, f"{position}{to}"), position * 100 + index)
            for index, to in enumerate(targets * 2)
        ]
        feed.apply(*entries)
    pairs = feed.partition.outbox.pairs

    assert [0, 1, 2, 3] == sorted(pairs)
    for number, to in enumerate(targets):
        blocks = [decode_block(body) for _, body in pairs[number].waiting]

        assert [(1, 0), (2, 1)] == [(block.position, block.before) for block in blocks]
        assert [[to, to], [to, to]] == [[entry.subject for entry in b.entries] for b in blocks]
        assert {Origin.TWIN} == {entry.origin for block in blocks for entry in block.entries}


def test_a_message_says_whose_it_is() -> None:
    """The receiver's event carries the teller's id as its source."""
    sender = Feed(number=0, partitions=1)
    sender.apply(numbered("probe/sender", "pass", Word(P, "hello"), 1))
    ((_, body),) = sender.partition.outbox.pairs[0].waiting
    sender.take(body, 1.0)

    assert [("probe/sender", "hello")] == sender.twin(P).heard


def test_equal_messages_of_one_event_are_two_messages() -> None:
    """Their ids differ, and are the same in every replay."""
    ids = []
    for _ in range(2):
        feed = Feed()
        feed.apply(numbered(P, "level", [Level(a=91.0 + 2 * n) for n in range(9)], 1))
        feed.apply(*[numbered(P, "pass", Word(P, "x"), 10 + n) for n in range(3)])
        bodies = [body for _, body in feed.partition.outbox.pairs[0].waiting]
        ids.append([entry.payload for body in bodies for entry in decode_block(body).entries])

    assert ids[0] == ids[1]
    assert len(ids[0]) == len(set(ids[0]))


def test_a_signal_reaches_the_supervisor_of_the_same_key() -> None:
    """Whoever heeds its name is told; the signal carries who noticed it, and what."""
    feed = Feed()
    applied = feed.apply(numbered(P, "level", [Level(a=91.0 + 2 * n) for n in range(4)], 1))
    ((_, body),) = feed.partition.outbox.pairs[0].waiting
    feed.take(body, 1.0)
    (signal,) = applied.signals

    assert ("probe.rising", P) == (signal.name, signal.twin_id)
    assert 97.0 == signal.data["a"]
    assert [(P, signal.id)] == feed.twin(P).heard


def test_a_message_holds_what_the_twin_had_then() -> None:
    """Later events, in the same block or of a failing handler, do not change what was told."""
    feed = Feed()
    feed.apply(
        numbered(P, "note", Note("first"), 1),
        inside(P, "lend", Word("probe/p2"), "l1"),
        numbered(P, "note", Note("later"), 2),
        numbered(P, "boom", {"until": START + 99}, 3),
    )
    ((_, body),) = feed.partition.outbox.pairs[0].waiting
    feed.take(body, 1.0)

    assert [(P, "first")] == feed.twin("probe/p2").heard


def test_a_pair_is_marked_across_checkpoints() -> None:
    """Marks and hashes of pairs travel with the checkpoint: a new owner takes the next message."""
    feed = Feed(hot_bytes=0)
    bodies = [words("0", position=1, before=0)]
    for number in range(1, 6):
        bodies.append(
            words(str(number), position=number + 1, before=number, previous=chain(bodies[-1]))
        )
    for body in bodies:
        feed.take(body, 1.0)
        feed.checkpoint()
        feed.crash()

    assert list("012345") == heard(feed)


def test_the_same_partition_is_told_by_the_log_too() -> None:
    """A twin of the same partition hears with the next message, not in the midst of a block."""
    feed = Feed()
    feed.apply(numbered("probe/a", "pass", Word(P, "x"), 1), numbered(P, "note", Note(), 1))

    assert [] == feed.twin(P).heard
    assert [0] == list(feed.partition.outbox.pairs)


def test_tells_carry_the_trace() -> None:
    """The trace of the causing event goes on with what it caused."""
    feed = Feed()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    feed.apply(device(P, "pass", Word(P, "x"), id="1", traceparent=trace))
    ((_, body),) = feed.partition.outbox.pairs[0].waiting
    (entry,) = decode_block(body).entries

    assert trace == msgspec.msgpack.decode(entry.payload, type=Message[Any]).traceparent


def test_partitions_number_is_in_the_message() -> None:
    """The receiver learns from which partition, to keep its mark."""
    feed = Feed(2, 4)
    feed.apply(numbered(elsewhere(4, 2), "pass", Word(elsewhere(4, 1), "x"), 1))
    ((_, body),) = feed.partition.outbox.pairs[1].waiting

    assert 2 == decode_block(body).source


# -- more than one message carries ---------------------------------------------------------------


def flooded() -> tuple[Feed, list[bytes]]:
    """A partition that heard nothing yet, and what another's block told it: 3 MB, and a word."""
    sender = Feed(3, 4)
    sender.apply(
        *[numbered("probe/s", "flood", Flood("probe/p5", 30, 50_000), n) for n in range(2)],
        numbered("probe/s", "pass", Word("probe/p5", "after"), 9),
    )
    sender.apply(numbered("probe/s", "pass", Word("probe/p5", "next"), 10))
    target = partition_of("probe/p5", 4)
    return Feed(target, 4), [body for _, body in sender.partition.outbox.pairs[target].waiting]


WHOLE = [str(n) for _ in range(2) for n in range(30)] + ["after", "next"]


def begins(feed: Feed) -> list[str]:
    """What the flooded twin heard: the first word of each."""
    return [text.split()[0] for _, text in feed.twin("probe/p5").heard]


def test_a_block_may_tell_more_than_a_message_carries() -> None:
    """It is heard whole, in order, and each message is below what the server takes."""
    receiver, bodies = flooded()
    for body in bodies:
        receiver.take(body, 1.0)

    assert 7 == len(bodies)
    assert MAX_PAYLOAD > max(map(len, bodies)) + 1024
    assert begins(receiver) == WHOLE


@pytest.mark.parametrize("again", range(9))
def test_what_was_told_in_parts_is_heard_once(again: int) -> None:
    """Another owner begins from its first message after any of them; crashes change nothing."""
    receiver, bodies = flooded()
    for body in [*bodies[:again], *bodies[: again // 2], *bodies, bodies[again // 2], bodies[0]]:
        receiver.take(body, 1.0)
        receiver.checkpoint()
        receiver.crash()

    assert begins(receiver) == WHOLE
    assert len(WHOLE) == receiver.partition.events


@pytest.mark.parametrize("lost", range(1, 6))
def test_a_part_that_is_lost_is_a_gap(lost: int) -> None:
    """The next position's message does not follow: nothing is passed over in silence."""
    receiver, bodies = flooded()
    for body in [*bodies[:lost], *bodies[lost + 1 : -1]]:
        receiver.take(body, 1.0)

    with pytest.raises(Gap, match="partition 3's message"):
        receiver.take(bodies[-1], 1.0)


def test_a_further_part_without_its_first_is_a_gap() -> None:
    """It belongs to a position of which nothing was heard."""
    receiver, bodies = flooded()

    with pytest.raises(Gap, match="partition 3's message"):
        receiver.take(bodies[1], 1.0)


def test_one_message_that_none_carries_is_poison() -> None:
    """Its twin is parked, with the size; what the others of the block tell, leaves."""
    feed = Feed()
    applied = feed.apply(
        numbered("probe/p2", "pass", Word(P, "before"), 1),
        numbered(P, "flood", Flood(P, 1, 600_000), 1),
        numbered("probe/p2", "pass", Word(P, "after"), 2),
    )
    parked = feed.cell(P).book.parked
    assert parked is not None

    assert "TooMuch: probe/p1 tells probe/p1 6000" in parked.reason
    assert 2 == sum(map(len, applied.tells.values()))
    assert 1 == len(feed.partition.outbox.pairs[0].waiting)
