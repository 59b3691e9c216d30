"""Hvac: an air conditioner drifts over weeks; its filter is changed before the heat wave.

Where the forecast brings the heat nearer than the visit that is booked, another one is found before
it. Where the heat is nearer than any free visit, a person looks for a way. Weeks pass in seconds:
each reading carries its own time.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.script import Part, Say, Scripted, Tale
from load.providers.world import Dealer, Good, Provider, Store
from twins.devices.aircon import AirconSettings
from twins.devices.metered import DAY_S, day_of
from twins.people.desk import DeskSettings
from twins.people.messages import ServiceEntry

WEEKS: Final = 6
RATED: Final = 3.4
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
)


class Told(Scripted):
    """A shop for parts, a company with three technicians, three air conditioners."""

    name: ClassVar[str] = "hvac"
    about: ClassVar[str] = "an air conditioner drifts: its filter is changed before the heat wave"
    plots: ClassVar[tuple[Plot, ...]] = (IN_TIME, MOVED, TOO_LATE)
    skills: ClassVar[tuple[str, ...]] = ("cooling",)

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
            model=MODEL, rated_ratio=RATED, cents_per_kwh=11, description="the one in the hall",
        )  # fmt: skip
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
                Part(twin_id=aircon, says=tuple(self._days())),
                Part(twin_id=weather, says=tuple(forecasts)),
            ),
        )

    def _days(self) -> list[Say]:
        says: list[Say] = []
        for number in range(WEEKS * 7):
            at = self.now - (WEEKS * 7 - number) * DAY_S
            ratio = RATED * min(1.0, 1.0 - 0.012 * (number - 14))
            reading = {"day": day_of(at), "used_wh": 5200, "cooled_wh": round(5200 * ratio)}
            says.append(Say(0.05 if says else 1.5, "daily", {**reading, "at": at}))
        return says
