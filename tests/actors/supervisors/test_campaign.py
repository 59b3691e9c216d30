"""A campaign: who fits joins, each is contacted once, so many a day, until it stops."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.city import CAR, OWNER
from support.published import publish
from support.town import town

from actors.errors import AskFailed
from actors.supervisors.campaign import DAY_S, Campaign, Joined, Limits
from actors.supervisors.composed import composed_id
from actors.supervisors.invitation import Invitation, Stage, invitation_id
from actors.testing import Fault, Fleet
from twins.handler import Origin
from twins.record import tried
from twins.rules.document import read_rules
from twins.rules.errors import BadRule
from twins.rules.ruleset import compile_rules
from twins.testing import Trial

CAMPAIGN = "campaign/winter"
TEMPLATE = """
rule: winter.check
template: {en: {subject: "Winter, $name", text: "Your battery has ${volts:number} V."}}
"""
RULE = """
rule: battery.weak
on: telemetry
when: battery_v < 12
then:
  - campaign:
      name: winter
      to: owner
      audience: owner.tier == "gold"
      message: winter.check
      per_day: 2
      stop: {at_most: 5, after: 7d, when: unreached > 3}
    data: {volts: battery_v}
"""
RULES = f"{TEMPLATE}---{RULE}"


def fleet(rules: str = RULES, cars: int = 8, tier: str = "gold", seed: int | None = None) -> Fleet:
    """Cars, each with an owner of its own who has a channel."""
    found = Fleet(seed=seed)
    publish(found, rules)
    for number in range(cars):
        found.send(f"vehicle/v{number}", "configured", {"owner": f"customer/c{number}"})
        channel = {"channel": "sms", "address": str(number)}
        found.send(f"customer/c{number}", "configured", {"name": f"C{number}", "tier": tier,
                                                         "channels": [channel]})  # fmt: skip
    found.run()
    return found


def weaken(found: Fleet, *numbers: int) -> None:
    """The batteries of these cars get weak, anew."""
    for number in numbers:
        found.advance(1.0)
        found.measure(f"vehicle/v{number}", {"battery_v": 13.0, "at": found.now - 0.5})
        found.measure(f"vehicle/v{number}", {"battery_v": 11.5, "at": found.now})


def reached(found: Fleet) -> list[str]:
    """Who was told something, in order."""
    return [notice["to"].removeprefix("customer/") for notice in found.notices]


def stage(found: Fleet, number: int) -> Stage | None:
    """Where somebody's invitation stands."""
    stands: Stage | None = found.twin(invitation_id("winter", f"customer/c{number}")).stage
    return stands


def counts(found: Fleet, *names: str) -> tuple[Any, ...]:
    """Counts of the campaign."""
    campaign = found.twin(CAMPAIGN)
    return tuple(getattr(campaign, name) for name in names)


def test_who_fits_is_told() -> None:
    """With the rule's data; the others do not join."""
    found = fleet()
    found.tell("customer/c1", "configured", {"tier": "silver"})
    weaken(found, 0, 1)

    assert ["c0"] == reached(found)
    assert {"volts": 11.5} == found.notices[0]["data"]
    assert (1, 1, 1) == counts(found, "joined", "contacted", "sent")
    assert (Stage.SETTLED, None) == (stage(found, 0), stage(found, 1))


def test_each_is_contacted_once() -> None:
    """However often her rule fires, and for however many of her cars."""
    found = fleet()
    found.tell("vehicle/v1", "configured", {"owner": "customer/c0"})
    weaken(found, 0, 1, 0)
    found.advance(2 * DAY_S)
    weaken(found, 0)

    assert ["c0"] == reached(found)
    assert 3 == found.twin(invitation_id("winter", "customer/c0")).repeats
    assert (1,) == counts(found, "joined")


