"""Recall: one campaign; the severest cars get the first slots, and no dealer gives one twice."""

from collections import defaultdict
from typing import Any

import pytest
from support.drawn import SEEDS, quiet_for, steps
from support.scenes.recall import CODE, PLATE, THRESHOLD, Land, land

from actors.supervisors.arrangement import State
from actors.supervisors.recall import SILENT_S, SPREADS
from actors.testing import Fault
from deploy.demo.truths import Booked, slots
from deploy.demo.truths.slots import Car
from twins.outputs import Signal
from twins.testing import Trial

DAY_S = 86_400.0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_severest_have_the_first_slots(seed: int) -> None:
    """At each dealer; each car one slot, and each slot one car."""
    here = land(seed, 3)
    for _ in range(THRESHOLD + 1):
        here.breaks()
    arr = here.drawn.run_to_end(here.supervisor)
    starts: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for car, (severity, dealer) in here.cars.items():
        slot = visit_of(here, car).legs["slot"]
        starts[dealer].append((slot.starts_at, -severity))

    assert State.CLOSED is arr.state
    assert (0, THRESHOLD + 1) == (here.count("held"), here.count("confirmed"))
    for each in starts.values():
        assert [severity for _, severity in sorted(each)] == sorted(s for _, s in each)
        assert len(each) == len({at for at, _ in each})
    here.drawn.replays()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_dealers_books_agree(seed: int) -> None:
    """By what they gave to whom, and by what the cars themselves said."""
    here = land(seed, 2)
    fleet = here.drawn.fleet
    began_at = fleet.now
    for number in range(THRESHOLD + 1):
        here.breaks(sorted(here.dealers)[number % 2])
    arr = here.drawn.run_to_end(here.supervisor)
    owners = {car: fleet.twin(car).owner for car in here.cars}
    booked = [
        Booked(
            provider_id=dealer, hold_id=id_, arrangement_id=id_.partition(".")[0],
            customer_id=record.body["customer_id"], item=record.offer["offer_id"],
            state=record.state, held_at=began_at + 1.0, starts_at=record.offer["starts_at"],
            ends_at=record.offer["ends_at"],
            over_at=None if record.state == "confirmed" else began_at + 1.0,
        )
        for dealer, provider in here.dealers.items()
        for id_, record in provider.holds.items()
    ]  # fmt: skip
    cars = [
        Car(
            vehicle=car,
            customer_id=owners[car],
            dealer=dealer,
            severity=severity,
            said_at=began_at,
        )
        for car, (severity, dealer) in here.cars.items()
    ]
    stages = {car: visit["stage"] for car, visit in here.visits().items()}
    truth = slots.compare(cars, dict.fromkeys(here.dealers, 1), booked, stages)

    assert State.CLOSED is arr.state
    assert () == truth.problems
    assert {1} == {found["most_at_once"] for found in truth.figures.values()}


def test_nothing_but_ids_times_and_figures_stands_in_what_is_nobodys() -> None:
    """Neither the defect's nor the campaign's list is sealed: no word of a person's is in it."""
    here = land(1, 2)
    for _ in range(THRESHOLD + 1):
        here.breaks()
    here.drawn.run_to_end(here.supervisor)
    states = here.drawn.fleet.states()
    nobodys = [states[here.supervisor], states[f"defect/{here.model}-{CODE}"]]
    car = next(iter(here.cars))

    assert PLATE == states[car]["description"]
    assert [True, True] == [car in repr(state) for state in nobodys]
    assert [False, False] == [PLATE in repr(state) for state in nobodys]


