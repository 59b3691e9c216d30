"""A rule from its beginning to its end: for, clear, severity, limits, other rules in its way."""

from typing import Any

import pytest
from support.kiln import Kilned, compiled, is_open, kiln, names

from twins.rules.errors import BadRule


def test_it_fires_when_it_begins_to_hold() -> None:
    """Once, however long it holds; and again when it begins anew."""
    trial = kiln("{rule: hot, when: temp_c > 1200}")
    trial.heats(1100, 1250, 1300, 1260, 1200, 1210)

    assert ["hot", "hot"] == names(trial)


def test_nothing_is_remembered_of_a_kiln_that_is_well() -> None:
    """Neither before nor after; only what it noticed."""
    trial = kiln("{rule: hot, when: temp_c > 1200}")
    trial.heats(1100, 1150)

    assert (trial.twin.windows, trial.twin.record) == (None, None)

    trial.heats(1250, 1150)

    assert trial.twin.windows is None
    assert ["hot"] == list(trial.twin.record.signals)


def test_it_clears_by_its_own_condition() -> None:
    """Hysteresis: between both, it stays as it is."""
    trial = kiln("{rule: hot, when: temp_c > 1200, clear: temp_c < 1100}")
    trial.heats(1250, 1150, 1250, 1090, 1150, 1210)

    assert ["hot", "hot"] == names(trial)


def test_what_was_cleared_has_to_cease_to_hold() -> None:
    """Cleared while it holds, it does not fire at once; only when it begins anew."""
    trial = kiln("{rule: hot, when: temp_c > 1200, clear: load == 0}")
    trial.heat(1250, load=5)
    trial.heat(1250, load=0)
    trial.heat(1260, load=5)

    assert (["hot"], False) == (names(trial), is_open(trial, "hot"))

    trial.heat(1100)
    trial.heat(1250)

    assert ["hot", "hot"] == names(trial)


# -- for -----------------------------------------------------------------------------------------

LONG = "{rule: hot, when: temp_c > 1200, for: 30s}"


def test_it_has_to_hold_for_so_long() -> None:
    """Without interruption, by the readings' time, at any sampling."""
    trial = kiln(LONG)
    trial.heats(1250, 1250, 1250, every_s=10)

    assert [] == names(trial)

    trial.heats(1250, 1100, every_s=9)
    trial.advance(60)

    assert [] == names(trial)

    trial.heats(1250, 1250, 1250, 1250, every_s=10)

    assert ["hot"] == names(trial)


def test_it_fires_although_nothing_arrives() -> None:
    """What was measured holds until something newer is; it is not forgotten to look."""
    trial = kiln(LONG)
    trial.heat(1250)
    trial.advance(29.9)

    assert [] == names(trial)

    trial.advance(0.2)

    assert ["hot"] == names(trial)


def test_late_readings_are_not_looked_at() -> None:
    """They neither begin nor interrupt."""
    trial = kiln(LONG)
    trial.heat(1250)
    trial.advance(10)
    trial.heat(1250)
    trial.heat(900, at=trial.now - 5)
    trial.advance(21)
    trial.heat(1250)

    assert ["hot"] == names(trial)


def test_a_device_that_sends_its_past_at_once_is_judged_by_its_past() -> None:
    """Half a minute of readings that came in one second is half a minute."""
    trial = kiln(LONG)
    begin = trial.now - 3600
    readings = [{"at": begin + second, "temp_c": 1250.0} for second in range(0, 40, 10)]
    trial.measure(readings, "heat")

    assert ["hot"] == names(trial)
    assert begin == trial.signals[0].data["why"]["since"]


def test_a_clock_that_is_ahead_brings_nothing_forward() -> None:
    """By the readings' own time it has not held for so long."""
    trial = kiln(LONG)
    trial.heat(1250, at=trial.now + 200)
    trial.advance(220)

    assert [] == names(trial)

    trial.advance(20)

    assert ["hot"] == names(trial)


