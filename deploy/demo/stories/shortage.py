"""Shortage: three cars are stranded, and there is one truck. The most urgent of two is next.

In the second town the truck works for others for hours: who waits too long is with a person.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Master
from deploy.demo.plot import Plot
from deploy.demo.providers import Providers
from deploy.demo.script import TAKE_S, Part, Say, Scripted, Tale
from deploy.demo.world import BUSY_HOLD_S
from load.providers.world import Dealer, Provider, TowOperator, Vehicle
from twins.devices.callbox import CallboxSettings
from twins.people.casework import Shift
from twins.people.desk import DeskSettings
from twins.people.employee import EmployeeSettings
from twins.people.messages import TowEntry

NEAR: Final = (60.17, 24.94)
FAR: Final = (61.50, 23.76)

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

_CALLS: Final = (
    {"dark": True},
    {"children": True},
    {"motorway": True, "dark": True},
)
"""What the cars say, in this order; the last one is the most urgent."""


def _place(town: tuple[float, float], number: int) -> tuple[float, float]:
    return (town[0] + 0.01 * number, town[1] + 0.01)


class Told(Scripted):
    """Two towns with a truck each."""

    name: ClassVar[str] = "shortage"
    about: ClassVar[str] = "more cars are stranded than there are trucks: by urgency and waiting"
    plots: ClassVar[tuple[Plot, ...]] = (IN_TURN, TOO_LONG)
    skills: ClassVar[tuple[str, ...]] = ("roadside",)
    far_desk: ClassVar[str] = "desk/shortage-far"

    def companies(self) -> Sequence[Provider]:
        """A tow operator in each town, and the dealer of the first."""
        return (
            *(
                TowOperator(
                    provider_id=f"tow-{name}", name=f"{name.title()} Towing", speed_kmh=60.0,
                    range_km=50.0, stop_s=180.0, base_cents=8000, km_cents=150,
                    vehicles=(
                        Vehicle(item=f"truck-{name}", title="truck 1", base=_place(town, 0)),
                    ),
                )
                for name, town in (("near", NEAR), ("far", FAR))
            ),
            Dealer(
                provider_id="dealer", name="Central Motors", position=_place(NEAR, 2),
                bays=("bay-1",),
            ),
        )  # fmt: skip

    async def prepare(self, providers: Providers) -> None:
        """Let another customer have the second town's truck."""
        await providers.take("tow-far", "truck-far", self.seat.began_at + BUSY_HOLD_S, FAR)

    def services(self) -> Mapping[str, str]:
        """Their twins."""
        return {
            "tow_operator/shortage-near": "tow-near",
            "tow_operator/shortage-far": "tow-far",
            "dealer/shortage": "dealer",
        }

    def directory(self) -> DeskSettings:
        """The first town's truck."""
        return DeskSettings(
            tow_operators=[TowEntry(id="tow_operator/shortage-near", position=NEAR)]
        )

    def tale(self, number: int, plot: Plot) -> Tale:
        """Cars that strand one after the other; it is the last one's story."""
        far = plot is TOO_LONG
        people, masters, parts = [], [], []
        calls = _CALLS[-1:] if far else _CALLS
        for car, call in enumerate(calls, 1):
            name = ("Pia Lund", "Jon Berg", "Mira Costa")[car - 1]
            person, her = self.person(10 * number + car, name)
            box, town = f"callbox/{self.key(10 * number + car)}", FAR if far else NEAR
            settings = CallboxSettings(
                owner=person.id, desk=self.far_desk if far else self.desk,
                dealer=None if far else "dealer/shortage", description=f"blue Etios, SHR-{car}",
                patience_s=PATIENCE_S if far else 3600.0,
            )  # fmt: skip
            lat, lon = _place(town, car)
            said = {"lat": lat, "lon": lon, "stranded": True, **call}
            people.append(person)
            masters += [her, Master.of(box, settings)]
            parts.append(Part(twin_id=box, says=(Say(0.2 + 1.0 * car, "call", said),)))
        if far:
            masters += self._far_desk()
        return Tale(
            twin_id=parts[-1].twin_id,
            supervisor_id=f"shortage/{parts[-1].twin_id.partition('/')[2]}",
            customer=people[-1].id,
            people=tuple(people),
            masters=tuple(masters),
            parts=tuple(parts),
        )

    def _far_desk(self) -> list[Master]:
        settings = DeskSettings(
            name="far desk", take_s=TAKE_S,
            tow_operators=[TowEntry(id="tow_operator/shortage-far", position=FAR)],
        )  # fmt: skip
        lead = EmployeeSettings(
            name="Elin Moe", skills=["roadside"], shift=Shift(), desk=self.far_desk, lead=True
        )
        return [
            Master.of(self.far_desk, settings), Master.of("employee/shortage-far-lead", lead),
        ]  # fmt: skip
