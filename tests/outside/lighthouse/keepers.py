"""Keepers: when a lamp fails, an appointment at the yard is held, and the keeper is asked."""

from typing import Any, ClassVar

from actors.supervisors import Arrangement, Leg, LegState, Line, Notice, Offer
from actors.supervisors.offer import priced
from actors.supervisors.offering import Offering
from twins import Signal, heeds


class Keepers(Offering, kind="keepers"):
    """Watches over the lighthouse of the same key."""

    skill: ClassVar[str] = "lamps"

    @heeds("lamp.failing")
    def lamp_failing(self, signal: Signal) -> None:
        """Arrange a repair."""
        self.take_up(signal, signal.data.get("desk"))

    def begin(self, arr: Arrangement) -> None:
        """Everything that is needed came with the signal."""

    def plan(self, arr: Arrangement) -> str | None:
        """One appointment, if there is a yard."""
        if arr.cause.data.get("yard") is None:
            return "no yard is known"
        arr.add(Leg(name="slot", required=True))
        return None

    def customer(self, arr: Arrangement) -> str | None:
        """The keeper; her twin knows how she is reached."""
        return "customer/keeper"

    def currency(self, arr: Arrangement) -> str:
        """The yard's."""
        return "NOK"

    def wishes(self, arr: Arrangement, leg: Leg) -> dict[str, dict[str, Any]]:
        """The yard, from now on."""
        return {arr.cause.data["yard"]: {"earliest": self.now}}

    def lines(self, arr: Arrangement) -> list[Line]:
        """The appointment at its price."""
        held = arr.in_state(LegState.HELD, LegState.CONFIRMING)
        return priced(held, {"slot": "New lamp"}, covered=[], cover=None, deductible_cents=0)

    def notice(self, arr: Arrangement, offer: Offer) -> Notice:
        """A line."""
        subject = f"{arr.cause.twin_id} needs a lamp"
        return Notice(
            to=offer.customer, name="", language="en", subject=subject, text="", offer=offer
        )
