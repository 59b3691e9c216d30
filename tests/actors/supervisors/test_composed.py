"""An arrangement whose steps stand in a rule: held, offered, confirmed, or given back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.city import CAR, DESK, OWNER
from support.town import Town, town

from actors.supervisors.arrangement import LegState, State
from actors.supervisors.composed import Spec, Wanted, composed_id
from actors.supervisors.legs import LEGS
from actors.testing import Fault
from twins.learning.messages import AdviceRequest
from twins.outputs import Effect, Signal
from twins.people.consents import ConsentSaid
from twins.record import is_open, tried
from twins.rules.document import read_rules
from twins.rules.errors import BadRule
from twins.rules.ruleset import compile_rules

YES: dict[str, Any] = {"accept": True}
REFUSED = Fault(carried_out=False, reason="refused", detail="unavailable")
TEMPLATE = """
rule: visit.offer
template:
  en: {subject: "A visit, $name", text: "Your battery has ${volts:number} V."}
  de: {subject: "Ein Besuch, $name", text: "Ihre Batterie hat ${volts:number} V."}
"""
RULE = """
rule: battery.low
on: telemetry
when: battery_v < 11.5
then:
  - arrangement:
      name: visit
      to: owner
      steps: [rental, slot]
      require: [slot]
      offer: {template: visit.offer}
    data: {volts: battery_v}
"""
RULES = f"{TEMPLATE}---{RULE}"


def visit(rules: str = RULES, said: Any = YES, *, fault: Any = None, **more: Any) -> Town:
    """The battery gets weak, and what is arranged has ended."""
    here = town(rules, **more)
    here.fleet.customer = lambda _: said
    if fault is not None:
        here.fleet.fault = fault
    here.fire()
    here.end()
    return here


def fails(name: str, leg: str, fault: Fault = REFUSED) -> Any:
    """All effects of a name for a leg fail so."""

    def decide(effect: Effect) -> Fault:
        return fault if effect.name == name and f" {leg} " in effect.key else Fault()

    return decide


def test_what_she_accepts_is_confirmed() -> None:
    """Asked in the order in which they need each other, offered once, confirmed, closed."""
    here = visit()
    arr = here.arrangement
    slot, rental = arr.legs["slot"], arr.legs["rental"]

    assert State.CLOSED is arr.state
    assert [True, False] == [slot.required, rental.required]
    assert here.steps.index("slot.held") < here.steps.index("rental.asked")
    assert (0, 2) == (here.count("held"), here.count("confirmed"))
    assert 1 == len(here.fleet.notices)
    assert slot.starts_at == rental.starts_at, "she leaves her car, and takes the other one"


def test_it_carries_why_the_rule_fired() -> None:
    """The firing is its cause: evidence, data, and whom it is for."""
    here = visit()
    cause = here.arrangement.cause
    (firing,) = here.fleet.twin(CAR).record.firings

    assert ("battery.low", CAR, firing.at) == (cause.name, cause.twin_id, cause.time)
    assert (OWNER, "dealer/x1", 11.0) == tuple(
        cause.data[it] for it in ("owner", "dealer", "volts")
    )
    assert firing.why == cause.data["why"]


def test_the_offer_is_the_rules_template() -> None:
    """In her language, with the rule's data; without one, what is always said."""
    notice = visit().fleet.notices[0]

    assert ("de", "Ein Besuch, $name", {"volts": 11.0}) == (
        notice["language"], notice["subject"], notice["data"],
    )  # fmt: skip

    notice = visit(RULES.replace("offer: {template: visit.offer}", "skill: x")).fleet.notices[0]

    assert "Hilfe steht für Sie bereit" == notice["subject"]
    assert notice.get("data") is None


BRIEF = """
rule: visit.brief
template:
  en: {subject: "Shall we?", text: "A visit is reserved."}
  de: {subject: "Passt das?", text: "Ein Besuch ist reserviert."}
"""


def test_the_wording_that_is_answered_best_carries_the_offer() -> None:
    """In her language; where nothing is known, the first."""
    both = RULES.replace("template: visit.offer}", "template: [visit.offer, visit.brief]}")
    here, learner = town(f"{both}---{BRIEF}"), "engagement/offer_visit"
    said = ConsentSaid(purpose="learning", given=True, how="form", text_version="1")
    here.fleet.tell(OWNER, "consent.said", said)
    here.fleet.tell(learner, "configured", {"exploration": 0.0, "control": 0.0})
    asked = AdviceRequest(asker="customer/other", contact="c", segment="any.sms", options={})
    here.fleet.tell(learner, "advice.requested", asked)
    for number in range(40):
        for name, what in (("visit.brief", "accepted"), ("plain", "ignored")):
            here.fleet.tell(learner, "engagement.tried", {
                "contact": f"{name}{number}", "segment": "any.sms", "how": "learned",
                "taken": {"wording": name}, "what": what, "after_s": 1.0,
            })  # fmt: skip
    here.fleet.customer = lambda _: YES
    here.fire()
    here.end()
    (notice,) = here.fleet.notices

    assert ("de", "Passt das?") == (notice["language"], notice["subject"])
    assert 41 == here.fleet.twin(learner).segments[""]["wording"]["visit.brief"].n
    assert here.fleet.replay().states() == here.fleet.states()


