"""Which offer, for which lifetime value, stock and distance: a table over mirrored fields."""

from typing import Any, ClassVar

import pytest
from support.jdm import as_file, jdm

import twins.people
import twins.services
from actors.testing import Fleet
from twins.devices.parcel import ArticleId
from twins.event import Reading
from twins.handler import on, told
from twins.ids import CustomerId, DealerId
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import distance_m

assert twins.people, "whose owners freezers mirror"
assert twins.services, "and workshops, and spare parts"


class Cold(Reading):
    """What a freezer measures."""

    air_c: float | None = None
    lat: float | None = None
    lon: float | None = None


class FreezerSettings(Settings):
    """Whose it is, and who helps."""

    owner: CustomerId | UnsetType | None = UNSET
    part: ArticleId | UnsetType | None = UNSET
    workshop: DealerId | UnsetType | None = UNSET


class Freezer(Twin, kind="decided_freezer"):
    """A freezer that knows how far its workshop is."""

    mirrors: ClassVar[dict[str, tuple[str, ...]]] = {
        "owner": ("lifetime_value_cents",),
        "part": ("stock",),
        "workshop": ("position",),
    }

    air_c: float | None = None
    lat: float | None = None
    lon: float | None = None
    owner: CustomerId | None = None
    part: ArticleId | None = None
    workshop: DealerId | None = None

    @on("telemetry")
    def telemetry(self, reading: Cold) -> None:
        """Take over a reading."""
        self.update(reading)

    @told("configured")
    def configured(self, settings: FreezerSettings) -> None:
        """Take over whose it is."""
        settings.apply(self)

    @property
    def workshop_km(self) -> float | None:
        """How far its workshop is, in km; None where one of the places is unknown."""
        there = ((self.mirror or {}).get("workshop") or {}).get("position")
        if there is None or self.lat is None or self.lon is None:
            return None
        return distance_m((self.lat, self.lon), (there[0], there[1])) / 1000


RULE = """
rule: warm
when: air_c > -5
then:
  - decide: remedy
    data:
      value_cents: owner.lifetime_value_cents
      stock: part.stock
      km: workshop_km
  - {signal: freezer.warm, data: {offer: remedy.offer}}
"""
TABLE = jdm(
    ["value_cents", "stock", "km"],
    ["offer"],
    [
        [">= 500000", "> 0", "< 50", '"mechanic today"'],
        ["", "> 0", "< 200", '"mechanic this week"'],
        ["", "", "", '"new freezer"'],
    ],
)


def offered(value_cents: int, stock: int, position: tuple[float, float] | None) -> dict[str, Any]:
    """What the signal says, of a freezer at 60° north, 25° east."""
    fleet = Fleet()
    fleet.publish("decided_freezer", RULE, as_file({"rule": "remedy", "table": TABLE}))
    fleet.tell("customer/c1", "configured", {"lifetime_value_cents": value_cents})
    fleet.tell("article/door", "configured", {"stock": stock})
    fleet.tell("dealer/w1", "configured", {"position": position})
    links = {"owner": "customer/c1", "part": "article/door", "workshop": "dealer/w1"}
    fleet.tell("decided_freezer/f1", "configured", links)
    fleet.measure("decided_freezer/f1", {"air_c": 2.0, "lat": 60.0, "lon": 25.0})
    (signal,) = fleet.signals
    return signal.data


@pytest.mark.parametrize(
    ("value_cents", "stock", "position", "row", "offer"),
    [
        (900_000, 3, (60.1, 25.0), 1, "mechanic today"),
        (900_000, 3, (61.0, 25.0), 2, "mechanic this week"),
        (100_000, 3, (60.1, 25.0), 2, "mechanic this week"),
        (900_000, 0, (60.1, 25.0), 3, "new freezer"),
        (900_000, 3, (63.0, 25.0), 3, "new freezer"),
    ],
)
def test_the_offer_goes_by_value_stock_and_distance(
    value_cents: int, stock: int, position: tuple[float, float], row: int, offer: str
) -> None:
    """Each is told by another twin; which row decided, and by which values, is kept."""
    said = offered(value_cents, stock, position)
    (decided,) = said["why"]["decisions"]["remedy"]["rows"]

    assert (offer, row) == (said["offer"], decided["row"])
    assert (value_cents, stock) == (decided["inputs"]["value_cents"], decided["inputs"]["stock"])
    assert decided["inputs"]["km"] == pytest.approx(111.4 * (position[0] - 60.0), rel=0.01)


def test_a_distance_that_is_unknown_is_not_near() -> None:
    """Only an empty cell takes it."""
    said = offered(900_000, 3, None)
    (decided,) = said["why"]["decisions"]["remedy"]["rows"]

    assert ("new freezer", None) == (said["offer"], decided["inputs"]["km"])
