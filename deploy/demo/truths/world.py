"""World: what companies have given by their own books, and what devices have really said."""

from typing import Any, Final

from msgspec import Struct

LIVE: Final = ("held", "confirmed", "done")


class Booked(Struct, kw_only=True, frozen=True):
    """What a company has given to a customer; times by its clock, seconds since the epoch."""

    provider_id: str
    hold_id: str
    arrangement_id: str
    customer_id: str
    item: str
    state: str
    held_at: float
    """When it was taken."""
    over_at: float | None = None
    """When it was given back, lapsed or was done."""
    starts_at: float | None = None
    ends_at: float | None = None
    set_out_at: float | None = None
    """When its vehicle began to drive."""
    there_at: float | None = None
    """When that is, or was, with the customer."""

    @property
    def live(self) -> bool:
        """Whether she has it, or has had it to the end."""
        return self.state in LIVE


class Said(Struct, frozen=True):
    """What a device has said."""

    twin_id: str
    event_type: str
    data: Any
    at: float
    """When it was sent, seconds since the epoch."""