def test_so_many_a_day() -> None:
    """The others wait for their day, first come, first served."""
    found = fleet()
    weaken(found, 0, 1, 2, 3, 4)

    assert ["c0", "c1"] == reached(found)
    assert (2, 3, 5) == counts(found, "contacted", "waiting", "joined")

    found.advance(DAY_S)

    assert ["c0", "c1", "c2", "c3"] == reached(found)

    found.advance(DAY_S)

    assert ["c0", "c1", "c2", "c3", "c4"] == reached(found)
    assert (5, 0) == counts(found, "contacted", "waiting")


def test_who_joins_later_goes_behind_those_who_wait() -> None:
    """The places of a day to come are taken."""
    found = fleet()
    weaken(found, 0, 1, 2, 3)
    found.advance(DAY_S - 10.0)
    weaken(found, 4)

    assert ["c0", "c1"] == reached(found)

    found.advance(DAY_S)

    assert ["c0", "c1", "c2", "c3"] == reached(found)
    assert Stage.WAITING is stage(found, 4)


def test_at_most_so_many() -> None:
    """Those who wait count; whom no channel reached does not."""
    found = fleet()
    weaken(found, *range(6))

    assert Stage.TURNED_AWAY is stage(found, 5)
    assert (5, 1) == (sum(counts(found, "contacted", "waiting")), *counts(found, "turned_away"))

    found = fleet(RULES.replace("per_day: 2", "per_day: 50"))
    refused = Fault(carried_out=False, reason="refused")
    found.fault = lambda it: refused if it.address == "sms:0" else Fault()
    weaken(found, *range(7))

    assert ["c1", "c2", "c3", "c4", "c5"] == reached(found)
    assert (5, 1, 1) == counts(found, "contacted", "unreached", "turned_away")


def test_it_stops_after_a_while() -> None:
    """Who comes then is turned away, and so is who would have had her day then."""
    found = fleet(RULES.replace("after: 7d", "after: 2d").replace("at_most: 5, ", ""))
    weaken(found, *range(5))

    assert Stage.TURNED_AWAY is stage(found, 4), "the places of two days are four"

    found.advance(2 * DAY_S)
    weaken(found, 5)

    assert Stage.TURNED_AWAY is stage(found, 5)
    assert ["c0", "c1", "c2", "c3"] == reached(found)
    assert ("after",) == counts(found, "stopped_by")


def test_it_stops_by_its_own_counts() -> None:
    """As soon as the condition holds; it does not start again."""
    found = fleet(RULES.replace("per_day: 2", "per_day: 50").replace("at_most: 5, ", ""))
    found.fault = lambda _: Fault(carried_out=False, reason="refused")
    weaken(found, *range(4))

    assert ("when", found.now) == counts(found, "stopped_by", "stopped_at")

    found.fault = lambda _: Fault()
    weaken(found, 5)

    assert [] == reached(found)
    assert Stage.TURNED_AWAY is stage(found, 5)


def test_it_can_be_stopped_by_a_call() -> None:
    """Who waits is not contacted; who was, was. A second call changes nothing."""
    found = fleet()
    weaken(found, 0, 1, 2)
    answer = found.ask(CAMPAIGN, "stop", {"by": "ann", "reason": "wrong text"})
    found.run()

    assert {"stopped_at": found.now, "stopped_by": "ann: wrong text"} == answer
    assert answer == found.ask(CAMPAIGN, "stop", {"by": "ben"})

    found.advance(2 * DAY_S)
    weaken(found, 3)

    assert ["c0", "c1"] == reached(found)
    assert [Stage.TURNED_AWAY] * 2 == [stage(found, 2), stage(found, 3)]
    assert (0, 2) == counts(found, "waiting", "turned_away")
    with pytest.raises(AskFailed):
        found.ask(CAMPAIGN, "stop", {"reason": "nobody"})


def test_the_newest_rule_says_the_limits() -> None:
    """For those who wait, too."""
    found = fleet()
    weaken(found, 0, 1, 2, 3)
    publish(found, RULES.replace("per_day: 2", "per_day: 1"))
    weaken(found, 4)

    assert 1 == found.twin(CAMPAIGN).limits.per_day

    for _ in range(8):
        before = len(reached(found))
        found.advance(DAY_S)

        assert len(reached(found)) - before <= 1