# -- severity ------------------------------------------------------------------------------------

STEPS = """
rule: hot
when: temp_c > 1200
severity: info
escalate:
  - {to: warning, when: temp_c > 1250}
  - {to: critical, when: temp_c > 1300, clear: temp_c < 1280}
"""


def severities(trial: Kilned) -> list[tuple[str, str]]:
    """Signal and severity, in order."""
    return [(signal.name, signal.data["why"]["severity"]) for signal in trial.signals]


def test_it_gets_worse_and_better_while_it_is_open() -> None:
    """Each change is told under a name of its own, so that nobody takes it for a new one."""
    trial = kiln(STEPS)
    trial.heats(1210, 1260, 1310, 1290, 1270, 1210, 1100)

    assert [
        ("hot", "info"),
        ("hot.escalated", "warning"),
        ("hot.escalated", "critical"),
        ("hot.eased", "warning"),
        ("hot.eased", "info"),
    ] == severities(trial)
    assert "critical" == trial.signals[3].data["why"]["before"]


def test_it_may_begin_as_bad_as_it_is() -> None:
    """No step is told that was not taken."""
    trial = kiln(STEPS)
    trial.heat(1400)

    assert [("hot", "critical")] == severities(trial)


# -- limits --------------------------------------------------------------------------------------


def test_every_so_often_at_most() -> None:
    """What begins too early waits, and fires when it may, if it still holds."""
    trial = kiln("{rule: hot, when: temp_c > 1200, every: 10m}")
    trial.heats(1250, 1100, 1250, 1100)

    assert ["hot"] == names(trial)

    trial.heat(1250)
    trial.advance(500)

    assert ["hot"] == names(trial)

    trial.advance(100)

    assert ["hot", "hot"] == names(trial)


def test_so_many_times_within() -> None:
    """Three a day; the fourth waits until the first is a day ago."""
    trial = kiln("{rule: hot, when: temp_c > 1200, at_most: {times: 3, within: 1d}}")
    for _ in range(5):
        trial.heats(1250, 1100)
        trial.advance(3600)

    assert 3 == len(names(trial))

    trial.advance(24 * 3600)
    trial.heats(1250, 1100)

    assert 4 == len(names(trial))


def test_a_limit_outlives_a_change_of_the_rule() -> None:
    """A new threshold does not wake anybody twice."""
    trial = kiln("{rule: hot, when: temp_c > 1200, every: 1h}")
    trial.heat(1250)
    trial.rules["kiln"] = compiled("{rule: hot, when: temp_c > 1150, every: 1h}", 2)
    trial.advance(10)
    trial.heat(1250)

    assert ["hot"] == names(trial)


# -- other rules ---------------------------------------------------------------------------------


def test_rules_run_by_priority() -> None:
    """The higher first, whatever their order in the file."""
    trial = kiln("[{rule: a, when: temp_c > 1}, {rule: b, when: temp_c > 1, priority: 3}]")
    trial.heat(5)

    assert ["b", "a"] == names(trial)


SUPPRESSED = """
- {rule: hot, when: temp_c > 1300, priority: 1, suppresses: warm}
- {rule: warm, when: temp_c > 1200}
"""


def test_an_open_rule_suppresses_another() -> None:
    """It fires when that is over, if it still holds then."""
    trial = kiln(SUPPRESSED)
    trial.heats(1350, 1250)

    assert ["hot", "warm"] == names(trial)

    trial = kiln(SUPPRESSED)
    trial.heats(1350, 1100, 1350, 1100)

    assert ["hot", "hot"] == names(trial)


EXCLUSIVE = """
- {rule: hot, when: temp_c > 1300, priority: 1, excludes: warm}
- {rule: warm, when: temp_c > 1200}
"""


