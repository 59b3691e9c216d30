"""Hvac: weeks of days show the drift; filter and visit come before the heat, or a person does."""

from typing import Any

import pytest
from support.drawn import SEEDS, before, quiet_for
from support.scenes.hvac import HOUR_S, Home, home

from actors.supervisors.arrangement import LegState, State
from actors.testing import Fault
from twins.devices.metered import DAY_S
from twins.handler import Origin
from twins.outputs import Effect, Signal
from twins.people.consents import ConsentSaid


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("heat_in_s", [None, 10 * DAY_S])
def test_a_filter_and_a_visit_before_the_heat(seed: int, heat_in_s: float | None) -> None:
    """She taps once; the filter fits and is there before the technician, and he before the heat."""
    here = home(seed, heat_in_s=heat_in_s)
    heat_from = here.drawn.fleet.now + (heat_in_s or 1e9)
    here.drawn.fleet.customer = lambda _: {"accept": True, "alternative": 2}
    here.days(21, 1.0, end_days=14)
    here.days(14, here.drawn.uniform(0.3, 0.7))
    arr = here.drawn.run_to_end(here.supervisor)
    sent, visit = arr.legs["filter"], arr.legs["visit_2"]

    assert (State.CLOSED, here.model) == (arr.state, sent.choice.offer.details["model"])
    assert (0, 2) == here.held()
    assert sent.held_at + sent.eta_s <= visit.starts_at < visit.ends_at <= heat_from
    assert 0 == arr.offer["total_cents"]
    assert before(arr, "filter.held", "visit_1.held", "visit_2.held", "offer.sent")
    told = here.technicians.holds[visit.hold_id].evidence
    assert told["ratio"] < 0.8 * told["rated_ratio"]
    here.drawn.replays()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("eta_s", [HOUR_S, 3 * DAY_S])
def test_the_heat_is_nearer_than_a_visit(seed: int, eta_s: float) -> None:
    """Whether the filter comes too late or the technician: nothing stays held, a person goes on."""
    here = home(seed, heat_in_s=here_s(seed), eta_s=eta_s)
    here.days(14, 0.5)
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.WITH_PERSON is arr.state
    assert (0, 0) == here.held()
    assert [] == here.drawn.fleet.notices
    assert "cooling" == here.drawn.fleet.twin(arr.desk).cases[arr.case.id].skill


