"""Service: the lamp is on; she chooses one of three appointments, or a person goes on."""

import itertools
from typing import Any

import pytest
from support.drawn import SEEDS, before, steps
from support.scenes.service import HOUR_S, Town, town

from actors.supervisors.arrangement import LegState, State
from actors.supervisors.legs import APART_S
from actors.testing import Fault
from twins.people.replies import address_id


def offer_of(here: Town) -> Any:
    """The one offer that she got."""
    found = [notice["offer"] for notice in here.drawn.fleet.notices if notice.get("offer")]

    assert 1 == len(found)

    return found[0]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("chosen", [1, 2, 3])
def test_one_tap_takes_one_of_three(seed: int, chosen: int) -> None:
    """All three are held until she taps; then one is booked with its rental, and nothing else."""
    here = town(seed)
    here.drawn.fleet.customer = lambda _: {"accept": True, "alternative": chosen}
    here.light()

    assert 6 == here.count("held")

    arr = here.drawn.run_to_end(here.supervisor)
    slot, rental = arr.legs[f"slot_{chosen}"], arr.legs[f"rental_{chosen}"]

    assert (State.CLOSED, chosen) == (arr.state, arr.verdict.alternative)
    assert (0, 2) == (here.count("held"), here.count("confirmed"))
    assert {LegState.CONFIRMED} == {slot.state, rental.state}
    assert (rental.starts_at, rental.ends_at) == (slot.starts_at, slot.ends_at)
    assert before(arr, "slot_3.held", "offer.sent", "offer.answered", f"slot_{chosen}.confirmed")
    here.drawn.replays()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_three_fit_both_calendars_and_differ(seed: int) -> None:
    """None of them in her busy time, and each hours after the one before."""
    here = town(seed)
    here.light()
    offer = offer_of(here)
    starts = [line["starts_at"] for line in offer["lines"] if line["leg"].startswith("slot")]
    busy = here.drawn.fleet.twin(here.owner).calendar[0]

    assert 3 == len(starts)
    assert busy.ends_at <= starts[0]
    assert all(later - earlier >= APART_S for earlier, later in itertools.pairwise(starts))
    first = [line["price_cents"] for line in offer["lines"] if line["alternative"] == 1]
    assert sum(first) == offer["total_cents"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_dealer_hears_what_it_is_about(seed: int) -> None:
    """With the appointment goes the trouble code; she need not tell it."""
    here = town(seed)
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.light()
    arr = here.drawn.run_to_end(here.supervisor)
    told = here.dealer.holds[arr.legs["slot_1"].hold_id].evidence or {}

    assert ("P0420", here.car) == (told["fault_code"], told["vehicle"])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lamp_that_flickers_books_one_appointment(seed: int) -> None:
    """As long as that lies ahead; once it is over, a lamp is news again."""
    here = town(seed)
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.light()
    first = here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.measure(here.car, {"engine_light": False}, "fault")
    here.light()
    here.drawn.fleet.advance(600.0)

    assert first.id == here.drawn.arrangement(here.supervisor).id
    assert 2 == here.count("confirmed")
    assert 1 == here.drawn.arrangement(here.supervisor).repeats

    here.drawn.fleet.advance(first.legs["slot_1"].ends_at - here.drawn.fleet.now)
    here.drawn.fleet.measure(here.car, {"engine_light": False}, "fault")
    here.light()

    assert first.id != here.drawn.arrangement(here.supervisor).id


@pytest.mark.parametrize("seed", SEEDS)
def test_a_choice_that_is_not_offered_means_the_first(seed: int) -> None:
    """A garbled answer books what she saw first, and never two."""
    here = town(seed)
    number = here.drawn.randint(4, 99)
    here.drawn.fleet.customer = lambda _: {"accept": True, "alternative": number}
    here.light()
    arr = here.drawn.run_to_end(here.supervisor)

    assert 1 == arr.verdict.alternative
    assert (0, 2) == (here.count("held"), here.count("confirmed"))


@pytest.mark.parametrize("seed", SEEDS)
def test_she_may_leave_out_the_rental(seed: int) -> None:
    """The appointment stays, and the cars of all three are given back."""
    here = town(seed)
    said = {"accept": True, "alternative": 2, "declined": ["rental_2"]}
    here.drawn.fleet.customer = lambda _: said
    here.light()
    arr = here.drawn.run_to_end(here.supervisor)

    assert (State.CLOSED, ["rental_2"]) == (arr.state, arr.verdict.declined)
    assert (1, 0) == (
        here.dealer.count("confirmed", here.drawn.fleet.now),
        here.depot.count("confirmed", here.drawn.fleet.now),
    )
    assert 0 == here.count("held")


@pytest.mark.parametrize("seed", SEEDS)
def test_without_rentals_there_are_still_three_times(seed: int) -> None:
    """A depot without cars costs her the car, not the appointment."""
    here = town(seed, cars=0)
    here.drawn.fleet.customer = lambda _: {"accept": True, "alternative": 3}
    here.light()
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.CLOSED is arr.state
    assert LegState.CONFIRMED is arr.legs["slot_3"].state
    assert "rental_3.failed" in steps(arr)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_time_in_common_goes_to_a_person(seed: int) -> None:
    """Nothing is offered, nothing stays held, and the case holds her profile."""
    here = town(seed, busy_s=365 * 86_400.0)
    here.light()
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.WITH_PERSON is arr.state
    assert (0, 0) == (here.count("held"), here.count("confirmed"))
    assert [] == here.drawn.fleet.notices
    case = here.drawn.fleet.twin(arr.desk).cases[arr.case.id]
    assert ("workshop", here.owner) == (case.skill, case.context["facts"]["profile"]["customer"])


@pytest.mark.parametrize("seed", SEEDS)
def test_who_does_not_answer_keeps_nothing(seed: int) -> None:
    """When the offer ends, everything is given back, and a person asks her."""
    here = town(seed)
    here.light()
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.WITH_PERSON is arr.state
    assert (0, 0) == (here.count("held"), here.count("confirmed"))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lamp_counts_once(seed: int) -> None:
    """While it stays on, and while she thinks, no second arrangement begins."""
    here = town(seed)
    here.light()
    first = here.drawn.arrangement(here.supervisor).id
    for _ in range(here.drawn.randint(1, 5)):
        here.light()

    assert 1 == len(here.drawn.fleet.signals)
    assert first == here.drawn.arrangement(here.supervisor).id


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("chosen", [1, 2, 3])
def test_a_number_written_back_takes_one_of_three(seed: int, chosen: int) -> None:
    """As it stands in her letter: `2` is the second one, and no "no"."""
    here = town(seed)
    fleet = here.drawn.fleet
    here.light()
    offer_of(here)
    said = {"channel": "sms", "at": fleet.now, "text": f"{chosen}"}
    fleet.tell(address_id("sms", "+358 40 1"), "reply.received", said)
    arr = here.drawn.run_to_end(here.supervisor)

    assert (State.CLOSED, chosen) == (arr.state, arr.verdict.alternative)


@pytest.mark.parametrize("seed", SEEDS)
def test_another_time_means_three_later_ones(seed: int) -> None:
    """None of the three suited her: three others follow, after the last of them."""
    here = town(seed)
    here.light()
    first = offer_of(here)
    arr = here.drawn.arrangement(here.supervisor)
    reply = {"arrangement_id": arr.id, "reply": "another_time", "answered_by": "her"}
    here.drawn.fleet.tell(here.supervisor, "reply.given", reply)
    second = here.drawn.fleet.notices[-1]["offer"]
    last = max(line["starts_at"] for line in first["lines"])

    assert 3 == len({line["starts_at"] for line in second["lines"]})
    assert all(line["starts_at"] > last for line in second["lines"])
    assert 6 == here.count("held")


# -- whatever goes wrong -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_whatever_the_companies_do_nothing_stays_held(seed: int) -> None:
    """One call in six goes wrong, each in its own way; what is firm is known, or with a person."""
    here = town(seed)
    fleet, chance = here.drawn.fleet, here.drawn
    fleet.customer = lambda _: {"accept": chance.random() < 0.8, "alternative": 2}

    here.drawn.let_companies_fail()
    here.light()
    arr = here.drawn.run_to_end(here.supervisor)
    fleet.fault = lambda _: Fault()
    fleet.advance(2 * HOUR_S)
    arr = here.drawn.arrangement(here.supervisor)
    firm = {leg.hold_id for leg in arr.legs.values() if leg.state is LegState.CONFIRMED}
    told = {step.hold_id for step in arr.steps if step.name.endswith(".not_released")}
    confirmed = {
        record.hold_id
        for company in (here.dealer, here.depot)
        for record in company.holds.values()
        if record.state == "confirmed"
    }

    assert arr.ended
    assert {} == arr.returns
    assert 0 == here.count("held")
    assert firm <= confirmed <= firm | told
    assert not told or arr.case is not None
    assert 1 >= sum(
        arr.legs[name].state is LegState.CONFIRMED for name in arr.legs if "slot" in name
    )
