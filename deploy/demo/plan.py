"""Plan: what every car drives, and which ones get hot in which story."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

import msgspec
from msgspec import Struct

from deploy.demo.breakdown import RATE_C_PER_MIN, break_down, choose
from deploy.demo.cast import town_of
from deploy.demo.ground import Ground
from deploy.demo.plot import Plot
from deploy.demo.report import DrivesSource
from deploy.demo.watch import Telling
from deploy.demo.world import TOWNS, Town
from load.drives.fleet import CarPlan, plan_fleet
from load.drives.reader import read_drives
from load.drives.routes import Route
from load.drives.sample import Drive
from load.drives.simulator import simulate_drive
from load.providers.world import Fleet, World

PERIOD_S: Final = 1.0
FIRST_S: Final = 15.0
"""When the first car's rule fires, in seconds after the fleet's start."""

PAUSE_S: Final = 12.0
"""How much later than the patience of its customer the next story begins."""

SIMULATED: Final = 12
"""How many drives are simulated where none were recorded."""

SIMULATED_S: Final = 1_500.0

TRIPS: Final = 200
"""So many round trips are drawn, in each town at most; they take their time."""

ADDED: Final = (
    f"three cars' faults (coolant {RATE_C_PER_MIN:g} °C a minute hotter, faster than real ones)",
    "the way a car stops that is told to pull over",
    "routes and positions",
)


class Drives(Struct, frozen=True):
    """What the fleet replays."""

    drives: tuple[Drive, ...]
    """At most a sample a second."""
    source: DrivesSource
    notes: tuple[str, ...] = ()
    """Rows, cells and files that could not be read."""

    def __str__(self) -> str:
        names = ", ".join(drive.name for drive in self.drives[:6])
        more = f" and {len(self.drives) - 6} more" if len(self.drives) > 6 else ""  # noqa: PLR2004 - as many as are named
        if self.source == "recorded":
            return f"drives: recorded, {len(self.drives)} real OBD-II logs ({names}{more})"
        return (
            f"drives: simulated, {len(self.drives)} by our own model, with real logs' columns; "
            "for real ones give --drives DIR"
        )


def load_drives(folder: Path | None, seed: int) -> Drives:
    """Read recorded drives, or simulate some where no folder is given.

    Raises:
        DriveFileError: The folder holds nothing that can be used; the text says what to do.
    """
    if folder is None:
        simulated = tuple(
            simulate_drive(seed * 1000 + number, SIMULATED_S, number % 3 == 0, number % 6 == 5)  # noqa: PLR2004 - a third begins cold, a sixth only idles
            for number in range(SIMULATED)
        )
        return Drives(simulated, "simulated")
    found = read_drives(folder)
    notes = [str(each) for each in (*found.errors, *found.warnings)]
    return Drives(tuple(drive.every(PERIOD_S) for drive in found.drives), "recorded", tuple(notes))


def plan_cars(
    drives: Sequence[Drive], cars: int, seed: int, world: World, heated: Sequence[str], run: int,
    patience_s: float, plots: Sequence[Plot], ground: Ground,
) -> tuple[list[CarPlan], list[Telling]]:  # fmt: skip
    """What every car drives, and the stories of those that get hot.

    Args:
        drives: What there is to replay.
        cars: How many cars.
        seed: The same arguments give the same plan.
        world: The providers; the first stories are told where trucks are not around the corner.
        heated: Cars of earlier runs; others get hot now.
        run: Number of this run; each has cars of its own.
        patience_s: How long each customer leaves her link to a person, in seconds.
        plots: Of the stories: two for the first town, one for the second.
        ground: On whose streets the cars drive.

    Raises:
        FaultError: No drive is fit for a breakdown, or there are too few cars.
    """
    plans = _on_streets(plan_fleet(drives, cars, seed, overheating=0), seed, ground)
    chance = Random(f"{seed} {run}")  # noqa: S311 - chooses cars; guards nothing
    tellings: list[Telling] = []
    first, second = TOWNS
    for number, (plot, town) in enumerate(zip(plots, (first, first, second), strict=True)):
        there = [plan for plan in plans if town_of(int(plan.key[1:]), cars) is town]
        recent = [key for key in heated if key in {plan.key for plan in there}]
        avoid = {*recent[-(len(there) // 2) :], *(telling.key for telling in tellings)}
        chosen = choose(there, free_trucks(world, town), chance, avoid)
        fires_s = FIRST_S + number * (PAUSE_S + patience_s)
        breakdown = break_down(chosen, drives, fires_s, chance)
        plans[plans.index(chosen)] = breakdown.plan
        tellings.append(
            Telling(
                plot=plot,
                twin_id=f"vehicle/{chosen.key}",
                supervisor_id=f"roadside/{chosen.key}",
                customer=f"customer/c{chosen.key[1:]}",
                fires_s=breakdown.fires_s,
            )
        )
    return plans, tellings


def _on_streets(plans: Sequence[CarPlan], seed: int, ground: Ground) -> list[CarPlan]:
    """Give each car a round trip on its town's streets; beyond so many cars, trips are shared."""
    trips: dict[tuple[int, int], Route] = {}
    placed = []
    for number, plan in enumerate(plans):
        town = TOWNS.index(town_of(int(plan.key[1:]), len(plans)))
        share = (town, number % TRIPS)
        if share not in trips:
            chance = Random(f"{seed} {share}")  # noqa: S311 - draws ways; guards nothing
            trips[share] = ground.rounds(town).trip(chance)
        corners = trips[share].corners
        # Who shares a trip begins it elsewhere.
        begin = number // TRIPS * len(corners) // (len(plans) // TRIPS + 1)
        route = trips[share] if not begin else Route((*corners[begin:], *corners[:begin]))
        placed.append(msgspec.structs.replace(plan, route=route))
    return placed


def free_trucks(world: World, town: Town) -> list[tuple[float, float]]:
    """Where the trucks of a town stand at first; none where none is to be free."""
    return [
        vehicle.base
        for provider in world.providers
        if isinstance(provider, Fleet) and town.trucks_free and provider.provider_id in town.tows
        for vehicle in provider.vehicles
    ]
