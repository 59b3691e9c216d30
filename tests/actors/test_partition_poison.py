"""The partition: what a handler raises parks its twin, and nobody else notices."""

from copy import deepcopy

import pytest
from support.feed import START, Feed, device, inside, numbered, resume, skip, told
from support.probes import Boom, Level, Note, Wish

from actors.applied import Applied
from actors.block import GENESIS, encode_block
from actors.cell import Parked

P, Q = "probe/p1", "probe/p2"
LATE = Boom(until=START + 1000, to=Q)
SOON = Boom(until=START + 100, to=Q)


def parked(feed: Feed, twin_id: str = P) -> Parked:
    """What is set aside."""
    found = feed.cell(twin_id).book.parked
    assert found is not None, f"{twin_id} is not parked"
    return found


def with_outputs(applied: Applied) -> tuple[int, int, int]:
    """How many messages, effects and signals came out."""
    tells = sum(map(len, applied.tells.values()))
    return tells, len(applied.effects), len(applied.signals)


def test_the_twin_is_as_it_was_before() -> None:
    """State, reminders and outputs of the failed event vanish; the reason is kept."""
    feed = Feed()
    feed.apply(numbered(P, "level", Level(a=5.0, at=START), 1))
    before = deepcopy(feed.twin(P))
    applied = feed.apply(numbered(P, "boom", LATE, 2), at=10.0)

    assert before == feed.twin(P)
    assert (0, 0, 0) == with_outputs(applied)
    assert {} == feed.partition.reminders.of(P)
    assert [P] == applied.parked
    assert ("RuntimeError: too early: 1700000010.0 < 1700001000.0", 2, "boom", START + 10) == (
        parked(feed).reason, parked(feed).position, parked(feed).event_type, parked(feed).since,
    )  # fmt: skip


def test_outputs_of_others_in_the_block_stay() -> None:
    """Only what the failed event caused is dropped, not what stands before or after it."""
    feed = Feed()
    applied = feed.apply(
        numbered(Q, "deed", {"key": "1"}, 1),
        numbered(P, "pass", {"to": Q, "text": "before"}, 1),
        numbered(P, "boom", LATE, 2),
        numbered(Q, "deed", {"key": "2"}, 2),
        numbered(Q, "pass", {"to": Q, "text": "after"}, 3),
    )
    feed.take(feed.partition.outbox.pairs[0].waiting[0][1], 1.0)

    assert ["1", "2"] == [effect.key for effect in applied.effects]
    assert [(P, "before"), (Q, "after")] == feed.twin(Q).heard


def test_neighbours_do_not_notice() -> None:
    """The others' states and books are those of a log without the poison."""
    feeds = Feed(), Feed()
    for number in range(1, 10):
        for feed, poisoned in zip(feeds, (True, False), strict=True):
            entries = [numbered(Q, "level", Level(a=80.0 + number), number)]
            if poisoned:
                entries.insert(number % 2, numbered(P, "boom", LATE, number))
            feed.apply(*entries, at=float(number))

    assert feeds[0].cell(Q).row() == feeds[1].cell(Q).row()


def test_later_events_wait_in_order() -> None:
    """Numbered, with an id, from twins, reminders: all wait, repeats do not."""
    feed = Feed()
    feed.apply(numbered(P, "wish", Wish("wake", START + 20), 1), numbered(P, "boom", LATE, 2))
    feed.apply(numbered(P, "note", Note(), 3), numbered(P, "note", Note(), 3))
    feed.take(encode_block(0, GENESIS, [told(P, "word", Note("x"))], source=1, position=1), 5.0)
    feed.apply(device(P, "note", Note(), id="i"), device(P, "note", Note(), id="i"), at=30.0)

    assert ["boom", "note", "word", "due.wake", "note"] == [
        entry.type for entry in parked(feed).entries
    ]
    assert [f"{P}:1:1"] == feed.twin(P).trace
    assert 2 == feed.partition.repeats


def test_resume_handles_all_in_order() -> None:
    """Once the handler no longer fails, the failed event and all later ones are handled."""
    feed = Feed()
    feed.apply(numbered(P, "boom", SOON, 1))
    for number in range(2, 5):
        feed.apply(numbered(P, "note", Note(), number), at=float(number))
    applied = feed.apply(resume(P, "r1"), at=200.0)

    assert [f"{P}:1:{number}" for number in range(1, 5)] == feed.twin(P).trace
    assert None is feed.cell(P).book.parked
    assert 4 == applied.events
    assert (1, 1, 1) == with_outputs(applied)
    assert {"wake": START + 205} == feed.partition.reminders.of(P)