def test_of_rules_that_exclude_each_other_one_fires_on_one_event() -> None:
    """The other one is passed over until it begins anew, whichever of them says so."""
    for text in (EXCLUSIVE, EXCLUSIVE.replace(", excludes: warm}", "}").replace(
        "1200}", "1200, excludes: hot}"
    )):  # fmt: skip
        trial = kiln(text)
        trial.heats(1350, 1360, 1250)

        assert ["hot"] == names(trial)

        trial.heats(1100, 1250, 1350)

        assert ["hot", "warm", "hot"] == names(trial)


# -- context, shadow, moments --------------------------------------------------------------------


def test_context_decides_whether_a_rule_runs() -> None:
    """Without it, nothing is remembered; what was open is closed."""
    trial = kiln("{rule: hot, context: name == 'big', when: 'count(temp_c > 1200, 1h) >= 2'}")
    trial.heats(1250, 1260, 1270)

    assert ([], None) == (names(trial), trial.twin.windows)

    trial.tell("configured", {"name": "big"})
    trial.heats(1250, 1260)

    assert ["hot"] == names(trial)

    trial.tell("configured", {"name": "small"})
    trial.heat(1250)

    assert not is_open(trial, "hot")


def test_a_shadow_is_counted_and_nothing_follows() -> None:
    """Its hits are there to be seen; it suppresses nobody."""
    trial = kiln(
        """
        - {rule: hot, when: temp_c > 1300, shadow: true, priority: 1, suppresses: warm,
           then: [{signal: hot}, {command: cool_down}]}
        - {rule: warm, when: temp_c > 1200}
        """
    )
    trial.heats(1350, 1250)

    assert (["warm"], []) == (names(trial), trial.effects)
    assert [("hot", True), ("warm", False)] == [
        (firing.rule, firing.shadow) for firing in trial.twin.record.firings
    ]


def test_each_event_of_its_own_is_a_firing() -> None:
    """A condition over the event itself is of the moment: it never stays open."""
    trial = kiln(
        "{rule: broken, on: fault, when: event.code > 5, then: {signal: b, data: [faults]}}"
    )
    for code in (7, 3, 8, 9):
        trial.measure({"code": code}, "fault")

    assert [1, 3, 4] == [signal.data["faults"] for signal in trial.signals]
    assert trial.twin.windows is None


def test_a_rule_without_a_condition_is_about_every_event() -> None:
    """Of the types that it watches."""
    trial = kiln("{rule: broken, on: fault, at_most: {times: 2, within: 1h}}")
    for _ in range(3):
        trial.measure({"code": 1}, "fault")
    trial.heat(5)

    assert ["broken", "broken"] == names(trial)


def test_two_signals_of_one_event_are_two() -> None:
    """Readings sent as one message, and rules that say the same: each signal has its own id."""
    trial = kiln(
        """
        - {rule: a, on: heat, when: event.temp_c > 5, then: {signal: s}}
        - {rule: b, on: heat, when: event.temp_c > 5, then: {signal: s}}
        """
    )
    trial.measure([{"at": trial.now - 1, "temp_c": 6.0}, {"temp_c": 7.0}], "heat")

    assert ["s"] * 4 == names(trial)
    assert 4 == len({signal.id for signal in trial.signals})
    assert all(signal.id.startswith("kiln/k1~") for signal in trial.signals)


# -- what follows --------------------------------------------------------------------------------


def test_signals_carry_data_and_the_reason() -> None:
    """Expressions by name, and rule, version, inputs, values and words under `why`."""
    trial = kiln(
        """
        rule: hot
        when: temp_c > 1200 and avg(load, 5m) > 10
        for: 10s
        severity: critical
        then: {signal: kiln.hot, data: {over_c: temp_c - 1200, load: load, mean: "avg(load, 5m)"}}
        """
    )
    for _ in range(3):
        trial.heat(1250, load=20)
        trial.advance(5)
    signal = trial.signals[0]

    assert {
        "over_c": 50.0,
        "load": 20,
        "mean": 20.0,
        "why": {
            "rule": "hot",
            "version": 1,
            "severity": "critical",
            "at": trial.now - 5,
            "since": trial.now - 15,
            "inputs": {"temp_c": 1250.0, "load": 20},
            "values": {"avg(load, 5m)": 20.0},
            "words": "temp_c (1250.0) > 1200 and avg(load, 5m) (20) > 10, for 10s",
        },
    } == signal.data


