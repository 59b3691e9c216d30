"""Shortage: three cars are stranded, and there is one truck. The most urgent of two is next.

In the second town the truck works for others for hours: who waits too long is with a person. In the
third the desk's own system has told where cars broke down at this hour in the weeks before.

Here trucks do not only seem fast: they are, so that the times that customers are told are times of
the clock, and can be held against when the trucks are really there, by their companies' books.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import floor
from typing import Any, ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.providers import Providers
from deploy.demo.script import TAKE_S, Part, Say, Scripted, Tale
from deploy.demo.seen import Seen
from deploy.demo.story import Seat
from deploy.demo.truths import Truth, arrivals, turns
from deploy.demo.truths.arrivals import Bounds, Caller, Promise
from deploy.demo.watch import Telling
from deploy.demo.world import BUSY_HOLD_S
from gateway.wording import moment
from load.providers.world import Car, Dealer, Provider, RentalDepot, TowOperator, Vehicle, World
from twins.devices.callbox import CallboxSettings
from twins.ids import split
from twins.people.casework import Shift
from twins.people.desk import DeskSettings
from twins.people.employee import EmployeeSettings
from twins.people.messages import TowEntry
from twins.services.demand import HOUR_S, WEEK_H, DemandSettings
from twins.services.dispatch import DispatchSettings

NEAR: Final = (60.17, 24.94)
FAR: Final = (61.50, 23.76)
EAST: Final = (60.45, 27.25)
SUBURB: Final = (60.45, 27.45)
"""11 km from there."""

FAST_KMH: Final = 3600.0
"""A kilometre a second: so trucks and rental cars drive in the third town, and between."""
TRUCK_KMH: Final = 900.0
"""So does the first town's truck."""
TOWING_KMH: Final = 800.0
LOADING_S: Final = 4.0
"""What the desks know of it: how fast it is with a car, and how long it needs to load."""
NEWS_S: Final = 3.0
"""Who waits is told again when her truck comes so much sooner or later."""
HONEST: Final = Bounds(wait_s=8.0, coming_s=5.0, misled_s=5.0)
"""What is no news may be off, the queue looks once a second, and a busy machine needs a moment. A
job of the first town's truck takes some 14 s: to be off by one is more than this. The second car
waits a second until the third, which is worse, calls and goes before it."""

WEEKS: Final = 3
"""So many are told of."""
FORESEEN_S: Final = 14.0
"""When the car breaks down there; a truck needs 11 s of the clock to the suburb."""

PATIENCE_S: Final = 6.0
"""Of the one in the second town, by the clock."""

