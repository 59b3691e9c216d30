"""The roadside story when something goes wrong: back to nothing, or on to a person."""

from collections.abc import Callable
from typing import Any

import pytest
from support.city import CAR, DESK, HERE, OWNER, SUPERVISOR, City, city
from support.world import START, Fault

from actors.supervisors.arrangement import LegState, State
from twins.handler import Origin
from twins.outputs import Effect

YES = {"accept": True}
REFUSED = Fault(carried_out=False, reason="refused", detail="unavailable")


def first(name: str, fault: Fault, *, leg: str = "", times: int = 1) -> Callable[[Effect], Fault]:
    """The first effects of a name (and leg) fail so, later ones succeed."""
    left = [times]

    def decide(effect: Effect) -> Fault:
        if effect.name == name and f" {leg}" in effect.key and left[0]:
            left[0] -= 1
            return fault
        return Fault()

    return decide


def story(here: City, said: dict[str, Any] | None = None) -> City:
    """Let the car overheat, and the arrangement end."""
    here.world.customer = lambda _: said
    here.overheat()
    here.world.run_until(here.ended)
    return here


def with_person(here: City) -> Any:
    """The desk's case, after checking that all was given back and a person has it."""
    arr = here.arrangement

    assert arr.state is State.WITH_PERSON
    assert here.count("held") == 0
    assert arr.case.employee is not None

    return here.world.twin(DESK).cases[arr.case.id]


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

    here.world.pass_time(1000.0)

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
        here.world.pass_time(1.0)
        reading = {"at": here.world.now, "coolant_c": float(degree)}
        here.world.send(CAR, "telemetry", reading, origin=Origin.DEVICE)
        here.world.run()
    here.world.run_until(here.ended)
    here.world.pass_time(2.0)

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
    here.world.fault = first("offer", REFUSED, times=2)
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert len(here.world.notices) == 1
    sent = [step for step in here.arrangement.steps if step.name == "offer.sent"]
    assert [step.detail for step in sent] == ["way2"]


def test_a_message_of_which_nobody_knows_is_not_repeated() -> None:
    """It may have reached her: no second message; her answer counts."""
    here = city(channels=2)
    here.world.fault = first("offer", Fault(reason="unknown"))
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert len(here.world.notices) == 1


def test_no_channel_reaches_her() -> None:
    """Then a person has to."""
    here = city(channels=2)
    here.world.fault = first("offer", REFUSED, times=2)
    case = with_person(story(here))

    assert case.reason == "no channel reached the customer"


# -- after she accepted ----------------------------------------------------------------------


def test_a_lost_hold_is_replaced_once() -> None:
    """The truck's hold was gone: the next best that costs no more is held and confirmed."""
    here = city()
    here.world.fault = first("confirm", REFUSED, leg="tow")
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert here.arrangement.legs["tow"].service == "tow_operator/t1"
    assert [record.state for record in here.tows[1].holds.values()] == ["released"]
    assert here.arrangement.track.service == "tow_operator/t1"


def test_a_replacement_never_costs_more() -> None:
    """The only other truck is dearer than what she accepted: a person decides, all is undone."""
    here = city()
    here.tows[0].offers[0]["price_cents"] = 17_001
    here.world.fault = first("confirm", REFUSED, leg="tow")
    case = with_person(story(here, YES))

    assert "tow could not be confirmed" in case.reason
    assert here.count("confirmed") == 0
    assert here.tows[0].holds == {}


def test_a_replacement_must_come_in_time() -> None:
    """A truck that would bring the car after its slot is none."""
    here = city()
    here.world.send(OWNER, "configured", {"calendar": []})
    here.tows[0].offers[0]["eta_s"] = 4000.0
    here.world.fault = first("confirm", REFUSED, leg="tow")
    with_person(story(here, YES))

    assert here.tows[0].holds == {}


def test_a_replacement_priced_up_at_its_hold_is_given_back() -> None:
    """A provider that asks for more than it offered is not confirmed."""
    here = city()
    here.world.fault = first("confirm", REFUSED, leg="tow")
    here.world.customer = lambda _: YES
    here.overheat()
    here.tows[0].made["t1-truck"]["price_cents"] = 20_000
    here.world.run_until(here.ended)

    with_person(here)
    assert here.count("confirmed") == 0


def test_a_second_loss_goes_to_a_person() -> None:
    """Replaced once, not twice, though there is another one."""
    here = city()
    here.tows[0].offers.append({**here.tows[0].offers[0], "offer_id": "t1-other", "eta_s": 950.0})
    here.world.fault = first("confirm", REFUSED, leg="tow", times=2)
    with_person(story(here, YES))

    assert here.count("confirmed") == 0


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("silent", [True, False])
def test_a_truck_is_never_sent_twice(*, carried_out: bool, silent: bool) -> None:
    """Nobody knows whether it was confirmed: it is called off, and not replaced."""
    here = city()
    reason = None if silent else "unknown"
    fault = Fault(carried_out=carried_out, reason=reason, silent=silent)
    here.world.fault = first("confirm", fault, leg="tow")
    with_person(story(here, YES))

    assert here.count("confirmed") == 0
    assert here.tows[0].holds == {}


def test_a_lost_extra_goes_to_a_person_and_the_rest_goes_on() -> None:
    """No other ride: the truck comes all the same, and somebody finds her a ride."""
    here = city()
    here.rides[1].offers = []
    here.world.fault = first("confirm", REFUSED, leg="ride")
    story(here, YES)
    case = here.world.twin(DESK).cases[here.arrangement.case.id]

    assert here.arrangement.state is State.CLOSED
    assert "ride was accepted and could not be had" in case.reason
    assert here.count("confirmed") == 4


