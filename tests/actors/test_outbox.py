"""The outbox: what was caused and not acknowledged; a repeat is the same bytes."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from actors.block import (
    FORMAT,
    FURTHER,
    GENESIS,
    MAX_BYTES,
    MAX_EVENTS,
    Entry,
    chain,
    decode_block,
)
from actors.outbox import Caused, Outbox
from twins.outputs import Effect, Target


def entry(text: str) -> Entry:
    """A message to some twin."""
    return Entry("probe/p1", "word", 1, text.encode())


def effect(number: int) -> Effect:
    """An effect of some twin."""
    return Effect(str(number), "probe/p1", "deed", Target.CHANNEL, "log:x", "log:x", {"n": number})


def test_the_messages_of_a_pair_are_a_chain() -> None:
    """Each names its own position, the position before it, and the hash of the one before."""
    outbox = Outbox()
    for position in (3, 4, 9):
        outbox.tell(5, 2, position, [entry(str(position))])
    bodies = [body for _, body in outbox.pairs[2].waiting]
    blocks = [decode_block(body) for body in bodies]

    assert [(5, 3, 0), (5, 4, 3), (5, 9, 4)] == [(b.source, b.position, b.before) for b in blocks]
    assert [GENESIS, chain(bodies[0]), chain(bodies[1])] == [block.previous for block in blocks]


def test_pairs_are_chains_of_their_own() -> None:
    """What goes to one partition leaves no gap in what goes to another."""
    outbox = Outbox()
    outbox.tell(0, 1, 1, [entry("a")])
    outbox.tell(0, 2, 2, [entry("b")])
    outbox.tell(0, 1, 3, [entry("c")])
    (_, first), (_, third) = outbox.pairs[1].waiting
    ((_, second),) = outbox.pairs[2].waiting

    assert [(1, 0), (2, 0), (3, 1)] == [
        (block.position, block.before) for block in map(decode_block, (first, second, third))
    ]


def test_a_body_does_not_tell_who_made_it() -> None:
    """Two owners that apply the same block make the same bytes; the epoch is no part of them."""
    first, second = Outbox(), Outbox()
    for outbox in (first, second):
        outbox.tell(0, 1, 7, [entry("a")])

    assert first == second
    assert 0 == decode_block(first.pairs[1].waiting[0][1]).epoch


def test_acknowledging_drops_the_oldest_of_one_pair() -> None:
    """Later messages stay, other pairs stay, and the chain goes on from the last one made."""
    outbox = Outbox()
    for target in (1, 2):
        for position in (1, 2, 3):
            outbox.tell(0, target, position, [entry("a")])
    outbox.acknowledge(1)
    outbox.acknowledge(1)
    outbox.tell(0, 1, 4, [entry("a")])

    assert [3, 4] == [position for position, _ in outbox.pairs[1].waiting]
    assert [1, 2, 3] == [position for position, _ in outbox.pairs[2].waiting]
    assert 3 == decode_block(outbox.pairs[1].waiting[-1][1]).before


def test_much_is_told_in_several_messages() -> None:
    """Each is as large as a block may be, they are one chain, and none of it is left out."""
    outbox = Outbox()
    entries = [Entry("probe/p1", "word", 1, bytes([n % 256]) * 5000) for n in range(400)]
    outbox.tell(0, 1, 7, entries)
    outbox.tell(0, 1, 8, [entry("after")])
    bodies = [body for _, body in outbox.pairs[1].waiting]
    blocks = [decode_block(body) for body in bodies]
    heads = [GENESIS, *map(chain, bodies)]

    assert [*entries, entry("after")] == [it for block in blocks for it in block.entries]
    assert 512 * 1024 >= max(map(len, bodies))
    assert [(7, 0, FORMAT), *[(7, 7, FURTHER)] * 3, (8, 7, FORMAT)] == [
        (block.position, block.before, block.format) for block in blocks
    ]
    assert heads[:-1] == [block.previous for block in blocks]


def test_many_small_ones_are_several_messages_too() -> None:
    """A receiver applies no message of more events than a block has."""
    outbox = Outbox()
    outbox.tell(0, 1, 7, [entry(str(number)) for number in range(2 * MAX_EVENTS + 1)])

    assert [MAX_EVENTS, MAX_EVENTS, 1] == [
        len(decode_block(body).entries) for _, body in outbox.pairs[1].waiting
    ]
    assert sum(len(body) for _, body in outbox.pairs[1].waiting) == outbox.message_bytes


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=30))
def test_no_message_is_too_large_for_the_server(sizes: list[int]) -> None:
    """Whatever is told, a message stays below 1 MB, unless one entry alone is larger."""
    outbox = Outbox()
    entries = [Entry("probe/p1", "word", 1, b"x" * size) for size in sizes]
    outbox.tell(0, 1, 7, entries)
    blocks = [decode_block(body) for _, body in outbox.pairs[1].waiting]

    assert entries == [it for block in blocks for it in block.entries]
    assert all(len(body) <= MAX_BYTES for _, body in outbox.pairs[1].waiting)


def test_effects_stay_until_they_are_accepted() -> None:
    """Effects of positions up to the one accepted leave, in the order of positions."""
    outbox = Outbox(effects=[Caused(1, [effect(1)]), Caused(4, [effect(4), effect(5)])])

    assert 3 == outbox.size
    outbox.accepted(1)
    assert [Caused(4, [effect(4), effect(5)])] == outbox.effects
    outbox.accepted(4)
    assert 0 == outbox.size


@given(
    st.lists(st.tuples(st.sampled_from(["tell", "ack", "restart"]), st.integers(0, 2)), max_size=40)
)
def test_a_checkpoint_changes_no_byte(steps: list[tuple[str, int]]) -> None:
    """An outbox that goes through checkpoints sends what one in memory sends."""
    kept, plain = Outbox(), Outbox()
    for position, (what, target) in enumerate(steps, 1):
        if what == "restart":
            kept = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Outbox)
            continue
        for outbox in (kept, plain):
            if what == "tell":
                outbox.tell(0, target, position, [entry(str(position))])
            elif target in outbox.pairs and outbox.pairs[target].waiting:
                outbox.acknowledge(target)

        assert plain == kept
