"""What people see of an arrangement: what it is, what it costs, and where help is."""

from typing import Any

import pytest
from support.arrangements import ENDS, HERE, ID, accepted, arrangement, put, truck
from support.fake_services import START, FakeServices

from actors.supervisors.arrangement import LegState
from actors.supervisors.arrangement import State as Stage
from gateway.api.arrangement import ArrangementView, arrangement_of, arrangements_of


def view(**change: Any) -> ArrangementView:
    """What is seen of an arrangement."""
    found = arrangement_of(put(FakeServices(), arrangement(**change)), ID)
    assert found is not None
    return found


def test_offer_is_seen_with_prices_and_its_end() -> None:
    """The customer's part and the insurer's are both named; the total is what she pays."""
    seen = view()

    assert ("vehicle/v1", "engine.overheating", "offered", "customer/c1") == (
        seen.twin_id,
        seen.signal,
        seen.state,
        seen.customer_id,
    )
    assert (29_300, "EUR", ENDS) == (seen.total_cents, seen.currency, seen.expires_at)
    assert [("tow", 0, 14_900, True), ("slot", 8_900, 8_900, True)] == [
        (leg.name, leg.price_cents, leg.cost_cents, leg.declinable) for leg in seen.legs[:2]
    ]
    assert HERE == seen.position
    assert ["signal.noticed", "tow.held"] == [step.name for step in seen.steps]


def test_what_is_left_out_costs_nothing() -> None:
    """A declined leg stays in the list, and leaves the total."""
    arr = arrangement()
    arr.legs["rental"].out(LegState.DECLINED, "declined by the customer")
    seen = arrangement_of(put(FakeServices(), arr), ID)

    assert seen is not None
    assert 29_300 - 5_400 == seen.total_cents
    assert [("rental", True)] == [(leg.name, leg.out) for leg in seen.legs if leg.out]


def test_a_deductible_stands_with_its_alternative() -> None:
    """Two lines of one cover are two rows; the total is with the alternative put first."""
    arr = arrangement()
    assert arr.offer is not None
    lines = arr.offer["lines"]
    cover = lines.pop(3)
    arr.offer["lines"] = [
        *lines[:1],
        {**lines[1], "alternative": 1},
        {**lines[2], "alternative": 2},
        {**cover, "alternative": 1, "price_cents": 3000},
        {**cover, "alternative": 2, "price_cents": 9000},
    ]
    arr.legs["slot"].alternative, arr.legs["rental"].alternative = 1, 2
    seen = arrangement_of(put(FakeServices(), arr), ID)

    assert seen is not None
    assert [("tow", 0), ("slot", 1), ("rental", 2), ("cover", 1), ("cover", 2)] == [
        (leg.name, leg.alternative) for leg in seen.legs
    ]
    assert 8_900 + 3000 == seen.total_cents


def test_before_the_offer_nothing_has_a_price() -> None:
    """What is asked around for is not promised yet."""
    seen = view(stage=Stage.ARRANGING, offer=None)

    assert (None, None, None) == (seen.total_cents, seen.currency, seen.legs[0].price_cents)
    assert "tow & Sons" == seen.legs[0].by


def test_helper_is_seen_where_the_provider_says() -> None:
    """Position, estimate, and the answer that led there."""
    seen = view(stage=Stage.UNDERWAY, track=truck(), verdict=accepted())

    assert seen.track is not None
    assert ((HERE[0] - 0.02, HERE[1]), 240.0, False, True) == (
        seen.track.position,
        seen.track.eta_s,
        seen.track.arrived,
        seen.accepted,
    )


def test_remembered_arrangements_are_found_and_others_are_not() -> None:
    """The page of an older one still works; an unknown id has none."""
    services = FakeServices()
    state = put(services, arrangement())
    state.state["past"] = [{**state.state["arrangement"], "id": "older"}]

    older = arrangement_of(state, "older")

    assert older is not None
    assert arrangement_of(state, "unknown") is None


@pytest.mark.parametrize(
    "found",
    [None, 7, "x", [], {}, {"id": ID}, {"id": ID, "cause": 1}, {"id": ID, "cause": {"data": {}}}],
)
def test_state_of_another_make_shows_nothing(found: Any) -> None:
    """A kind that keeps something else under the name breaks no page and no stream."""
    state = FakeServices().add("other/o1", arrangement=found, past=found)

    assert [] == list(arrangements_of(state.id, state.state, START))
    assert arrangement_of(state, ID) is None


@pytest.mark.parametrize("offer", [{"lines": 1}, {}, []])
def test_garbled_offer_shows_nothing(offer: Any) -> None:
    """Prices are shown whole or not at all."""
    services = FakeServices()
    state = put(services, arrangement())
    state.state["arrangement"]["offer"] = offer

    assert arrangement_of(state, ID) is None
