"""A rule opens a case: with its evidence, once a firing, and closed when it has cleared."""

from typing import Any

import pytest
from support.published import publish

import actors.supervisors  # noqa: F401 - it registers whom a desk tells about cases
from actors.testing import Fleet
from twins.people.actions import CASE, DEFAULT_DESK
from twins.people.casework import NewCase
from twins.people.desk import MAX_OPEN
from twins.rules.errors import BadRule
from twins.rules.ruleset import compile_rules
from twins.source import Source

CAR, DESK, ANN = "vehicle/v1", "desk/d", "employee/ann"
RULE = """
rule: coolant.hot
on: telemetry
when: coolant_c > 100
clear: coolant_c < 90
severity: critical
then:
  - case: {title: Coolant is hot, skill: engines, close_on_clear: true}
    data: [coolant_c, description]
"""


def fleet(rule: str = RULE, **settings: Any) -> Fleet:
    """A car with a desk, and a rule; ann can do it, and is there."""
    found = Fleet()
    publish(found, rule)
    found.tell(CAR, "configured", {"desk": DESK, "description": "grey estate", **settings})
    found.tell(ANN, "configured", {"skills": ["engines"], "shift": {}, "desk": DESK})
    return found


def heat(found: Fleet, *coolant_c: float) -> None:
    """One reading a second."""
    for degree in coolant_c:
        found.advance(1.0)
        found.measure(CAR, {"coolant_c": degree})


def case(found: Fleet, desk: str = DESK) -> Any:
    """The only case of a desk."""
    (one,) = found.twin(desk).cases.values()
    return one


def test_a_case_has_the_rules_evidence() -> None:
    """What, why, with which data; as urgent as the rule is severe; at the car's desk."""
    found = fleet()
    heat(found, 95.0, 101.0)
    opened = case(found)
    firing = found.twin(CAR).record.firings[-1]

    assert ("Coolant is hot", "engines", "high") == (opened.reason, opened.skill, opened.urgency)
    assert (CAR, ANN, "assigned") == (opened.subject, opened.employee, opened.state)
    assert {"coolant_c": 101.0, "description": "grey estate"} == opened.context["data"]
    assert firing.id == opened.context["firing"]
    assert "coolant_c (101.0) > 100" == opened.context["why"]["words"]
    assert opened.context == found.twin(ANN).cases[opened.id].context


def test_one_case_a_firing() -> None:
    """None while it stays open; a second one when it fires again; what is told twice is one."""
    found = fleet()
    heat(found, 101.0, 102.0, 103.0)
    first = case(found)
    found.tell(DESK, "case.opened", NewCase(id=first.id, subject=CAR, reason="x", skill="x"))

    assert first == case(found)

    heat(found, 80.0, 101.0)

    assert 2 == len(found.twin(DESK).cases)


def test_rules_see_that_a_case_is_open() -> None:
    """`open(case)` from the firing on, until the desk has closed it."""
    found = fleet()
    heat(found, 101.0)

    assert [(CASE, found.now)] == list(found.twin(CAR).record.open.values())

    found.ask(ANN, "take", {"case_id": case(found).id})
    found.ask(ANN, "close", {"case_id": case(found).id, "note": "topped up"})
    found.run()

    assert not found.twin(CAR).record.open
    assert "topped up" == case(found).note


@pytest.mark.parametrize("taken", [False, True])
def test_it_is_closed_when_the_rule_has_cleared(taken: bool) -> None:
    """Whether she has taken it or not; she is told, and has nothing to do any more."""
    found = fleet()
    heat(found, 101.0)
    if taken:
        found.ask(ANN, "take", {"case_id": case(found).id})
        found.run()
    heat(found, 95.0)

    assert ("taken" if taken else "assigned") == case(found).state

    heat(found, 89.0)
    hers = found.twin(ANN).cases[case(found).id]

    assert ("closed", found.now) == (case(found).state, case(found).closed_at)
    assert ("closed", 0) == (hers.state, found.twin(ANN).load)
    assert ["it is over: the rule that opened the case has cleared"] == hers.notes
    assert not found.twin(CAR).record.open

    found.advance(3600.0)

    assert 0 == case(found).escalations


