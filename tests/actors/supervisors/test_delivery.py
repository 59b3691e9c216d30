"""Delivery: the table says how a damaged parcel is sent once more; its owner is told first."""

import pytest
from support.drawn import SEEDS, before, quiet_for, steps, urgencies
from support.scenes.delivery import WAYS, sent

from actors.supervisors.arrangement import State
from actors.testing import Fault
from twins.outputs import Effect


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("value_cents", "stock", "way"),
    [(500_000, 1, "courier"), (50_000, 5, "express"), (50_000, 4, "standard"),
     (0, 20, "express"), (49_999, 19, "standard")],
)  # fmt: skip
def test_the_table_says_how(seed: int, value_cents: int, stock: int, way: str) -> None:
    """By lifetime value and stock; booked once, and she is told when it is there."""
    here = sent(seed, value_cents, stock)
    here.knock()
    arr = here.drawn.run_to_end(here.supervisor)
    leg = arr.legs["reship"]

    assert (State.CLOSED, way) == (arr.state, leg.choice.offer.details["way"])
    assert 1 == here.shop.count("confirmed", here.drawn.fleet.now)
    assert ["Your parcel was damaged; another one is on its way"] == here.texts()
    told_at = here.drawn.fleet.notices[0]["data"]["at"]
    assert WAYS[way] == pytest.approx(told_at - here.drawn.fleet.now, abs=60.0)
    assert before(arr, "signal.noticed", "reship.held", "reship.confirmed", "reshipped.telling")
    assert 0 == arr.offer["total_cents"]
    here.drawn.replays()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("night_s", "woken"), [(2 * 3600.0, False), (9 * 3600.0, True)])
def test_at_night_she_is_told_when_she_wakes_but_before_it_is_there(
    seed: int, night_s: float, woken: bool
) -> None:
    """The courier takes four hours; what would be there before she wakes is told at once."""
    here = sent(seed, 500_000, 1)
    began_at = here.drawn.fleet.now
    here.drawn.fleet.tell(here.owner, "configured", {"quiet": quiet_for(began_at, night_s)})
    here.knock()
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.CLOSED is arr.state
    assert len(here.texts()) == woken

    here.drawn.fleet.advance(4 * 3600.0 - (here.drawn.fleet.now - began_at))

    assert [("high" if woken else "normal")] == urgencies(here.drawn)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_way_that_is_not_there_is_replaced_by_the_fastest(seed: int) -> None:
    """A courier that has no time must not keep her waiting."""
    ways = {"standard": 300_000.0, "express": 90_000.0}
    here = sent(seed, 900_000, here_stock := 3, ways)
    here.knock()
    arr = here.drawn.run_to_end(here.supervisor)

    assert 3 == here_stock
    assert "express" == arr.legs["reship"].choice.offer.details["way"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("stock", [0, 7])
def test_sold_out_goes_to_a_person_and_she_knows(seed: int, stock: int) -> None:
    """Whether the table knows it, or only the shop: nothing is held, and she is told the truth."""
    here = sent(seed, 100_000, stock, {})
    here.knock()
    arr = here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.run()

    assert State.WITH_PERSON is arr.state
    assert "parcels" == here.drawn.fleet.twin(arr.desk).cases[arr.case.id].skill
    assert ["Your parcel was damaged"] == here.texts()
    assert [0, 0] == [here.shop.count(state, 0.0) for state in ("held", "confirmed")]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_confirmation_that_nobody_heard_is_never_repeated(seed: int) -> None:
    """It may have left: it is called off, and a person looks; not two parcels."""
    here = sent(seed, 600_000, 9)

    def fault(effect: Effect) -> Fault:
        return Fault(reason="unknown") if effect.name == "confirm" else Fault()

    here.drawn.fleet.fault = fault
    here.knock()
    arr = here.drawn.run_to_end(here.supervisor)

    assert State.WITH_PERSON is arr.state
    assert 0 == here.shop.count("confirmed", here.drawn.fleet.now)
    assert 1 == sum(call == "hold" for call, _ in here.shop.calls)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_carrier_takes_it_back(seed: int) -> None:
    """The command reaches its device, and is in the story."""
    here = sent(seed, 600_000, 9)
    here.knock()
    here.drawn.fleet.advance(5.0)
    arr = here.drawn.arrangement(here.supervisor)

    assert 1 == len(here.drawn.fleet.device.done)
    assert {"return_to_sender.requested", "return_to_sender.done"} <= set(steps(arr))


@pytest.mark.parametrize("seed", SEEDS)
def test_however_often_it_is_knocked_one_parcel_follows(seed: int) -> None:
    """Thrown again on its way back, it is no other damage."""
    here = sent(seed, 600_000, 9)
    here.knock()
    first = here.drawn.run_to_end(here.supervisor)
    for _ in range(3):
        here.drawn.fleet.measure(here.parcel, {"shock_g": 1.0, "damaged": False}, "telemetry")
        here.drawn.fleet.measure(here.parcel, {"damaged": False}, "inspection")
        here.drawn.fleet.measure(here.parcel, {"shock_g": here.drawn.uniform(81, 900)})
    here.drawn.fleet.advance(600.0)

    assert first.id == here.drawn.arrangement(here.supervisor).id
    assert len(here.drawn.fleet.signals) > 1
    assert 1 == here.shop.count("confirmed", here.drawn.fleet.now)
    assert 1 == len(here.texts())


@pytest.mark.parametrize("seed", SEEDS)
def test_who_cannot_be_told_gets_it_all_the_same_and_a_call(seed: int) -> None:
    """She has no channel, or none that works: the parcel leaves, and a person calls her."""
    here = sent(seed, 600_000, 9)
    if here.drawn.random() < 0.5:
        here.drawn.fleet.tell(here.owner, "configured", {"channels": []})
    else:
        here.drawn.fleet.fault = lambda effect: (
            Fault(carried_out=False, reason="refused") if effect.name == "message" else Fault()
        )
    here.knock()
    here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.advance(60.0)
    arr = here.drawn.arrangement(here.supervisor)

    assert State.CLOSED is arr.state
    assert 1 == here.shop.count("confirmed", here.drawn.fleet.now)
    assert "was not told (reshipped)" in here.drawn.fleet.twin(arr.desk).cases[arr.case.id].reason


@pytest.mark.parametrize("seed", SEEDS)
def test_a_soft_knock_is_none(seed: int) -> None:
    """Parcels are thrown every day."""
    here = sent(seed, 600_000, 9)
    here.drawn.fleet.measure(here.parcel, {"shock_g": here.drawn.uniform(0, 80)})

    assert [] == here.drawn.fleet.signals


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_shop_does_there_is_one_parcel_or_a_person(seed: int) -> None:
    """One call in three goes wrong; she always hears of it."""
    here = sent(seed, 600_000, 9)
    here.drawn.let_companies_fail(1 / 3)
    here.knock()
    arr = here.drawn.run_to_end(here.supervisor)
    here.drawn.fleet.fault = lambda _: Fault()
    here.drawn.fleet.advance(2 * 3600.0)
    arr = here.drawn.arrangement(here.supervisor)
    unsettled = any(step.name.endswith(".not_released") for step in arr.steps)
    confirmed = here.shop.count("confirmed", here.drawn.fleet.now)

    assert arr.state in (State.CLOSED, State.WITH_PERSON)
    assert 0 == here.shop.count("held", here.drawn.fleet.now)
    assert (arr.state is State.CLOSED) <= (confirmed == 1)
    assert confirmed <= 1 or unsettled
    assert 1 == len(here.texts())
