"""What goes wrong before she accepts ends in nothing held, or with a person."""

from typing import Any

import pytest
from support.city import CAR, HERE, OWNER, SUPERVISOR, city
from support.story import REFUSED, YES, first, story, with_person
from support.world import START

from actors.supervisors.arrangement import LegState, State
from actors.testing import Fault
from twins.handler import Origin

# -- before the offer ------------------------------------------------------------------------


def test_no_truck_is_free() -> None:
    """All operators are tried; what was held is given back; a person has it, with its context."""
    here = city()
    here.world.fault = first("hold", REFUSED, leg="tow", times=4)
    case = with_person(story(here))

    assert here.count("confirmed") == 0
    assert {"ride.released", "cover.released"} <= set(here.steps)
    assert [call for tow in here.tows for call, _ in tow.calls] == ["availability"] * 4
    assert "tow could not be had" in case.reason
    assert case.context["facts"]["profile"]["name"] == "Kaisa"
    assert case.context["signal"]["data"]["description"] == "grey estate"
    assert case.context["legs"]["tow"]["reason"] == "unavailable"
    assert here.world.notices == []

    here.world.advance(1000.0)

    assert case.tried == ["employee/e1", "employee/e2", "employee/e3"]


def test_no_operator_has_a_truck() -> None:
    """Nothing offered at all ends the same way: what else was held is given back."""
    here = city()
    for tow in here.tows:
        tow.offers = []
    case = with_person(story(here))

    assert case.subject == CAR
    assert here.steps.index("ride.held") < here.steps.index("tow.failed")
    assert here.rides[0].count("released", here.world.now) == 1


def test_a_truck_that_gets_free_is_taken() -> None:
    """All operators are asked once more after a while, before anybody gives up."""
    here = city()
    trucks, here.tows[0].offers, here.tows[1].offers = here.tows[1].offers, [], []
    here.world.customer = lambda _: YES
    here.overheat()
    here.tows[1].offers = trucks
    here.world.run_until(here.ended)

    assert here.arrangement.state is State.CLOSED
    assert here.arrangement.legs["tow"].service == "tow_operator/t2"


def test_the_next_truck_when_the_first_is_refused() -> None:
    """A hold that is refused is no reason to give up while another operator has one."""
    here = city()
    here.world.fault = first("hold", REFUSED, leg="tow")
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert here.arrangement.legs["tow"].service == "tow_operator/t1"
    assert here.tows[1].holds == {}


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("silent", [True, False])
def test_a_hold_of_which_nobody_knows_is_given_back(*, carried_out: bool, silent: bool) -> None:
    """Unknown or silent: released at once, and the next one taken; never two trucks."""
    here = city()
    reason = None if silent else "unknown"
    fault = Fault(carried_out=carried_out, reason=reason, silent=silent)
    here.world.fault = first("hold", fault, leg="tow")
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert here.arrangement.legs["tow"].service == "tow_operator/t1"
    assert [record.state for record in here.tows[1].holds.values()] == ["released"]


def test_a_hold_that_comes_late_is_given_back() -> None:
    """Its outcome comes after another truck was taken: the release is in order behind it."""
    here = city()
    here.world.fault = first("hold", Fault(delay_s=40.0), leg="tow")
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert [record.state for record in here.tows[1].holds.values()] == ["released"]
    assert here.count("confirmed") == 5


def test_silent_services_are_not_waited_for() -> None:
    """An operator that does not say what it has is passed over after its time."""
    here = city()
    here.world.fault = first("availability", Fault(silent=True), leg="tow")
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert "tow.silent" in here.steps
    assert here.arrangement.legs["tow"].service == "tow_operator/t2"


def test_the_next_depot_when_the_first_has_no_car() -> None:
    """The ride is given back and held anew, to where there is a car."""
    here = city()
    here.depots[0].offers = []
    story(here, YES)
    legs = here.arrangement.legs

    assert legs["rental"].service == "rental_depot/d2"
    assert here.rides[0].holds[legs["ride"].hold_id].body["to"] == [HERE[0] + 0.02, HERE[1]]
    assert here.count("confirmed") == 5


