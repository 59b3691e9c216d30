"""Flight: a plane is late for a connection; its passenger has another seat before it lands.

Where nothing is free to where the second one goes, an employee has the case before he lands.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.script import Part, Say, Scripted, Tale
from load.providers.world import Good, Provider, Store
from twins.devices.plane import TripSettings
from twins.people.desk import DeskSettings
from twins.people.messages import ServiceEntry

HOUR_S: Final = 3600.0
LANDS_S: Final = 20.0
"""The seat has to be offered before: so long after the delay was noticed the plane lands."""

_NOTICED: Final = (("signal.noticed", "profile.requested", "profile.answered", "seat.asked"),)
REBOOKED: Final = Plot(
    name="rebooked",
    about="her plane is late; the next flight that she can reach has a seat, and one tap takes it",
    chains=(
        *_NOTICED,
        ("seat.asked", "seat.held", "offer.sending", "offer.sent", "offer.answered"),
        ("offer.answered", "seat.confirmed", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("seat",)),
    fits=frozenset(),
    within_s=(("signal.noticed", "offer.sent", LANDS_S),),
)
FULL: Final = Plot(
    name="nothing free",
    about="no flight has a seat to where he goes: an employee has the case before he lands",
    fails=True,
    chains=(
        *_NOTICED,
        ("seat.asked", "seat.failed", "case.opened", "case.assigned", "case.taken"),
        ("case.opened", "arrangement.with_person"),
    ),
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
    within_s=(("signal.noticed", "case.assigned", LANDS_S),),
)


class Told(Scripted):
    """One airline, two passengers of two planes."""

    name: ClassVar[str] = "flight"
    about: ClassVar[str] = "a connection will be missed: a seat is offered before landing"
    plots: ClassVar[tuple[Plot, ...]] = (REBOOKED, FULL)
    skills: ClassVar[tuple[str, ...]] = ("travel",)

    def companies(self) -> Sequence[Provider]:
        """Two flights to Oslo, of which the first leaves before she can be there."""
        began_at, runs = self.seat.began_at, self.seat.memory.runs
        return (
            Store(
                provider_id="airline", name="Polar Air", sells="seat",
                goods=tuple(
                    Good(item=f"{flight}-{runs}", title=f"{flight} to Oslo", price_cents=cents,
                         stock=4, details={"destination": "Oslo", "boards_at": began_at + after_s})
                    for flight, cents, after_s in (
                        ("PL11", 5900, 1.2 * HOUR_S), ("PL15", 8900, 6 * HOUR_S),
                        ("PL13", 12900, 3 * HOUR_S),
                    )
                ),
            ),
        )  # fmt: skip

    def services(self) -> Mapping[str, str]:
        """Its twin."""
        return {"airline/flight-polar": "airline"}

    def directory(self) -> DeskSettings:
        """The airline."""
        return DeskSettings(services={"seat": [ServiceEntry(id="airline/flight-polar")]})

    def tale(self, number: int, plot: Plot) -> Tale:
        """A plane that is on time, and then half an hour late."""
        person, her = self.person(number, ("Selma Aas", "Ravi Menon")[number - 1])
        key, began_at = self.key(number), self.seat.began_at
        plane, trip = f"plane/{key}", f"trip/{key}"
        settings = TripSettings(
            owner=person.id, desk=self.desk, plane=plane, onward="PL9",
            destination="Bergen" if plot is FULL else "Oslo",
            boards_at=began_at + 1.75 * HOUR_S, transfer_s=0.5 * HOUR_S,
        )  # fmt: skip
        says = tuple(
            Say(after_s, "telemetry",
                {"lat": 59.0, "lon": lon, "arrives_at": began_at + hours * HOUR_S})
            for after_s, lon, hours in ((0.5, 20.0, 1.0), (0.5, 20.1, 1.1), (0.5, 20.2, 1.5))
        )  # fmt: skip
        return Tale(
            twin_id=trip,
            supervisor_id=f"rebooking/{key}",
            customer=person.id,
            people=(person,),
            masters=(her, Master.of(trip, settings)),
            parts=(Part(twin_id=plane, says=says),),
        )
