"""Demand: hours of the week are learned, and whoever is moved beforehand is there sooner."""

import random
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import exp
from statistics import mean
from typing import Any

import pytest
from support.drawn import SEEDS, Drawn

from actors.testing import FakeProvider
from twins.services.demand import (
    HOUR_S,
    LEAD_S,
    LEAST,
    LONGEST_H,
    MAX_CELLS,
    MAX_PLACES,
    SOON_S,
    WEEK_H,
    Demand,
    Forecast,
)
from twins.units import Position, drive_s

MONDAY = 1_772_409_600.0
"""2 March 2026, 00:00 UTC."""

WEEK_S = WEEK_H * HOUR_S
SPEED_KMH = 40.0
JOB_S = 2400.0
BASE: Position = (60.25, 24.95)
SUBURB: Position = (60.22, 25.48)
TOWN: Position = (60.29, 24.43)


def poisson(chance: random.Random, rate: float) -> int:
    """Knuth's; for small rates."""
    least, product, count = exp(-rate), chance.random(), 0
    while product > least:
        product, count = product * chance.random(), count + 1
    return count


def breakdowns(
    seed: int, weeks: int, truth: dict[Position, dict[int, float]]
) -> list[tuple[float, Position]]:
    """Drawn from a known truth: place -> hour of the day -> breakdowns an hour."""
    print(f"seed {seed}")  # noqa: T201 - shown where a test fails
    chance = random.Random(f"demand {seed}")
    found = []
    for hour in range(weeks * WEEK_H):
        for place, rates in truth.items():
            for _ in range(poisson(chance, rates.get(hour % 24, 0.0))):
                where = (place[0] + chance.uniform(-0.04, 0.04),
                         place[1] + chance.uniform(-0.04, 0.04))  # fmt: skip
                found.append((MONDAY + (hour + chance.random()) * HOUR_S, where))
    return sorted(found)


@dataclass
class Yard:
    """Trucks that stand where their last job was, or go where they are asked to."""

    trucks: list[tuple[float, Position]]
    """(free from, where)."""
    waits: list[float] = field(default_factory=list)

    def send(self, at: float, to: Position) -> None:
        """The one that is there first; then it goes back to the base."""
        best = min(
            range(len(self.trucks)),
            key=lambda n: max(at, self.trucks[n][0]) + drive_s(self.trucks[n][1], to, SPEED_KMH),
        )
        free_at, where = self.trucks[best]
        there_at = max(at, free_at) + drive_s(where, to, SPEED_KMH)
        self.waits.append(there_at - at)
        back_at = there_at + JOB_S + drive_s(to, BASE, SPEED_KMH)
        self.trucks[best] = (back_at, BASE)

    def move(self, at: float, places: list[tuple[Position, float]]) -> None:
        """Let idle trucks drive to where most is expected, as many as its share."""
        idle = [n for n, (free_at, _) in enumerate(self.trucks) if free_at <= at]
        shares = [(-expected, number, place) for number, (place, expected) in enumerate(places)]
        heapify(shares)
        for n in idle:
            if not shares:
                return
            left, number, place = heappop(shares)
            way_s = drive_s(self.trucks[n][1], place, SPEED_KMH)
            self.trucks[n] = (at + way_s, place)
            heappush(shares, (left / 2.0, number, place))


def mean_wait_s(calls: list[tuple[float, Position]], *, moving: bool, from_week: int) -> float:
    """Of those after some weeks of learning."""
    yard, forecast = Yard([(0.0, BASE)] * 5), Forecast()
    next_at = MONDAY + HOUR_S - LEAD_S
    counted = 0
    for at, place in calls:
        while next_at <= at:
            forecast.reach(next_at)
            if moving:
                places = forecast.places(next_at + LEAD_S)
                yard.move(next_at, [(each.position, each.expected) for each in places])
            next_at += HOUR_S
        forecast.note(place, at)
        yard.send(at, place)
        counted += at < MONDAY + from_week * WEEK_S
    return mean(yard.waits[counted:])


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_moved_beforehand_is_there_sooner(seed: int) -> None:
    """Mornings in the suburb, evenings in the town, 27 km from the base each."""
    truth = {
        SUBURB: dict.fromkeys(range(6, 10), 1.5),
        TOWN: dict.fromkeys(range(16, 20), 1.5),
    }
    calls = breakdowns(seed, 8, truth)
    still = mean_wait_s(calls, moving=False, from_week=4)
    moved = mean_wait_s(calls, moving=True, from_week=4)
    print(f"mean wait {still:.0f} s standing, {moved:.0f} s moved")  # noqa: T201 - the figure

    assert moved < 0.8 * still


@pytest.mark.parametrize("seed", SEEDS)
def test_where_nothing_can_be_foreseen_nothing_is_lost(seed: int) -> None:
    """The same at all hours, at and around the base: moving does not make anybody wait longer."""
    truth = {place: dict.fromkeys(range(24), 0.3) for place in (BASE, (60.25, 25.05))}
    calls = breakdowns(seed, 8, truth)
    still = mean_wait_s(calls, moving=False, from_week=4)
    moved = mean_wait_s(calls, moving=True, from_week=4)
    print(f"mean wait {still:.0f} s standing, {moved:.0f} s moved")  # noqa: T201 - the figure

    assert moved < 1.05 * still