def test_a_resumed_event_acts_under_the_resumes_position() -> None:
    """What it causes leaves with the position of the resume, so a replay repeats it there."""
    feed = Feed()
    feed.apply(numbered(P, "boom", SOON, 1))
    feed.tick(5.0)
    applied = feed.apply(resume(P, "r1"), at=200.0)

    assert 3 == applied.position
    assert [3] == [position for position, _ in feed.partition.outbox.pairs[0].waiting]
    assert [3] == [caused.position for caused in feed.partition.outbox.effects]


def test_a_resumed_event_keeps_its_time_and_id() -> None:
    """It happened when it happened: neither its time nor its effects' ids depend on the resume."""
    straight, parking = Feed(), Feed()
    effects = [straight.apply(numbered(P, "boom", SOON, 1), at=150.0).effects]
    straight.apply(numbered(P, "level", Level(a=1.0), 2), at=160.0)
    parking.apply(numbered(P, "boom", SOON, 1), at=50.0)
    parking.apply(numbered(P, "level", Level(a=1.0), 2), at=60.0)
    effects.append(parking.apply(resume(P, "r1"), at=300.0).effects)

    assert effects[0] == effects[1]
    assert START + 60 == parking.twin(P).measured_at("a")


def test_a_waiting_reading_does_not_overtake_a_newer_one() -> None:
    """A reading without a time that waited for its resume is as old as when the log took it."""
    feed = Feed()
    feed.apply(numbered(P, "boom", SOON, 1), at=1.0)
    feed.apply(numbered(P, "level", Level(a=1.0), 2), at=10.0)
    feed.apply(numbered(P, "level", Level(a=2.0, at=START + 20), 3), at=30.0)
    feed.apply(resume(P, "r1"), at=200.0)

    assert 2.0 == feed.twin(P).a


def test_resuming_too_early_parks_again() -> None:
    """The reason and position are new, what waits stays in order, and nothing is handled twice."""
    feed = Feed()
    feed.apply(numbered(P, "boom", SOON, 1), numbered(P, "note", Note(), 2))
    feed.apply(resume(P, "r1"), at=50.0)

    assert (2, ["boom", "note"]) == (
        parked(feed).position, [entry.type for entry in parked(feed).entries],
    )  # fmt: skip
    feed.apply(numbered(P, "note", Note(), 3), resume(P, "r2"), at=150.0)
    assert [f"{P}:1:{number}" for number in (1, 2, 3)] == feed.twin(P).trace


def test_poison_among_what_waits_parks_again_there() -> None:
    """A second poison stops the resume at itself; what came before it is handled for good."""
    feed = Feed()
    feed.apply(numbered(P, "boom", SOON, 1), numbered(P, "note", Note(), 2))
    feed.apply(numbered(P, "boom", LATE, 3), numbered(P, "note", Note(), 4))
    feed.apply(resume(P, "r1"), at=150.0)

    assert [f"{P}:1:1", f"{P}:1:2"] == feed.twin(P).trace
    assert ["boom", "note"] == [entry.type for entry in parked(feed).entries]
    feed.apply(skip(P, "s1"), at=160.0)
    assert [f"{P}:1:{number}" for number in (1, 2, 4)] == feed.twin(P).trace


def test_skip_goes_on_without_the_failed_event() -> None:
    """Only the event that failed is left out."""
    feed = Feed()
    feed.apply(*[numbered(P, "boom" if n == 1 else "note", LATE if n == 1 else Note(), n)
                 for n in range(1, 5)])  # fmt: skip
    feed.apply(skip(P, "s1"), at=5.0)

    assert [f"{P}:1:{number}" for number in (2, 3, 4)] == feed.twin(P).trace
    assert 0 == feed.apply(numbered(P, "boom", LATE, 1)).events


def test_an_operators_word_counts_once() -> None:
    """A repeated resume or skip is recognised, also when the twin was parked again meanwhile."""
    feed = Feed()
    feed.apply(numbered(P, "boom", LATE, 1), numbered(P, "boom", LATE, 2))
    feed.apply(skip(P, "s1"), skip(P, "s1"))
    feed.apply(skip(P, "s1"))

    assert 1 == len(parked(feed).entries)
    assert 2 == feed.partition.repeats


def test_to_resume_what_is_not_parked_changes_nothing() -> None:
    """Neither does an operator's word that cannot be read."""
    feed = Feed()
    feed.apply(numbered(P, "note", Note(), 1))
    before = deepcopy(feed.twin(P))
    feed.apply(resume(P, "r1"), skip(P, "s1"))
    broken = resume(P, "r2")
    broken.payload = b"\xc1"
    feed.apply(broken)

    assert before == feed.twin(P)
    assert None is feed.cell(P).book.parked


