"""An offer at night: what is urgent reaches her; of the rest a person is told at once."""

import pytest
from support.city import DESK, OWNER
from support.town import Town, town

from actors.supervisors.arrangement import State
from twins.people.pacing import is_quiet

RULE = """
rule: battery.low
on: telemetry
when: battery_v < 11.5
then:
  - arrangement: {name: visit, to: owner, steps: [slot], require: [slot]}
"""
ALWAYS = [{"starts_s": 0, "ends_s": 86_400}]


def at_night(rule: str) -> Town:
    """The battery gets weak while she is not to be disturbed."""
    here = town(rule, quiet=ALWAYS)
    here.fire()
    here.fleet.run_until(lambda: here.arrangement.state not in (State.GATHERING, State.ARRANGING))
    here.fleet.advance(1.0)
    return here


@pytest.mark.parametrize(
    "rule",
    [f"{RULE}severity: critical\n", RULE.replace("[slot]}", "[slot], offer: {urgency: high}}")],
)
def test_what_is_urgent_reaches_her(rule: str) -> None:
    """As the rule is severe, or as it says."""
    here = at_night(rule)

    assert is_quiet(here.fleet.twin(OWNER).quiet, "UTC", here.fleet.now)
    assert ["high"] == [notice["urgency"] for notice in here.fleet.notices]
    assert "offer.sent" in here.steps


def test_what_would_come_too_late_goes_to_a_person_at_once() -> None:
    """Nothing stays held until the offer would have ended."""
    here = at_night(RULE)
    here.end()
    (case,) = here.fleet.twin(DESK).cases.values()

    assert State.WITH_PERSON is here.arrangement.state
    assert "the customer could not be told: quiet_hours" == case.reason
    assert [] == here.fleet.notices
    assert 0 == here.count("held")