@pytest.mark.parametrize("seed", SEEDS)
def test_it_learns_the_truth(seed: int) -> None:
    """And forgets it when it does not hold any more."""
    calls = breakdowns(seed, 30, {SUBURB: {8: 3.0}})
    forecast = Forecast()
    for at, place in calls:
        forecast.note(place, at)
    end = MONDAY + 30 * WEEK_S
    forecast.reach(end)
    found = [
        sum(place.expected for place in forecast.places(end + (24 * day + 8) * HOUR_S))
        for day in range(7)
    ]

    assert 3.0 == pytest.approx(mean(found), rel=0.35)
    assert [] == forecast.places(end + 12 * HOUR_S)

    forecast.reach(end + 30 * WEEK_S)

    assert {} == forecast.rates


@pytest.mark.parametrize("seed", SEEDS)
def test_its_size_is_bounded(seed: int) -> None:
    """However many cells there are; a year of silence leaves nothing, and costs little."""
    chance, forecast = random.Random(f"demand {seed}"), Forecast()
    print(f"seed {seed}")  # noqa: T201 - shown where a test fails
    at = MONDAY
    for _ in range(2000):
        at += chance.uniform(0, 1200)
        forecast.note((chance.uniform(-90, 90), chance.uniform(-180, 180)), at)

    assert len(forecast.rates) <= MAX_CELLS
    assert len(forecast.counts) <= MAX_CELLS
    assert all(rate >= LEAST for rates in forecast.rates.values() for rate in rates.values())
    assert len(forecast.places(at)) <= MAX_PLACES

    forecast.reach(at + 3 * LONGEST_H * HOUR_S)

    assert ({}, {}) == (forecast.rates, forecast.counts)


class Movable(FakeProvider):
    """It says yes to being elsewhere."""

    def call(self, request: dict[str, object], now: float) -> dict[str, object]:
        """Carry a call out."""
        if request["call"] == "reposition":
            self.calls.append(("reposition", str(request["body"])))
            return {"moves": [{"item": "truck-1"}]}
        return super().call(request, now)


@pytest.mark.parametrize("seed", SEEDS)
def test_companies_are_asked_before_the_hour_and_may_refuse(seed: int) -> None:
    """A truck and a rental company, of which one does not know the call: nothing is lost."""
    drawn = Drawn(seed)
    able = Movable("tow")
    movers = [
        drawn.company("tow_operator", able),
        drawn.company("rental_depot", FakeProvider("rental")),
    ]
    demand, fleet = f"demand/{drawn.key()}", drawn.fleet
    weeks = drawn.randint(2, 3)
    for _ in range(weeks):
        noted = {"position": SUBURB, "at": fleet.now, "movers": movers}
        fleet.tell(demand, "breakdown.noted", noted)
        begins = fleet.now // HOUR_S * HOUR_S
        fleet.advance(begins + WEEK_S - LEAD_S - 1.0 - fleet.now)
        before = len(able.calls)
        fleet.advance(2.0)

        assert before + 1 == len(able.calls)

        fleet.advance(LEAD_S)
    twin: Demand = fleet.twin(demand)

    assert (2 * weeks, weeks, weeks) == (twin.asked, twin.followed, twin.refused)
    assert weeks == twin.moved
    assert "25.45" in able.calls[-1][1]
    drawn.replays()

    fleet.advance(40 * WEEK_S)

    assert not fleet.twin(demand).waking


def told(demand: str, fleet: Any, past: list[tuple[float, Position]]) -> None:
    """Let the desk's system tell what was, in one message."""
    readings = [{"at": at, "lat": place[0], "lon": place[1]} for at, place in past]
    fleet.measure(demand, readings, "breakdown")


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_before_is_told_and_used_at_once(seed: int) -> None:
    """From messages of a device alone: who helps is asked for the hour that is running."""
    drawn, able = Drawn(seed), Movable("tow")
    demand, fleet = f"demand/{drawn.key()}", drawn.fleet
    mover = drawn.company("tow_operator", able)
    fleet.tell(demand, "configured", {"movers": [mover]})
    fleet.advance(drawn.uniform(600.0, 2000.0))  # within an hour, and not about to leave it
    weeks = drawn.randint(2, 5)
    past = [
        (fleet.now - week * WEEK_S + drawn.uniform(-600.0, 0.0), SUBURB)
        for week in range(weeks, 0, -1)
        for _ in range(3)
    ]
    told(demand, fleet, sorted(past))
    fleet.advance(SOON_S + 1.0)
    twin: Demand = fleet.twin(demand)

    assert (1, 1, 1, 0) == (twin.asked, twin.followed, twin.moved, twin.passed_over)
    assert ["reposition"] == [call for call, _ in able.calls]
    assert "25.45" in able.calls[0][1]

    # What comes after its hour is over would be counted for another one.
    rates = fleet.twin(demand).forecast.rates
    told(demand, fleet, sorted(past)[:2])

    assert (2, rates) == (fleet.twin(demand).passed_over, fleet.twin(demand).forecast.rates)
    drawn.replays()