def test_a_reminder_may_be_poison_too() -> None:
    """A reminder whose method is gone parks the twin, and is skipped like an event."""
    feed = Feed()
    feed.apply(numbered(P, "wish", Wish("wake", START + 5), 1))
    feed.partition.reminders.set(P, "gone", START + 5)
    applied = feed.tick(10.0)

    assert [P] == applied.parked
    assert ["due.gone", "due.wake"] == [entry.type for entry in parked(feed).entries]
    feed.apply(skip(P, "s1"), at=20.0)
    assert [("wake", START + 20)] == feed.twin(P).fired


def test_a_payload_that_this_code_cannot_read_parks() -> None:
    """Acknowledged is acknowledged: what older code cannot decode waits for newer code."""
    feed = Feed()
    applied = feed.apply(numbered(P, "note", {"text": 5}, 1), numbered(P, "note", Note(), 2))

    assert "ValidationError: Expected `str`, got `int`" in parked(feed).reason
    assert ([P], 2) == (applied.parked, len(parked(feed).entries))
    feed.apply(resume(P, "r1"))
    assert 2 == len(parked(feed).entries)
    feed.apply(skip(P, "s1"))
    assert [f"{P}:1:2"] == feed.twin(P).trace


@pytest.mark.parametrize("what", ["nan", "infinite", "object", "tell", "effect", "reminder"])
def test_what_no_checkpoint_could_keep_is_poison(what: str) -> None:
    """A state or an output that cannot be stored parks its twin; the checkpoint goes on."""
    feed = Feed()
    feed.apply(numbered(P, "note", Note("fine"), 1))
    spoil = encode_block(0, GENESIS, [told(P, "spoil", what)], source=1, position=1)
    applied = feed.take(spoil, 1.0)
    feed.apply(numbered(Q, "note", Note("fine"), 1))
    feed.checkpoint()
    feed.crash()

    assert "spoil" == parked(feed).event_type
    assert (0, 0, 0) == with_outputs(applied)
    assert [["fine"], ["fine"]] == [feed.twin(twin_id).trace for twin_id in (P, Q)]


def test_a_parked_twin_survives_checkpoint_and_crash() -> None:
    """What waits travels with the twin; nothing is lost, nothing handled twice."""
    feed = Feed(hot_bytes=0)
    feed.apply(numbered(P, "boom", SOON, 1))
    for number in range(2, 8):
        feed.apply(numbered(P, "note", Note(), number), numbered(P, "note", Note(), number))
        if number % 2:
            feed.checkpoint()
        if number % 3 == 0:
            feed.crash()
    feed.apply(resume(P, "r1"), at=150.0)
    feed.crash()

    assert [f"{P}:1:{number}" for number in range(1, 8)] == feed.twin(P).trace


# -- calls ---------------------------------------------------------------------------------------


def test_a_call_that_fails_is_refused_and_parks_nobody() -> None:
    """Its caller learns why; what it had changed and caused is undone."""
    feed = Feed()
    applied = feed.apply(inside(P, "ask.sum", {"left": -1, "right": 2}, "c1"))
    reply = feed.partition.replies["c1"]

    assert (None, "ValueError: no negative numbers here") == (reply.value, reply.error)
    assert ([], 0, (0, 0, 0)) == (applied.parked, applied.events, with_outputs(applied))
    assert [] == feed.twin(P).trace


def test_a_call_with_data_of_another_shape_is_refused() -> None:
    """A caller's mistake parks nobody either."""
    feed = Feed()
    feed.apply(inside(P, "ask.sum", {"left": "one"}, "c1"))

    assert "ValidationError" in str(feed.partition.replies["c1"].error)
    assert None is feed.cell(P).book.parked


def test_a_call_to_a_parked_twin_is_refused() -> None:
    """Its caller need not wait for an operator, and it does not run later."""
    feed = Feed()
    feed.apply(numbered(P, "boom", SOON, 1))
    feed.apply(inside(P, "ask.sum", {"left": 1, "right": 2}, "c1"))
    feed.apply(resume(P, "r1"), at=200.0)

    assert "parked since position 1: RuntimeError" in str(feed.partition.replies["c1"].error)
    assert [f"{P}:1:1"] == feed.twin(P).trace


def test_an_answer_that_cannot_be_sent_is_a_failure() -> None:
    """The call is undone and refused; the partition's checkpoint is not spoilt by it."""
    feed = Feed()
    applied = feed.apply(inside(P, "ask.odd", None, "c1"))
    feed.checkpoint()
    feed.crash()

    assert "TypeError" in str(feed.partition.replies["c1"].error)
    assert ([], (0, 0, 0)) == (feed.twin(P).trace, with_outputs(applied))