def test_without_any_rental_she_is_brought_to_her_dealer() -> None:
    """The arrangement goes on without what is not required."""
    here = city()
    for depot in here.depots:
        depot.offers = []
    story(here, YES)
    legs = here.arrangement.legs

    assert here.arrangement.state is State.CLOSED
    assert legs["rental"].state is LegState.FAILED
    assert here.rides[0].holds[legs["ride"].hold_id].body["to"] == [60.18, 24.94]
    assert [line["leg"] for line in here.arrangement.offer["lines"]] == [
        "tow", "slot", "ride", "cover",
    ]  # fmt: skip


def test_without_cover_she_pays_it_all() -> None:
    """An insurer that does not answer costs nobody the truck."""
    here = city()
    here.insurer.offers = []
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert here.arrangement.offer["total_cents"] == 17_000 + 9900 + 2000 + 4500


def test_prices_in_another_currency_are_not_taken() -> None:
    """Their sum would mean nothing."""
    here = city()
    here.tows[1].offers[0]["currency"] = "SEK"
    story(here, YES)

    assert here.arrangement.legs["tow"].service == "tow_operator/t1"
    assert here.tows[1].holds == {}


@pytest.mark.parametrize(
    ("owner", "settings", "reason"),
    [
        (OWNER, {"channels": []}, "the customer has no channel"),
        (CAR, {"owner": None}, "vehicle/v1 has no owner"),
        (CAR, {"desk": "desk/nobody"}, "tow could not be had"),
    ],
)
def test_what_cannot_be_arranged_goes_to_a_person(
    owner: str, settings: dict[str, Any], reason: str
) -> None:
    """Nobody to ask, no way to ask her, or a desk that works with nobody."""
    here = city()
    here.world.send("employee/e9", "configured", {
        "skills": ["roadside"], "shift": {}, "desk": "desk/nobody",
    })  # fmt: skip
    here.world.send(owner, "configured", settings)
    story(here)

    assert here.arrangement.state is State.WITH_PERSON
    assert here.arrangement.reason.startswith(reason)
    assert here.arrangement.case.employee is not None


def test_a_car_that_nobody_can_find() -> None:
    """Without a position no truck can be sent; the driver is warned all the same."""
    here = city()
    for degree in range(94, 107):
        here.world.advance(1.0)
        reading = {"at": here.world.now, "coolant_c": float(degree)}
        here.world.send(CAR, "telemetry", reading, origin=Origin.DEVICE)
        here.world.run()
    here.world.run_until(here.ended)
    here.world.advance(2.0)

    assert here.arrangement.reason == "nobody knows where vehicle/v1 is"
    assert "warn_driver.done" in here.steps


def test_holds_too_short_to_ask_her() -> None:
    """What lapses before she could answer is not offered."""
    here = city()
    here.tows[0].hold_limit_s = here.tows[1].hold_limit_s = 60.0
    case = with_person(story(here, YES))

    assert "lapses before the customer could answer" in case.reason
    assert here.world.notices == []


# -- the offer -------------------------------------------------------------------------------


def test_an_offer_that_is_not_answered() -> None:
    """When it ends, everything is given back, and a person goes on; a late yes means nothing."""
    here = city()
    case = with_person(story(here))

    assert case.reason == "the customer did not answer the offer in time"
    assert here.arrangement.offer["expires_at"] <= here.world.now < START + 12 + 600

    yes = {"arrangement_id": here.arrangement.id, "accept": True, "answered_by": "her"}
    here.world.send(SUPERVISOR, "offer.answered", yes)
    here.world.run()

    assert here.arrangement.state is State.WITH_PERSON
    assert here.count("confirmed") == 0


def test_the_next_channel_when_one_refuses() -> None:
    """Still one message that reaches her, by the first channel that carries it."""
    here = city(channels=3)
    here.world.fault = first("message", REFUSED, times=2)
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert len(here.world.notices) == 1
    sent = [step for step in here.arrangement.steps if step.name == "offer.sent"]
    assert [step.detail for step in sent] == ["way2"]
    failed = [step.detail for step in here.arrangement.steps if step.name == "offer.not_sent"]
    assert failed == ["way0: refused", "way1: refused"]


def test_a_message_of_which_nobody_knows_is_not_repeated() -> None:
    """It may have reached her: no second message; her answer counts."""
    here = city(channels=2)
    here.world.fault = first("message", Fault(reason="unknown"))
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert len(here.world.notices) == 1


def test_no_channel_reaches_her() -> None:
    """Then a person has to."""
    here = city(channels=2)
    here.world.fault = first("message", REFUSED, times=2)
    case = with_person(story(here))

    assert case.reason == "the customer could not be told: refused"
