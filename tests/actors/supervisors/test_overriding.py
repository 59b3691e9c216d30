"""People change an arrangement that goes on; whatever they do, nothing stays held in the end."""

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from support.city import SUPERVISOR, City, city
from support.story import YES

from actors.supervisors.arrangement import LegState, State
from actors.testing import Fault
from twins.errors import BadPayload


def offered() -> City:
    """She has been offered all of it, and has not answered."""
    here = city()
    here.overheat()
    here.world.run_until(lambda: here.arrangement.state is State.OFFERED)
    return here


def override(here: City, name: str, **more: Any) -> str:
    """What a person does; returns how the arrangement stands then."""
    data = {"arrangement_id": here.arrangement.id, "by": "ann", **more}
    answer = here.world.ask(SUPERVISOR, name, data)
    here.world.run()
    return str(answer.state)


def settled(here: City) -> None:
    """Nothing is held, nothing waits for being given back, and what is wanted is booked."""
    arr = here.arrangement
    wanted = {leg.hold_id for leg in arr.legs.values() if leg.state is LegState.CONFIRMED}
    confirmed = {
        hold_id for provider in here.everybody for hold_id, record in provider.holds.items()
        if record.state == "confirmed"
    }  # fmt: skip

    assert (0, {}) == (here.count("held"), arr.returns)
    assert wanted <= confirmed


def test_what_is_left_out_is_given_back_and_the_rest_goes_on() -> None:
    """She has not answered yet; what she accepts then is without it."""
    here = offered()

    assert "offered" == override(here, "leave_out", leg="rental")
    assert 0 == sum(depot.count("held", here.world.now) for depot in here.depots)

    here.world.send(SUPERVISOR, "offer.answered", {
        "arrangement_id": here.arrangement.id, "accept": True, "answered_by": "her",
    })  # fmt: skip
    here.world.run_until(here.ended)

    assert State.CLOSED is here.arrangement.state
    assert ("declined", "left out by ann") == (
        here.arrangement.legs["rental"].state, here.arrangement.legs["rental"].reason,
    )  # fmt: skip
    settled(here)


def test_a_booked_thing_is_given_back_while_its_company_takes_it_back() -> None:
    """The truck is on its way; she needs no ride any more."""
    here = city()
    here.world.customer = lambda _: YES
    here.overheat()
    here.world.run_until(lambda: here.arrangement.state is State.UNDERWAY)
    override(here, "leave_out", leg="ride")
    here.world.run_until(here.ended)

    assert State.CLOSED is here.arrangement.state
    assert 0 == sum(ride.count("confirmed", here.world.now) for ride in here.rides)
    settled(here)


def test_another_truck_is_chosen_and_she_is_offered_it_anew() -> None:
    """What she says to the old offer means nothing; to the new one it counts."""
    here = offered()
    old, notices = here.arrangement.offer["expires_at"], len(here.world.notices)
    held = here.arrangement.legs["tow"].service
    other = {"tow_operator/t1": "tow_operator/t2", "tow_operator/t2": "tow_operator/t1"}[held]

    assert "arranging" == override(here, "choose", leg="tow", service=other)

    here.world.run_until(lambda: here.arrangement.state is State.OFFERED)
    arr = here.arrangement
    here.world.send(SUPERVISOR, "offer.answered", {
        "arrangement_id": arr.id, "accept": False, "answered_by": "her", "until": old,
    })  # fmt: skip
    here.world.run()

    assert (other, "held") == (arr.legs["tow"].service, arr.legs["tow"].state)
    assert State.OFFERED is here.arrangement.state, "the old offer is over"
    assert len(here.world.notices) > notices

    here.world.send(SUPERVISOR, "offer.answered", {
        "arrangement_id": arr.id, "accept": True, "answered_by": "her",
        "until": arr.offer["expires_at"],
    })  # fmt: skip
    here.world.run_until(here.ended)

    assert (State.CLOSED, other) == (here.arrangement.state, here.arrangement.legs["tow"].service)
    settled(here)


