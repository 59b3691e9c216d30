"""What follows a firing, and what cannot."""

from typing import Any

import pytest
from support.kiln import compiled, kiln, names

from twins.rules.errors import BadRule


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


@pytest.mark.parametrize(
    ("temp_c", "expected"),
    [
        (1250.0, "temp_c (1250.0) > 1200"),
        (1250.0102492593852, "temp_c (1250.01) > 1200"),
        (1200.0000000000002, "temp_c (1200) > 1200"),
    ],
)
def test_words_are_for_people(temp_c: float, expected: str) -> None:
    """A long number is short in them; `inputs` has it as it is."""
    trial = kiln("{rule: hot, when: temp_c > 1200}")
    trial.heat(temp_c)
    (signal,) = trial.signals

    assert (expected, temp_c) == (
        signal.data["why"]["words"], signal.data["why"]["inputs"]["temp_c"],
    )  # fmt: skip


def test_times_stay_whole_in_words() -> None:
    """Seconds since the epoch are no millions."""
    trial = kiln("{rule: late, when: stamp > 1000}")
    trial.now = 1_795_661_562.4549155
    trial.heat(20)
    (signal,) = trial.signals

    assert "stamp (1795661562.455) > 1000" == signal.data["why"]["words"]


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
