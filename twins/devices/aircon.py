"""Air conditioner: sold as a service, and paid for by what it delivers.

Each day it says what cold it delivered and what power it used; see `twins.devices.metered` for
what follows from that for the bill, and `rules/aircon.yaml` for when its efficiency has drifted.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar

from msgspec import Meta

from twins.devices.metered import Day, Metered, Tariff, WattHours
from twins.event import Reading
from twins.handler import on, told
from twins.ids import PART, CustomerId, DealerId, DeskId
from twins.settings import UNSET, UnsetType
from twins.units import Short

WeatherId = Annotated[str, Meta(pattern=rf"^weather/{PART}$", extra={"link": "weather"})]


class Daily(Reading):
    """What it did on one day: `daily`. Told again, it is corrected."""

    day: Day
    """Local date."""
    cooled_wh: WattHours
    """Heat taken out of the rooms."""
    used_wh: WattHours
    """Electrical energy."""


class AirconSettings(Tariff):
    """Master data of an air conditioner: `configured`."""

    dealer: DealerId | UnsetType | None = UNSET
    """Whose technician comes."""
    desk: DeskId | UnsetType | None = UNSET
    weather: WeatherId | UnsetType | None = UNSET
    """The forecast for its place."""
    model: Short | UnsetType = UNSET
    """Its filters fit no other."""
    rated_ratio: Annotated[float, Meta(ge=0.1, le=20)] | UnsetType = UNSET
    """Cold delivered per energy used when it is clean (the EER of its data sheet)."""
    description: Short | UnsetType = UNSET


class Aircon(Metered, kind="aircon"):
    """An air conditioner; its rules stand in `rules/aircon.yaml`."""

    rules: ClassVar[Traversable] = files(__package__) / "rules" / "aircon.yaml"
    mirrors: ClassVar[dict[str, tuple[str, ...]]] = {"weather": ("heat_from",)}

    day: str | None = None
    cooled_wh: int | None = None
    used_wh: int | None = None

    owner: CustomerId | None = None
    dealer: DealerId | None = None
    desk: DeskId | None = None
    weather: WeatherId | None = None
    model: str = ""
    rated_ratio: float | None = None
    description: str = ""

    @told("configured")
    def configured(self, settings: AirconSettings) -> None:
        """Take over links and master data."""
        settings.apply(self)

    @on("daily")
    def daily(self, reading: Daily) -> None:
        """Take over a day, and put it on the bill."""
        self.update(reading)
        at = self.event.time if reading.at is None else reading.at
        self.meter(reading.day, reading.cooled_wh, at)
