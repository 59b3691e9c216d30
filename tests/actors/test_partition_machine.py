"""The partition against a naive model: any mix of events, time, checkpoints, crashes, operators."""

from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.feed import START, Feed, device, inside, numbered, resume, skip, told
from support.model import Model, event_id
from support.probes import Boom, Level, Note, Place, Wish, Word

import actors.cell
import actors.parked
from actors.block import GENESIS, Entry, chain, decode_block, encode_block
from actors.cell import Cell
from actors.cut import Cut
from twins.outputs import Outcome

TWINS = st.sampled_from([f"probe/p{number}" for number in range(4)])
MAYBE = st.one_of(st.none(), st.floats(-50, 120))
SECONDS = st.integers(0, 40)
PART, SOURCES = 2, 12
"""Bounds low enough to be met."""
DATA = st.one_of(
    st.builds(Level, at=SECONDS.map(lambda s: START + s), a=MAYBE, b=MAYBE, c=MAYBE),
    st.builds(Place, at=SECONDS.map(lambda s: START + s), c=MAYBE, x=MAYBE),
    st.lists(st.builds(Level, a=st.floats(85, 120)), min_size=1, max_size=6),
    st.builds(Note),
    st.builds(Boom, until=SECONDS.map(lambda s: START + s), to=TWINS),
    st.builds(Word, to=TWINS, text=st.sampled_from("xyz")),
    st.builds(
        Wish,
        name=st.sampled_from(["wake", "wake:b", "wake:c"]),
        at=st.one_of(st.none(), SECONDS.map(lambda s: START + s)),
    ),
    st.just({"key": "k"}),
    st.just({"text": 5}),
)
TYPES = {Level: "level", Place: "place", list: "level", Note: "note", Boom: "boom", Word: "pass",
         Wish: "wish"}  # fmt: skip


