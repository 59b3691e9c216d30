"""The kinds of outside companies that Vigil arranges help with. `service` is what they share."""

from typing import ClassVar

from msgspec import Struct

from twins.services.service import Service
from twins.units import Cents


class TowOperator(Service, kind="tow_operator"):
    """Tow trucks. Its provider offers the free ones, with the seconds until each arrives."""

    sells: ClassVar[str] = "tow"


class RideCompany(Service, kind="ride_company"):
    """Cars with a driver, that bring a customer from one place to another."""

    sells: ClassVar[str] = "ride"


class RentalDepot(Service, kind="rental_depot"):
    """Rental cars, fetched at and returned to its `position`."""

    sells: ClassVar[str] = "rental"


class Dealer(Service, kind="dealer"):
    """A workshop at its `position`, with service slots."""

    sells: ClassVar[str] = "slot"
    keeps: ClassVar[tuple[str, ...]] = ("bay",)


class Airline(Service, kind="airline"):
    """Seats. Of an offer's details it names the `destination`, when it boards, and its twin."""

    sells: ClassVar[str] = "seat"
    keeps: ClassVar[tuple[str, ...]] = ("destination", "boards_at", "plane")


class Hotel(Service, kind="hotel"):
    """Rooms at its `position`, for a span of time."""

    sells: ClassVar[str] = "hotel"


class Cover(Struct):
    """What a policy pays for: the details of an insurer's offer."""

    policy: str
    covers: dict[str, bool]
    """Service (tow, ride, rental) -> whether the insurer pays for it."""
    deductible_cents: Cents = 0
    """What the customer pays of all that is covered together."""


class Insurer(Service, kind="insurer"):
    """Policies. A hold reserves a claim; its confirmation, with evidence, opens it."""

    sells: ClassVar[str] = "cover"
    keeps: ClassVar[tuple[str, ...]] = ("policy", "claim", "covers", "deductible_cents")