def test_rules_see_whom_it_contacted() -> None:
    """`tried(winter)`, for her and for her car; not before her day."""
    found = fleet()
    weaken(found, 0, 1, 2)

    for twin_id in ("customer/c0", "vehicle/v0"):
        assert tried(found.twin(twin_id).record, "winter", found.now, 60.0)
    assert not tried(found.twin("vehicle/v2").record, "winter", found.now, None)


def test_a_late_one_gets_a_place_of_another_day() -> None:
    """Those of her own day may be gone: nobody is contacted beyond what a day may have."""
    trial = Trial(CAMPAIGN)
    limits = Limits(per_day=1)
    for number in range(3):
        trial.tell("campaign.joined", Joined(invitation=f"invitation/i{number}", limits=limits))
    trial.advance(5 * DAY_S)
    for number, place in ((1, 1), (2, 2)):
        claim = Joined(invitation=f"invitation/i{number}", limits=limits, place=place)
        trial.tell("campaign.claimed", claim)
    tickets = [tell.data for tell in trial.tells]

    assert [True, False, False, True, False] == [it.go for it in tickets]
    assert trial.now + DAY_S == tickets[-1].at


ARRANGED = """
rule: battery.weak
on: telemetry
when: battery_v < 12
then:
  - campaign:
      name: winter
      to: owner
      arrangement: {steps: [slot], skill: arrangements}
      stop: {when: declined + with_person > 10}
"""


@pytest.mark.parametrize(
    ("said", "outcome"),
    [({"accept": True}, "accepted"), ({"accept": False}, "declined"), (None, "with_person")],
)
def test_a_campaign_may_arrange_something(said: Any, outcome: str) -> None:
    """And counts what people say."""
    here = town(ARRANGED)
    here.fleet.customer = lambda _: said
    here.fire()
    supervisor = composed_id("winter", CAR)
    here.fleet.run_until(lambda: here.fleet.twin(supervisor).arrangement.ended)
    here.fleet.run()

    assert (1, 1) == counts(here.fleet, "contacted", outcome)
    assert outcome == here.fleet.twin(invitation_id("winter", OWNER)).outcome
    assert "winter" == here.fleet.twin(supervisor).called(here.fleet.twin(supervisor).arrangement)


def test_one_that_is_open_already_is_no_contact() -> None:
    """The supervisor has something else to do for this car."""
    here = town(f"{ARRANGED}  - arrangement: {{name: winter, to: owner, steps: [slot]}}\n")
    publish(here.fleet, ARRANGED.replace("battery_v < 12", "battery_v < 10"))
    publish(
        here.fleet,
        """
rule: other
on: telemetry
when: battery_v < 12
then: {arrangement: winter, to: owner, steps: [slot]}
""",
    )
    here.fire()
    here.fire(battery_v=9.0)

    assert (0, 1) == counts(here.fleet, "contacted", "unreached")
    assert "another one is open" == here.fleet.twin(invitation_id("winter", OWNER)).reason


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("weaken"), st.integers(0, 7)),
        st.tuples(st.just("hours"), st.integers(1, 40)),
        st.tuples(st.just("stop"), st.just(0)),
    ),
    max_size=30,
)


