"""Replay: history with candidate rules beside the live ones, exact to the firing."""

from replay_kit import HOT, HOTTER, warm_up
from support.feed import START, inside, told
from support.history import History, contest, fired, result, rule, times

from actors.backtest.replay import EXAMPLES, Replay, sampled
from actors.backtest.report import Change
from actors.block import decode_block
from twins.rulebook.messages import Published

# -- the difference ------------------------------------------------------------------------------


def test_the_same_rules_make_no_difference() -> None:
    """Candidate equal to live: all firings are the same, and no rule changed."""
    part = warm_up().replay(HOT, HOT)

    assert (4, 4, 4) == fired(part)
    assert result(part).change is Change.SAME
    assert result(part).only_candidate == result(part).only_live == []
    assert 10 == part.events


def test_another_threshold_makes_exactly_the_difference() -> None:
    """What is missing and what is added, by twin and event time; inputs and words beside it."""
    part = warm_up().replay(HOT, HOTTER)

    found = result(part)
    assert found.change is Change.CHANGED
    assert (2, 4, 1) == (found.candidate, found.live, found.both)
    assert [("vehicle/v1", 20.0), ("vehicle/v1", 40.0)] == times(found.first)
    assert [("vehicle/v1", 20.0)] == times(found.only_candidate)
    assert [
        ("vehicle/v1", 10.0), ("vehicle/v2", 11.0), ("vehicle/v2", 41.0),
    ] == times(found.only_live)  # fmt: skip
    assert (1, 2, 1) == (found.twins_candidate, found.twins_live, found.twins_both)
    assert {"coolant_c": 106.0} == found.first[0].inputs
    assert "coolant_c (106.0) > 105" == found.first[0].words


def test_rules_that_come_and_go() -> None:
    """A new rule has only firings to add, one that is removed only such that would be missing."""
    part = warm_up().replay(HOT, [rule("hotter", "coolant_c > 105")])

    assert (0, 4, 0) == fired(part)
    assert (2, 0, 0) == fired(part, "hotter")
    assert [
        ("hot", Change.REMOVED), ("hotter", Change.NEW),
    ] == [(one.rule, one.change) for one in part.rules]  # fmt: skip


def test_signals_are_counted_by_name() -> None:
    """What rules and handlers raise, with either rule set."""
    louder = [rule("hot", "coolant_c > 100", then={"signal": "engine.loud"})]
    part = warm_up().replay(HOT, louder)

    assert [
        ("engine.loud", 4, 0), ("hot", 0, 4),
    ] == [(one.signal, one.candidate, one.live) for one in part.signals]  # fmt: skip


def test_a_shadow_is_told_as_one() -> None:
    """A candidate in the shadow fires, and nothing would follow."""
    part = warm_up().replay([], [rule("hot", "coolant_c > 105", shadow=True)])

    assert (2, 0, 0) == fired(part)
    assert [True, True] == [one.shadow for one in result(part).first]
    assert [] == part.signals


def test_examples_are_bounded_and_counts_are_not() -> None:
    """Of a rule that fires all the time the first firings are kept, and all are counted."""
    history = History()
    for second in range(100):
        history.measure(second, coolant_c=90 + second % 2 * 20)
    part = history.replay([], HOT, examples=3)

    assert (50, 0, 0) == fired(part)
    assert [("vehicle/v1", at) for at in (1.0, 3.0, 5.0)] == times(result(part).first)
    assert 3 == len(result(part).only_candidate)
    assert 20 == EXAMPLES


# -- what a twin is ------------------------------------------------------------------------------


def test_only_the_span_counts() -> None:
    """What comes before it is replayed, so that rules are open or not, and not counted."""
    history = History()
    history.measure(0.0, coolant_c=101)
    history.measure(10.0, coolant_c=102)
    history.measure(20.0, coolant_c=90)
    history.measure(30.0, coolant_c=103)
    part = history.replay(HOT, HOTTER, since=5.0)

    assert (0, 1, 0) == fired(part)
    assert [("vehicle/v1", 30.0)] == times(result(part).only_live)
    assert (1, 3) == (part.warm_up, part.events)


def test_late_readings_reach_windows_at_their_own_time() -> None:
    """A late reading counts where it belongs, does not fire a limit, and comes once if repeated."""
    history = History()
    late = history.reading(12.0, coolant_c=120)
    history.measure(10.0, coolant_c=90)
    history.measure(60.0, coolant_c=91)
    history.block(late, at=61.0)
    history.block(late, at=62.0)
    history.measure(70.0, coolant_c=92)
    window = [rule("peak", "max(coolant_c, 5m) > 110")]
    part = history.replay(HOT, [*HOT, *window])

    assert (0, 0, 0) == fired(part)
    assert (1, 0, 0) == fired(part, "peak")
    assert [("vehicle/v1", 60.0)] == times(result(part, "peak").first)
    assert {"max(coolant_c, 5m)": 120.0} == result(part, "peak").first[0].values


