"""The checker of the stories: it believes only what all witnesses say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors.supervisors.arrangement import State
from deploy.demo.plot import Facts, HoldTruth, Plot, Step, broken, judge, steps_of
from deploy.demo.stories.roadside import DECLINED, NO_TRUCK, PLOTS, RESCUED

RECORDED = Path(__file__).parent / "recorded"
Change = Callable[[Facts], object]


def recorded(plot: Plot) -> Facts:
    """What was known of a story at the end of a real run."""
    name = plot.name.replace(" ", "_")
    return msgspec.json.decode((RECORDED / f"{name}.json").read_bytes(), type=Facts)


def changed(plot: Plot, change: Change) -> list[str]:
    """What is missing once the facts are changed."""
    facts = recorded(plot)
    change(facts)
    return judge(plot, facts).missing


def without(facts: Facts, *names: str) -> None:
    """Take all steps of these names out."""
    assert facts.arrangement is not None
    facts.arrangement.steps = [s for s in facts.arrangement.steps if s.name not in names]


def arrangement(facts: Facts) -> Any:
    """The arrangement, which is there."""
    assert facts.arrangement is not None
    return facts.arrangement


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.name)
def test_a_real_run_is_completed(plot: Plot) -> None:
    """Nothing is missing, and every step has a time, a twin, the signal and the arrangement."""
    verdict = judge(plot, recorded(plot))

    assert ([], True) == (verdict.missing, verdict.completed)
    assert all(
        step.at and step.twin_id and step.signal_id and step.arrangement_id
        for step in verdict.steps
    )
    assert [step.at for step in verdict.steps] == sorted(step.at for step in verdict.steps)


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.name)
def test_each_step_of_a_chain_counts(plot: Plot) -> None:
    """Whichever step of whichever chain is taken away: the story is not completed."""
    for name in sorted({name for chain in plot.chains for name in chain}):
        facts = recorded(plot)
        without(facts, name)
        if name == "open_trunk.refused":
            facts.subject = {}
        if name == "tow.moved":
            facts.sightings = []

        assert any(name in missing for missing in judge(plot, facts).missing), name


def test_without_a_signal_there_is_no_story() -> None:
    """Nothing is completed by nothing."""
    verdict = judge(RESCUED, Facts())

    assert (["no signal"], False) == (verdict.missing, verdict.completed)


@pytest.mark.parametrize(
    ("plot", "change", "said"),
    [
        (RESCUED, lambda f: setattr(arrangement(f), "state", State.UNDERWAY), "is underway"),
        (RESCUED, lambda f: setattr(f, "messages", 2), "got 2 messages, not one"),
        (RESCUED, lambda f: setattr(f, "messages", 0), "got 0 messages, not one"),
        (RESCUED, lambda f: setattr(arrangement(f), "verdict", None), "has not accepted"),
        (RESCUED, lambda f: arrangement(f).verdict.declined.append("ride"), r"\['ride'\], not"),
        (RESCUED, lambda f: arrangement(f).facts.pop("profile"), "nobody knows whether the slot"),
        (RESCUED, lambda f: setattr(arrangement(f), "returns", {"h": None}), "not given back"),
        (RESCUED, lambda f: f.sightings.clear(), "no tow.moved"),
        (DECLINED, lambda f: arrangement(f).verdict.declined.clear(), r"not \['rental'\]"),
        (NO_TRUCK, lambda f: f.employee.clear(), "lies with no employee"),
        (NO_TRUCK, lambda f: setattr(arrangement(f), "case", None), "there is no case"),
    ],
)  # fmt: skip
def test_a_witness_who_says_otherwise_is_heard(plot: Plot, change: Change, said: str) -> None:
    """Each of these facts alone is enough, and the text says which one it is."""
    missing = changed(plot, change)

    assert 1 == len(missing)
    assert re.search(said, missing[0])


def test_a_slot_within_an_appointment_does_not_fit() -> None:
    """The checker compares the slot with the calendar itself, whatever the policy did."""

    def move(facts: Facts) -> None:
        slot = arrangement(facts).legs["slot"]
        busy = {"starts_at": slot.ends_at - 1.0, "ends_at": slot.ends_at + 3600.0}
        arrangement(facts).facts["profile"]["calendar"].append(busy)

    assert ["the slot does not fit her calendar"] == changed(RESCUED, move)


def test_a_case_must_be_taken_with_its_context() -> None:
    """Assigned is not taken, and a state that is not shown is the default: assigned."""
    case_id = arrangement(recorded(NO_TRUCK)).case.id

    def assigned(facts: Facts) -> None:
        facts.employee["cases"][case_id].pop("state")

    def bare(facts: Facts) -> None:
        context = facts.employee["cases"][case_id]["context"]
        context.pop("signal")
        context["facts"].pop("profile")

    assert [f"case {case_id} is assigned, not taken"] == changed(NO_TRUCK, assigned)
    assert [
        f"case {case_id} lacks its context: signal", f"case {case_id} lacks its context: profile",
    ] == changed(NO_TRUCK, bare)  # fmt: skip


# -- the providers' books ------------------------------------------------------------------------


def hold(service: str, state: str, confirmed: int = 0, number: int = 9) -> HoldTruth:
    """One more hold of the arrangement."""
    return HoldTruth(
        provider_id="t9", hold_id=f"arr.{service}.{number}", service=service, state=state,
        confirmed=confirmed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("plot", "extra", "said"),
    [
        (RESCUED, hold("tow", "confirmed", 1), "tow: its provider has"),
        (RESCUED, hold("tow", "held"), "tow: its provider has"),
        (RESCUED, hold("tow", "released", 1), "and confirmed 2 times"),
        (DECLINED, hold("rental", "held"), "rental: its provider still has"),
        (DECLINED, hold("rental", "confirmed", 1), "rental: its provider still has"),
        (NO_TRUCK, hold("ride", "held"), "ride: its provider still has"),
        (NO_TRUCK, hold("tow", "done", 1), "tow: its provider still has"),
    ],
)
def test_a_second_truck_or_a_hold_left_behind_is_noticed(
    plot: Plot, extra: HoldTruth, said: str
) -> None:
    """The provider's journal is the truth, whatever Vigil's twins believe."""
    missing = changed(plot, lambda facts: facts.holds.append(extra))

    assert 1 == len(missing)
    assert said in missing[0]


def test_a_hold_that_was_tried_and_given_back_is_no_harm() -> None:
    """A released or lapsed hold beside the one that counts is what providers are for."""
    for state in ("released", "expired"):
        facts = recorded(RESCUED)
        facts.holds.append(hold("tow", state))

        assert [] == judge(RESCUED, facts).missing


def test_what_vigil_believes_to_be_booked_must_be() -> None:
    """Without its hold at the provider a confirmed leg is a belief."""
    missing = changed(RESCUED, lambda facts: facts.holds.clear())

    assert 5 == len(missing)
    assert all("its provider has nothing, and confirmed 0 times" in each for each in missing)


# -- steps ---------------------------------------------------------------------------------------


def steps(*names: str) -> list[Step]:
    """Steps of these names, one after the other."""
    return [Step(name=name, at=float(at), twin_id="x/y") for at, name in enumerate(names)]


def test_a_chain_may_have_others_between() -> None:
    """Only the order counts."""
    assert broken(("a", "c"), steps("a", "b", "c")) is None


def test_a_broken_chain_says_where() -> None:
    """What is not there at all reads otherwise than what comes too early."""
    assert "no c after a" == broken(("a", "c"), steps("a", "b"))
    assert "no a" == broken(("a", "b"), steps("b"))
    assert "a comes too early, not after b" == broken(("b", "a"), steps("a", "b"))


def test_the_same_step_twice_needs_to_be_there_twice() -> None:
    """A case that escalates is assigned to one and then to another."""
    assert broken(("a", "a"), steps("a", "b", "a")) is None
    assert "a comes too early, not after a" == broken(("a", "a"), steps("a", "b"))


def test_refusals_and_the_trucks_way_are_steps() -> None:
    """They stand in other twins, and take the arrangement's ids."""
    found = steps_of(recorded(RESCUED))
    refused = next(step for step in found if step.name == "open_trunk.refused")
    moved = [step for step in found if step.name == "tow.moved"]

    assert re.fullmatch(r"the car is moving at \d+ km/h", refused.detail or "")
    assert refused.twin_id.startswith("vehicle/")
    assert moved
    assert all(step.twin_id.startswith("tow_operator/") for step in moved)


def test_a_step_without_ids_does_not_count() -> None:
    """Whoever reads the report must be able to look it up."""

    def strip(facts: Facts) -> None:
        arr = arrangement(facts)
        arr.steps[0] = msgspec.structs.replace(arr.steps[0], signal_id=None, arrangement_id=None)

    assert ["step signal.noticed lacks its ids"] == changed(RESCUED, strip)
