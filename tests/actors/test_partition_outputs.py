"""The partition: effects with constant ids, answers to calls, and snapshots of both."""

import msgspec
from support.feed import START, Feed, device, inside, numbered, replay, resume
from support.probes import Boom, Level, Note, Word

from actors.block import Entry
from actors.replies import KEPT_REPLIES
from twins.ids import digest
from twins.outputs import Effect, Outcome, Reply

P = "probe/p1"


def effects(feed: Feed) -> list[Effect]:
    """All effects that wait, in order."""
    return [effect for caused in feed.partition.outbox.effects for effect in caused.effects]


# -- effects -------------------------------------------------------------------------------------


def test_an_effects_id_is_twin_event_name_and_key() -> None:
    """And nothing else: neither position, nor time, nor what stood in the block before it."""
    feeds = Feed(), Feed()
    feeds[1].apply(numbered("probe/p2", "deed", {"key": "x"}, 1), at=50.0)
    for feed in feeds:
        feed.apply(numbered(P, "deed", {"key": "a"}, 7), at=60.0)
    ids = [effects(feed)[-1].id for feed in feeds]

    assert [digest(P, f"{P}:1:7", "deed", "a")] * 2 == ids


def test_another_twin_event_or_key_is_another_effect() -> None:
    """No two effects of different causes share an id."""
    feed = Feed()
    feed.apply(
        numbered(P, "deed", {"key": "a"}, 1),
        numbered(P, "deed", {"key": "b"}, 2),
        numbered(P, "deed", {"key": "a"}, 3),
        numbered("probe/p2", "deed", {"key": "a"}, 1),
        device(P, "deed", {"key": "a"}, id=f"{P}"),
    )

    assert 5 == len({effect.id for effect in effects(feed)})


def test_a_replay_causes_the_same_effects() -> None:
    """After a crash the effects of the replayed blocks are the same, byte for byte."""
    feed = Feed(hot_bytes=0)
    for number in range(12):
        feed.apply(numbered(P, "deed", {"key": str(number)}, number), at=float(number))
        if number == 5:
            feed.checkpoint()
    expected = effects(feed)
    feed.crash()

    assert msgspec.msgpack.encode(expected) == msgspec.msgpack.encode(effects(feed))
    assert [str(number) for number in range(12)] == [effect.key for effect in effects(feed)]


def test_effects_leave_the_checkpoint_once_they_are_accepted() -> None:
    """What the workers hold durably is not given to them again after a crash."""
    feed = Feed()
    for number in range(4):
        feed.apply(numbered(P, "deed", {"key": str(number)}, number))
    feed.partition.outbox.accepted(2)
    feed.checkpoint()
    feed.crash()

    assert ["2", "3"] == [effect.key for effect in effects(feed)]


def outcome(effect: Effect, reason: str | None = None) -> Entry:
    """What the worker says of an effect."""
    name = "done" if reason is None else "failed"
    data = Outcome(effect_id=effect.id, key=effect.key, reason=reason)
    return inside(P, f"deed.{name}", data, f"{effect.id}.{name}")


def test_an_outcome_reaches_its_twin_once() -> None:
    """A worker that repeats an outcome is heard once, in the same block or later."""
    feed = Feed()
    feed.apply(*[numbered(P, "deed", {"key": key}, n) for n, key in enumerate("ab")])
    first, second = effects(feed)
    feed.apply(outcome(first), outcome(second, "expired"), outcome(first))
    feed.apply(outcome(first), outcome(second, "expired"))

    assert ["done a", "failed b expired"] == feed.twin(P).outcomes
    assert 3 == feed.partition.repeats


def test_an_outcome_is_recognised_however_late_it_comes_again() -> None:
    """After a thousand other ids, evictions and crashes, and in whichever order they come."""
    feed = Feed(hot_bytes=0)
    feed.apply(*[numbered(P, "deed", {"key": str(n)}, n) for n in range(100)])
    outcomes = [outcome(effect) for effect in effects(feed)]
    feed.apply(*outcomes[50:])
    feed.checkpoint()
    for start in range(0, 1000, 100):
        feed.apply(*[device(P, "note", Note(), id=f"i{start + n}") for n in range(100)])
        feed.apply(*outcomes[50:])
    feed.crash()
    feed.apply(*outcomes[::-1])
    feed.checkpoint()
    feed.crash()
    feed.apply(*outcomes)

    expected = [f"done {n}" for n in (*range(50, 100), *range(49, -1, -1))]

    assert expected == feed.twin(P).outcomes
    assert b"" == feed.cell(P).book.open


def test_an_effect_ends_once() -> None:
    """Done or failed: whichever came first."""
    feed = Feed()
    feed.apply(numbered(P, "deed", {"key": "a"}, 1))
    (effect,) = effects(feed)
    feed.apply(outcome(effect), outcome(effect, "unknown"))

    assert ["done a"] == feed.twin(P).outcomes


def test_an_outcome_that_cannot_be_read_parks_once() -> None:
    """Newer code may read it, so it waits; the worker's repeat is recognised all the same."""
    feed = Feed()
    feed.apply(numbered(P, "deed", {"key": "a"}, 1))
    (effect,) = effects(feed)
    odd = inside(P, "deed.done", {"effect_id": effect.id, "at": "noon"}, f"{effect.id}.done")
    feed.apply(odd, odd)

    assert [odd] == [entry for entry, _ in feed.waiting(P)]


