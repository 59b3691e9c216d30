"""Why not: how a rule stands with a twin, down to the part that is false."""

from typing import Any

import msgspec
import pytest
from support.kiln import Kilned, kiln

from twins.rules.errors import UnknownRule
from twins.rules.standing import Part, Standing
from twins.rules.why import why_not


def stands(trial: Kilned, rule: str = "r") -> Standing:
    """How the rule stands now; asking changes nothing, and the answer can be sent."""
    before = msgspec.json.encode(trial.twin)
    standing = why_not(trial.twin, trial.rules["kiln"], rule, trial.now)

    assert before == msgspec.json.encode(trial.twin)
    return msgspec.json.decode(msgspec.json.encode(standing), type=Standing)


def test_it_says_which_part_is_false_and_by_what() -> None:
    """With the values of the fields in it; parts that are true are shown, too."""
    trial = kiln("{rule: r, when: temp_c > 1200 and (load < 5 or door) and avg(temp_c, 5m) > 9}"
                 .replace("when: ", "when: '").replace(" > 9}", " > 9'}"))  # fmt: skip
    trial.heat(1250, load=7)
    found = stands(trial)

    assert ("well", False) == (found.state, found.holds)
    assert "it does not hold: load < 5 (load is 7); door" == found.words
    assert (
        Part(
            text="temp_c > 1200 and (load < 5 or door) and avg(temp_c, 5m) > 9",
            holds=False,
            parts=[
                Part(text="temp_c > 1200", holds=True, parts=[Part(text="temp_c", value=1250.0)]),
                Part(
                    text="load < 5 or door",
                    holds=False,
                    parts=[
                        Part(text="load < 5", holds=False, parts=[Part(text="load", value=7)]),
                        Part(text="door", holds=False),
                    ],
                ),
                Part(
                    text="avg(temp_c, 5m) > 9",
                    holds=True,
                    parts=[Part(text="avg(temp_c, 5m)", value=1250.0)],
                ),
            ],
        )
        == found.when
    )


def waiting(trial: Kilned) -> None:
    """It holds, not for long enough."""
    trial.heat(1250)
    trial.advance(10)


def limited(trial: Kilned) -> None:
    """It fired a while ago, and holds again."""
    trial.heats(1250, 1100, 1250)


def fired(trial: Kilned) -> None:
    """It has fired."""
    trial.heat(1250)


@pytest.mark.parametrize(
    ("rule", "act", "state", "words"),
    [
        ("when: temp_c > 1200, for: 30s", waiting, "pending", "it has to hold for another 20s"),
        (
            "when: temp_c > 1200, every: 1h",
            limited,
            "pending",
            "it fired 2s ago, and may again in 3598s",
        ),
        ("when: temp_c > 1200", fired, "open", "it has fired, and is open (warning)"),
        (
            "when: temp_c > 1200, severity: info, escalate: {to: critical, when: temp_c > 1240}",
            fired,
            "open",
            "it has fired, and is open (critical)",
        ),
        ("when: temp_c > 1200, clear: temp_c > 1100", waiting, "open", "it has fired"),
        (
            "context: name == 'x', when: temp_c > 1200",
            fired,
            "well",
            "its context does not hold: name == 'x' (name is )",
        ),
        ("when: 'rising(temp_c, 3)'", limited, "well", "rising(temp_c, 3) (1 of 3 steps)"),
        ("on: heat, when: event.temp_c > 1200", fired, "well", "it looks at each event by itself"),
        ("when: not temp_c > 1200", fired, "well", "not temp_c > 1200"),
        ("when: load > 1", fired, "well", "load > 1 (load is unknown)"),
    ],
)
def test_what_stands_in_its_way(rule: str, act: Any, state: str, words: str) -> None:
    """The first thing, in words."""
    trial = kiln(f"{{rule: r, {rule}}}")
    act(trial)
    found = stands(trial)

    assert (state, True) == (found.state, words in found.words), found.words


def test_it_names_the_rule_that_suppresses_it() -> None:
    """While that is open."""
    trial = kiln(
        """
        - {rule: hot, when: temp_c > 1300, priority: 1, suppresses: r}
        - {rule: r, when: temp_c > 1200}
        """
    )
    trial.heat(1350)
    found = stands(trial)

    assert ("pending", "hot") == (found.state, found.suppressed_by)
    assert "hot is open, and suppresses it" == found.words


def test_what_is_spent_has_to_cease_to_hold() -> None:
    """Cleared while it holds."""
    trial = kiln("{rule: r, when: temp_c > 1200, clear: load == 0}")
    trial.heat(1250)
    trial.heat(1250, load=0)
    found = stands(trial)

    assert "spent" == found.state
    assert "only after it has ceased to hold" in found.words


def test_when_it_last_fired_is_known() -> None:
    """Though it is well again."""
    trial = kiln("{rule: r, when: temp_c > 1200}")
    trial.heats(1250, 1100)

    assert trial.now - 1 == stands(trial).last


def test_an_unknown_rule_is_answered_with_those_there_are() -> None:
    """The asker's mistake."""
    trial = kiln("{rule: hot, when: temp_c > 1200}")
    with pytest.raises(UnknownRule, match="kiln has no rule 'cold'; it has: hot"):
        stands(trial, "cold")