_WAITS: Final = (
    ("signal.noticed", "profile.requested", "profile.answered", "queue.joined"),
    ("signal.noticed", "directory.requested", "directory.answered", "queue.joined"),
)
IN_TURN: Final = Plot(
    name="in turn",
    about="one truck, three cars: she knows when hers comes, and it comes when it is free",
    chains=(
        *_WAITS,
        ("queue.joined", "wait.estimated", "wait.telling", "wait.told"),
        ("wait.estimated", "turn.given", "tow.asked", "tow.held", "tow.confirmed", "tow.arrived"),
        ("tow.confirmed", "coming.telling", "coming.told"),
        ("tow.arrived", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("tow",)),
    offered=False,
    truths=frozenset((arrivals.NAME, turns.NAME)),
)
TOO_LONG: Final = Plot(
    name="too long",
    about="the only truck works for others: she is told so, and an employee has the case",
    fails=True,
    chains=(
        *_WAITS,
        ("queue.joined", "case.opened", "case.assigned", "case.taken"),
        ("queue.joined", "late.telling", "late.told"),
        ("case.opened", "arrangement.with_person"),
    ),
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
    within_s=(("queue.joined", "case.opened", PATIENCE_S + 4.0),),
)

FORESEEN: Final = Plot(
    name="foreseen",
    about="cars broke down there at this hour: a truck and a rental car are there before she calls",
    chains=(
        *_WAITS,
        ("tow.moved_ahead", "signal.noticed"),
        ("rental.moved_ahead", "signal.noticed"),
        ("queue.joined", "turn.given", "tow.held", "tow.confirmed", "tow.arrived"),
        ("tow.confirmed", "coming.telling", "coming.told"),
        ("tow.arrived", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("tow",)),
    moved=frozenset(("tow", "rental")),
    offered=False,
    truths=frozenset((arrivals.NAME,)),
)

_CALLS: Final = (
    ({"dark": True}, 30.0),
    ({"children": True}, 40.0),
    ({"motorway": True, "dark": True}, 80.0),
)
"""What the cars say, in this order, and how many points that has; the last is the most urgent."""


def _place(town: tuple[float, float], number: int) -> tuple[float, float]:
    return (town[0] + 0.01 * number, town[1] + 0.01)


def _known(name: str, town: tuple[float, float]) -> TowEntry:
    """What a desk knows of its town's operator."""
    return TowEntry(
        id=f"tow_operator/shortage-{name}", position=town, loading_s=LOADING_S,
        towing_kmh=TOWING_KMH,
    )  # fmt: skip


class Told(Scripted):
    """Two towns with a truck each; in the third a company of two depots, too."""

    name: ClassVar[str] = "shortage"
    about: ClassVar[str] = "more cars are stranded than there are trucks: by urgency and waiting"
    plots: ClassVar[tuple[Plot, ...]] = (IN_TURN, TOO_LONG, FORESEEN)
    skills: ClassVar[tuple[str, ...]] = ("roadside",)
    desk: ClassVar[str] = "desk/shortage"
    far_desk: ClassVar[str] = "desk/shortage-far"

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._callers: dict[str, tuple[str, float]] = {}
        """Callbox -> whose it is, and how urgent her call is."""

    def world(self) -> World:
        """The companies; their vehicles arrive by the clock when they say."""
        return World(providers=tuple(self.companies()), time_scale=1.0)

    def companies(self) -> Sequence[Provider]:
        """A tow operator in each town, dealers, and the depots of the third."""
        return (
            *(
                TowOperator(
                    provider_id=f"tow-{name}", name=f"{name.title()} Towing", speed_kmh=speed,
                    range_km=50.0, stop_s=LOADING_S, base_cents=8000, km_cents=150,
                    vehicles=(
                        Vehicle(item=f"truck-{name}", title="truck 1", base=_place(town, 0)),
                    ),
                )
                for name, town, speed in (
                    ("near", NEAR, TRUCK_KMH), ("far", FAR, TRUCK_KMH), ("east", EAST, FAST_KMH),
                )
            ),
            Dealer(
                provider_id="dealer", name="Central Motors",
                position=(NEAR[0] + 0.02, NEAR[1] + 0.03),
                bays=("bay-1",),
            ),
            Dealer(
                provider_id="dealer-east", name="Eastern Motors", position=EAST, bays=("bay-e",),
            ),
            *(
                RentalDepot(
                    provider_id=name, name=f"{name.title()} Cars", position=place, fellows=(other,),
                    speed_kmh=FAST_KMH,
                    cars=tuple(
                        Car(item=f"{name}-car-{number}", title="small car", day_cents=4500)
                        for number in range(1, count + 1)
                    ),
                )
                for name, place, other, count in (
                    ("central", EAST, "suburban", 4), ("suburban", SUBURB, "central", 1),
                )
            ),
        )  # fmt: skip

    async def prepare(self, providers: Providers) -> None:
        """Let others have the second town's truck, and drive back what an earlier run moved."""
        await providers.take("tow-far", "truck-far", self.seat.began_at + BUSY_HOLD_S, FAR)
        await providers.reposition("suburban", EAST, 5.0)

    def services(self) -> Mapping[str, str]:
        """Their twins."""
        return {
            "tow_operator/shortage-near": "tow-near",
            "tow_operator/shortage-far": "tow-far",
            "dealer/shortage": "dealer",
            "tow_operator/shortage-east": "tow-east",
            "dealer/shortage-east": "dealer-east",
            "rental_depot/shortage-central": "central",
            "rental_depot/shortage-suburban": "suburban",
        }

    def directory(self) -> DeskSettings:
        """The first town's truck."""
        return DeskSettings(tow_operators=[_known("near", NEAR)])

    def tale(self, number: int, plot: Plot) -> Tale:
        """Cars that strand one after the other; it is the last one's story."""
        if plot is FORESEEN:
            return self._foreseen(number)
        far = plot is TOO_LONG
        people, masters, parts = [], [], []
        calls = _CALLS[-1:] if far else _CALLS
        for car, (call, points) in enumerate(calls, 1):
            name = ("Pia Lund", "Jon Berg", "Mira Costa")[car - 1]
            person, her = self.person(10 * number + car, name)
            box, town = f"callbox/{self.key(10 * number + car)}", FAR if far else NEAR
            settings = CallboxSettings(
                owner=person.id, desk=self.far_desk if far else self.desk,
                dealer=None if far else "dealer/shortage", description=f"blue Etios, SHR-{car}",
                patience_s=PATIENCE_S if far else 3600.0,
            )  # fmt: skip
            lat, lon = _place(town, car)
            self._callers[box] = (person.id, points)
            said = {"lat": lat, "lon": lon, "stranded": True, **call}
            people.append(person)
            masters += [her, Master.of(box, settings)]
            parts.append(Part(twin_id=box, says=(Say(0.2 + 1.0 * car, "call", said),)))
        if far:
            masters += self._town_desk(self.far_desk, "far", FAR)
        else:
            # Where a job takes seconds, a second is worth a look, and a few are news.
            queue = f"dispatch/{split(self.desk)[1]}"
            masters.append(Master.of(queue, DispatchSettings(pause_s=1.0, news_s=NEWS_S)))
        return Tale(
            twin_id=parts[-1].twin_id,
            supervisor_id=f"shortage/{parts[-1].twin_id.partition('/')[2]}",
            customer=people[-1].id,
            people=tuple(people),
            masters=tuple(masters),
            parts=tuple(parts),
        )

    def _foreseen(self, number: int) -> Tale:
        """One car, where cars broke down at this hour in the weeks before."""
        key = self.key(10 * number)
        person, her = self.person(10 * number, "Aino Salo")
        box, demand, desk = f"callbox/{key}", f"demand/{key}", f"desk/{key}"
        movers = [
            "tow_operator/shortage-east", "rental_depot/shortage-central",
            "rental_depot/shortage-suburban",
        ]  # fmt: skip
        settings = CallboxSettings(
            owner=person.id, desk=desk, dealer="dealer/shortage-east",
            description="green Etios, SHR-9", patience_s=3600.0,
        )  # fmt: skip
        self._callers[box] = (person.id, 30.0)
        lat, lon = SUBURB[0] + 0.01, SUBURB[1] + 0.01
        call = {"lat": lat, "lon": lon, "stranded": True, "dark": True}
        return Tale(
            twin_id=box,
            supervisor_id=f"shortage/{key}",
            customer=person.id,
            people=(person,),
            masters=(
                her, Master.of(box, settings), *self._town_desk(desk, "east", EAST),
                Master.of(demand, DemandSettings(movers=movers)),
            ),
            parts=(
                Part(twin_id=demand, says=(Say(0.2, "breakdown", list(self._past())),)),
                Part(twin_id=box, says=(Say(FORESEEN_S, "call", call),)),
            ),
        )  # fmt: skip

    def _past(self) -> Iterator[dict[str, float]]:
        """One a week at this hour, and at the next one: it may begin meanwhile."""
        begins = floor(self.now / HOUR_S) * HOUR_S
        for week in range(WEEKS, 0, -1):
            for hour in (0, 1):
                at = begins + hour * HOUR_S - week * WEEK_H * HOUR_S + 60.0 * week
                yield {"at": at, "lat": SUBURB[0], "lon": SUBURB[1]}

    def _town_desk(self, desk: str, name: str, town: tuple[float, float]) -> list[Master]:
        """A desk that works with its town's operator, and who leads it."""
        settings = DeskSettings(
            name=f"{name} desk", take_s=TAKE_S,
            tow_operators=[_known(name, town)],
        )  # fmt: skip
        lead = EmployeeSettings(
            name="Elin Moe", skills=["roadside"], shift=Shift(), desk=desk, lead=True
        )
        lead_id = f"employee/{split(desk)[1]}-lead"
        return [Master.of(desk, settings), Master.of(lead_id, lead)]

    # -- truths ------------------------------------------------------------------------------

    async def truths(self, telling: Telling, seen: Seen) -> list[Truth]:
        """When the trucks came, and in which order, against what was told and how bad it was."""
        boxes = {part.twin_id for part in self.tale_of(telling).parts} & self._callers.keys()
        cases = [
            turns.Case(
                caller=await self._caller(said.twin_id, said.at, seen),
                urgency=self._callers[said.twin_id][1],
            )
            for said in self.said
            if said.twin_id in boxes
        ]
        company = "tow-east" if telling.plot is FORESEEN else "tow-near"
        booked = await seen.providers.bookings(company)
        found = [arrivals.compare([case.caller for case in cases], booked, HONEST)]
        if telling.plot is IN_TURN:
            found.append(turns.compare(cases, booked))
        return found

    async def _caller(self, box: str, called_at: float, seen: Seen) -> Caller:
        """Who has called, with all that she was told by her policy."""
        customer = self._callers[box][0]
        state = await seen.state(f"shortage/{split(box)[1]}")
        facts: dict[str, Any] = (state.get("arrangement") or {}).get("facts", {})
        texts = [message.text for message in seen.heard(customer)]
        promises = tuple(
            Promise(
                **each, heard=any(moment(each["arrives_at"], "en") in text for text in texts)
            )
            for each in facts.get("promised", ())
        )  # fmt: skip
        return Caller(customer_id=customer, called_at=called_at, promises=promises)