@given(EVENTS, st.sampled_from([1, 2, 3]), st.sampled_from([2, 4, 9]), st.integers(0, 9999))
@settings(max_examples=25, deadline=None)
def test_its_promises_hold_whatever_happens(
    events: list[tuple[str, int]], per_day: int, at_most: int, seed: int
) -> None:
    """Each once, never more than a day may have, never more than all; the counts add up."""
    rules = RULES.replace("per_day: 2", f"per_day: {per_day}").replace(
        "at_most: 5, after: 7d", f"at_most: {at_most}, after: 20d"
    )
    found = fleet(rules, seed=seed)
    times: list[float] = []
    stopped = False
    for what, number in events:
        before = len(found.notices)
        if what == "weaken":
            weaken(found, number)
        elif what == "hours":
            found.advance(number * 3600.0)
        else:
            found.ask(CAMPAIGN, "stop", {"by": "ann"})
            found.run()
            stopped = True
        assert not stopped or before == len(found.notices) or what == "stop"
    found.advance(10 * DAY_S)
    campaign = found.twin(CAMPAIGN)
    times = sorted(
        found.twin(f"customer/c{it}").contacts[0].at for it in range(8)
        if found.twin(f"customer/c{it}").contacts
    )  # fmt: skip
    days = [int((at - campaign.opened_at) / DAY_S + 1e-9) for at in times]

    assert len(reached(found)) == len({*reached(found)}) == len(times) <= at_most
    assert all(days.count(day) <= per_day for day in days)
    assert campaign.joined == campaign.contacted + campaign.turned_away
    assert (0, len(times)) == (campaign.waiting, campaign.sent)
    assert found.replay().states() == found.states()


def test_it_stays_small_however_many_join() -> None:
    """What grows with the audience lies with each person's invitation."""
    trial = Trial(CAMPAIGN)
    for number in range(5000):
        trial.tell("campaign.joined", Joined(invitation=f"invitation/i{number}",
                                             limits=Limits(per_day=10)))  # fmt: skip

    assert 5000 == trial.twin.joined
    assert len(msgspec.json.encode(trial.twin)) < 300
    assert 499 * DAY_S == trial.tells[-1].data.at - trial.twin.opened_at


def test_a_condition_that_this_code_cannot_read_stops_it() -> None:
    """Rather nobody than too many."""
    trial = Trial(CAMPAIGN)
    limits = Limits(when="no_such_count > 3")
    trial.tell("campaign.joined", Joined(invitation="invitation/i1", limits=limits))

    assert "when, which cannot be read" == trial.twin.stopped_by
    assert not trial.tells[0].data.go


def test_devices_have_nothing_to_say_to_it() -> None:
    """Nor to invitations: only twins and Vigil's own parts have."""
    handlers = [*Campaign.kind.handlers.values(), *Invitation.kind.handlers.values()]

    assert all(handler.least > Origin.DEVICE for handler in handlers)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("message: winter.check", "message: winter.chek"),
            "vehicle has no template 'winter.chek'",
        ),
        (
            ("      message: winter.check\n", ""),
            "a campaign has either a message or an arrangement",
        ),
        (("per_day: 2", "arrangement: {steps: [slot]}"), "a campaign has either a message or"),
        (("      message: winter.check", "      arrangement: {steps: [slt]}"), "no step 'slt'"),
        (("{at_most: 5, after: 7d, when: unreached > 3}", "{}"), "say when it stops"),
        (("      stop: {at_most: 5, after: 7d, when: unreached > 3}\n", ""), "stop is missing"),
        (("unreached > 3", "unreachd > 3"), "did you mean unreached?"),
        (("unreached > 3", "unreached"), "unreached is a number, not a condition"),
        (('owner.tier == "gold"', 'owner.tire == "gold"'), "did you mean tier?"),
        (('owner.tier == "gold"', "avg(rpm, 5m) > 3"), "avg"),
        (("per_day: 2", "per_day: 0"), "greater than or equal to 1"),
        (("{volts: battery_v}", "{}"), "the template shows volts; put it into `data`"),
        (("to: owner", "to: dealer"), "dealer is a dealer"),
    ],
)
def test_a_mistake_is_pointed_to(change: tuple[str, str], said: str) -> None:
    """Before anything is published."""
    assert change[0] in RULES
    with pytest.raises(BadRule) as caught:
        compile_rules("vehicle", read_rules(RULES.replace(*change), "test.yaml", "vehicle"))

    assert said in str(caught.value)