def test_it_stays_where_that_is_not_wanted() -> None:
    """Somebody has to look even if it cooled down by itself."""
    found = fleet(RULE.replace(", close_on_clear: true", ""))
    heat(found, 101.0, 80.0)

    assert "assigned" == case(found).state


def test_it_is_closed_when_the_rules_context_has_ended() -> None:
    """The rule is not open any more, though it never cleared."""
    found = fleet(RULE.replace("when:", "context: speed_kmh > 0\nwhen:"))
    found.measure(CAR, {"coolant_c": 101.0, "speed_kmh": 50.0})

    assert "assigned" == case(found).state

    found.advance(1.0)
    found.measure(CAR, {"coolant_c": 101.0, "speed_kmh": 0.0})

    assert "closed" == case(found).state


def test_it_is_closed_after_the_twin_was_stored() -> None:
    """Which case it is stands in the state."""
    for seed in range(5):
        found = Fleet(seed=seed)
        publish(found, RULE)
        found.tell(CAR, "configured", {"desk": DESK})
        heat(found, 101.0, 102.0, 89.0)

        assert "closed" == case(found).state


def test_a_changed_rule_leaves_its_cases_to_people() -> None:
    """What has cleared by another rule's words says nothing about this case."""
    found = fleet()
    heat(found, 101.0)
    publish(found, RULE.replace("coolant_c > 100", "coolant_c > 150"))
    heat(found, 80.0)

    assert "assigned" == case(found).state


def test_a_twin_without_a_desk_has_one_all_the_same() -> None:
    """The default desk; a kind of which nobody thought at all included."""
    found = fleet(desk=None)
    heat(found, 101.0)

    assert "waiting" == case(found, DEFAULT_DESK).state


def test_the_most_urgent_goes_first() -> None:
    """When somebody comes who can take only one after the other; and it goes on sooner."""
    found = fleet()
    found.tell(ANN, "configured", {"shift": None})
    for key, urgency in (("v1", "low"), ("v2", "normal"), ("v3", "high")):
        found.tell(DESK, "case.opened", NewCase(id=key, subject=f"vehicle/{key}", reason="x",
                                                skill="engines", urgency=urgency))  # fmt: skip
    found.tell(ANN, "configured", {"shift": {}})

    assert ["v3", "v2", "v1"] == list(found.twin(ANN).cases)
    assert [60.0, 120.0, 480.0] == [it.take_by - found.now for it in found.twin(ANN).cases.values()]


def test_rules_cannot_bury_a_desk() -> None:
    """So many may be open; of more the desk counts what was wanted, and the twins learn of it."""
    found = fleet()
    for number in range(MAX_OPEN):
        new = NewCase(id=f"c{number}", subject="vehicle/x", reason="flood", skill="none")
        found.send(DESK, "case.opened", new)
    found.run()
    heat(found, 101.0)

    assert MAX_OPEN == len(found.twin(DESK).cases)
    assert {"Coolant is hot": 1} == found.twin(DESK).turned_away
    assert not found.twin(CAR).record.open

    found.tell(DESK, "case.opened", NewCase(id="a", supervisor="roadside/v1", arrangement_id="a1",
                                            subject=CAR, reason="no truck", skill="x"))  # fmt: skip

    assert "a" in found.twin(DESK).cases


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("{case: {title: x}}", "skill is missing"),
        ("{case: {title: x, skill: y, urgency: soon}}", "urgency: input should be 'low'"),
        ("{case: {title: x, skill: y}, data: [coolant]}", "did you mean coolant_c?"),
        ("{case: {titel: x, skill: y}}", "did you mean title?"),
    ],
)
def test_a_mistake_is_pointed_to(then: str, said: str) -> None:
    """Before it is published."""
    with pytest.raises(BadRule) as caught:
        compile_rules("vehicle", [{"rule": "x", "on": "telemetry", "when": "rpm > 1",
                                   "then": _read(then)}])  # fmt: skip

    assert said in str(caught.value)


def _read(text: str) -> Any:
    return [Source.of(f"x: {text}").value["x"]]
