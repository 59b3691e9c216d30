"""Flight: a plane is late for a connection; its passenger has another seat before it lands.

Where no seat flies today, she has a room for the night with it; where the flight to which he was
rebooked is cancelled, he is rebooked again. Where nothing is free, an employee has the case before
the plane lands.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.script import Part, Say, Scripted, Tale
from load.providers.world import Car, Good, Provider, RentalDepot, Store
from twins.devices.plane import TripSettings
from twins.people.desk import DeskSettings
from twins.people.messages import ServiceEntry

HOUR_S: Final = 3600.0
HERE: Final = (60.3, 25.0)
NAMES: Final = ("Selma Aas", "Ines Holt", "Olav Dahl", "Ravi Menon")
DOOMED: Final = "PL31"
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
OVERNIGHT: Final = Plot(
    name="overnight",
    about="no seat flies today: tomorrow's first is held, and with it a room near the airport",
    chains=(
        *_NOTICED,
        ("seat.held", "hotel.asked", "hotel.held", "offer.sending", "offer.sent", "offer.answered"),
        ("offer.answered", "seat.confirmed", "trip.rebooked", "arrangement.closed"),
        ("offer.answered", "hotel.confirmed", "trip.rebooked"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("seat", "hotel")),
    fits=frozenset(),
    within_s=(("signal.noticed", "offer.sent", LANDS_S),),
)
AGAIN: Final = Plot(
    name="cancelled, too",
    about="the flight to which he was rebooked is cancelled: the one after it; the first seat is "
    "given back once that is booked",
    chains=(
        *_NOTICED,
        ("seat.held", "offer.sent", "offer.answered", "seat.confirmed", "trip.rebooked"),
        # What it gives back is the seat of the arrangement before it.
        ("trip.rebooked", "seat.releasing", "seat.released", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("seat",)),
    fits=frozenset(),
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
    """One airline, a hotel, four passengers of four planes."""

    name: ClassVar[str] = "flight"
    about: ClassVar[str] = "a connection will be missed: a seat is offered before landing"
    plots: ClassVar[tuple[Plot, ...]] = (REBOOKED, OVERNIGHT, AGAIN, FULL)
    skills: ClassVar[tuple[str, ...]] = ("travel",)

    def companies(self) -> Sequence[Provider]:
        """Three flights to Oslo, of which the first leaves before she can be there; others."""
        began_at = self.seat.began_at
        return (
            Store(
                provider_id="airline", name="Polar Air", sells="seat",
                goods=tuple(
                    Good(item=self.item(flight), title=f"{flight} to {goal}", price_cents=cents,
                         stock=4, details={"destination": goal, "boards_at": began_at + after_s,
                                           "plane": self._flight(flight)})
                    for flight, goal, cents, after_s in (
                        ("PL11", "Oslo", 5900, 1.2 * HOUR_S), ("PL15", "Oslo", 8900, 6 * HOUR_S),
                        ("PL13", "Oslo", 12900, 3 * HOUR_S), ("PL21", "Bodo", 7900, 26 * HOUR_S),
                        (DOOMED, "Tromso", 9900, 3 * HOUR_S), ("PL33", "Tromso", 9900, 5 * HOUR_S),
                    )
                ),
            ),
            RentalDepot(
                provider_id="hotel", name="Runway Inn", sells="hotel", position=HERE,
                cars=(Car(item=self.item("room"), title="a quiet room", day_cents=11_000),),
            ),
        )  # fmt: skip

    def services(self) -> Mapping[str, str]:
        """Its twin."""
        return {"airline/flight-polar": "airline", "hotel/flight-inn": "hotel"}

    def directory(self) -> DeskSettings:
        """The airline, and the hotel."""
        return DeskSettings(services={
            "seat": [ServiceEntry(id="airline/flight-polar")],
            "hotel": [ServiceEntry(id="hotel/flight-inn", position=HERE)],
        })  # fmt: skip

    def _flight(self, flight: str) -> str:
        return f"plane/{self.item(flight)}"

    def tale(self, number: int, plot: Plot) -> Tale:
        """A plane that is on time, and then half an hour late."""
        person, her = self.person(number, NAMES[number - 1])
        goal = {REBOOKED: "Oslo", OVERNIGHT: "Bodo", AGAIN: "Tromso"}.get(plot, "Bergen")
        key, began_at = self.key(number), self.seat.began_at
        plane, trip = f"plane/{key}", f"trip/{key}"
        settings = TripSettings(
            owner=person.id, desk=self.desk, plane=plane, onward="PL9",
            destination=goal, boards_at=began_at + 1.75 * HOUR_S, transfer_s=0.5 * HOUR_S,
            changes_at=HERE,
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
            parts=(Part(twin_id=plane, says=says), *self._doomed(plot)),
        )

    def _doomed(self, plot: Plot) -> list[Part]:
        """The flight that is cancelled when somebody was rebooked to it."""
        if plot is not AGAIN:
            return []
        said = Say(1.0, "telemetry", {"cancelled": True}, once="trip.rebooked")
        return [Part(twin_id=self._flight(DOOMED), says=(said,))]