def test_a_claim_that_is_refused_goes_to_a_person() -> None:
    """All else is confirmed; who pays is for a person to settle."""
    here = city()
    here.world.fault = first("confirm", REFUSED, leg="cover")
    story(here, YES)
    case = here.world.twin(DESK).cases[here.arrangement.case.id]

    assert here.arrangement.state is State.CLOSED
    assert "cover was accepted and could not be had" in case.reason


def test_what_cannot_be_given_back_is_named_to_a_person() -> None:
    """A confirmation nobody knows of, and releases that fail: the case names the hold."""
    here = city()
    unsure = Fault(reason="unknown")

    def decide(effect: Effect) -> Fault:
        if " tow " in effect.key and effect.name == "confirm":
            return unsure
        if " tow " in effect.key and effect.name == "release":
            return Fault(carried_out=False, reason="expired")
        return Fault()

    here.world.fault = decide
    story(here, YES)
    case = here.world.twin(DESK).cases[here.arrangement.case.id]
    held = here.arrangement.legs["tow"].hold_id

    assert here.arrangement.state is State.WITH_PERSON
    assert held in case.reason or any(held in note for note in case.notes)
    assert here.tows[1].holds[held].state == "confirmed"


def test_a_confirmation_that_comes_after_the_end_is_called_off() -> None:
    """The provider was so late that all releases had expired: its late yes is answered with no."""
    here = city()
    here.world.fault = first("confirm", Fault(delay_s=1000.0), leg="tow")
    story(here, YES)
    held = here.arrangement.legs["tow"].hold_id

    assert here.arrangement.state is State.WITH_PERSON
    assert here.tows[1].holds[held].state == "confirmed"

    here.world.pass_time(1000.0)

    assert here.tows[1].holds[held].state == "released"


def test_an_unconfirmed_hold_that_cannot_be_given_back_lapses() -> None:
    """Releases fail: the provider's own expiry ends it, and only then the arrangement ends."""
    here = city()
    here.world.fault = first("release", Fault(carried_out=False, reason="expired"), times=99)
    story(here, {"accept": False})

    assert here.arrangement.state is State.COMPENSATED
    assert "tow.lapsed" in here.steps
    assert here.world.now > START + 600
    assert here.count("held") == 0


def test_an_unsettled_extra_ends_with_a_person() -> None:
    """The truck came, but nobody knows whether a ride is still booked: somebody has to ask."""
    here = city()
    here.tows[1].offers[0]["eta_s"] = 10.0

    def decide(effect: Effect) -> Fault:
        if " ride " in effect.key and effect.name == "confirm":
            return Fault(reason="unknown")
        if " ride " in effect.key and effect.name == "release":
            return Fault(carried_out=False, reason="expired")
        return Fault()

    here.world.fault = decide
    story(here, YES)
    held = here.arrangement.legs["ride"].hold_id
    case = here.world.twin(DESK).cases[here.arrangement.case.id]

    assert "tow.arrived" in here.steps
    assert here.arrangement.state is State.WITH_PERSON
    assert any(held in note for note in case.notes)


# -- on the way ------------------------------------------------------------------------------


def test_a_truck_that_does_not_come() -> None:
    """Long after it was due a person is brought in; the booking stays as it is."""
    here = city()
    here.tows[1].offers[0]["eta_s"] = 1200.0
    here.tows[0].offers[0]["eta_s"] = 1300.0
    here.world.fault = first("position", Fault(carried_out=False, reason="unknown"), times=10_000)
    story(here, YES)

    assert here.arrangement.state is State.WITH_PERSON
    assert "has not arrived" in here.arrangement.reason
    assert here.count("confirmed") == 5


def test_an_older_place_is_passed_over() -> None:
    """Answers that come out of order do not move the truck back."""
    here = city()
    here.world.customer = lambda _: YES
    here.overheat()
    here.world.pass_time(120.0)
    track = here.arrangement.track
    moved = {"arrangement_id": here.arrangement.id, "leg": "tow", "service": track.service,
             "hold_id": here.arrangement.legs["tow"].hold_id, "position": [0.0, 0.0],
             "eta_s": 1.0}  # fmt: skip
    other = {**moved, "hold_id": "other", "at": track.at + 1.0}
    for answer in ({**moved, "at": track.at - 1.0}, other):
        here.world.send(SUPERVISOR, "position.answered", answer)
    here.world.run()

    assert track.position != (0.0, 0.0)


def test_gaps_in_the_position_do_not_matter() -> None:
    """Whether one answer is lost, late or refused, following goes on."""
    here = city()
    faults = [Fault(silent=True), REFUSED, Fault(delay_s=7.0), Fault(reason="unknown")]

    def decide(effect: Effect) -> Fault:
        return faults.pop() if effect.name == "position" and faults else Fault()

    here.world.fault = decide
    story(here, YES)

    assert here.arrangement.state is State.CLOSED
    assert here.arrangement.track.arrived


def test_a_person_at_work_is_not_overtaken() -> None:
    """While a case is open a new signal starts nothing; once it is closed it does."""
    here = city()
    for tow in here.tows:
        tow.offers = []
    story(here)
    old = here.arrangement
    for degree in (91.0, *map(float, range(95, 107))):
        here.reading(degree)

    assert here.arrangement is old
    assert old.repeats == 1

    employee = old.case.employee
    here.world.ask(employee, "take", {"case_id": old.case.id})
    here.world.ask(employee, "close", {"case_id": old.case.id})
    for degree in (91.0, *map(float, range(95, 107))):
        here.reading(degree)

    assert here.arrangement.id != old.id
    assert here.supervisor.past[-1].case.state == "closed"