def test_an_outcome_of_what_was_undone_is_none() -> None:
    """A handler that failed has caused nothing that could be done."""
    feed = Feed()
    applied = feed.apply(numbered(P, "boom", Boom(until=START + 10), 1))
    straight = replay([]).apply(numbered(P, "boom", Boom(until=0), 1))
    (never,) = straight.effects
    feed.apply(inside(P, "late.done", Outcome(effect_id=never.id), f"{never.id}.done"))

    assert ([], []) == (applied.effects, feed.twin(P).outcomes)
    assert 1 == feed.partition.repeats


def test_an_ending_that_nobody_handles_ends_the_effect_too() -> None:
    """Else the book would keep it for ever."""
    feed = Feed()
    feed.apply(numbered(P, "boom", Boom(until=0), 1))
    (late,) = effects(feed)
    open_before = feed.cell(P).book.open
    data = Outcome(effect_id=late.id, reason="refused")
    feed.apply(inside(P, "late.failed", data, f"{late.id}.failed"))

    assert (bytes.fromhex(late.id), b"") == (open_before, feed.cell(P).book.open)
    assert (0, 0, []) == (feed.partition.refused, feed.partition.repeats, feed.twin(P).outcomes)


def test_a_waiting_outcome_is_handled_once_it_may() -> None:
    """It is over when it came, not when a parked twin handles it."""
    feed = Feed()
    feed.apply(numbered(P, "deed", {"key": "a"}, 1), numbered(P, "boom", Boom(until=START + 9), 2))
    (effect,) = effects(feed)
    feed.apply(outcome(effect), outcome(effect))
    feed.apply(resume(P, "r"), outcome(effect), at=10.0)

    assert ["done a"] == feed.twin(P).outcomes


def test_a_twin_of_older_code_recognises_outcomes_as_it_did() -> None:
    """Its book does not say which effects are open: an outcome counts unless it was just there."""
    feed = Feed()
    feed.apply(numbered(P, "deed", {"key": "a"}, 1))
    feed.cell(P).book.open = None
    (effect,) = effects(feed)
    feed.apply(outcome(effect), outcome(effect))
    feed.apply(numbered(P, "deed", {"key": "b"}, 2))
    feed.apply(*map(outcome, effects(feed)))

    assert ["done a", "done b"] == feed.twin(P).outcomes


def test_an_effect_holds_what_the_twin_had_then() -> None:
    """A request made of the twin's own state does not follow it when it changes."""
    feed = Feed()
    feed.apply(numbered(P, "note", Note("first"), 1), inside(P, "lend", Word(P), "l1"))
    feed.apply(numbered(P, "note", Note("later"), 2))
    (effect,) = effects(feed)

    assert ["first"] == effect.request


def test_a_signal_holds_what_the_twin_had_then() -> None:
    """Those who watch see the signal as it was noticed."""
    feed = Feed()
    applied = feed.apply(
        numbered(P, "note", Note("first"), 1),
        inside(P, "lend", Word(P), "l1"),
        numbered(P, "note", Note("later"), 2),
    )

    assert [{"trace": ["first"]}] == [signal.data for signal in applied.signals]


# -- answers -------------------------------------------------------------------------------------


def test_a_call_is_answered() -> None:
    """The answer is kept under the call's id."""
    feed = Feed()
    applied = feed.apply(inside(P, "ask.sum", {"left": 2, "right": 3}, "c1"))

    assert Reply("c1", value={"sum": 5}) == feed.partition.replies["c1"]
    assert 1 == applied.events


def test_a_call_repeated_runs_once_and_keeps_its_answer() -> None:
    """With an id of one's own a call may be repeated after a failure, and still counts once."""
    feed = Feed()
    call = inside(P, "ask.sum", {"left": 2, "right": 3}, "c1")
    feed.apply(call, call)
    feed.checkpoint()
    feed.crash()
    feed.apply(call)

    assert Reply("c1", value={"sum": 5}) == feed.partition.replies["c1"]
    assert ["c1"] == feed.twin(P).trace


def test_an_answer_holds_what_the_twin_had_then() -> None:
    """An answer made of the twin's own state does not follow it when it changes."""
    feed = Feed()
    feed.apply(numbered(P, "note", Note("first"), 1), inside(P, "ask.trace", None, "c1"))
    feed.apply(numbered(P, "note", Note("later"), 2))

    assert ["first"] == feed.partition.replies["c1"].value


def test_the_newest_answers_are_kept() -> None:
    """So many, in the order of the calls, across checkpoints."""
    feed = Feed()
    for number in range(KEPT_REPLIES + 20):
        feed.apply(inside(P, "ask.sum", {"left": number, "right": 0}, f"c{number}"))
        if number % 100 == 50:
            feed.checkpoint()
            feed.crash()

    assert [f"c{number}" for number in range(20, KEPT_REPLIES + 20)] == list(feed.partition.replies)


# -- counts --------------------------------------------------------------------------------------


def test_what_was_done_is_counted() -> None:
    """Events, repeats and refusals, by block and in all, across checkpoints."""
    feed = Feed()
    first, odd = numbered(P, "level", Level(a=1.0), 1), device("nokind/x", "note", Note())
    counts = [feed.apply(first, first, odd), feed.apply(first)]
    feed.checkpoint()
    feed.crash()
    counts.append(feed.apply(odd, odd, numbered(P, "note", Note(), 2), at=5.0))

    assert [(1, 1, 1), (0, 1, 0), (1, 0, 2)] == [
        (count.events, count.repeats, count.refused) for count in counts
    ]
    assert (2, 2, 3) == (feed.partition.events, feed.partition.repeats, feed.partition.refused)
    assert START + 5 == feed.partition.now
