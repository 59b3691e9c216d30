"""What supervisors tell the twins, so that rules can ask what has already happened."""

from typing import Any

from support.city import CAR, DESK, OWNER, city
from support.story import REFUSED, YES, first, story, with_person

from twins.record import Record, contacted, is_open, tried


def records(here: Any) -> list[Record]:
    """Of the car, and of its owner."""
    return [here.world.twin(twin_id).record or Record() for twin_id in (CAR, OWNER)]


def test_an_arrangement_is_open_until_it_has_ended() -> None:
    """For the rules of both, from the signal on."""
    here = city()
    here.world.customer = lambda _: YES
    here.overheat()

    assert [True, True] == [is_open(record, "roadside") for record in records(here)]

    here.world.run_until(here.ended)
    here.world.run()

    assert [{}, {}] == [record.open for record in records(here)]


def test_it_is_open_while_a_person_has_it() -> None:
    """A second one would not be started either; it is over when her case is closed."""
    here = city()
    here.world.fault = first("hold", REFUSED, leg="tow", times=4)
    case = with_person(story(here))
    here.world.run()

    assert [True, True] == [is_open(record, "roadside") for record in records(here)]

    here.world.ask(case.employee, "take", {"case_id": case.id})
    here.world.run()
    here.world.ask(case.employee, "close", {"case_id": case.id})
    here.world.run()

    assert "closed" == here.world.twin(DESK).cases[case.id].state
    assert [{}, {}] == [record.open for record in records(here)]


def test_an_offer_is_a_contact() -> None:
    """By the channel that carried it; when no channel did, there was none."""
    here = story(city(channels=2), YES)
    now = here.world.now

    assert [True, True] == [contacted(record, "way0", now, 3600.0) for record in records(here)]
    assert [False, False] == [contacted(record, "way1", now, 3600.0) for record in records(here)]

    here = city()
    here.world.fault = first("message", REFUSED)
    with_person(story(here))

    assert [{}, {}] == [record.contacts for record in records(here)]


def test_what_is_confirmed_was_tried() -> None:
    """Each leg; what was only held was not. Commands are remedies of the car alone."""
    here = story(city(), {**YES, "declined": ["rental"]})
    car, owner = records(here)

    assert {"tow", "slot", "ride", "cover"} == owner.tried.keys()
    assert {"warn_driver", "pull_over", "open_trunk"} == car.tried.keys() - owner.tried.keys()
    assert tried(car, "tow", here.world.now, 3600.0)
    assert not tried(car, "rental", here.world.now, None)
