"""Parcel: what a carrier's devices say about one parcel on its way."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar

from msgspec import Meta

from twins.devices.commands import Commanded, Spec
from twins.event import Reading
from twins.handler import on, told
from twins.ids import PART, CustomerId, DeskId
from twins.services.shop import ArticleId
from twins.settings import UNSET, Settings, UnsetType
from twins.units import Latitude, Longitude, Position, Short

ShopId = Annotated[str, Meta(pattern=rf"^shop/{PART}$", extra={"link": "shop"})]


class Handling(Reading):
    """What a parcel's sensor measures: `telemetry`."""

    shock_g: Annotated[float, Meta(ge=0, le=2000)] | None = None
    """The hardest knock since the last reading, in g."""
    lat: Latitude | None = None
    lon: Longitude | None = None


class Inspection(Reading):
    """What the carrier's scanner sees at a hub: `inspection`."""

    damaged: bool | None = None
    hub: Short | None = None
    """Where."""


class ParcelSettings(Settings):
    """Master data of a parcel: `configured`."""

    owner: CustomerId | UnsetType | None = UNSET
    """Who waits for it."""
    shop: ShopId | UnsetType | None = UNSET
    """Who sent it."""
    article: ArticleId | UnsetType | None = UNSET
    desk: DeskId | UnsetType | None = UNSET
    description: Short | UnsetType = UNSET


class Parcel(Commanded, kind="parcel"):
    """A parcel on its way; its rules stand in `rules/parcel.yaml`."""

    takes: ClassVar[dict[str, Spec]] = {"return_to_sender": Spec(life_s=86_400.0)}
    rules: ClassVar[Traversable] = files(__package__) / "rules" / "parcel.yaml"
    mirrors: ClassVar[dict[str, tuple[str, ...]]] = {
        "owner": ("lifetime_value_cents",),
        "article": ("stock",),
    }

    shock_g: float | None = None
    lat: float | None = None
    lon: float | None = None
    damaged: bool | None = None
    hub: str | None = None

    owner: CustomerId | None = None
    shop: ShopId | None = None
    article: ArticleId | None = None
    desk: DeskId | None = None
    description: str = ""
    """What is in it, for people."""

    @property
    def position(self) -> Position | None:
        """(latitude, longitude) in degrees; None before both were measured."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)

    @told("configured")
    def configured(self, settings: ParcelSettings) -> None:
        """Take over links and master data."""
        settings.apply(self)

    @on("telemetry")
    def telemetry(self, reading: Handling) -> None:
        """Take over a reading."""
        self.update(reading)

    @on("inspection")
    def inspection(self, seen: Inspection) -> None:
        """Take over what the scanner saw."""
        self.update(seen)
