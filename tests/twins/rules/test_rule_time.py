"""Rules and time: silence, windows that grow old, and how rarely a twin is woken for them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.kiln import Kilned, compiled, is_open, kiln, names

from twins.rules.evaluate import Known, holds, looked
from twins.rules.memory import WAKE

SILENT = "{rule: lost, on: [heat, power], when: silent(15m)}"


def test_a_twin_that_is_not_heard_is_silent() -> None:
    """After so long by the log's time, once; it clears as soon as something is heard."""
    trial = kiln(SILENT)
    trial.heat(20)
    trial.advance(899)

    assert [] == names(trial)

    trial.advance(2)

    assert (["lost"], True) == (names(trial), is_open(trial, "lost"))

    trial.advance(3600)
    trial.measure({"volts": 5.0}, "power")

    assert (["lost"], False) == (names(trial), is_open(trial, "lost"))

    trial.advance(901)

    assert ["lost", "lost"] == names(trial)


def test_a_late_reading_is_heard_too() -> None:
    """Whatever its time, the device is there."""
    trial = kiln(SILENT)
    trial.heat(20)
    trial.advance(800)
    trial.heat(20, at=trial.now - 700)
    trial.advance(800)

    assert [] == names(trial)


def test_what_was_never_heard_of_is_not_silent() -> None:
    """It counts from the first event."""
    trial = kiln(SILENT)
    trial.tell("configured", {"name": "x"})
    trial.advance(3600)

    assert [] == names(trial)


class Counting(Kilned):
    """Counts the reminders that are set and that run."""

    set_ = 0
    run = 0

    def _play(self, event_type: str, payload: bytes) -> Any:
        before = dict(self._due)
        answer = super()._play(event_type, payload)
        self.run += event_type == f"due.{WAKE}"
        self.set_ += self._due.get(WAKE) not in (None, before.get(WAKE))
        return answer


def test_a_reminder_is_not_moved_with_every_event() -> None:
    """A kiln that sends each second for an hour is woken four times for `silent(15m)`.

    The first one is set with the first event, each later one as one has run.
    """
    trial = Counting("kiln/k1", {"kiln": compiled(SILENT)})
    for _ in range(3600):
        trial.heat(20)
        trial.advance(1)

    assert (5, 4) == (trial.set_, trial.run)
    assert [] == names(trial)


def test_several_rules_share_one_reminder() -> None:
    """It runs for whichever comes first; a rule that waits does not wake the twin twice."""
    trial = Counting(
        "kiln/k1",
        {"kiln": compiled(f"[{SILENT}, {{rule: hot, when: temp_c > 1200, for: 30s}}]")},
    )
    trial.heats(20, 1250, 20, 1250, 20, 1250, 20)
    trial.advance(60)

    assert [] == names(trial)
    assert 2 >= trial.run

    trial.heat(1250)
    trial.advance(31)

    assert ["hot"] == names(trial)

    trial.advance(870)

    assert ["hot", "lost"] == names(trial)


def test_a_window_clears_although_nothing_arrives() -> None:
    """Three hot readings in ten minutes are three for ten minutes."""
    trial = kiln("{rule: hot, when: 'count(temp_c > 1200, 10m) >= 3'}")
    trial.heats(1250, 1250, 1250)
    trial.advance(590)

    assert is_open(trial, "hot")

    trial.advance(70)

    assert not is_open(trial, "hot")
    assert trial.twin.windows is None


def test_nothing_fires_because_something_is_forgotten() -> None:
    """A mean that rises as old readings leave the window is looked at with the next reading."""
    trial = kiln("{rule: hot, when: 'avg(temp_c, 1m) > 100'}")
    trial.heat(0)
    trial.advance(50)
    trial.heat(150)
    trial.advance(60)

    assert [] == names(trial)

    trial.heat(150)

    assert ["hot"] == names(trial)


def test_a_late_reading_counts_in_its_window() -> None:
    """The third one comes late, and makes it three."""
    trial = kiln("{rule: hot, when: 'count(temp_c > 1200, 10m) >= 3'}")
    trial.heats(1250, 1250, 20)
    trial.heat(1250, at=trial.now - 5)

    assert ["hot"] == names(trial)


def test_a_window_looks_at_what_was_measured() -> None:
    """A reading without the field is no sample, however long the twin has known a value."""
    trial = kiln("{rule: hot, on: [heat, power], when: 'count(temp_c > 1200, 10m) >= 2'}")
    trial.heat(1250)
    trial.heat(None, load=3)
    trial.measure({"volts": 5.0}, "power")

    assert [] == names(trial)

    trial.heat(1250)

    assert ["hot"] == names(trial)