def test_where_the_chosen_one_has_gone_the_one_before_is_taken_again() -> None:
    """She is offered it all the same."""
    here = offered()
    held = here.arrangement.legs["tow"].service
    other = {"tow_operator/t1": "tow_operator/t2", "tow_operator/t2": "tow_operator/t1"}[held]
    here.world.fault = lambda effect: (
        Fault(carried_out=False, reason="refused", detail="gone")
        if effect.name == "hold" and "tow" in str(effect.request)
        and effect.address.endswith(other.replace("/", "-"))
        else Fault()
    )  # fmt: skip
    override(here, "choose", leg="tow", service=other)
    here.world.run_until(lambda: here.arrangement.state is State.OFFERED)

    assert (held, "held") == (here.arrangement.legs["tow"].service,
                              here.arrangement.legs["tow"].state)  # fmt: skip


def test_taken_over_before_she_answered_all_is_given_back() -> None:
    """A person has the case, and knows who wanted it so."""
    here = offered()
    override(here, "take_over", reason="she is a friend")
    here.world.run_until(here.ended)

    assert State.WITH_PERSON is here.arrangement.state
    assert "ann takes it over: she is a friend" == here.arrangement.case.reason
    assert 0 == here.count("confirmed")
    settled(here)


def test_taken_over_while_help_is_coming_it_still_comes() -> None:
    """The truck is not sent away; a person looks after the rest."""
    here = city()
    here.world.customer = lambda _: YES
    here.overheat()
    here.world.run_until(lambda: here.arrangement.state is State.UNDERWAY)
    override(here, "take_over")
    here.world.run_until(here.ended)

    assert here.arrangement.case is not None
    assert 1 == sum(tow.count("confirmed", here.world.now) for tow in here.tows)
    settled(here)


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("leave_out", {"leg": "tow"}, "makes no sense without tow"),
        ("leave_out", {"leg": "cover"}, "is a part of what it pays for"),
        ("leave_out", {"leg": "boat"}, "has no boat; it has"),
        ("choose", {"leg": "tow", "service": "tow_operator/t9"}, "has nothing left for tow"),
        ("choose", {"leg": "boat", "service": "tow_operator/t1"}, "has no boat"),
        ("take_over", {"arrangement_id": "other"}, "knows no arrangement other"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, more: dict[str, Any], said: str) -> None:
    """With what there is."""
    with pytest.raises(BadPayload, match=said):
        override(offered(), name, **more)


def test_what_has_ended_is_changed_no_more() -> None:
    """It says how it ended."""
    here = city()
    here.world.customer = lambda _: YES
    here.overheat()
    here.world.run_until(here.ended)

    for name, more in (("leave_out", {"leg": "ride"}), ("take_over", {}),
                       ("choose", {"leg": "tow", "service": "tow_operator/t1"})):  # fmt: skip
        with pytest.raises(BadPayload, match="nothing of it can be changed"):
            override(here, name, **more)


def overridden(seed: int) -> tuple[City, int]:
    """A city at its end, and how many overrides it took among messages that overtake each other."""
    chance = Random(seed)
    here = city(seed)
    world = here.world
    world.customer = lambda _: chance.choice([YES, YES, {"accept": False}, None])
    world.fault = lambda _: (
        Fault(reason="unknown", carried_out=chance.random() < 0.5)
        if chance.random() < 0.1
        else Fault()
    )
    here.overheat()
    done = 0
    for _ in range(40):
        world.advance(chance.choice([0.2, 1.0, 5.0, 30.0]))
        arr = here.arrangement
        if arr is None or arr.ended:
            break
        leg = chance.choice(list(arr.legs) or ["tow"])
        options = [option.service for option in arr.legs[leg].options] if arr.legs else []
        name, more = chance.choice([
            ("leave_out", {"leg": leg}),
            ("choose", {"leg": leg, "service": chance.choice(options or ["tow_operator/t1"])}),
            ("choose", {"leg": leg, "service": chance.choice(options or ["tow_operator/t1"])}),
            *([("take_over", {})] if chance.random() < 0.1 else []),
        ])  # fmt: skip
        before = deepcopy(world.twins[SUPERVISOR])
        try:
            override(here, name, **more)
            done += 1
        except BadPayload:
            world.twins[SUPERVISOR] = before
    world.run_until(here.ended, most_s=24 * 3600.0)
    world.advance(3600.0)
    return here, done


@pytest.mark.parametrize("seed", range(30))
def test_whatever_people_do_and_whenever_holds_sum_to_zero(seed: int) -> None:
    """Whether they leave something out, choose otherwise or take over, and however often."""
    settled(overridden(seed)[0])


def test_these_overrides_come_about() -> None:
    """The seeds above are worth something."""
    assert sum(overridden(seed)[1] for seed in range(10)) > 20
