"""Bookings: what a provider has really given, to whom and when; a page of the simulation."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from load.providers.contract import HoldState
from load.providers.ledger import Change, HoldRow
from load.providers.movement import Drive
from load.providers.offers import Quote

LIVE: Final = ("held", "confirmed")


@dataclass(frozen=True)
class Booking:
    """A hold, with what became of it; all times by the provider's clock."""

    hold_id: str
    arrangement_id: str
    customer_id: str
    item: str
    state: HoldState
    starts_at: float | None
    ends_at: float | None
    held_at: float
    """When it was taken."""
    over_at: float | None
    """When it was given back, lapsed or was done."""
    set_out_at: float | None
    """When its vehicle began to drive."""
    there_at: float | None
    """When that is, or was, with the customer; None where it was called off before."""


def booking_of(row: HoldRow, changes: Sequence[Change]) -> Booking:
    """A hold that was held once.

    Args:
        row: As it is now.
        changes: Of its state, in order.
    """
    assert row.request is not None, "what was held was asked for"
    assert row.quote is not None, "and has a quote"
    request, offer = json.loads(row.request), Quote.model_validate_json(row.quote).offer
    over_at = next((change.at for change in changes if change.to_state not in LIVE), None)
    drive = None if row.drive is None else Drive.model_validate_json(row.drive)
    there_at = None
    if drive is not None:
        arrives_at = drive.started_at + drive.route.eta_s / drive.time_scale
        there_at = arrives_at if over_at is None or arrives_at <= over_at else None
    return Booking(
        hold_id=row.hold_id,
        arrangement_id=request["arrangement_id"],
        customer_id=request["customer_id"],
        item=offer.item,
        state=row.state,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        held_at=changes[0].at,
        over_at=over_at,
        set_out_at=None if drive is None else drive.started_at,
        there_at=there_at,
    )