def test_changed_is_of_the_moment_and_was_of_the_reading_before() -> None:
    """The first value is no change, nor is a late one."""
    trial = kiln(
        """
        - {rule: moved, when: changed(mode), then: {signal: moved, data: {from: was(mode)}}}
        - {rule: jump, when: temp_c - was(temp_c) > 100}
        """
    )
    trial.heat(20, mode="idle")
    trial.heat(20, mode="idle")
    trial.heat(130, mode="fire")
    trial.heat(None, mode="idle", at=trial.now - 5)
    trial.heat(140, mode="cool")

    assert [("jump", None), ("moved", "idle"), ("moved", "fire")] == [
        (signal.name, signal.data.get("from")) for signal in trial.signals
    ]


def test_the_rate_is_a_second() -> None:
    """From the first to the last reading of the window, at any sampling."""
    trial = kiln("{rule: fast, when: 'rate(temp_c, 1m) > 2'}")
    trial.heats(100, 119, 138, every_s=10)

    assert [] == names(trial)

    trial.heats(138, 170, every_s=10)

    assert ["fast"] == names(trial)

    trial.advance(120)

    assert not is_open(trial, "fast")


# -- a change of the rules -----------------------------------------------------------------------


def test_a_changed_rule_begins_anew_and_the_others_go_on() -> None:
    """Each rule's memory is known by its name and what it says."""
    before = """
    - {rule: a, when: "count(temp_c > 5, 1h) > 2"}
    - {rule: b, when: "count(load > 5, 1h) > 2"}
    """
    after = before.replace("temp_c > 5", "temp_c > 6")
    trial = kiln(before)
    for _ in range(2):
        trial.heat(10, load=10)
    trial.rules["kiln"] = compiled(after, 2)
    trial.heat(10, load=10)

    assert [("b", 2)] == [(signal.name, signal.data["why"]["version"]) for signal in trial.signals]


def test_a_rule_that_is_gone_leaves_nothing() -> None:
    """With the next event, or when the twin is woken."""
    for act in (lambda trial: trial.heat(1), lambda trial: trial.advance(3600)):
        trial = kiln("{rule: hot, when: temp_c > 1200, for: 10m}")
        trial.heat(1250)
        trial.rules["kiln"] = compiled("{rule: other, when: temp_c > 1400}", 2)
        act(trial)
        trial.advance(3600)

        assert ([], None) == (names(trial), trial.twin.windows)


# -- storing -------------------------------------------------------------------------------------

MANY = """
- {rule: rise, when: "rising(temp_c, 2, band=1, above=50, clear=40)"}
- {rule: fall, when: "falling(temp_c, 2, band=1)"}
- {rule: often, when: "count(temp_c > 60, 30s) >= 3", every: 20s}
- {rule: mean, when: "avg(temp_c, 30s) > 60", clear: "avg(temp_c, 30s) < 50", for: 5s}
- {rule: low, when: "min(temp_c, 30s) > 45 and max(temp_c, 30s) < 90", severity: info,
   escalate: {to: critical, when: temp_c > 80}}
- {rule: rate, when: "rate(temp_c, 30s) > 1", suppresses: mean, priority: 2}
- {rule: lost, when: "silent(20s)"}
- {rule: moved, when: "changed(mode)", at_most: {times: 2, within: 1m}}
- {rule: jump, when: "temp_c - was(temp_c) > 20", excludes: rise}
- {rule: after, when: "happened(rise, 40s) and temp_c > 55", context: "load is None"}
"""
RULES = compiled(MANY)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 1, 2, 5, 25]),
        st.sampled_from([0, 0, 0, 3, 40]),
        st.none() | st.integers(30, 95).map(float),
        st.sampled_from([None, "idle", "fire"]),
        st.booleans(),
    ),
    max_size=40,
)
"""(seconds to pass, how late, temp_c, mode, whether it is stored and restored)."""


def run(steps: Any, *, stores: bool) -> Kilned:
    """Play the steps."""
    trial = Kilned("kiln/k1", {"kiln": RULES})
    for seconds, late, temp_c, mode, stored in steps:
        trial.advance(seconds)
        trial.heat(temp_c, mode=mode, at=trial.now - late)
        if stores and stored:
            trial.restore()
    trial.advance(100)
    return trial


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_rules_go_on_after_storing_as_they_would_have(steps: Any) -> None:
    """Every operator and every limit: stored and restored at any time, the same signals."""
    straight, stored = run(steps, stores=False), run(steps, stores=True)

    assert straight.signals == stored.signals
    assert straight.twin == stored.twin


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_a_rule_is_open_while_its_condition_holds(steps: Any) -> None:
    """After each event: the interpreter, which only looks, agrees with what ran."""
    trial = Kilned("kiln/k1", {"kiln": RULES})
    for seconds, late, temp_c, mode, _ in steps:
        trial.advance(seconds)
        trial.heat(temp_c, mode=mode, at=trial.now - late)
        if late:
            continue
        for name in ("rise", "fall", "low", "rate", "lost"):
            plan = RULES.rule(name).plan
            assert plan.when is not None
            known = Known(
                trial.twin, trial.now, None, looked(plan, trial.twin, trial.twin.stamp, trial.now)
            )

            assert holds(plan.when, known) is is_open(trial, name), name
