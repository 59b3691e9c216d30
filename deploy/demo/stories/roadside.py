"""Roadside: an engine overheats on the motorway. 200 cars drive; three of them get hot.

Rescued; declined in part; and, in the second town, an insurer that takes no calls, and nobody who
could tow her.
"""

from datetime import UTC, datetime
from typing import ClassVar, Final

from actors.supervisors.arrangement import State
from deploy.demo.cast import Cast, build_cast
from deploy.demo.fleet import DemoFleet
from deploy.demo.ground import Ground
from deploy.demo.plan import ADDED, Drives, load_drives, plan_cars
from deploy.demo.plot import Chain, Plot
from deploy.demo.providers import Providers
from deploy.demo.report import DrivesSource
from deploy.demo.scene import FleetView
from deploy.demo.story import Players, Seat, Story
from deploy.demo.watch import Telling
from deploy.demo.world import BUSY_HOLD_S, TOWNS, build_world
from gateway.fleet import Fleet
from load.drives.fleet import CarPlan
from load.providers.world import Fleet as Trucks
from load.providers.world import World

_WARNED: Final[tuple[Chain, ...]] = (
    ("signal.noticed", "warn_driver.requested", "warn_driver.delivered", "warn_driver.done"),
    (
        "signal.noticed", "open_trunk.requested", "open_trunk.refused", "pull_over.done",
        "open_trunk.done",
    ),
)  # fmt: skip
_GATHERED: Final[tuple[Chain, ...]] = (
    ("signal.noticed", "profile.requested", "profile.answered", "cover.asked"),
    ("signal.noticed", "directory.requested", "directory.answered", "cover.asked"),
)
_OFFERED: Final[tuple[Chain, ...]] = (
    ("evidence.answered", "arrangement.closed"),
    ("tow.asked", "tow.held", "slot.asked", "slot.held", "rental.asked", "rental.held"),
    ("ride.asked", "ride.held", "rental.asked", "rental.held", "offer.sending"),
    ("cover.asked", "cover.answered", "cover.held", "tow.asked"),
    ("cover.held", "ride.asked"),
    ("cover.held", "offer.sending", "offer.sent"),
    ("offer.sending", "offer.answered", "tow.confirming", "tow.confirmed"),
    ("offer.answered", "ride.confirmed", "claim.opened"),
    ("offer.answered", "slot.confirmed", "claim.opened"),
    ("tow.confirmed", "cover.confirming", "cover.confirmed", "claim.opened", "tow.arrived"),
    ("tow.confirmed", "tow.moved", "tow.arrived", "arrangement.closed"),
)

RESCUED: Final = Plot(
    name="rescued",
    about="the engine overheats, and help is on its way before she calls anyone",
    chains=(
        *_WARNED, *_GATHERED, *_OFFERED, ("offer.answered", "rental.confirmed", "claim.opened"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("tow", "ride", "rental", "slot", "cover")),
)  # fmt: skip
DECLINED: Final = Plot(
    name="declined in part",
    about="she does not want the rental: it is given back, and the rest goes on",
    chains=(
        *_WARNED, *_GATHERED, *_OFFERED,
        ("offer.answered", "rental.declined", "rental.releasing", "rental.released"),
        ("rental.released", "arrangement.closed"),
    ),
    ends_as=State.CLOSED,
    booked=frozenset(("tow", "ride", "slot", "cover")),
    declines=frozenset(("rental",)),
)  # fmt: skip
NO_TRUCK: Final = Plot(
    name="no truck free",
    about="her insurer takes no calls, and nobody can tow her: an employee has the case",
    fails=True,
    chains=(
        *_WARNED,
        *_GATHERED,
        ("cover.asked", "cover.late", "tow.asked"),
        ("cover.late", "ride.asked", "ride.held", "tow.failed", "case.opened"),
        ("tow.failed", "ride.releasing", "ride.released"),
        ("ride.released", "arrangement.with_person"),
        ("case.opened", "case.assigned", "case.assigned", "case.taken"),
    ),
    ends_as=State.WITH_PERSON,
    offered=False,
    person=True,
)
PLOTS: Final = (RESCUED, DECLINED, NO_TRUCK)


class Told(Story):
    """Two towns; in the second no truck is free."""

    name: ClassVar[str] = "roadside"
    about: ClassVar[str] = "an engine overheats, and help comes before the driver calls"
    plots: ClassVar[tuple[Plot, ...]] = PLOTS
    added: ClassVar[tuple[str, ...]] = ADDED
    kinds = ("vehicle",)
    on_streets: ClassVar[bool] = True

    def __init__(self, seat: Seat) -> None:
        super().__init__(seat)
        self._ground = Ground.of(seat.streets)
        self._world = build_world(seat.seed, seat.cars, self._ground)
        self._drives: Drives
        self._plans: list[CarPlan] = []

    @property
    def source(self) -> DrivesSource:  # type: ignore[override]  # known once they are loaded
        """Recorded or simulated."""
        return self._drives.source

    def load(self) -> str:
        """Read the drives."""
        self._drives = load_drives(self.seat.drives, self.seat.seed)
        self.drive_names = tuple(drive.name for drive in self._drives.drives)
        self.notes = (*self._drives.notes, f"streets: {self._ground}")
        return str(self._drives)

    def world(self) -> World:
        """Those of both towns."""
        return self._world

    async def prepare(self, providers: Providers) -> None:
        """Let other customers have the second town's trucks; one that is taken stays so."""
        for town in TOWNS:
            for provider_id in () if town.trucks_free else town.tows:
                trucks = self._world.provider(provider_id)
                assert isinstance(trucks, Trucks)
                until = self.seat.began_at + BUSY_HOLD_S
                for truck in trucks.vehicles:
                    await providers.take(provider_id, truck.item, until, town.center)

    def cast(self, providers_url: str, inbox_url: str) -> Cast:
        """Everybody in both towns."""
        return build_cast(
            self.seat.seed, self.seat.cars, self._world,
            providers_url=providers_url, inbox_url=inbox_url,
            today=datetime.fromtimestamp(self.seat.began_at, UTC), ground=self._ground,
        )  # fmt: skip

    def tellings(self) -> list[Telling]:
        """Choose the cars that get hot; not those of the last runs."""
        seat = self.seat
        self._plans, tellings = plan_cars(
            self._drives.drives, seat.cars, seat.seed, self._world, seat.memory.heated,
            seat.memory.runs, seat.patience_s, self.plots, self._ground,
        )  # fmt: skip
        seat.memory.heated += [telling.key for telling in tellings]
        return tellings

    def players(self, fleets: dict[str, Fleet], view: FleetView) -> Players:
        """All cars."""
        return DemoFleet(fleets["vehicle"], self._plans, view, self.seat.seed)
