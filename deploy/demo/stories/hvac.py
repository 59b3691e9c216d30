"""Hvac: an air conditioner drifts over weeks; its filter is changed before the heat wave.

Where the forecast brings the heat nearer than the visit that is booked, another one is found before
it. Where the heat is nearer than any free visit, a person looks for a way. Weeks pass in seconds:
each reading carries its own time.

It is sold as a service: she is billed by what it delivered. What that is says the meter of the
simulated device (`deploy.demo.cooler`), and the bill has to agree to the thousandth of a cent.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.cooler import Cooler
from deploy.demo.plot import Plot
from deploy.demo.script import Part, Say, Scripted, Tale
from deploy.demo.seen import Seen
from deploy.demo.story import Seat
from deploy.demo.truths import Truth, bill
from deploy.demo.watch import Telling
from load.providers.world import Dealer, Good, Provider, Store
from twins.devices.aircon import AirconSettings
from twins.devices.metered import DAY_S, day_of
from twins.ids import digest
from twins.people.desk import DeskSettings
from twins.people.messages import ServiceEntry

WEEKS: Final = 6
CLEAN_DAYS: Final = 14
"""So long its filter is clean."""
RATED: Final = 3.4
CENTS_PER_KWH: Final = 11
"""For each kWh of cold, by her contract."""
MODEL: Final = "split-12"
SOONER_S: Final = 5 * 3600.0
"""A visit begins an hour and ten minutes after it was offered, the second three hours later."""

_NOTICED: Final = (
    ("signal.noticed", "profile.requested", "profile.answered", "filter.asked", "filter.held"),
)
IN_TIME: Final = Plot(
    name="before the heat",
    about="six weeks of readings: it fades; the filter is sent, a visit booked before the heat",
    chains=(
        *_NOTICED,
        ("filter.held", "visit_1.asked", "visit_1.held", "visit_2.held", "offer.sending"),
        ("offer.sent", "offer.answered", "filter.confirmed", "arrangement.closed"),
        ("offer.answered", "visit_1.confirmed", "arrangement.closed"),
        ("offer.answered", "visit_2.releasing", "visit_2.released"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("filter", "slot")),
    chooses=1,
    fits=frozenset(("visit",)),
    truths=frozenset((bill.NAME,)),
)
MOVED: Final = Plot(
    name="heat comes sooner",
    about="the heat is expected before the visit that is booked: it moves, and then is given back",
    chains=(
        ("signal.noticed", "profile.requested", "profile.answered", "visit_1.asked"),
        ("visit_1.held", "offer.sending", "offer.sent", "offer.answered", "visit_1.confirmed"),
        # What it gives back is the visit of the arrangement before it.
        ("visit_1.confirmed", "visit_2.releasing", "visit_2.released", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("slot",)),
    chooses=2,
    fits=frozenset(("visit",)),
    truths=frozenset((bill.NAME,)),
)
TOO_LATE: Final = Plot(
    name="no visit before the heat",
    about="the heat is nearer than any free technician: nothing stays held, a person goes on",
    fails=True,
    chains=(
        *_NOTICED,
        ("visit_1.asked", "visit_1.failed", "case.opened", "case.assigned", "case.taken"),
        ("visit_1.failed", "filter.releasing", "filter.released"),
        ("case.opened", "arrangement.with_person"),
    ),
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
    truths=frozenset((bill.NAME,)),
)


class Told(Scripted):
    """A shop for parts, a company with three technicians, three air conditioners."""

    name: ClassVar[str] = "hvac"
    about: ClassVar[str] = "an air conditioner drifts: its filter is changed before the heat wave"
    plots: ClassVar[tuple[Plot, ...]] = (IN_TIME, MOVED, TOO_LATE)
    skills: ClassVar[tuple[str, ...]] = ("cooling",)

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._coolers: dict[str, Cooler] = {}
        """The devices as they stand there, by their twins' ids."""

    def companies(self) -> Sequence[Provider]:
        """Filters are there in an hour; technicians come at any hour."""
        return (
            Store(
                provider_id="parts", name="Filters and Fans", sells="filter",
                goods=(
                    Good(item=self.item("filter"), title="filter", price_cents=1900,
                         stock=5, eta_s=3600.0, details={"model": MODEL}),
                ),
            ),
            Dealer(
                provider_id="coolers", name="North Cooling", position=(60.2, 24.9),
                bays=tuple(self.item(f"technician-{number}") for number in (1, 2, 3)),
                opens="00:00", closes="23:59",
                weekdays=frozenset(range(7)), slot_cents=8900,
            ),
        )  # fmt: skip

    def services(self) -> Mapping[str, str]:
        """Their twins."""
        return {"parts_shop/hvac-parts": "parts", "dealer/hvac-coolers": "coolers"}

    def directory(self) -> DeskSettings:
        """The shop."""
        return DeskSettings(services={"filter": [ServiceEntry(id="parts_shop/hvac-parts")]})

    def tale(self, number: int, plot: Plot) -> Tale:
        """Six weeks of days, each a reading; it fades from the third week on."""
        person, her = self.person(number, ("Greta Lund", "Nora Vik", "Omar Said")[number - 1])
        key = self.key(number)
        aircon, weather = f"aircon/{key}", f"weather/{key}"
        settings = AirconSettings(
            owner=person.id, dealer="dealer/hvac-coolers", desk=self.desk, weather=weather,
            model=MODEL, rated_ratio=RATED, cents_per_kwh=CENTS_PER_KWH,
            description="the one in the hall",
        )  # fmt: skip
        cooler = Cooler(f"{self.seat.seed} {key}", RATED, CLEAN_DAYS)
        self._coolers[aircon] = cooler
        ahead_s = 1.5 * 3600.0 if plot is TOO_LATE else 12 * DAY_S
        expected = {"heat_from": self.now + ahead_s, "peak_c": 36.0}
        forecasts = [Say(0.2, "forecast", expected)]
        if plot is MOVED:
            # Between the two visits that she may choose from: she takes the later one.
            sooner = {"heat_from": self.now + SOONER_S, "peak_c": 38.0}
            forecasts.append(Say(1.0, "forecast", sooner, once="visit_2.confirmed"))
        return Tale(
            twin_id=aircon,
            supervisor_id=f"hvac/{key}",
            customer=person.id,
            people=(person,),
            masters=(her, Master.of(aircon, settings)),
            parts=(
                Part(twin_id=aircon, says=tuple(self._days(cooler))),
                Part(twin_id=weather, says=tuple(forecasts)),
            ),
        )

    def _days(self, cooler: Cooler) -> list[Say]:
        says: list[Say] = []
        for number in range(WEEKS * 7):
            at = self.now - (WEEKS * 7 - number) * DAY_S
            used, cooled = cooler.run_day(day_of(at))
            reading = {"day": day_of(at), "used_wh": used, "cooled_wh": cooled}
            says.append(Say(0.05 if says else 1.5, "daily", {**reading, "at": at}))
        return says

    async def truths(self, telling: Telling, seen: Seen) -> list[Truth]:
        """The bill, against the meter."""
        aircon = telling.twin_id
        state = await seen.state(aircon)
        orders = [
            await seen.state(f"order/{digest(aircon, 'statement', str(number))}")
            for number in range(1, state.get("stated", 0) + 1)
        ]
        cents = [
            order.get("total_cents", 0) if order.get("customer") == telling.customer else None
            for order in orders
        ]
        delivered = self._coolers[aircon].delivered
        return [bill.compare(delivered, CENTS_PER_KWH, bill.Billed.of(state, cents))]