def here_s(seed: int) -> float:
    """Less than an hour more than the filter takes."""
    return HOUR_S * (1.2 + 0.1 * seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_fades_little_or_for_some_days_is_left_alone(seed: int) -> None:
    """Nine tenths are no drift; nor are six bad days, nor days on which it hardly ran."""
    here = home(seed)
    here.days(14, here.drawn.uniform(0.9, 1.1), end_days=30)
    here.days(6, 0.3)

    assert [] == here.drawn.fleet.signals


@pytest.mark.parametrize("seed", SEEDS)
def test_a_filter_that_somebody_else_takes_is_asked_for_again(seed: int) -> None:
    """Two arrangements want the same one: who comes second gets another.

    She names no alternative, so that the first is meant, beside what belongs to all.
    """
    here = home(seed)
    here.drawn.fleet.customer = lambda _: {"accept": True}
    refused: list[str] = []

    def fault(effect: Effect) -> Fault:
        if effect.name == "hold" and " filter " in effect.key and not refused:
            refused.append(effect.id)
            return Fault(carried_out=False, reason="refused")
        return Fault()

    here.drawn.fleet.fault = fault
    here.days(14, 0.5)
    arr = here.drawn.run_to_end(here.supervisor)

    assert (State.CLOSED, 1) == (arr.state, len(refused))
    assert 2 == arr.legs["filter"].attempt
    assert (0, 2) == here.held()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("best", ["no visit", "2 first"])
def test_whoever_likes_puts_it_in_herself(seed: int, best: str) -> None:
    """Offers are learned: a filter alone, that says so, or the later visit first."""
    here = home(seed, heat_in_s=10 * DAY_S)
    fleet, learner = here.drawn.fleet, "engagement/offer_hvac"
    shown: list[Any] = []
    fleet.customer = lambda offer: shown.append(offer) or {"accept": True}
    fleet.tell(here.owner, "consent.said", ConsentSaid(
        purpose="learning", given=True, how="form", text_version="1",
    ))  # fmt: skip
    fleet.tell(learner, "configured", {"exploration": 0.0, "control": 0.0})
    fleet.tell(learner, "advice.requested", {
        "asker": here.owner, "contact": "an-older-one", "segment": "any.sms", "options": {},
    })  # fmt: skip
    for number in range(120):
        name = ("plain", "2 first", "no visit")[number % 3]
        fleet.tell(learner, "engagement.tried", {
            "contact": f"c{number}", "segment": "any.sms", "how": "learned", "after_s": 1.0,
            "taken": {"offer": name}, "what": "accepted" if name == best else "ignored",
        })  # fmt: skip
    here.days(14, 0.5)
    arr = here.drawn.run_to_end(here.supervisor)
    lines = [(line["leg"], line["what"]) for line in shown[0]["lines"]]
    alone = best == "no visit"

    assert State.CLOSED is arr.state, f"seed {seed}"
    expected = "A new filter, to put in yourself" if alone else "A new filter"
    assert ("filter", expected) == lines[0]
    assert (1 if alone else 3) == len(lines)
    assert (["filter"] if alone else ["filter", "visit_2"]) == sorted(
        leg.name for leg in arr.in_state(LegState.CONFIRMED)
    )
    assert (0, 1 if alone else 2) == here.held()
    here.drawn.replays()


def booked(seed: int, heat_in_s: float = 10 * DAY_S) -> tuple[Home, Any]:
    """A home whose visit is booked: the second of the two that were offered; and what booked it."""
    here = home(seed, heat_in_s=heat_in_s)
    here.drawn.fleet.customer = lambda _: {"accept": True, "alternative": 2}
    here.days(14, 0.5)
    return here, here.drawn.run_to_end(here.supervisor)


def expect(here: Home, heat_from: float) -> None:
    """The forecast is another one."""
    here.drawn.fleet.measure(here.weather, {"heat_from": heat_from}, "forecast")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_heat_that_comes_sooner_moves_the_visit(seed: int) -> None:
    """She takes another time before it; only then is the one that she had given back."""
    here, first = booked(seed)
    visit = first.legs["visit_2"]
    expect(here, visit.starts_at + 60.0)
    arr = here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.advance(60.0)
    taken = arr.legs["visit_1"]
    now = here.drawn.fleet.now
    bookings = here.drawn.fleet.twin(here.owner).bookings

    assert (State.CLOSED, "heat.moved") == (arr.state, arr.cause.name)
    assert taken.ends_at <= visit.starts_at + 60.0
    assert first.legs["filter"].held_at + first.legs["filter"].eta_s <= taken.starts_at
    assert "released" == here.technicians.holds[visit.hold_id].state
    assert "confirmed" == here.technicians.holds[taken.hold_id].state
    assert (0, 2) == here.held()
    assert before(arr, "visit_1.confirmed", "visit_2.releasing", "arrangement.closed")
    assert "sooner" in here.drawn.fleet.notices[-1]["subject"]
    assert [taken.starts_at] == [
        it.starts_at for it in bookings.values() if not it.cancelled and it.what != "A new filter"
    ]
    assert now < taken.starts_at
    here.drawn.replays()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hours", [None, 30 * 24.0])
def test_a_heat_that_comes_later_or_not_moves_nothing(seed: int, hours: float | None) -> None:
    """Her visit is before it, anyway."""
    here, first = booked(seed)
    expect(here, 0.0 if hours is None else here.drawn.fleet.now + hours * HOUR_S)
    here.drawn.fleet.advance(HOUR_S)

    assert first.id == here.drawn.arrangement(here.supervisor).id
    assert (0, 2) == here.held()
    assert 1 == len(here.drawn.fleet.notices)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hours", [0.05, 2.2])
def test_where_no_visit_is_sooner_a_person_looks_for_a_way(seed: int, hours: float) -> None:
    """And the visit that she has stays booked meanwhile."""
    here, first = booked(seed)
    expect(here, here.drawn.fleet.now + hours * HOUR_S)
    arr = here.drawn.run_to_end(here.supervisor)

    assert (State.WITH_PERSON, "heat.moved") == (arr.state, arr.cause.name)
    assert "the visit that she has stays booked" in arr.case.reason
    assert (0, 2) == here.held()
    assert "confirmed" == here.technicians.holds[first.legs["visit_2"].hold_id].state


@pytest.mark.parametrize("seed", SEEDS)
def test_who_wants_no_other_time_keeps_her_visit(seed: int) -> None:
    """Nothing is given back that she has."""
    here, first = booked(seed)
    here.drawn.fleet.customer = lambda _: {"accept": False}
    expect(here, first.legs["visit_2"].starts_at + 60.0)
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.COMPENSATED is arr.state
    assert (0, 2) == here.held()
    assert "confirmed" == here.technicians.holds[first.legs["visit_2"].hold_id].state


@pytest.mark.parametrize("seed", SEEDS)
def test_a_heat_that_comes_sooner_while_she_thinks(seed: int) -> None:
    """What she was offered is taken back as far as it is too late, and she is asked anew."""
    here = home(seed, heat_in_s=10 * DAY_S)
    here.days(14, 0.5)
    here.drawn.fleet.run_until(lambda: bool(here.drawn.fleet.notices))
    late = here.drawn.arrangement(here.supervisor).legs["visit_2"].starts_at
    here.drawn.fleet.customer = lambda _: {"accept": True}
    expect(here, late + 60.0)
    arr = here.drawn.run_to_end(here.supervisor)
    (visit,) = [leg for leg in arr.legs.values() if leg.ends_at and leg.state == "confirmed"]

    assert State.CLOSED is arr.state
    assert visit.ends_at <= late + 60.0
    assert 2 == len(here.drawn.fleet.notices)
    assert (0, 2) == here.held()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_forecast_that_is_taken_back_leaves_all_as_it_was(seed: int) -> None:
    """What was offered instead is given back, whether she has read it or not."""
    here, first = booked(seed)
    here.drawn.fleet.customer = lambda _: None
    expect(here, first.legs["visit_2"].starts_at + 60.0)
    here.drawn.fleet.advance(here.drawn.choice((0.0, 5.0)))
    expect(here, here.drawn.choice((0.0, here.drawn.fleet.now + 10 * DAY_S)))
    arr = here.drawn.run_to_end(here.supervisor)

    assert (State.COMPENSATED, "heat.moved") == (arr.state, arr.cause.name)
    assert (0, 2) == here.held()
    assert "confirmed" == here.technicians.holds[first.legs["visit_2"].hold_id].state


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_forecasts_say_holds_sum_to_zero(seed: int) -> None:
    """They change at any time, and one call in five goes wrong: one visit at most, or a person."""
    here = home(seed, heat_in_s=10 * DAY_S)
    drawn = here.drawn
    drawn.fleet.customer = lambda _: {"accept": True, "alternative": drawn.choice((1, 2))}
    drawn.let_companies_fail(1 / 5)
    here.days(14, 0.5)
    for _ in range(4):
        drawn.fleet.advance(drawn.uniform(0, 60))
        expect(here, drawn.choice((0.0, drawn.fleet.now + drawn.uniform(0, 12) * HOUR_S)))
    drawn.run_to_end(here.supervisor)
    drawn.fleet.fault = lambda _: Fault()
    drawn.fleet.advance(2 * HOUR_S)
    watcher = drawn.fleet.twin(here.supervisor)
    unsettled = any(
        step.name.endswith(".not_released")
        for arr in (watcher.arrangement, *watcher.past)
        for step in arr.steps
    )

    assert watcher.arrangement.ended
    assert 0 == here.held()[0]
    assert here.technicians.count("confirmed", drawn.fleet.now) <= 1 or unsettled


@pytest.mark.parametrize("seed", SEEDS)
def test_an_average_that_goes_up_and_down_books_one_visit(seed: int) -> None:
    """As long as it lies ahead, another drift starts nothing."""
    here, first = booked(seed)
    signal = Signal(
        f"{here.aircon}~again", "cooling.drifting", here.aircon, here.drawn.fleet.now,
        first.cause.data,
    )  # fmt: skip
    here.drawn.fleet.send(
        here.supervisor, "signal.cooling.drifting", signal, origin=Origin.TWIN
    )  # fmt: skip
    here.drawn.fleet.advance(HOUR_S)

    assert first.id == here.drawn.arrangement(here.supervisor).id
    assert (0, 2) == here.held()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("heat_h", "waits"), [(20.0, True), (7.0, False)])
def test_at_night_it_waits_as_long_as_the_heat_lets_it(
    seed: int, heat_h: float, waits: bool
) -> None:
    """She wakes in six hours: in time for a visit before the heat, or a person has it at once."""
    here = home(seed, heat_in_s=heat_h * HOUR_S, eta_s=HOUR_S)
    began_at = here.drawn.fleet.now
    quiet = quiet_for(began_at, 6 * HOUR_S)
    here.drawn.fleet.tell(here.owner, "configured", {"quiet": quiet})
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.days(14, 0.5)
    arr = here.drawn.run_to_end(here.supervisor, DAY_S)

    assert waits == (arr.state is State.CLOSED)
    assert waits == (here.drawn.fleet.now > began_at + 5 * HOUR_S)
    assert (0, 2 if waits else 0) == here.held()