def visit_of(here: Land, car: str) -> Any:
    """The arrangement of a car."""
    cause = here.visits()[car]["cause"]
    states = here.drawn.fleet.states()
    (found,) = [
        id_
        for id_, state in states.items()
        if id_.startswith("composed/") and state["arrangement"]["cause"]["id"] == cause
    ]
    return here.drawn.arrangement(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_at_night_no_slot_is_held_and_in_the_morning_the_severest_is_first(seed: int) -> None:
    """All of them sleep; nothing is confirmed before they wake, and the order is the same then."""
    here = land(seed, 2)
    night_s = here.drawn.uniform(3, 9) * 3600.0
    began_at = here.drawn.fleet.now
    quiet = quiet_for(began_at, night_s)
    for _ in range(THRESHOLD + 1):
        here.breaks(quiet=quiet)
    here.drawn.fleet.advance(night_s - 1800.0)

    assert [0, 0] == [here.count(state) for state in ("held", "confirmed")]
    assert {"waiting"} == {visit["stage"] for visit in here.visits().values()}

    here.drawn.run_to_end(here.supervisor, 2 * DAY_S)
    starts: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for car, (severity, dealer) in here.cars.items():
        starts[dealer].append((visit_of(here, car).legs["slot"].starts_at, -severity))

    assert here.drawn.fleet.now >= int(began_at + night_s)
    assert (0, THRESHOLD + 1) == (here.count("held"), here.count("confirmed"))
    for each in starts.values():
        assert [severity for _, severity in sorted(each)] == sorted(s for _, s in each)
    here.drawn.replays()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_owner_who_can_never_be_told_is_a_persons(seed: int) -> None:
    """Others go on; nobody waits for her for ever."""
    here = land(seed, 2)
    asleep = here.breaks(quiet=[{"starts_s": 0, "ends_s": 86_400}])
    for _ in range(THRESHOLD):
        here.breaks()
    here.drawn.run_to_end(here.supervisor, 2 * DAY_S)

    assert "with_person" == here.visits()[asleep]["stage"]
    assert (0, THRESHOLD) == (here.count("held"), here.count("confirmed"))


def test_a_visit_of_which_nobody_hears_does_not_hold_up_the_campaign() -> None:
    """Its twin stands still, say: after two days a person looks, and the next car has its turn."""
    trial = Trial("recall/m-c")
    trial.tell(f"signal.{SPREADS}", Signal("defect/m-c~1", SPREADS, "defect/m-c", trial.now, {}))
    id_ = trial.twin.arrangement.id
    leave = {"arrangement_id": id_, "policy": "policy/recall", "leave": "act"}
    trial.tell("leave.answered", leave)
    cars = [
        {"vehicle": f"vehicle/{name}", "owner": "customer/o", "dealer": "dealer/d", "at": trial.now}
        for name in "ab"
    ]
    trial.tell("cars.answered", {"arrangement_id": id_, "cars": cars})
    trial.advance(SILENT_S)

    assert ["silent", "arranging"] == [
        visit["stage"] for visit in trial.twin.arrangement.facts["visits"].values()
    ]
    assert trial.twin.arrangement.case is not None

    trial.advance(SILENT_S)

    assert State.CLOSED is trial.twin.arrangement.state


@pytest.mark.parametrize("seed", SEEDS)
def test_as_many_as_chance_gives_are_no_defect(seed: int) -> None:
    """So many within a week are too few; more, but over many weeks, too."""
    here = land(seed, 2)
    for _ in range(THRESHOLD):
        here.breaks()

    assert [] == here.drawn.fleet.signals

    for _ in range(4):
        here.drawn.fleet.advance(8 * DAY_S)
        for _ in range(here.drawn.randint(1, THRESHOLD)):
            here.breaks()

    assert [] == here.drawn.fleet.signals


@pytest.mark.parametrize("seed", SEEDS)
def test_another_fault_is_another_matter(seed: int) -> None:
    """Cars of one model with faults of many sorts are no campaign."""
    here = land(seed, 2)
    for number in range(THRESHOLD * 2):
        here.breaks(code=f"P0{number:03}")

    assert [] == here.drawn.fleet.signals


@pytest.mark.parametrize("seed", SEEDS)
def test_a_full_dealer_is_not_overbooked(seed: int) -> None:
    """It has five slots; the mildest go to a person, and nothing is held for them."""
    here = land(seed, 1)
    cars = here.drawn.randint(6, 12)
    for _ in range(cars):
        here.breaks()
    arr = here.drawn.run_to_end(here.supervisor)
    stages = [visit["stage"] for visit in here.visits().values()]

    assert State.CLOSED is arr.state
    assert (5, cars - 5) == (stages.count("accepted"), stages.count("with_person"))
    assert (0, 5) == (here.count("held"), here.count("confirmed"))
    assert cars - 5 == len(here.drawn.fleet.twin(here.desk).cases)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_car_that_has_it_later_joins(seed: int) -> None:
    """While the campaign runs, and when it was over: none is forgotten, none comes twice."""
    here = land(seed, 4)
    for _ in range(THRESHOLD + 1):
        here.breaks()
    here.drawn.fleet.advance(1)
    late = here.breaks()
    arr = here.drawn.run_to_end(here.supervisor)

    assert late in arr.facts["visits"]
    assert "car.joined" in steps(arr)

    latest = here.breaks()
    here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.advance(3600)

    assert "accepted" == here.visits()[latest]["stage"]
    assert len(here.cars) == here.count("confirmed")


@pytest.mark.parametrize("seed", SEEDS)
def test_who_declines_gives_the_slot_back(seed: int) -> None:
    """And the campaign goes on."""
    here = land(seed, 2)
    said = [here.drawn.random() < 0.5 for _ in range(THRESHOLD + 1)]
    answers = iter(said)
    here.drawn.fleet.customer = lambda _: {"accept": next(answers)}
    for _ in said:
        here.breaks()
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.CLOSED is arr.state
    assert (0, sum(said)) == (here.count("held"), here.count("confirmed"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_car_without_a_dealer_goes_to_a_person(seed: int) -> None:
    """It is recalled all the same."""
    here = land(seed, 2)
    car = f"vehicle/{here.drawn.key()}"
    settings = {"owner": here.drawn.person(), "model": here.model, "desk": here.desk}
    here.drawn.fleet.tell(car, "configured", settings)
    here.drawn.fleet.measure(car, {"fault_code": CODE}, "fault")
    for _ in range(THRESHOLD):
        here.breaks()
    arr = here.drawn.run_to_end(here.supervisor)

    assert "car.left_out" in steps(arr)
    assert f"{car} is recalled, and has no dealer" == arr.case.reason
    assert THRESHOLD == here.count("confirmed")


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_dealers_do_the_campaign_ends(seed: int) -> None:
    """One call in six goes wrong: each car has a slot, or a person; nothing stays held."""
    here = land(seed, 2)
    here.drawn.let_companies_fail()
    for _ in range(THRESHOLD + here.drawn.randint(1, 4)):
        here.breaks()
    arr = here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.fault = lambda _: Fault()
    here.drawn.fleet.advance(2 * 3600.0)
    stages = {visit["stage"] for visit in here.visits().values()}

    assert State.CLOSED is arr.state
    assert len(here.cars) == len(arr.facts["visits"])
    assert stages <= {"accepted", "with_person"}
    assert 0 == here.count("held")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_car_with_two_defects_is_not_forgotten(seed: int) -> None:
    """While a visit for the one is being arranged, the other one's is a person's to see to."""
    here = land(seed, 1)
    here.drawn.fleet.customer = lambda _: None
    cars = [here.breaks() for _ in range(THRESHOLD + 1)]
    for car in cars:
        other = {"fault_code": "B2222", "fault_severity": 3}
        here.drawn.fleet.measure(car, other, "fault")
    second = f"recall/{here.model}-B2222"
    here.drawn.fleet.run_until(
        lambda: any(
            visit["stage"] == "busy"
            for visit in here.drawn.arrangement(second).facts["visits"].values()
        )
    )
    arr = here.drawn.arrangement(second)

    assert "being arranged" in arr.case.reason