def test_another_wording_speaks_the_same_languages() -> None:
    """A mistake, before anything is published."""
    both = RULES.replace("template: visit.offer}", "template: [visit.offer, visit.brief]}")
    brief = "".join(line for line in BRIEF.splitlines(keepends=True) if "de:" not in line)
    with pytest.raises(BadRule, match=r"visit\.brief is not there in de, and visit\.offer is"):
        compile_rules("vehicle", read_rules(f"{both}---{brief}", kind="vehicle"))


def test_part_of_it_may_be_declined() -> None:
    """It is given back, and the rest is confirmed."""
    here = visit(said={"accept": True, "declined": ["rental"]})

    assert State.CLOSED is here.arrangement.state
    assert (0, 1, 1) == tuple(here.count(it) for it in ("held", "confirmed", "released"))


def test_a_no_gives_everything_back() -> None:
    """Nobody has to do anything."""
    here = visit(said={"accept": False})

    assert State.COMPENSATED is here.arrangement.state
    assert (0, 0, 2) == tuple(here.count(it) for it in ("held", "confirmed", "released"))
    assert not here.fleet.twin(DESK).cases


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (fails("hold", "slot"), "slot could not be had: unavailable"),
        (lambda it: REFUSED if it.name == "message" else Fault(), "could not be told: refused"),
        (fails("confirm", "slot", Fault(reason="unknown")), "slot could not be confirmed"),
        (fails("availability", "slot", Fault(silent=True)), "slot could not be had"),
    ],
)
def test_a_person_takes_over_when_nothing_else_works(fault: Any, reason: str) -> None:
    """Who has the skill that the rule named; with all that is known, and nothing held."""
    here = visit(fault=fault)
    (case,) = here.fleet.twin(DESK).cases.values()

    assert State.WITH_PERSON is here.arrangement.state
    assert reason in case.reason
    assert ("arrangements", CAR) == (case.skill, case.subject)
    assert "battery_v (11.0) < 11.5" == case.context["signal"]["data"]["why"]["words"]
    assert 0 == here.count("held")


def test_a_silent_customer_is_called_by_a_person() -> None:
    """The rule says how long she may think; the holds are given back then."""
    patient = RULES.replace("visit.offer}", "visit.offer, within: 2m}")
    here = town(patient)
    here.fire()

    assert here.fleet.now + 120.0 == here.arrangement.offer["expires_at"]

    here.end()

    assert State.WITH_PERSON is here.arrangement.state
    assert 0 == here.count("held")


def test_a_step_that_is_not_required_may_be_missing() -> None:
    """No rental, but a slot."""
    here = visit(fault=fails("hold", "rental"))

    assert State.CLOSED is here.arrangement.state
    assert {"slot"} == {leg.name for leg in here.arrangement.in_state(LegState.CONFIRMED)}


def test_what_is_not_possible_is_left_out_or_told() -> None:
    """Without a dealer there is no slot: left out where it need not be, else a person decides."""
    rule = RULE.replace("require: [slot]", "require: [rental]").replace(
        "offer: {template: visit.offer}", "skill: x"
    )
    here = town(rule)
    here.fleet.tell(CAR, "configured", {"dealer": None})
    here.fleet.customer = lambda _: YES
    here.fire()

    assert State.CLOSED is here.end().state
    assert ["rental"] == list(here.arrangement.legs)

    here = town(RULES)
    here.fleet.tell(CAR, "configured", {"dealer": None})
    here.fire()

    assert State.WITH_PERSON is here.end().state
    assert f"{CAR} has no dealer" == here.arrangement.reason


def test_nobody_to_ask_is_told_with_the_firing() -> None:
    """No supervisor begins."""
    here = town(RULES)
    here.fleet.tell(CAR, "configured", {"owner": None})
    here.fire()
    (firing,) = here.fleet.twin(CAR).record.firings

    assert ["arrangement visit: owner is no customer"] == firing.why["undone"]
    assert here.arrangement is None


def test_it_begins_and_ends_when_the_rule_says() -> None:
    """Slots lie between; where none does, a person looks."""
    here = visit(RULES.replace("require:", "earliest: 1d\n      latest: 2d\n      require:"))
    slot = here.arrangement.legs["slot"]

    assert 86_400.0 <= slot.starts_at - here.arrangement.opened_at <= 2 * 86_400.0

    here = visit(RULES.replace("require:", "latest: 1m\n      require:"))

    assert State.WITH_PERSON is here.arrangement.state


def test_one_of_a_name_at_a_time_and_two_names_at_once() -> None:
    """A second firing only counts; another name has a supervisor of its own."""
    other = RULE.replace("battery.low", "battery.gone").replace("name: visit", "name: visit2")
    here = town(f"{RULES}---{other.replace('< 11.5', '< 11.2')}")
    here.fire()
    here.fire(battery_v=13.0)
    here.fire()

    assert 1 == here.arrangement.repeats
    assert "visit2" == here.supervisor("visit2").spec(here.supervisor("visit2").arrangement).name
    assert composed_id("visit", CAR) != composed_id("visit2", CAR)


