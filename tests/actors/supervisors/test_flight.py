"""Flight: a plane says that it is late; another seat is held and offered before it lands."""

from dataclasses import dataclass
from typing import Any

import pytest
from support.drawn import SEEDS, Drawn, before, quiet_for, urgencies

from actors.supervisors.arrangement import State
from actors.testing import FakeProvider

HOUR_S = 3600.0


@dataclass
class Journey:
    """A passenger on her way to a connection, all drawn."""

    drawn: Drawn
    plane: str
    trip: str
    owner: str
    destination: str
    transfer_s: float
    boards_at: float
    airline: FakeProvider

    @property
    def supervisor(self) -> str:
        """Who watches over it."""
        return f"rebooking/{self.trip.partition('/')[2]}"

    def says(self, spare_s: float, at: float | None = None) -> float:
        """Her plane says when it arrives: with so much to spare; returns when that is."""
        arrives_at = self.boards_at - self.transfer_s - spare_s
        said: dict[str, Any] = {"arrives_at": arrives_at, "lat": 60.0, "lon": 20.0}
        self.drawn.fleet.measure(self.plane, said if at is None else {**said, "at": at})
        return arrives_at


def journey(seed: int, *, after_s: tuple[float, ...] = (-0.2, 2.0, 5.0)) -> Journey:
    """Draw one; hours after the connection at which seats to where she goes board."""
    drawn = Drawn(seed)
    boards_at = drawn.fleet.now + drawn.uniform(3, 6) * HOUR_S
    destination = drawn.key()
    offers = [
        {"offer_id": f"seat{number}", "title": "seat", "currency": "EUR",
         "price_cents": drawn.cents(),
         "details": {"destination": destination, "boards_at": boards_at + hours * HOUR_S}}
        for number, hours in enumerate(after_s)
    ]  # fmt: skip
    astray = {"destination": "elsewhere", "boards_at": boards_at + HOUR_S}
    offers.append({"offer_id": "astray", "title": "seat", "currency": "EUR", "price_cents": 0,
                   "details": astray})  # fmt: skip
    drawn.shuffle(offers)
    provider = FakeProvider("seat", offers)
    airline = drawn.company("airline", provider)
    desk, owner = drawn.desk("travel", services={"seat": [{"id": airline}]}), drawn.person()
    plane, trip = f"plane/{drawn.key()}", f"trip/{drawn.key()}"
    transfer_s = drawn.uniform(600, 3600)
    drawn.fleet.tell(
        trip, "configured",
        {"owner": owner, "desk": desk, "plane": plane, "onward": "XY1", "transfer_s": transfer_s,
         "destination": destination, "boards_at": boards_at},
    )  # fmt: skip
    return Journey(drawn, plane, trip, owner, destination, transfer_s, boards_at, provider)


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

    assert ["connection.missed"] == [signal.name for signal in here.drawn.fleet.signals]


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
