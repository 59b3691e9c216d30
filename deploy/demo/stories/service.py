"""Service: an engine light is on. One tap takes one of three appointments; nobody waits on hold.

The second driver sleeps: she is asked when she wakes, whatever the hour at which this is told. The
third has no time when her dealer has: an employee goes on, with all that is known.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.script import Part, Say, Scripted, Tale
from load.providers.world import Car, Dealer, Provider, RentalDepot
from twins.devices.vehicle import VehicleSettings
from twins.people.customer import CustomerSettings
from twins.people.desk import DeskSettings
from twins.people.messages import Busy, DepotEntry
from twins.people.pacing import Quiet

DAY_S: Final = 86_400.0
HOLD_S: Final = 90.0
"""So long the dealer keeps an appointment that nobody confirms."""

NIGHT_S: Final = 75.0
"""How long after the devices begin the second driver still sleeps: longer than her offer, which
ends 40 s before its holds do, would last, if it is made within 25 s."""

HERE: Final = (60.17, 24.94)

_NOTICED: Final = (
    ("signal.noticed", "profile.requested", "profile.answered", "slot_1.asked"),
    ("signal.noticed", "card.requested", "card.answered", "slot_1.asked"),
)
CHOSEN: Final = Plot(
    name="one tap",
    about="her calendar and her dealer's cross; of three appointments she takes the second",
    chains=(
        *_NOTICED,
        ("slot_1.held", "slot_2.asked", "slot_2.held", "slot_3.asked", "slot_3.held"),
        ("slot_1.held", "rental_1.held", "rental_2.held", "rental_3.held", "offer.sending"),
        ("slot_3.held", "offer.sending", "offer.sent", "offer.answered"),
        ("offer.answered", "slot_2.confirmed", "arrangement.closed"),
        ("offer.answered", "rental_2.confirmed", "arrangement.closed"),
        ("offer.answered", "slot_1.releasing", "slot_1.released", "arrangement.closed"),
        ("offer.answered", "rental_3.releasing", "rental_3.released", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("slot", "rental")),
    chooses=2,
)
ASLEEP: Final = Plot(
    name="asleep",
    about="it is night for her: nothing is held meanwhile; when she wakes it is arranged anew",
    chains=(
        *_NOTICED,
        ("slot_1.held", "offer.sending", "offer.put_off", "slot_1.releasing", "slot_1.released"),
        ("offer.put_off", "profile.requested", "profile.answered", "slot_1.asked", "slot_1.held"),
        ("offer.put_off", "slot_1.held", "offer.sending", "offer.sent", "offer.answered"),
        ("offer.answered", "slot_1.confirmed", "arrangement.closed"),
        ("offer.answered", "rental_1.confirmed", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("slot", "rental")),
    chooses=1,
)
NO_TIME: Final = Plot(
    name="no time in common",
    about="she has no time when her dealer has: an employee calls her",
    fails=True,
    chains=(
        *_NOTICED,
        ("slot_1.asked", "slot_1.replanned", "slot_1.failed", "case.opened"),
        ("case.opened", "case.assigned", "case.taken"),
        ("case.opened", "arrangement.with_person"),
    ),
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
)


class Told(Scripted):
    """One dealer, one rental depot, three drivers."""

    name: ClassVar[str] = "service"
    about: ClassVar[str] = "an engine light is on: three appointments, one tap, a rental is ready"
    plots: ClassVar[tuple[Plot, ...]] = (CHOSEN, ASLEEP, NO_TIME)
    skills: ClassVar[tuple[str, ...]] = ("workshop",)

    def companies(self) -> Sequence[Provider]:
        """A dealer with one bay, and a depot with two cars."""
        return (
            Dealer(
                provider_id="garage", name="Central Motors", position=HERE,
                bays=(self.item("bay"),), timezone="Europe/Helsinki",
                weekdays=frozenset(range(7)), slot_cents=9900, hold_limit_s=HOLD_S,
            ),
            RentalDepot(
                provider_id="depot", name="Station Rentals", position=(60.18, 24.95),
                cars=tuple(
                    Car(item=self.item(f"car-{number}"), title="small car", day_cents=4500)
                    for number in (1, 2)
                ),
            ),
        )  # fmt: skip

    def services(self) -> Mapping[str, str]:
        """Their twins."""
        return {"dealer/service-garage": "garage", "rental_depot/service-depot": "depot"}

    def directory(self) -> DeskSettings:
        """The depot."""
        depot = DepotEntry(id="rental_depot/service-depot", position=(60.18, 24.95))
        return DeskSettings(rental_depots=[depot])

    def clocked(self, now: float) -> Sequence[Master]:
        """The second driver's night: had it begun with the start, a slow one would outlast it."""
        night = Quiet(starts_s=int(now - 3600.0) % 86_400, ends_s=int(now + NIGHT_S) % 86_400)
        sleeper = self.tales[self.plots.index(ASLEEP)].customer
        return (Master.of(sleeper, CustomerSettings(quiet=[night])),)

    def tale(self, number: int, plot: Plot) -> Tale:
        """A car whose lamp goes on; its driver is busy for a day, or for months."""
        busy_s = 90 * DAY_S if plot is NO_TIME else DAY_S
        began_at = self.seat.began_at
        person, her = self.person(
            number, ("Aino Berg", "Mette Voss", "Daniel Holm")[number - 1],
            calendar=[Busy(starts_at=began_at, ends_at=began_at + busy_s)],
        )  # fmt: skip
        car = f"vehicle/{self.key(number)}"
        settings = VehicleSettings(
            owner=person.id, dealer="dealer/service-garage", desk=self.desk,
            description=f"blue Etios, SRV-{number:03}",
        )  # fmt: skip
        fault = {"fault_code": "P0301", "engine_light": True}
        return Tale(
            twin_id=car,
            supervisor_id=f"service/{self.key(number)}",
            customer=person.id,
            people=(person,),
            masters=(her, Master.of(car, settings)),
            parts=(Part(twin_id=car, says=(Say(1.0 * number, "fault", fault),)),),
        )
