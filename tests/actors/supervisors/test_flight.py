"""Flight: a plane says that it is late; another seat is held and offered before it lands."""

from datetime import datetime

import pytest
from support.drawn import SEEDS, before, quiet_for, urgencies
from support.scenes.flight import HOUR_S, journey

from actors.supervisors.arrangement import State
from actors.supervisors.flying import overnight
from actors.testing import Fault


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_seat_that_she_can_reach_before_she_lands(seed: int) -> None:
    """Offered at no price while she is in the air; booked once by one tap."""
    here = journey(seed)
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.says(HOUR_S)
    arrives_at = here.says(-here.drawn.uniform(60, HOUR_S))
    arr = here.drawn.run_to_end(here.supervisor)
    seat = arr.legs["seat"].choice.offer.details
    sent_at = next(step.at for step in arr.steps if step.name == "offer.sent")

    assert (State.CLOSED, here.destination) == (arr.state, seat["destination"])
    assert here.boards_at + 2 * HOUR_S == seat["boards_at"]
    assert sent_at < arrives_at
    assert 0 == arr.offer["total_cents"]
    assert 1 == here.airline.count("confirmed", here.drawn.fleet.now)
    assert before(arr, "signal.noticed", "seat.held", "offer.sent", "offer.answered")
    here.drawn.replays()


