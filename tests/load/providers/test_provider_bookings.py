"""Bookings: the page on which a simulation says what it has really given, to whom and when."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from provider_kit import HOSPITAL, SCENE, START, Clock, hold_request, small_world

from load.providers.contract import ConfirmRequest
from load.providers.inventory import Inventory


@pytest.fixture
def inventory(tmp_path: Path, clock: Clock) -> Iterator[Inventory]:
    """Of the small world."""
    made = Inventory(small_world(), tmp_path / "providers.db", clock)
    yield made
    made.close()


def test_a_truck_that_was_there_says_when(inventory: Inventory, clock: Clock) -> None:
    """World seconds, sixty in one of the clock, from when it set out."""
    request = hold_request("truck-1", near=SCENE, to=HOSPITAL)
    eta_s = inventory.hold("t1", "a", request)[0].eta_s
    clock.now += 3.0
    inventory.confirm("t1", "a", ConfirmRequest())
    clock.now += 3600.0
    (booking,) = inventory.bookings("t1")

    assert eta_s is not None
    assert ("done", START, START + 3.0) == (booking.state, booking.held_at, booking.set_out_at)
    assert pytest.approx(START + 3.0 + eta_s / 60) == booking.there_at
    assert booking.there_at is not None
    assert booking.over_at is not None
    assert booking.there_at < booking.over_at < clock.now


def test_a_truck_that_was_called_off_was_never_there(inventory: Inventory, clock: Clock) -> None:
    """It had set out, and was given back on its way."""
    inventory.hold("t1", "a", hold_request("truck-1", near=SCENE))
    inventory.confirm("t1", "a", ConfirmRequest())
    clock.now += 1.0
    inventory.release("t1", "a")
    (booking,) = inventory.bookings("t1")

    assert (START, None, START + 1.0) == (booking.set_out_at, booking.there_at, booking.over_at)


def test_a_slot_has_its_time_and_its_customer(inventory: Inventory, clock: Clock) -> None:
    """One that lapsed stays on the page; one that was never held is not there; pages go on."""
    starts = int(START) + 3600
    first = inventory.hold("dealer1", "a", hold_request(f"bay-1.{starts}"))[0]
    assert first.expires_at is not None
    clock.now = first.expires_at
    inventory.hold("dealer1", "b", hold_request(f"bay-1.{starts}", customer_id="customer/two"))
    inventory.release("dealer1", "c")
    lapsed, held = inventory.bookings("dealer1")

    assert ("expired", first.expires_at) == (lapsed.state, lapsed.over_at)
    assert ("held", None, float(starts), float(starts + 3600), "customer/two") == (
        held.state, held.over_at, held.starts_at, held.ends_at, held.customer_id,
    )  # fmt: skip
    assert [held] == inventory.bookings("dealer1", after="a", limit=1)
