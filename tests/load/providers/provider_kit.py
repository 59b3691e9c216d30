"""What the providers' tests share: a clock that only they advance, and a world small enough to see.

The small world, at time_scale 60: operator t1 has trucks 1 and 2, 5 and 15 km or so from `SCENE`;
r1 has one cab; d1 two cars; dealer1 one bay with three slots on Mondays (UTC); i1 two policies.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from fastapi import FastAPI

from load.providers import World, create_app
from load.providers.contract import HoldRequest
from load.providers.world import (
    Car,
    Dealer,
    Insurer,
    Policy,
    RentalDepot,
    RideCompany,
    TowOperator,
    Vehicle,
)

START = 1_772_442_000.0  # Monday, 2026-03-02 09:00 UTC
SCENE = (60.20, 24.90)
HOSPITAL = (60.19, 24.91)


class Clock:
    """Seconds since the epoch; sleeping advances it at once."""

    def __init__(self) -> None:
        self.now = START
        self.slept_s: list[float] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass, and note it."""
        self.slept_s.append(seconds)
        self.now += seconds


def small_world() -> World:
    """Return the world described above."""
    trucks = (
        Vehicle(item="truck-1", title="truck 1", base=(60.25, 24.90)),
        Vehicle(item="truck-2", title="truck 2", base=(60.20, 25.20)),
    )
    cab = Vehicle(item="cab-1", title="cab 1", base=(60.17, 24.94))
    cars = (
        Car(item="car-1", title="small car", day_cents=4500),
        Car(item="car-2", title="van", day_cents=9900),
    )
    policies = (
        Policy(
            number="P-1",
            covers=frozenset({"tow", "rental"}),
            deductible_cents=15_000,
            claims=2,
            valid_until=START + 86_400,
        ),
        Policy(
            number="P-2",
            covers=frozenset({"tow"}),
            deductible_cents=0,
            claims=1,
            valid_until=START - 1,
        ),
    )
    return World(
        time_scale=60,
        providers=(
            TowOperator(
                provider_id="t1", name="Tows", vehicles=trucks, speed_kmh=36, range_km=50,
                stop_s=600, base_cents=9000, km_cents=250,
            ),
            RideCompany(
                provider_id="r1", name="Rides", vehicles=(cab,), speed_kmh=36, range_km=50,
                stop_s=60, base_cents=500, km_cents=200,
            ),
            RentalDepot(provider_id="d1", name="Rentals", position=(60.17, 24.94), cars=cars),
            Dealer(
                provider_id="dealer1", name="Motors", position=(60.18, 24.95), bays=("bay-1",),
                opens="09:00", closes="12:00", weekdays=frozenset({0}), slot_cents=9900,
            ),
            Insurer(provider_id="i1", name="Mutual", policies=policies),
        ),
    )  # fmt: skip


@contextmanager
def service(database: Path, clock: Clock, world: World | None = None) -> Iterator[FastAPI]:
    """Run the service without a server; its database is closed at the end."""
    app = create_app(world or small_world(), database, clock, clock.sleep)
    try:
        yield app
    finally:
        app.state.inventory.close()


def client_of(app: FastAPI) -> httpx2.AsyncClient:
    """Return a client that calls the application directly."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://providers.test"
    )


def hold_request(offer_id: str = "truck-1", **changes: object) -> HoldRequest:
    """Return a hold request of a tow at `SCENE`."""
    fields: dict[str, object] = {
        "offer_id": offer_id,
        "arrangement_id": "arr-1",
        "customer_id": "customer/c-42",
        "near": SCENE,
    }
    return HoldRequest.model_validate({**fields, **changes})


def hold_body(offer_id: str = "truck-1", **changes: object) -> dict[str, object]:
    """Return the same as JSON."""
    return hold_request(offer_id, **changes).model_dump(mode="json")
