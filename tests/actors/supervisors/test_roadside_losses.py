"""What goes wrong after she accepted ends in nothing held, or with a person."""

import pytest
from support.city import DESK, OWNER, SUPERVISOR, city
from support.story import REFUSED, YES, first, story, with_person
from support.world import START

from actors.supervisors.arrangement import State
from actors.testing import Fault
from twins.outputs import Effect

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

    here.world.advance(1000.0)

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
    here.world.advance(120.0)
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
