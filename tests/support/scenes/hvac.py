"""Hvac: an air conditioner, a shop with filters, and technicians."""

from dataclasses import dataclass
from datetime import UTC, datetime

from support.drawn import Drawn

from actors.testing import FakeProvider
from twins.devices.metered import DAY_S

HOUR_S = 3600.0


@dataclass
class Home:
    """An air conditioner, all drawn."""

    drawn: Drawn
    aircon: str
    weather: str
    owner: str
    rated: float
    model: str
    parts: FakeProvider
    technicians: FakeProvider

    @property
    def supervisor(self) -> str:
        """Who watches over it."""
        return f"hvac/{self.aircon.partition('/')[2]}"

    def days(self, count: int, ratio: float, *, end_days: float = 0.0) -> None:
        """So many days until now, each with this part of the rated ratio; told at once."""
        for number in range(count, 0, -1):
            at = self.drawn.fleet.now - (number + end_days) * DAY_S
            used = self.drawn.randint(2_000, 9_000)
            said = {"day": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}", "used_wh": used}
            cooled = round(used * self.rated * ratio)
            self.drawn.fleet.measure(self.aircon, {**said, "cooled_wh": cooled, "at": at}, "daily")

    def held(self) -> tuple[int, int]:
        """Holds, and confirmed ones, at both companies."""
        now = self.drawn.fleet.now
        both = (self.parts, self.technicians)
        return (
            sum(each.count("held", now) for each in both),
            sum(each.count("confirmed", now) for each in both),
        )


def home(seed: int | Drawn, *, heat_in_s: float | None = None, eta_s: float = 7200.0) -> Home:
    """Draw one; `heat_in_s`: when the forecast says that it gets hot."""
    drawn = Drawn.of(seed)
    model, rated = drawn.key(), drawn.uniform(2.0, 6.0)
    filters = drawn.offers(drawn.randint(1, 4), eta_s=eta_s, details={"model": model})
    wrong = drawn.offers(1, eta_s=60.0, details={"model": "another"})
    parts = FakeProvider("filter", [{**wrong[0], "offer_id": "wrong", "price_cents": 0}, *filters])
    technicians = FakeProvider("slot", drawn.offers(1))
    shop = drawn.company("parts_shop", parts)
    dealer = drawn.company("dealer", technicians, position=[60.0, 25.0])
    desk, owner = drawn.desk("cooling", services={"filter": [{"id": shop}]}), drawn.person()
    aircon, weather = f"aircon/{drawn.key()}", f"weather/{drawn.key()}"
    heat_from = 0.0 if heat_in_s is None else drawn.fleet.now + heat_in_s
    drawn.fleet.measure(weather, {"heat_from": heat_from}, "forecast")
    drawn.fleet.tell(
        aircon, "configured",
        {"owner": owner, "dealer": dealer, "desk": desk, "weather": weather, "model": model,
         "rated_ratio": rated},
    )  # fmt: skip
    return Home(drawn, aircon, weather, owner, rated, model, parts, technicians)