def test_a_command_goes_to_the_device() -> None:
    """With its data; and it counts as a remedy that was tried."""
    trial = kiln(
        """
        rule: hot
        when: temp_c > 1200 and not tried(cool_down)
        then:
          - command: {name: cool_down, life: 30s, data: {from_c: temp_c}}
          - signal: hot
        """
    )
    trial.heats(1250, 1100, 1250)
    (effect,) = trial.effects

    assert ("command", "cool_down", {"from_c": 1250.0}) == (
        effect.name, effect.request["name"], effect.request["data"],
    )  # fmt: skip
    assert 30.0 == effect.request["expires_at"] - trial.twin.record.firings[0].now
    assert ["hot"] == names(trial)


def test_a_device_that_is_told_too_much_is_told_no_more() -> None:
    """The twin goes on; it takes no more commands than it can remember."""
    trial = kiln("{rule: hot, on: heat, when: event.temp_c > 5, then: {command: cool_down}}")
    for _ in range(50):
        trial.heat(10)

    assert 32 == len(trial.effects)


# -- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{rule: a, when: temp_c > 1, suppresses: [b]}",
         "1:42: a: suppresses: kiln has no rule 'b'"),
        ("{rule: a, when: temp_c > 1, suppresses: [a]}", "a rule cannot name itself"),
        ("{rule: a, when: event.temp_c > 1, for: 3s}", "1:35: a: for: `when` is of one event only"),
        ("{rule: a, clear: temp_c > 1}", "every event counts, so there is nothing to clear"),
        ("{rule: a, when: temp_c > 1, severity: critical, escalate: {to: info, when: temp_c > 9}}",
         "info is no worse than critical"),
        ("{rule: a, when: temp_c > 1, on: heatt}", "a kiln takes no 'heatt'; did you mean heat?"),
        ("{rule: a, when: temp_c > 1, then: {sginal: x}}", "did you mean signal?"),
        ("{rule: a, when: temp_c > 1, then: {signal: x, command: cool_down}}", "two actions at"),
        ("{rule: a, when: temp_c > 1, then: {command: warm_up}}", "takes no command 'warm_up'"),
        ("{rule: a, when: temp_c > 1, then: {command: {nme: cool_down}}}", "did you mean name?"),
        ("{rule: a, when: temp_c > 1, then: {signal: x, data: [tmp_c]}}", "did you mean temp_c?"),
        ("{rule: a, when: temp_c > 1, then: {signal: x, data: {why: temp_c}}}", "the rule itself"),
        ("{rule: a, when: temp_c > 1, context: 'avg(temp_c, 5m) > 3'}", "put it into `when`"),
        ("[{rule: a, when: temp_c > 1}, {rule: a, when: temp_c > 2}]", "another rule has this"),
        ("{rule: a, kind: customer, when: tier == 'x'}", "1:17: a: kind: this is no rule of kiln"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(text: str, said: str) -> None:
    """With the place and the word."""
    with pytest.raises(BadRule) as caught:
        compiled(text)

    assert said in str(caught.value)


def test_every_mistake_is_told_at_once() -> None:
    """Of all rules, each at its line."""
    text = """\
- rule: a
  when: tmp_c > 5
  clear: temp_c <
- rule: b
  when: temp_c > 5
  then:
    - signal: s
      data: {x: temp_c + mode}
"""
    with pytest.raises(BadRule) as caught:
        compiled(text)
    found: list[Any] = [
        (problem.rule, problem.line, problem.column, problem.path, problem.word)
        for problem in caught.value.problems
    ]

    assert [
        ("a", 2, 9, "when", "tmp_c"),
        ("a", 3, 17, "clear", "<"),
        ("b", 8, 26, "then.0.data.x", "mode"),
    ] == found
