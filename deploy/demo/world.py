"""World: the providers of the demo and what they own. Two towns; in the second no truck is free.

There the insurer takes no calls, either: help has to go on without its word.
"""

from random import Random
from typing import Final

from msgspec import Struct

from deploy.demo.ground import KERAVA, Ground
from load.drives.fleet import HELSINKI
from load.providers.behaviour import Behaviour
from load.providers.contract import Position
from load.providers.world import (
    Car,
    Dealer,
    Insurer,
    Provider,
    RentalDepot,
    RideCompany,
    TowOperator,
    Vehicle,
    World,
    demo_world,
)

TIMEZONE: Final = "Europe/Helsinki"
TIME_SCALE: Final = 10.0
"""World seconds driven in one second of the clock: a truck that needs 4 minutes needs 24 s."""

RENTAL_CARS: Final = 24
"""Cars of a depot. A rescue keeps one for a day or two of the clock, so there must be many."""

BUSY_HOLD_S: Final = 7 * 86_400.0
"""How long other customers keep the trucks of the second town."""

SLOW_S: Final = 1.5
"""How long the second town's tow operator takes to answer; by then other things are held."""


class Town(Struct, frozen=True, kw_only=True):
    """Where a desk works, and with whom."""

    desk: str
    """Twin id."""
    name: str
    center: Position
    share: float
    """Of all cars."""
    tows: tuple[str, ...]
    rides: tuple[str, ...]
    depots: tuple[str, ...]
    dealers: tuple[str, ...]
    insurer: str
    """Provider ids."""
    trucks_free: bool = True


TOWNS: Final = (
    Town(
        desk="desk/helsinki", name="Helsinki", center=HELSINKI, share=0.8,
        tows=("t1", "t2", "t3"), rides=("r1", "r2"), depots=("d1", "d2"),
        dealers=("dealer1", "dealer2"), insurer="i1",
    ),
    Town(
        desk="desk/kerava", name="Kerava", center=KERAVA, share=0.2,
        tows=("t4",), rides=("r3",), depots=("d3",), dealers=("dealer3",),
        insurer="i2", trucks_free=False,
    ),
)  # fmt: skip


def build_world(seed: int, policies: int, ground: Ground) -> World:
    """The providers: those of `demo_world` in the first town, a few more in the second.

    Args:
        seed: Of positions and policies' terms; the same arguments give the same world.
        policies: The insurer's policies are `P-1` … `P-<policies>`.
        ground: On whose streets all of them are.
    """
    chance = Random(f"{seed} second town")  # noqa: S311 - places; guards nothing
    first, second = TOWNS
    base = demo_world(
        seed,
        first.center,
        timezone=TIMEZONE,
        policies=policies,
        time_scale=TIME_SCALE,
        place=lambda chance: ground.place(0, chance),
    )

    def there() -> Position:
        return ground.place(1, chance)

    providers = [_adapted(provider, second, there()) for provider in base.providers]
    insurer = base.provider(first.insurer)
    assert isinstance(insurer, Insurer)
    providers += [
        insurer.model_copy(
            update={
                "provider_id": second.insurer,
                "name": "Lakeland Insurance",
                "behaviour": Behaviour(mode="refusing"),
            }
        ),
        TowOperator(
            provider_id="t4", name="Lakeland Towing", hold_limit_s=BUSY_HOLD_S,
            vehicles=tuple(
                Vehicle(item=f"t4-truck-{k}", title=f"truck {k}", base=there())
                for k in (1, 2)
            ),
            speed_kmh=35, range_km=120, stop_s=900, base_cents=9000, km_cents=250,
            behaviour=Behaviour(mode="slow", delay_s=SLOW_S),
        ),
        RideCompany(
            provider_id="r3", name="Lakeland Cabs",
            vehicles=tuple(
                Vehicle(item=f"r3-cab-{k}", title=f"cab {k}", base=there())
                for k in (1, 2, 3)
            ),
            speed_kmh=30, range_km=60, stop_s=120, base_cents=450, km_cents=220,
        ),
        _with_cars(
            RentalDepot(
                provider_id="d3", name="Lakeland Rentals", position=there(),
                cars=(Car(item="d3-car-1", title="small car", day_cents=4500),),
            )
        ),
    ]  # fmt: skip
    return World(providers=tuple(providers), time_scale=TIME_SCALE)


def _adapted(provider: Provider, second: Town, there: Position) -> Provider:
    """A provider of the ready-made world, as the demo needs it; `there` is in the second town."""
    if isinstance(provider, RentalDepot):
        return _with_cars(provider)
    if isinstance(provider, Dealer) and provider.provider_id in second.dealers:
        return provider.model_copy(update={"position": there})
    return provider


def _with_cars(depot: RentalDepot) -> RentalDepot:
    """The depot with as many cars as it needs, of the models and prices that it has."""
    models = depot.cars
    cars = tuple(
        models[number % len(models)].model_copy(
            update={"item": f"{depot.provider_id}-car-{number + 1}"}
        )
        for number in range(RENTAL_CARS)
    )
    return depot.model_copy(update={"cars": cars})
