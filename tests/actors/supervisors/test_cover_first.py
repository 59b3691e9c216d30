"""Her insurer is asked before anybody else, and holds nobody up who does not answer."""

from typing import Any

import pytest
from support.city import City, city
from support.drawn import SEEDS, Drawn
from support.story import REFUSED, YES, first, story

from actors.supervisors.arrangement import LegState, State
from actors.supervisors.booking import ASK_S
from actors.supervisors.legs import COVER_S, LEGS, WAITING_CENTS_S, Insured
from actors.supervisors.supervisor import SLACK_S
from actors.testing import Fault

OTHERS = ("tow", "slot", "ride", "rental")


def at(here: City, name: str) -> float:
    """When a step came first."""
    return next(step.at for step in here.arrangement.steps if step.name == name)


def prices(here: City) -> dict[str, int]:
    """What she was asked to pay, by line."""
    return {line["leg"]: line["price_cents"] for line in here.arrangement.offer["lines"]}


def test_nobody_is_asked_before_her_insurer_has_answered() -> None:
    """All else comes after the cover is held, and goes on beside each other."""
    here = story(city(), YES)
    steps = here.steps
    held = steps.index("cover.held")

    assert all(held < steps.index(f"{name}.asked") for name in OTHERS)
    assert steps.index("ride.asked") < steps.index("tow.held")
    assert "cover.late" not in steps
    assert State.CLOSED is here.arrangement.state


@pytest.mark.parametrize("call", ["availability", "hold"])
def test_an_insurer_that_is_slow_is_waited_for_a_little(call: str) -> None:
    """After that all else is asked for; what it says later still counts in the offer."""
    here = city()
    here.world.fault = first(call, Fault(delay_s=COVER_S + 2.0), leg="cover")
    story(here, YES)

    assert COVER_S == at(here, "cover.late") - at(here, "cover.asked")
    assert at(here, "tow.asked") == at(here, "ride.asked") == at(here, "cover.late")
    assert at(here, "cover.late") < at(here, "cover.held") == at(here, "offer.sending")
    assert {"tow": 0, "slot": 9900, "ride": 2000, "rental": 0, "cover": 5000} == prices(here)
    assert LegState.CONFIRMED is here.arrangement.legs["cover"].state


def test_an_insurer_that_is_silent_costs_nobody_the_truck() -> None:
    """The rest is held meanwhile; when its time is over she is offered all at its price."""
    here = city()
    here.world.fault = first("availability", Fault(silent=True), leg="cover")
    story(here, YES)

    assert COVER_S == at(here, "tow.held") - at(here, "cover.asked")
    assert ASK_S + SLACK_S == at(here, "offer.sending") - at(here, "cover.asked")
    assert {"tow": 17_000, "slot": 9900, "ride": 2000, "rental": 4500} == prices(here)
    assert (State.CLOSED, {}) == (here.arrangement.state, here.insurer.holds)


@pytest.mark.parametrize("call", ["availability", "hold"])
def test_a_no_is_an_answer(call: str) -> None:
    """Nobody waits any longer, and she pays herself."""
    here = city()
    here.world.fault = first(call, REFUSED, leg="cover")
    story(here, YES)

    assert at(here, "cover.failed") == at(here, "tow.asked") == at(here, "cover.asked")
    assert "cover.late" not in here.steps
    assert "cover" not in prices(here)
    assert State.CLOSED is here.arrangement.state


def test_nothing_is_left_of_a_wait_that_is_over() -> None:
    """No deadline stays behind that would wake it again."""
    here = city()
    here.overheat()

    assert State.OFFERED is here.arrangement.state
    assert {"offer"} == here.arrangement.deadlines.keys()


@pytest.mark.parametrize("covered", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_it_pays_decides_which_ride_suits_her(seed: int, *, covered: bool) -> None:
    """The soonest where it pays; where she does, what a minute is worth to her counts, too."""
    drawn, here = Drawn(seed), city()
    here.insurer.offers[0]["details"]["covers"]["ride"] = covered
    for provider in here.rides:
        offer = provider.offers[0]
        offer["price_cents"], offer["eta_s"] = drawn.randint(500, 9000), drawn.uniform(60, 3000)
    story(here, YES)

    def rank(offer: dict[str, Any]) -> float:
        eta_s: float = offer["eta_s"]
        return eta_s if covered else offer["price_cents"] + WAITING_CENTS_S * eta_s

    best = min((provider.offers[0] for provider in here.rides), key=rank)
    choice = here.arrangement.legs["ride"].choice

    assert best["offer_id"] == choice.offer.offer_id


def test_going_ahead_is_any_legs_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said by the sort of leg: without it her insurer is asked with all others."""
    monkeypatch.setattr(Insured, "ahead_s", None)
    here = story(city(), YES)

    assert ["tow", "slot", "ride", "rental", "cover"] == list(here.arrangement.legs)
    assert here.steps.index("tow.asked") < here.steps.index("cover.held")

    monkeypatch.setattr(type(LEGS["ride"]), "ahead_s", 30.0)
    here = story(city(), YES)

    assert here.steps.index("ride.held") < here.steps.index("tow.asked")
    assert {"ride"} < {name for leg in here.arrangement.legs.values() for name in leg.after}