def test_what_other_partitions_told_is_replayed_once() -> None:
    """A question to what happened sees messages of the log; one that comes again counts once."""
    history = History(partitions=2)
    tried = told("vehicle/v1", "context.tried", {"remedy": "fan"}, "t1")
    history.told(1, 7, tried, at=5.0)
    history.log.append(history.log[-1])
    history.measure(10.0, coolant_c=101)
    part = history.replay(HOT, [rule("hot", "coolant_c > 100 and not tried(fan)")])

    assert (0, 1, 0) == fired(part)
    assert 2 == part.events


def test_time_passes_for_the_candidate_where_nothing_arrives() -> None:
    """A wait that only the candidate has is over on time, though no tick of the log is for it."""
    history = History()
    history.measure(0.0, coolant_c=101)
    history.measure(500.0, "vehicle/v2", coolant_c=80)
    part = history.replay(HOT, [rule("hot", "coolant_c > 100", **{"for": "30s"})])

    found = result(part)
    assert (1, 1, 0) == (found.candidate, found.live, found.both)
    assert [("vehicle/v1", 30.0)] == times(found.first)
    assert START + 30.0 == found.first[0].now


def test_silence_is_noticed_up_to_the_end() -> None:
    """Time passes to the end of the span, not only to the last block, and not beyond it."""
    history = History()
    history.measure(0.0, coolant_c=80)
    silent = [rule("silent", "silent(15m)")]

    assert (0, 0, 0) == fired(history.replay([], silent, until=899.0), "silent")
    assert (1, 0, 0) == fired(history.replay([], silent, until=901.0), "silent")


def test_both_sides_are_woken_alike() -> None:
    """More wake-ups on one side change nothing for the rules that both have."""
    history = History()
    for second in range(40):
        for car in range(3):
            at = second * 7.0 + car
            history.measure(at, f"vehicle/v{car}", coolant_c=95 + (second * (car + 3)) % 11)
    waits = [rule("hot", "coolant_c > 100", **{"for": "9s"})]
    more = [
        rule("silent", "silent(4s)"),
        rule("mean", "avg(coolant_c, 20s) > 101", **{"for": "3s"}),
    ]
    part = history.replay(waits, [*waits, *more])

    both = result(part).both
    assert (both, both, both) == fired(part)
    assert both > 5
    assert result(part, "silent").candidate > 5


# -- who takes part ------------------------------------------------------------------------------


def test_a_sample_is_by_id_alone() -> None:
    """The same twins each time, about as many as asked, a larger sample holds a smaller one."""
    ids = [f"vehicle/v{number}" for number in range(10_000)]
    tenth = [twin_id for twin_id in ids if sampled(twin_id, 0.1)]
    hundredth = [twin_id for twin_id in ids if sampled(twin_id, 0.01)]

    assert 900 < len(tenth) < 1100
    assert 70 < len(hundredth) < 130
    assert [] == [twin_id for twin_id in hundredth if twin_id not in tenth]
    assert ids == [twin_id for twin_id in ids if sampled(twin_id, 1.0)]


def test_a_sample_holds_what_the_whole_says_of_its_twins() -> None:
    """Twins outside of it take no part; those inside fire as in the whole."""
    history = History()
    for car in range(200):
        history.measure(float(car), f"vehicle/v{car}", coolant_c=101)
    whole = history.replay([], HOT, examples=1000)
    part = history.replay([], HOT, share=0.2, examples=1000)

    inside_it = [one for one in result(whole).first if sampled(one.twin_id, 0.2)]
    assert inside_it == result(part).first
    assert part.twins == part.events == len(inside_it)
    assert 20 < part.twins < 60


def test_twins_of_other_kinds_take_no_part() -> None:
    """They are neither made nor asked for: all that a twin sees is in its partition's log."""
    history = History()
    history.block(
        inside("customer/c1", "configured", {"language": "de"}, "1"),
        history.reading(0.0, coolant_c=101), at=0.0,
    )  # fmt: skip
    replay = Replay(0, 1, {"vehicle": contest([], HOT)}, since=START)

    assert ["vehicle/v1"] == replay.needed(decode_block(history.log[0][0]))
    history.feed(replay)
    assert [] == replay.needed(decode_block(history.log[0][0]))
    assert 1 == replay.finish(START + 1.0).twins


def test_published_versions_are_noted() -> None:
    """That other rules were live in the span is seen, of the kinds that are compared."""
    history = History()
    for at, kind, version in [(1.0, "vehicle", 3), (11.0, "parcel", 9), (12.0, "vehicle", 4)]:
        data = Published(kind=kind, version=version, documents=[])
        history.told(1, int(at), told("partition/0", "rules.published", data, str(at)), at=at)
    part = history.replay(HOT, HOT, since=10.0)

    assert [(START + 12.0, "vehicle", 4)] == part.published
