"""City: a world with one car, its owner, its dealer and all who can help, for the roadside story.

Everything is near (60.17, 24.94). Prices in cents: trucks 15,000 and 17,000, slot 9,900, rides
2,000 and 2,500, rental 4,500. The policy covers tow and rental, with a deductible of 5,000.
"""

from dataclasses import dataclass
from typing import Any

from support.world import START, World

import actors.supervisors
import twins.devices
import twins.people
import twins.services
from actors.testing import FakeProvider
from twins.handler import Origin

assert actors.supervisors, "importing it registers the kinds"
assert twins.devices, "the same"
assert twins.people, "the same"
assert twins.services, "the same"

CAR, OWNER, SUPERVISOR, DESK = "vehicle/v1", "customer/c1", "roadside/v1", "desk/north"
HERE = (60.17, 24.94)


def _offer(offer_id: str, price_cents: int, **more: Any) -> dict[str, Any]:
    return {"offer_id": offer_id, "item": offer_id, "title": offer_id, "price_cents": price_cents,
            "currency": "EUR", **more}  # fmt: skip


@dataclass
class City:
    """The world, and who is in it."""

    world: World
    tows: list[FakeProvider]
    rides: list[FakeProvider]
    depots: list[FakeProvider]
    dealer: FakeProvider
    insurer: FakeProvider

    @property
    def everybody(self) -> list[FakeProvider]:
        """All providers."""
        return [*self.tows, *self.rides, *self.depots, self.dealer, self.insurer]

    def count(self, state: str) -> int:
        """How many holds are in a state, at all providers."""
        return sum(provider.count(state, self.world.now) for provider in self.everybody)

    @property
    def supervisor(self) -> Any:
        """The roadside supervisor of the car."""
        return self.world.twin(SUPERVISOR)

    @property
    def arrangement(self) -> Any:
        """The open arrangement, or the last one."""
        return self.supervisor.arrangement

    @property
    def steps(self) -> list[str]:
        """The names of the arrangement's steps."""
        return [step.name for step in self.arrangement.steps]

    def ended(self) -> bool:
        """Whether there is an arrangement, and it has ended."""
        return self.arrangement is not None and self.arrangement.ended

    def reading(self, coolant_c: float, speed_kmh: float = 50.0) -> None:
        """Let the car send a reading, a second after the last one."""
        world = self.world
        world.advance(1.0)
        world.device.speed_kmh = speed_kmh
        world.send(CAR, "telemetry", {
            "at": world.now, "coolant_c": coolant_c, "speed_kmh": speed_kmh, "lat": HERE[0],
            "lon": HERE[1], "rpm": 2000.0, "engine_load_pct": 40.0,
        }, origin=Origin.DEVICE)  # fmt: skip
        world.run()

    def overheat(self) -> None:
        """Let the coolant climb from 94 °C until the rule has fired."""
        for degree in range(94, 107):
            self.reading(float(degree))


def city(seed: int | None = None, *, channels: int = 1) -> City:
    """A city in which everything works; the customer says nothing until a test says what."""
    world = World(seed)
    found = City(
        world=world,
        tows=[
            FakeProvider("tow", [_offer("t1-truck", 15_000, eta_s=900.0)]),
            FakeProvider("tow", [_offer("t2-truck", 17_000, eta_s=600.0)]),
        ],
        rides=[
            FakeProvider("ride", [_offer("r1-cab", 2000, eta_s=300.0)]),
            FakeProvider("ride", [_offer("r2-cab", 2500, eta_s=420.0)]),
        ],
        depots=[
            FakeProvider("rental", [_offer("d1-car", 4500)]),
            FakeProvider("rental", [_offer("d2-car", 4500)]),
        ],
        dealer=FakeProvider("slot", [_offer("bay", 9900)]),
        insurer=FakeProvider("cover", [_offer("claim", 5000, details={
            "policy": "P-1", "covers": {"tow": True, "ride": False, "rental": True},
            "deductible_cents": 5000, "internal": "x" * 1000,
        })]),
    )  # fmt: skip
    named = {
        "tow_operator/t": found.tows, "ride_company/r": found.rides,
        "rental_depot/d": found.depots, "dealer/x": [found.dealer],
        "insurer/i": [found.insurer],
    }  # fmt: skip
    places: dict[str, tuple[float, float]] = {}
    for prefix, providers in named.items():
        for number, provider in enumerate(providers, 1):
            twin_id = f"{prefix}{number}"
            places[twin_id] = (HERE[0] + 0.01 * number, HERE[1])
            url = f"http://127.0.0.1:9/providers/{twin_id.replace('/', '-')}"
            world.providers[url] = provider
            settings = {"base_url": url, "name": f"name of {twin_id}",
                        "position": places[twin_id]}  # fmt: skip
            world.send(twin_id, "configured", settings)
    entries = {
        field: [{"id": id_, "position": place} for id_, place in places.items()
                if id_.startswith(kind)]
        for field, kind in (("tow_operators", "tow"), ("ride_companies", "ride"),
                            ("rental_depots", "rental"))
    }  # fmt: skip
    world.send(DESK, "configured", {**entries, "insurers": [{"id": "insurer/i1"}]})
    for key, lead in (("e1", False), ("e2", False), ("e3", True)):
        world.send(f"employee/{key}", "configured", {
            "name": key, "skills": ["roadside"], "shift": {}, "desk": DESK, "lead": lead,
        })  # fmt: skip
    world.send(OWNER, "configured", {
        "name": "Kaisa", "language": "de-AT",
        "channels": [{"channel": f"way{n}", "address": "http://127.0.0.1:9/messages"}
                     for n in range(channels)],
        "calendar": [{"starts_at": START, "ends_at": START + 6 * 3600}],
        "lifetime_value_cents": 1_200_000, "insurer": "insurer/i1", "policy": "P-1",
        "dealer": "dealer/x1",
    })  # fmt: skip
    world.send(CAR, "configured", {
        "owner": OWNER, "dealer": "dealer/x1", "desk": DESK, "description": "grey estate",
    })  # fmt: skip
    world.run()
    return found
