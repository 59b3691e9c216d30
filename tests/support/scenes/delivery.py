"""Delivery: a parcel on its way, and the shop that sent it."""

from dataclasses import dataclass
from typing import Any

from support.drawn import Drawn

from actors.testing import FakeProvider

WAYS = {"courier": 4 * 3600.0, "express": 86_400.0, "standard": 4 * 86_400.0}


@dataclass
class Sent:
    """A parcel on its way, all drawn."""

    drawn: Drawn
    parcel: str
    owner: str
    shop: FakeProvider

    @property
    def supervisor(self) -> str:
        """Who watches over it."""
        return f"delivery/{self.parcel.partition('/')[2]}"

    def knock(self) -> None:
        """Its sensor measures a knock that nothing survives; or the scanner sees it."""
        fleet = self.drawn.fleet
        if self.drawn.random() < 0.5:
            fleet.measure(self.parcel, {"shock_g": self.drawn.uniform(81, 900)})
        else:
            fleet.measure(self.parcel, {"damaged": True, "hub": "north"}, "inspection")

    def texts(self) -> list[str]:
        """What she read."""
        return [notice["subject"] for notice in self.drawn.fleet.notices]


def sent(
    seed: int | Drawn, value_cents: int, stock: int, ways: dict[str, float] | None = None
) -> Sent:
    """Draw one, for a customer of this value, of an article of which there are so many."""
    drawn = Drawn.of(seed)
    article = f"article/{drawn.key()}"
    offers: list[dict[str, Any]] = [
        {"offer_id": way, "title": way, "currency": "EUR", "price_cents": drawn.cents(),
         "eta_s": eta_s, "details": {"article": article, "way": way}}
        for way, eta_s in (WAYS if ways is None else ways).items()
    ]  # fmt: skip
    drawn.shuffle(offers)
    provider = FakeProvider("reship", offers)
    shop = drawn.company("shop", provider)
    desk, owner = drawn.desk("parcels"), drawn.person(lifetime_value_cents=value_cents)
    drawn.fleet.tell(article, "configured", {"name": "a lamp", "stock": stock})
    parcel = f"parcel/{drawn.key()}"
    links = {"owner": owner, "shop": shop, "article": article, "desk": desk}
    drawn.fleet.tell(parcel, "configured", {**links, "description": "your lamp"})
    return Sent(drawn, parcel, owner, provider)
