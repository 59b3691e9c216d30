"""Recall: the same fault in more than five cars of one model within a week. One campaign.

At the second dealer more cars have it than there are slots: nobody gets a slot that another one
has, and an employee calls those who got none.

Who has which slot say the dealers' own books, and how severe a fault is, its car; both are held
against what the campaign says.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.providers import Providers
from deploy.demo.script import Part, Say, Scripted, Tale
from deploy.demo.seen import Seen
from deploy.demo.story import Seat
from deploy.demo.truths import Truth, slots
from deploy.demo.watch import Telling
from load.providers.slots import horizon, slot_times
from load.providers.world import Dealer, Provider
from twins.devices.defect import defect_id
from twins.devices.vehicle import VehicleSettings

CARS: Final = 6
FEW: Final = 4
"""Slots of the second dealer."""

DAY_S: Final = 86_400.0
SOON_S: Final = 3600.0
"""What begins sooner nobody could come to."""

CODE: Final = "C1234"

_NAMES: Final = ("Ben", "Elif", "Jana", "Mika", "Nora", "Oskar")

_BEGUN: Final = (
    ("signal.noticed", "leave.requested", "leave.act", "car.begun"),
    ("signal.noticed", "cars.requested", "cars.answered", "car.begun"),
)
CAMPAIGN: Final = Plot(
    name="one campaign",
    about="six cars have it; the severest have the first slots, and all have one",
    chains=(
        *_BEGUN,
        (*("car.begun", "car.offered") * CARS, "arrangement.closed"),
        (*("car.accepted",) * CARS, "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("slot",)),
    times=CARS,
    offered=False,
    truths=frozenset((slots.NAME,)),
)
FULL: Final = Plot(
    name="the dealer is full",
    about="six cars, four slots: none is given twice, and an employee calls the other two",
    fails=True,
    chains=(
        *_BEGUN,
        (*("car.accepted",) * FEW, "arrangement.closed"),
        (*("car.with_person",) * (CARS - FEW), "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("slot",)),
    times=FEW,
    offered=False,
    person=False,
    truths=frozenset((slots.NAME,)),
)


class Told(Scripted):
    """Two models, each with a dealer of its own."""

    name: ClassVar[str] = "recall"
    about: ClassVar[str] = "one fault in many cars: one campaign, slots by severity"
    plots: ClassVar[tuple[Plot, ...]] = (CAMPAIGN, FULL)
    skills: ClassVar[tuple[str, ...]] = ("recalls",)

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._owners: dict[str, str] = {}
        """Vehicle -> whose it is."""

    def companies(self) -> Sequence[Provider]:
        """A dealer with two bays, and one that works on two days only."""
        week, today = frozenset(range(7)), datetime.fromtimestamp(self.seat.began_at, UTC).weekday()
        return (
            Dealer(
                provider_id="large", name="Central Motors", position=(60.17, 24.94),
                bays=(self.item("bay-1"), self.item("bay-2")), weekdays=week,
            ),
            Dealer(
                provider_id="small", name="Lakeside Garage", position=(60.40, 25.10),
                bays=(self.item("bay"),), weekdays=frozenset((today, (today + 1) % 7)),
                opens="00:00", closes="23:59", horizon_days=5, hold_limit_s=DAY_S,
            ),
        )  # fmt: skip

    async def prepare(self, providers: Providers) -> None:
        """Let other customers have all slots of the second dealer but a few."""
        dealer, now = providers.world.provider("small"), self.seat.began_at
        assert isinstance(dealer, Dealer)
        times = [starts for starts, _ in slot_times(dealer, now, horizon(dealer, now))]
        later = [starts for starts in times if starts > now + SOON_S]
        for starts in {*times} - {*later[:FEW]}:
            await providers.take("small", f"{dealer.bays[0]}.{starts}", now + DAY_S)

    def services(self) -> Mapping[str, str]:
        """Their twins."""
        return {"dealer/recall-large": "large", "dealer/recall-small": "small"}

    def tale(self, number: int, plot: Plot) -> Tale:
        """Six cars, one after the other, of all severities."""
        model = self.key(number)
        dealer = "dealer/recall-small" if plot is FULL else "dealer/recall-large"
        masters, people, parts = [], [], []
        for car in range(1, CARS + 1):
            person, her = self.person(10 * number + car, f"{_NAMES[car - 1]} Salo")
            vehicle = f"vehicle/{self.key(10 * number + car)}"
            settings = VehicleSettings(
                owner=person.id, dealer=dealer, desk=self.desk, model=model,
                description=f"grey Etios, RCL-{number}{car:02}",
            )  # fmt: skip
            self._owners[vehicle] = person.id
            fault = {"fault_code": CODE, "fault_severity": 7 * car % 11}
            people.append(person)
            masters += [her, Master.of(vehicle, settings)]
            parts.append(Part(twin_id=vehicle, says=(Say(0.2 * car, "fault", fault),)))
        defect = defect_id(model, CODE)
        return Tale(
            twin_id=defect,
            supervisor_id=f"recall/{defect.partition('/')[2]}",
            customer=people[0].id,
            people=tuple(people),
            masters=tuple(masters),
            parts=tuple(parts),
        )

    async def truths(self, telling: Telling, seen: Seen) -> list[Truth]:
        """Who has which slot, against how severe each fault is and how many bays there are."""
        dealer = "small" if telling.plot is FULL else "large"
        company = seen.providers.world.provider(dealer)
        assert isinstance(company, Dealer)
        vehicles = {part.twin_id for part in self.tale_of(telling).parts}
        cars = [
            slots.Car(
                vehicle=said.twin_id, customer_id=self._owners[said.twin_id], dealer=dealer,
                severity=said.data["fault_severity"], said_at=said.at,
            )
            for said in self.said
            if said.twin_id in vehicles
        ]  # fmt: skip
        arr = telling.facts.arrangement
        visits = {} if arr is None else arr.facts.get("visits", {})
        stages = {vehicle: visit["stage"] for vehicle, visit in visits.items()}
        # In another run on this data folder its bays have other names.
        booked = [
            each
            for each in await seen.providers.bookings(dealer)
            if each.item.partition(".")[0] in company.bays
        ]
        return [slots.compare(cars, {dealer: len(company.bays)}, booked, stages)]
