"""An offer at night: what is urgent reaches her; the rest waits until she wakes, if it can."""

import pytest
from support.city import DESK, OWNER
from support.drawn import quiet_for
from support.town import Town, town

from actors.supervisors.arrangement import State
from actors.supervisors.offering import MAX_PUT_OFF
from actors.testing import Fault
from twins.people.pacing import is_quiet
from twins.testing import START

RULE = """
rule: battery.low
on: telemetry
when: battery_v < 11.5
then:
  - arrangement: {name: visit, to: owner, steps: [slot], require: [slot]}
"""
ALWAYS = [{"starts_s": 0, "ends_s": 86_400}]


NIGHT_S = 8 * 3600.0


def at_night(rule: str, quiet: list[dict[str, int]] = ALWAYS) -> Town:
    """The battery gets weak while she is not to be disturbed."""
    here = town(rule, quiet=quiet)
    here.fire()
    here.fleet.run_until(lambda: here.arrangement.ended or "offer.sending" in here.steps)
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


def asleep() -> list[dict[str, int]]:
    """Quiet hours that go on for `NIGHT_S`."""
    return quiet_for(START, NIGHT_S)


def test_what_can_wait_is_arranged_anew_when_she_wakes() -> None:
    """Nothing is held through the night; in the morning she is asked once, and it fits that day."""
    here = at_night(RULE, asleep())
    here.fleet.customer = lambda _: {"accept": True}
    here.fleet.advance(NIGHT_S - 3600.0)

    assert (0, 0) == (here.count("held"), here.count("confirmed"))
    assert [] == here.fleet.notices
    assert State.ARRANGING is here.arrangement.state
    assert "offer.put_off" in here.steps

    busy = {"starts_at": START + NIGHT_S, "ends_at": START + NIGHT_S + 7200.0}
    here.fleet.tell(OWNER, "configured", {"calendar": [busy]})
    arr = here.end()

    assert State.CLOSED is arr.state
    assert ["normal"] == [it.get("urgency", "normal") for it in here.fleet.notices]
    assert not is_quiet(here.fleet.twin(OWNER).quiet, "UTC", here.fleet.now)
    assert busy["ends_at"] <= arr.legs["slot"].starts_at
    assert (0, 1) == (here.count("held"), here.count("confirmed"))


def test_what_is_of_no_use_when_she_wakes_goes_to_a_person_at_once() -> None:
    """It has to be over before."""
    here = at_night(RULE.replace("[slot]}", "[slot], latest: 5h}"), asleep())
    here.end()

    assert State.WITH_PERSON is here.arrangement.state
    assert here.fleet.now < START + 3600.0
    assert 0 == here.count("held")


def test_an_offer_is_not_put_off_for_ever() -> None:
    """Whatever her quiet hours become, after so many nights a person has it."""
    here = at_night(RULE, asleep())
    for _ in range(MAX_PUT_OFF):
        here.fleet.tell(OWNER, "configured", {"quiet": quiet_for(here.fleet.now, 2.5 * NIGHT_S)})
        here.fleet.advance(2 * NIGHT_S)

    assert State.WITH_PERSON is here.arrangement.state
    assert MAX_PUT_OFF == here.steps.count("offer.put_off")
    assert [] == here.fleet.notices
    assert 0 == here.count("held")


def test_a_channel_that_fails_until_she_sleeps_is_no_refusal() -> None:
    """It was tried until her quiet hours began: she is asked when they end."""
    here = town(RULE, quiet=[{"starts_s": int(START + 120) % 86_400,
                              "ends_s": int(START + NIGHT_S) % 86_400}])  # fmt: skip
    here.fleet.customer = lambda _: {"accept": True}
    here.fleet.fault = lambda effect: (
        Fault(carried_out=False, reason="expired", delay_s=120.0)
        if effect.name == "message" and here.fleet.now < START + NIGHT_S
        else Fault()
    )
    here.fire()
    arr = here.end(12 * 3600.0)

    assert State.CLOSED is arr.state
    assert START + NIGHT_S <= here.fleet.now
    assert (0, 1) == (here.count("held"), here.count("confirmed"))


def test_what_would_never_reach_her_goes_to_a_person_at_once() -> None:
    """Nothing stays held until the offer would have ended."""
    here = at_night(RULE)
    here.end()
    (case,) = here.fleet.twin(DESK).cases.values()

    assert State.WITH_PERSON is here.arrangement.state
    assert "the customer could not be told: quiet_hours" == case.reason
    assert [] == here.fleet.notices
    assert 0 == here.count("held")
