"""Errand: what an arrangement for a customer has to fit, read from its cause and its facts."""

from typing import Any, Protocol

import msgspec
from msgspec import Struct, to_builtins

from actors.supervisors.arrangement import Arrangement, Leg, LegState, Option
from actors.supervisors.estimates import LOADING_S, TOWING_KMH, away_m, ridden_s, towed_s
from actors.supervisors.supervisor import HOLD_LIFE_S
from twins.ids import CustomerId, DealerId
from twins.people.messages import Directory, Profile, TowEntry
from twins.services.companies import Cover
from twins.services.messages import Card
from twins.units import Position

MOST_DEPOTS = 3
"""So many rental depots are tried, one after the other: the ride goes to each."""


class Books(Protocol):
    """The supervisor, as far as a leg needs it."""

    @property
    def now(self) -> float:
        """Log time."""

    def give_back(self, arr: Arrangement, leg: Leg, state: LegState, reason: str) -> None:
        """Take a leg out, and release what it has."""


class Need(Struct):
    """Who needs help, and where: a part of the signal's data."""

    position: Position | None = None
    owner: CustomerId | None = None
    dealer: DealerId | None = None


class Errand:
    """An arrangement, with what is known about who it is for. Made for one look at it."""

    def __init__(self, supervisor: Books, arr: Arrangement) -> None:
        self.supervisor = supervisor
        self.arr = arr
        self.need = msgspec.convert(arr.cause.data, Need)

    @property
    def now(self) -> float:
        """Log time."""
        return self.supervisor.now

    @property
    def profile(self) -> Profile:
        """Who the customer is."""
        return msgspec.convert(self.arr.facts["profile"], Profile)

    @property
    def directory(self) -> Directory:
        """With whom the desk works."""
        return msgspec.convert(self.arr.facts["directory"], Directory)

    @property
    def dealer(self) -> Card | None:
        """Where her dealer is; None: she has none, or it did not answer."""
        card = self.arr.facts.get("card")
        return None if card is None else msgspec.convert(card, Card)

    @property
    def here(self) -> Position:
        """Where help is needed; without it there is no plan."""
        assert self.need.position is not None
        return self.need.position

    @property
    def cover(self) -> Cover | None:
        """What her insurer pays for; None: nothing, or that is not known (yet)."""
        leg = self.arr.got("cover")
        return None if leg is None or leg.choice is None else cover_of(leg.choice)

    # -- when --------------------------------------------------------------------------------

    def _wanted(self, name: str) -> float | None:
        found: float | None = self.arr.facts.get(name)
        return found

    @property
    def earliest(self) -> float:
        """Before this time nothing can begin: she has to accept first, however late she does."""
        return max(self.now + HOLD_LIFE_S, self._wanted("earliest") or 0.0)

    @property
    def latest(self) -> float | None:
        """Until when it has to be over; None: any time will do."""
        return self._wanted("latest")

    def towed_at(self) -> float:
        """When the car is at the dealer, however late she accepts."""
        tow = self.arr.got("tow")
        if tow is None:
            return self.earliest
        return tow.held_at + HOLD_LIFE_S + self.towed_s(tow.service, tow.eta_s)

    def towed_s(self, operator: str | None, eta_s: float | None) -> float:
        """Seconds from a tow's confirmation until her car is at the dealer.

        Args:
            operator: Whose truck it is; what the desk knows of it counts.
            eta_s: Until the truck is with her.
        """
        entries = self.directory.tow_operators
        entry = next((entry for entry in entries if entry.id == operator), None)
        known = TowEntry(id="tow_operator/none") if entry is None else entry
        return towed_s(
            eta_s,
            self.here,
            self.towed_to,
            LOADING_S if known.loading_s is None else known.loading_s,
            TOWING_KMH if known.towing_kmh is None else known.towing_kmh,
        )

    def ride_ends_at(self, ride: Leg) -> float:
        """When she is there, if she accepts at once."""
        return ride.held_at + ridden_s(ride.eta_s, self.here, self.ridden_to)

    # -- where to ----------------------------------------------------------------------------

    @property
    def towed_to(self) -> Position | None:
        """A tow goes to the dealer."""
        return None if self.dealer is None else self.dealer.position

    @property
    def ridden_to(self) -> Position | None:
        """A ride goes to the rental depot, and where there is none, to the dealer, too."""
        depot = self.depot
        if depot is None:
            return self.towed_to
        position: Position = msgspec.convert(depot["position"], Position)
        return position

    def find_depots(self) -> None:
        """Note which depots are tried, the nearest one first."""
        here = self.need.position
        depots = [entry for entry in self.directory.rental_depots if entry.position]
        depots.sort(key=lambda entry: (0.0 if here is None else away_m(here, entry.position),
                                       entry.id))  # fmt: skip
        self.arr.facts["depots"] = [to_builtins(entry) for entry in depots[:MOST_DEPOTS]]
        self.arr.facts["depot"] = 0

    @property
    def depot(self) -> dict[str, Any] | None:
        """The one that is tried now; None: there is none (any more)."""
        depots, index = self.arr.facts.get("depots", []), self.arr.facts.get("depot", 0)
        found: dict[str, Any] | None = depots[index] if index < len(depots) else None
        return found


def cover_of(option: Option) -> Cover | None:
    """What an insurer's offer covers; None where it does not say so."""
    try:
        return msgspec.convert(option.offer.details, Cover)
    except msgspec.ValidationError:
        return None