NEXT_DAY = (20.0, 24.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_where_no_seat_flies_today_there_is_a_room(seed: int) -> None:
    """Near where she changes, from her landing until she boards; both with one tap, at no price."""
    here = journey(seed, after_s=NEXT_DAY)
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.says(-here.drawn.uniform(60, HOUR_S))
    arr = here.drawn.run_to_end(here.supervisor)
    now = here.drawn.fleet.now

    assert State.CLOSED is arr.state
    assert [1, 1] == [each.count("confirmed", now) for each in (here.airline, here.hotel)]
    assert 0 == arr.offer["total_cents"]
    assert before(arr, "seat.held", "hotel.asked", "hotel.held", "offer.sent", "hotel.confirmed")
    assert arr.case is None
    here.drawn.replays()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("declines", [True, False])
def test_without_a_room_she_flies_all_the_same(seed: int, declines: bool) -> None:
    """Whoever has a bed declines it; where none is free, a person finds one."""
    here = journey(seed, after_s=NEXT_DAY, rooms=1 if declines else 0)
    here.drawn.fleet.customer = lambda _: {"accept": True, "declined": ["hotel"]}
    here.says(-60.0)
    arr = here.drawn.run_to_end(here.supervisor)
    now = here.drawn.fleet.now

    assert State.CLOSED is arr.state
    assert (1, 0) == (here.airline.count("confirmed", now), here.hotel.count("confirmed", now))
    assert 0 == here.hotel.count("held", now)
    assert declines == (arr.case is None)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wait_without_a_night_needs_no_room(seed: int) -> None:
    """Nobody is asked for one."""
    here = journey(seed, after_s=(5.0,))
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.says(-600.0)
    here.drawn.run_to_end(here.supervisor)

    assert [] == here.hotel.calls


def test_which_wait_is_one_through_the_night() -> None:
    """By the clock of the place: three o'clock lies in it, and it is long enough for a bed."""
    evening = datetime.fromisoformat("2027-06-01T20:00+03:00").timestamp()
    found = [
        overnight(evening, evening + hours * HOUR_S, zone)
        for hours, zone in [
            (5.9, "Europe/Helsinki"), (6.5, "Europe/Helsinki"), (7.5, "Europe/Helsinki"),
            (7.5, "America/New_York"),
        ]
    ]  # fmt: skip

    assert [False, False, True, False] == found


@pytest.mark.parametrize("seed", SEEDS)
def test_a_booked_connection_that_is_missed_is_rebooked_again(seed: int) -> None:
    """The plane is later still: the next seat is booked, and the one before given back."""
    here = journey(seed)
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.says(-600.0)
    first = here.drawn.run_to_end(here.supervisor)
    here.says(-3 * HOUR_S)
    second = here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.advance(60.0)
    now = here.drawn.fleet.now
    trip = here.drawn.fleet.twin(here.trip)

    assert first.id != second.id
    assert State.CLOSED is here.drawn.arrangement(here.supervisor).state
    assert here.boards_at + 5 * HOUR_S == trip.boards_at
    assert (0, 1) == (here.airline.count("held", now), here.airline.count("confirmed", now))
    here.drawn.replays()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_booked_connection_that_is_cancelled_is_rebooked_again(seed: int) -> None:
    """The new flight's twin says so; another seat on it, which is still sold, is none."""
    here = journey(seed, planes=True)
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.says(-600.0)
    here.drawn.run_to_end(here.supervisor)
    trip = here.drawn.fleet.twin(here.trip)
    here.drawn.fleet.measure(trip.connection, {"cancelled": True})
    arr = here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.advance(60.0)
    now = here.drawn.fleet.now

    assert ("connection.cancelled", State.CLOSED) == (arr.cause.name, arr.state)
    assert "Your connection is cancelled" in here.drawn.fleet.notices[-1]["subject"]
    assert here.boards_at + 5 * HOUR_S == here.drawn.fleet.twin(here.trip).boards_at
    assert (0, 1) == (here.airline.count("held", now), here.airline.count("confirmed", now))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_offered_seat_that_gets_out_of_reach_is_replaced(seed: int) -> None:
    """Her plane is later still while she thinks: she is asked anew; an old yes means nothing."""
    here = journey(seed)
    here.says(-600.0)
    here.drawn.fleet.run_until(lambda: bool(here.drawn.fleet.notices))
    old = here.drawn.fleet.notices[0]["offer"]
    here.drawn.fleet.advance(5.0)
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.says(-3 * HOUR_S)
    here.drawn.fleet.tell(here.supervisor, "offer.answered", {
        "arrangement_id": old["arrangement_id"], "accept": True, "answered_by": "her",
        "until": old["expires_at"],
    })  # fmt: skip
    arr = here.drawn.run_to_end(here.supervisor)
    now = here.drawn.fleet.now

    assert State.CLOSED is arr.state
    assert here.boards_at + 5 * HOUR_S == arr.legs["seat"].choice.offer.details["boards_at"]
    assert 2 == len(here.drawn.fleet.notices)
    assert (0, 1) == (here.airline.count("held", now), here.airline.count("confirmed", now))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_becomes_of_her_flights_holds_sum_to_zero(seed: int) -> None:
    """Words of the plane come at any time, one call in four goes wrong."""
    here = journey(seed, after_s=(2.0, 5.0, *NEXT_DAY), rooms=2)
    drawn = here.drawn
    drawn.fleet.customer = lambda _: {"accept": True}
    drawn.let_companies_fail(1 / 4)
    late_s = 300.0
    for _ in range(4):
        here.says(-late_s)
        late_s += drawn.uniform(0, 3 * HOUR_S)
        drawn.fleet.advance(drawn.uniform(0, 90))
    drawn.run_to_end(here.supervisor)
    drawn.fleet.fault = lambda _: Fault()
    drawn.fleet.advance(2 * HOUR_S)
    arr = drawn.arrangement(here.supervisor)
    now = drawn.fleet.now
    unsettled = any(
        step.name.endswith(".not_released")
        for each in (arr, *drawn.fleet.twin(here.supervisor).past)
        for step in each.steps
    )

    assert arr.ended
    assert 0 == here.airline.count("held", now) + here.hotel.count("held", now)
    assert here.airline.count("confirmed", now) <= 1 or unsettled
    assert here.hotel.count("confirmed", now) <= 1 or unsettled


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("after_s", [(), (-1.0, 0.0)])
def test_nothing_free_goes_to_the_desk(seed: int, after_s: tuple[float, ...]) -> None:
    """No seat there, or none that she can reach: the case is there before she lands."""
    here = journey(seed, after_s=after_s)
    arrives_at = here.says(-here.drawn.uniform(60, HOUR_S))
    arr = here.drawn.run_to_end(here.supervisor)
    case = here.drawn.fleet.twin(arr.desk).cases[arr.case.id]

    assert (State.WITH_PERSON, "travel", "high") == (arr.state, case.skill, case.urgency)
    assert here.drawn.fleet.now < arrives_at
    assert [0, 0] == [here.airline.count(state, 0.0) for state in ("held", "confirmed")]
    assert [] == here.drawn.fleet.notices


@pytest.mark.parametrize("seed", SEEDS)
def test_who_does_not_answer_keeps_no_seat(seed: int) -> None:
    """Others want it, too; somebody asks her."""
    here = journey(seed)
    here.says(-600.0)
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.WITH_PERSON is arr.state
    assert 0 == here.airline.count("held", here.drawn.fleet.now)
    assert 0 == here.airline.count("confirmed", here.drawn.fleet.now)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seat_disturbs_her_at_night(seed: int) -> None:
    """Before she lands, whatever her quiet hours are: by then others would have it."""
    here = journey(seed)
    quiet = quiet_for(here.drawn.fleet.now, 20 * HOUR_S)
    here.drawn.fleet.tell(here.owner, "configured", {"quiet": quiet})
    here.drawn.fleet.customer = lambda _: {"accept": True}
    here.says(-here.drawn.uniform(60, HOUR_S))
    arr = here.drawn.run_to_end(here.supervisor)

    assert (State.CLOSED, ["high"]) == (
        arr.state,
        urgencies(here.drawn),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_in_time_and_to_and_fro(seed: int) -> None:
    """With time to spare nothing happens; once late, a few minutes more or less are no news."""
    here = journey(seed)
    for _ in range(4):
        here.says(here.drawn.uniform(60, HOUR_S))

    assert [] == here.drawn.fleet.signals

    here.says(-300.0)
    for _ in range(4):
        here.says(here.drawn.uniform(-HOUR_S, 540))

    names = [signal.name for signal in here.drawn.fleet.signals]

    assert 1 == names.count("connection.missed")
    assert {"connection.missed", "connection.later"} == set(names)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_older_reading_and_another_plane_say_nothing(seed: int) -> None:
    """What comes late is older than what is known; who changed her booking flies by another."""
    here = journey(seed)
    here.says(HOUR_S)
    here.says(-HOUR_S, at=here.drawn.fleet.now - 600.0)
    here.drawn.fleet.tell(here.trip, "configured", {"plane": f"plane/{here.drawn.key()}"})
    here.says(-HOUR_S)

    assert [] == here.drawn.fleet.signals
    assert here.drawn.fleet.twin(here.trip).arrives_at is None
