"""What if: the roadside incident once more; unchanged it is what it was, changed it says how."""

from typing import Any

import msgspec
import pytest
from support.city import CAR, SUPERVISOR, City, city

from actors.supervisors.arrangement import Arrangement, State
from actors.whatif.answers import Input
from actors.whatif.change import Change, Said
from actors.whatif.run import Incident, Run, simulate, truth
from twins.event import Message
from twins.kind import kind_of

YES = {"accept": True}


def played(**said: Any) -> tuple[City, Incident]:
    """A city in which the car overheated and was helped, and the incident of it."""
    here = city()
    here.world.customer = lambda _: {**YES, **said}
    here.overheat()
    here.world.run_until(here.ended)
    inputs = []
    for at, twin_id, event_type, payload in here.world.log:
        if twin_id == SUPERVISOR and not event_type.startswith("due."):
            message = msgspec.msgpack.decode(payload, type=Message[Any])
            inputs.append(Input(at, event_type, message.data, message.id))
    before = msgspec.to_builtins(kind_of("roadside").new("v1"))
    cause = here.arrangement.cause.id
    return here, Incident(SUPERVISOR, cause, before, inputs, here.world.now)


def what_if(incident: Incident, **change: Any) -> tuple[Run, Arrangement]:
    """A simulated run, and its arrangement."""
    run = simulate(incident, Change(**change), truth(incident))
    assert run.arrangement is not None
    return run, run.arrangement


@pytest.mark.parametrize("said", [{}, {"declined": ["rental"]}, {"accept": False}])
def test_unchanged_it_is_the_real_one_step_for_step(said: dict[str, Any]) -> None:
    """All of it: state, steps, times; nothing is assumed, and nothing unknown."""
    here, incident = played(**said)
    real = truth(incident)
    again = simulate(incident, Change(), real)

    assert here.arrangement == real.arrangement
    assert here.arrangement == again.arrangement
    assert (None, [], []) == (again.stopped, again.assumed, again.unanswered)
    assert real.track == again.track


def test_a_busy_truck_leads_to_the_other_company() -> None:
    """That was asked, and not chosen; it is taken at its word, and the run says so."""
    _, incident = played()
    run, arr = what_if(incident, busy=["tow_operator/t2"])

    assert ("tow_operator/t1", State.CLOSED) == (arr.legs["tow"].service, arr.state)
    assert "tow_operator/t1 holds tow as it offered it" in run.assumed
    assert (True, None) == (run.track[-1].arrived, run.track[0].position)


def test_without_assumptions_it_ends_where_nobody_knows() -> None:
    """And says what was asked."""
    _, incident = played()
    run, arr = what_if(incident, busy=["tow_operator/t2"], assume=False)

    assert (False, []) == (arr.ended, run.assumed)
    assert run.stopped is not None
    assert run.stopped.endswith("hold.requested of tow_operator/t1")


def test_a_truck_that_comes_later_is_not_the_soonest_any_more() -> None:
    """600 s later it would take 1,200 s, and the other one takes 900 s."""
    _, incident = played()
    _, arr = what_if(incident, later_s={"tow_operator/t2": 600.0})
    _, still = what_if(incident, later_s={"tow_operator/t2": 60.0})

    assert ("tow_operator/t1", 900.0) == (arr.legs["tow"].service, arr.legs["tow"].eta_s)
    assert ("tow_operator/t2", 660.0) == (still.legs["tow"].service, still.legs["tow"].eta_s)


def test_a_company_that_refuses_is_passed_over() -> None:
    """As a hold that it does not give."""
    _, incident = played()
    _, arr = what_if(incident, refusing=["tow_operator/t2"])

    assert "tow_operator/t1" == arr.legs["tow"].service
    assert "tow.refused" in [step.name for step in arr.steps]


def test_the_customer_says_otherwise() -> None:
    """Another answer, a later one, a part declined, or none."""
    _, incident = played()
    _, no = what_if(incident, customer=Said(accept=False))
    _, less = what_if(incident, customer=Said(declined=["rental"]))
    _, late = what_if(incident, customer=Said(after_s=300.0))
    _, none = what_if(incident, customer=Said(silent=True))
    times = {step.name: step.at for step in late.steps}

    assert (State.COMPENSATED, State.CLOSED) == (no.state, less.state)
    assert ("declined", State.CLOSED) == (less.legs["rental"].state, late.state)
    assert 300.0 == pytest.approx(times["offer.answered"] - times["offer.sending"])
    assert State.WITH_PERSON == none.state


def test_a_signal_that_comes_earlier_moves_all_of_it() -> None:
    """By as much, where nothing else matters."""
    here, incident = played()
    _, arr = what_if(incident, noticed_s=-60.0)

    assert 60.0 == pytest.approx(here.arrangement.opened_at - arr.opened_at)
    assert 60.0 == pytest.approx(here.arrangement.ended_at - arr.ended_at)
    assert CAR == arr.cause.twin_id


def test_nothing_leaves_and_nothing_of_the_real_one_changes() -> None:
    """Neither a call nor a message, and the inputs are as they were; twice the same comes of it."""
    here, incident = played()
    effects, sent = len(here.world.effects), len(here.world.log)
    before = msgspec.msgpack.encode(incident)
    arrangement = msgspec.msgpack.encode(here.arrangement)
    first, _ = what_if(incident, busy=["tow_operator/t2"], later_s={"ride_company/r1": 900.0})
    second, _ = what_if(incident, busy=["tow_operator/t2"], later_s={"ride_company/r1": 900.0})

    assert (effects, sent) == (len(here.world.effects), len(here.world.log))
    assert before == msgspec.msgpack.encode(incident)
    assert arrangement == msgspec.msgpack.encode(here.arrangement)
    assert msgspec.msgpack.encode(first) == msgspec.msgpack.encode(second)
