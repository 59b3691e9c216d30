"""Hvac: weeks of days show the drift; filter and visit come before the heat, or a person does."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from support.drawn import SEEDS, Drawn, before

from actors.supervisors.arrangement import LegState, State
from actors.testing import FakeProvider, Fault
from twins.devices.metered import DAY_S
from twins.outputs import Effect
from twins.people.consents import ConsentSaid

HOUR_S = 3600.0


@dataclass
class Home:
    """An air conditioner, all drawn."""

    drawn: Drawn
    aircon: str
    weather: str
    owner: str
    rated: float
    model: str
    parts: FakeProvider
    technicians: FakeProvider

    @property
    def supervisor(self) -> str:
        """Who watches over it."""
        return f"hvac/{self.aircon.partition('/')[2]}"

    def days(self, count: int, ratio: float, *, end_days: float = 0.0) -> None:
        """So many days until now, each with this part of the rated ratio; told at once."""
        for number in range(count, 0, -1):
            at = self.drawn.fleet.now - (number + end_days) * DAY_S
            used = self.drawn.randint(2_000, 9_000)
            said = {"day": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}", "used_wh": used}
            cooled = round(used * self.rated * ratio)
            self.drawn.fleet.measure(self.aircon, {**said, "cooled_wh": cooled, "at": at}, "daily")

    def held(self) -> tuple[int, int]:
        """Holds, and confirmed ones, at both companies."""
        now = self.drawn.fleet.now
        both = (self.parts, self.technicians)
        return (
            sum(each.count("held", now) for each in both),
            sum(each.count("confirmed", now) for each in both),
        )


def home(seed: int, *, heat_in_s: float | None = None, eta_s: float = 7200.0) -> Home:
    """Draw one; `heat_in_s`: when the forecast says that it gets hot."""
    drawn = Drawn(seed)
    model, rated = drawn.key(), drawn.uniform(2.0, 6.0)
    filters = drawn.offers(drawn.randint(1, 4), eta_s=eta_s, details={"model": model})
    wrong = drawn.offers(1, eta_s=60.0, details={"model": "another"})
    parts = FakeProvider("filter", [{**wrong[0], "offer_id": "wrong", "price_cents": 0}, *filters])
    technicians = FakeProvider("slot", drawn.offers(1))
    shop = drawn.company("parts_shop", parts)
    dealer = drawn.company("dealer", technicians, position=[60.0, 25.0])
    desk, owner = drawn.desk("cooling", services={"filter": [{"id": shop}]}), drawn.person()
    aircon, weather = f"aircon/{drawn.key()}", f"weather/{drawn.key()}"
    heat_from = 0.0 if heat_in_s is None else drawn.fleet.now + heat_in_s
    drawn.fleet.measure(weather, {"heat_from": heat_from}, "forecast")
    drawn.fleet.tell(
        aircon, "configured",
        {"owner": owner, "dealer": dealer, "desk": desk, "weather": weather, "model": model,
         "rated_ratio": rated},
    )  # fmt: skip
    return Home(drawn, aircon, weather, owner, rated, model, parts, technicians)


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