def event_type(data: Any) -> str:
    """The type that takes these data; the last kind of data is of the wrong shape."""
    if isinstance(data, dict):
        return "deed" if "key" in data else "note"
    return TYPES[type(data)]


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Something that a gateway might write to the log."""
    subject = draw(TWINS)
    how = draw(st.sampled_from(["number", "number", "source", "id", "none", "ask", "operator"]))
    number = draw(st.integers(0, 80))
    if how == "ask":
        numbers = {"left": number - 20, "right": 1}
        return inside(subject, "ask.sum", numbers if number else None, f"c{number % 20}")
    if how == "operator":
        operate = resume if draw(st.booleans()) else skip
        return operate(subject, f"o{number}")
    data = draw(DATA)
    kind = event_type(data)
    if how == "number":
        return numbered(subject, kind, data, number, boot=draw(st.sampled_from([1, 1, 1, 2])))
    if how == "source":
        return device(subject, kind, data, source=f"s{number % 20}", boot=1, sequence=number)
    if how == "id":
        return device(subject, kind, data, id=str(number))
    return device(subject, kind, data)


class PartitionMachine(RuleBasedStateMachine):
    """Does to a partition what a cluster may do to it."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(actors.parked, "PART", PART)
        self.patch.setattr(actors.cell, "MAX_SOURCES", SOURCES)
        self.feed = Feed(hot_bytes=1500)
        self.model = Model(part=PART, sources=SOURCES)
        self.now = 0.0
        self.sent: list[bytes] = []
        """What the other partition's twins told, in order."""
        self.cut: Cut | None = None
        self.ready = False

    def teardown(self) -> None:
        """Let the others have the real bounds."""
        self.patch.undo()

    def take(self, body: bytes) -> None:
        """Write to the log, and have both apply it."""
        self.feed.take(body, self.now)
        self.model.apply(body, START + self.now)

    @rule(batch=st.lists(entries(), min_size=4, max_size=12))
    def gateway(self, batch: list[Entry]) -> None:
        """A block arrives."""
        self.take(self.feed.block(*batch))

    @rule(
        wishes=st.dictionaries(TWINS, st.integers(-1, 6), min_size=1), number=st.integers(100, 160)
    )
    def reminders(self, wishes: dict[str, int], number: int) -> None:
        """Twins set reminders that will soon be due."""
        self.take(
            self.feed.block(
                *[
                    numbered(subject, "wish", Wish("wake", START + self.now + after), number)
                    for subject, after in wishes.items()
                ]
            )
        )

    @rule(seconds=st.sampled_from([-3.0, 0.5, 2.0, 5.0, 10.0]))
    def time(self, seconds: float) -> None:
        """Time passes, or the log server's clock is set back; somebody writes a tick."""
        self.now += seconds
        self.feed.tick(self.now)
        self.model.apply(self.feed.log[-1][0], START + self.now)

    @rule(to=st.lists(TWINS, min_size=1, max_size=3), skipped=st.integers(1, 3))
    def partition_tells(self, to: list[str], skipped: int) -> None:
        """The other partition's twins tell something."""
        last = self.sent[-1] if self.sent else None
        before = decode_block(last).position if last else 0
        words = [told(subject, "word", Note(str(before)), f"{before}") for subject in to]
        body = encode_block(
            0, chain(last) if last else GENESIS, words,
            source=7, position=before + skipped, before=before,
        )  # fmt: skip
        self.sent.append(body)
        self.take(body)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 3))
    def partition_repeats(self, which: int) -> None:
        """Another owner of the other partition sends an old message again."""
        self.take(self.sent[-1 - which % len(self.sent)])

    @precondition(lambda self: self.model.effects)
    @rule(which=st.integers(0, 30), fails=st.booleans())
    def effect_ends(self, which: int, fails: bool) -> None:
        """A worker says what came of an effect, perhaps not for the first time."""
        effects = self.model.effects
        effect = effects[which % len(effects)][1]
        data = Outcome(effect_id=effect.id, key=effect.key, reason="refused" if fails else None)
        name = "failed" if fails else "done"
        outcome = inside(effect.twin_id, f"{effect.name}.{name}", data, f"{effect.id}.{name}")
        self.take(self.feed.block(outcome))

    @precondition(lambda self: self.cut is None)
    @rule()
    def begin_cut(self) -> None:
        """A checkpoint begins."""
        self.cut, self.ready = self.feed.begin_cut(), False

    @precondition(lambda self: self.cut is not None and not self.ready)
    @rule(most=st.integers(1, 3))
    def slice(self, most: int) -> None:
        """The checkpoint goes on."""
        assert self.cut is not None
        self.ready = self.cut.step(most)

    @precondition(lambda self: self.cut is not None)
    @rule(settles=st.booleans())
    def commit(self, settles: bool) -> None:
        """The checkpoint is finished and written; the process may end before it knows."""
        assert self.cut is not None
        while not self.ready:
            self.ready = self.cut.step(1)
        self.feed.store.commit(self.cut.checkpoint())
        if not settles:
            self.crash()
            return
        while not self.feed.partition.settle(self.cut, 1):
            pass
        self.cut, self.ready = None, False

    @rule()
    def crash(self) -> None:
        """The process ends, and another one goes on from the store."""
        self.feed.crash()
        self.cut, self.ready = None, False

    @invariant()
    def twins_are_as_in_the_model(self) -> None:
        """State, what is handled, what is parked, and what is due."""
        for twin_id, twin in self.model.twins.items():
            cell = self.cell(twin_id)
            aside = self.model.aside.get(twin_id)
            parked = cell.book.parked

            assert msgspec.to_builtins(twin) == msgspec.to_builtins(cell.twin)
            assert len(self.model.applied.get(twin_id, [])) == cell.book.applied
            assert (aside and aside.waiting) == (parked and self.feed.waiting(twin_id))

        assert self.model.due == {
            (row.twin_id, row.name): row.due for row in self.feed.partition.reminders
        }
        assert self.model.now == self.feed.partition.now

    @invariant()
    def outputs_are_as_in_the_model(self) -> None:
        """Everything that was told and caused, in order, with ids; and the answers."""
        partition = self.feed.partition
        outputs = [
            (position, entry.subject, entry.type, entry.payload)
            for position, body in (partition.outbox.pairs[0].waiting if self.model.told else [])
            for entry in decode_block(body).entries
        ]
        caused = [(item.position, it) for item in partition.outbox.effects for it in item.effects]

        assert self.model.told.get(0, []) == outputs
        assert self.model.effects == caused
        assert {key: value for key, (value, _) in self.model.replies.items()} == {
            key: reply.value for key, reply in partition.replies.items()
        }
        assert {key: refused for key, (_, refused) in self.model.replies.items()} == {
            key: reply.error is not None for key, reply in partition.replies.items()
        }

    def cell(self, twin_id: str) -> Cell:
        """A twin, from memory or from the store, without keeping it there."""
        return self.feed.cell(twin_id)


TestPartitionMachine = PartitionMachine.TestCase
TestPartitionMachine.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, derandomize=True
)


def test_the_model_names_events_as_the_partition_does() -> None:
    """The oracle's own reading of an id; else it would compare nothing with nothing."""
    entry = numbered("probe/p1", "note", Note(), 3)

    assert "probe/p1:1:3" == event_id(entry)
