"""Roadside: cars on a road, and all who can help them."""

from dataclasses import dataclass
from typing import Any

from support.drawn import Drawn

from actors.testing import FakeProvider

HERE = (60.17, 24.94)
HOT_C = range(94, 107)
"""It climbs until the rule has fired."""


@dataclass
class Road:
    """Companies and a desk, all drawn."""

    drawn: Drawn
    desk: str
    dealer: str
    insurer: str
    slots: FakeProvider
    tows: list[FakeProvider]
    rides: list[FakeProvider]
    depots: list[FakeProvider]
    cover: FakeProvider

    def drives(self) -> str:
        """One more car, with its owner."""
        drawn = self.drawn
        owner = drawn.person(insurer=self.insurer, policy="P-1", dealer=self.dealer)
        car = f"vehicle/{drawn.key()}"
        links = {"owner": owner, "dealer": self.dealer, "desk": self.desk}
        drawn.fleet.tell(car, "configured", {**links, "description": "grey estate"})
        return car

    def overheats(self, car: str) -> None:
        """It sends what it measured in the last seconds, in one message."""
        now = self.drawn.fleet.now
        self.drawn.fleet.measure(car, [
            {"at": now - HOT_C[-1] + degree, "coolant_c": float(degree), "speed_kmh": 50.0,
             "lat": HERE[0], "lon": HERE[1], "rpm": 2000.0, "engine_load_pct": 40.0}
            for degree in HOT_C
        ])  # fmt: skip

    @staticmethod
    def supervisor(car: str) -> str:
        """Who watches over a car."""
        return f"roadside/{car.partition('/')[2]}"


def road(
    seed: int | Drawn, *, trucks: tuple[int, ...] = (1, 1), rentals: tuple[int, ...] = (1, 1)
) -> Road:
    """Draw one, with so many trucks and rental cars at each operator and depot."""
    drawn = Drawn.of(seed)
    drawn.fleet.functions["remaining_useful_life"] = lambda _: {"remaining_life_h": 1.5}

    def offers(count: int, least_s: float, most_s: float) -> list[dict[str, Any]]:
        return [{**offer, "eta_s": drawn.uniform(least_s, most_s)} for offer in drawn.offers(count)]

    tows = [FakeProvider("tow", offers(count, 40, 90)) for count in trucks]
    rides = [FakeProvider("ride", offers(4, 40, 90)) for _ in range(2)]
    depots = [FakeProvider("rental", drawn.offers(count)) for count in rentals]
    slots = FakeProvider("slot", drawn.offers(1))
    cover = FakeProvider("cover", [{
        **offer, "details": {
            "policy": "P-1", "covers": {"tow": True, "ride": False, "rental": True},
            "deductible_cents": drawn.cents(),
        },
    } for offer in drawn.offers(4)])  # fmt: skip

    def found(kind: str, providers: list[FakeProvider]) -> list[dict[str, Any]]:
        entries = []
        for number, provider in enumerate(providers, 1):
            position = (HERE[0] + 0.01 * number, HERE[1])
            id_ = drawn.company(kind, provider, position=position)
            entries.append({"id": id_, "position": position})
        return entries

    (garage,), (insurer,) = found("dealer", [slots]), found("insurer", [cover])
    desk = drawn.desk(
        "roadside", "arrangements", tow_operators=found("tow_operator", tows),
        ride_companies=found("ride_company", rides), rental_depots=found("rental_depot", depots),
        insurers=[{"id": insurer["id"]}],
    )  # fmt: skip
    return Road(
        drawn, desk, garage["id"], insurer["id"], slots, tows, rides, depots, cover
    )  # fmt: skip