def test_rules_see_that_it_is_open_and_what_was_tried() -> None:
    """By the name that the rule gave it; for car and owner."""
    here = town(RULES)
    here.fleet.customer = lambda _: YES
    here.fire()

    for twin_id in (CAR, OWNER):
        assert is_open(here.fleet.twin(twin_id).record, "visit")

    here.end()
    for twin_id in (CAR, OWNER):
        record = here.fleet.twin(twin_id).record

        assert not is_open(record, "visit")
        assert tried(record, "slot", here.fleet.now, 3600.0)


def test_who_drives_to_her_is_followed() -> None:
    """The truck before the ride; car and owner see where it is."""
    rule = (
        RULE.replace("[rental, slot]", "[ride, tow]")
        .replace("[slot]", "[tow]")
        .replace("offer: {template: visit.offer}", "skill: x")
    )
    here = visit(rule)

    assert ("tow", True) == (here.arrangement.track.leg, here.arrangement.track.arrived)
    assert here.fleet.twin(OWNER).arrangements[here.arrangement.id].helper.arrived


def test_a_step_that_this_code_does_not_know_goes_to_a_person() -> None:
    """A rule of a newer version, say, that a package brought."""
    here = town(RULES)
    cause = Signal("s1", "x", CAR, here.fleet.now, {"owner": OWNER})
    spec = Spec(name="visit", steps=["balloon"], skill="arrangements")
    here.fleet.send(composed_id("visit", CAR), "arrangement.wanted", Wanted(cause=cause, spec=spec,
                                                                            desk=DESK))  # fmt: skip
    here.fleet.run()

    assert "nobody knows how to arrange balloon" == here.end().reason


FAULTS = st.sampled_from(["", "refused", "unknown", "expired", "silent", "late"])


@given(
    st.lists(FAULTS, max_size=25), st.sampled_from([None, YES, {"accept": False}]),
    st.sets(st.sampled_from(sorted(LEGS)), min_size=1), st.integers(0, 10_000),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_it_always_ends_and_holds_nothing(
    faults: list[str], said: Any, steps: set[str], seed: int
) -> None:
    """Whatever fails, in whichever order: nothing is held at the end that nobody confirmed."""
    names = sorted(steps - {"cover"} or {"slot"}) + sorted(steps & {"cover"})
    rule = RULE.replace("[rental, slot]", f"[{', '.join(names)}]").replace(
        "require: [slot]", "skill: x"
    )
    here = town(f"{TEMPLATE}---{rule}", seed=seed)
    here.fleet.customer = lambda _: said
    left = iter(faults)
    here.fleet.fault = lambda _: _fault(next(left, ""))
    here.fire()
    arr = here.end()
    here.fleet.advance(3600.0)
    sure = {leg.hold_id for leg in arr.in_state(LegState.CONFIRMED)}
    confirmed = {
        hold
        for one in here.city.everybody
        for hold, record in one.holds.items()
        if record.state == "confirmed"
    }

    assert 0 == here.count("held")
    assert arr.state is State.WITH_PERSON or confirmed <= sure
    assert here.fleet.replay().states() == here.fleet.states()


def _fault(what: str) -> Fault:
    if what == "silent":
        return Fault(silent=True)
    if what == "late":
        return Fault(delay_s=30.0)
    carried = what in ("", "unknown")
    return Fault(carried_out=carried, reason=what or None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[rental, slot]", "[rental, slott]"), "there is no step 'slott'; did you mean slot?"),
        (("[rental, slot]", "[cover]"), "cover is of no use by itself"),
        (("require: [slot]", "require: [tow]"), "'tow' is none of the steps"),
        (("to: owner", "to: dealer"), "dealer is a dealer, which nobody can tell anything"),
        (("      to: owner\n", ""), "to is missing"),
        (("name: visit", "name: a.visit"), "string should match pattern"),
        (("template: visit.offer", "template: visit.ofer"), "vehicle has no template 'visit.ofer'"),
        (("data: {volts: battery_v}", "data: {}"), "the template shows volts; put it into `data`"),
        (("template: visit.offer", "template: [visit.offer, x.y]"), "has no template 'x.y'"),
        (("template: visit.offer", "template: [visit.offer, visit.offer]"), "is named twice"),
        (
            ("require:", "earliest: 2d\n      latest: 1d\n      require:"),
            "it has to be over before",
        ),
        (("offer:", "ofer:"), "did you mean offer?"),
    ],
)
def test_a_mistake_is_pointed_to(change: tuple[str, str], said: str) -> None:
    """Before anything is published."""
    assert change[0] in RULES
    with pytest.raises(BadRule) as caught:
        compile_rules("vehicle", read_rules(RULES.replace(*change), "test.yaml", "vehicle"))

    assert said in str(caught.value)
