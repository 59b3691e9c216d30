"""Callbox: the button in a car that calls for help when it does not drive any more."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar

from msgspec import Meta

from twins.devices.vehicle import Helper
from twins.event import Reading
from twins.handler import on, told
from twins.ids import CustomerId, DealerId, DeskId
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Latitude, Longitude, Position, Short


class Call(Reading):
    """What it says: `call`."""

    lat: Latitude | None = None
    lon: Longitude | None = None
    stranded: bool | None = None
    """Whether the car needs a truck."""
    motorway: bool | None = None
    """Whether it stands where others drive fast."""
    dark: bool | None = None
    children: bool | None = None
    medical: bool | None = None
    """Whether somebody in it needs care."""
    outside_c: Annotated[float, Meta(ge=-90, le=70)] | None = None


class CallboxSettings(Settings):
    """Master data of a callbox: `configured`."""

    owner: CustomerId | UnsetType | None = UNSET
    dealer: DealerId | UnsetType | None = UNSET
    """Where the car is brought."""
    desk: DeskId | UnsetType | None = UNSET
    description: Short | UnsetType = UNSET
    """What a helper looks for: make, colour, plate."""
    patience_s: Annotated[float, Meta(ge=1, le=86_400)] | UnsetType = UNSET
    """So long she may wait for a truck before a person looks for another way."""


class Callbox(Twin, kind="callbox"):
    """The button in a car; its rule and the table of urgency stand in `rules/callbox.yaml`."""

    personal: ClassVar[str | None] = "owner"
    rules: ClassVar[Traversable] = files(__package__) / "rules" / "callbox.yaml"

    lat: float | None = None
    lon: float | None = None
    stranded: bool | None = None
    motorway: bool | None = None
    dark: bool | None = None
    children: bool | None = None
    medical: bool | None = None
    outside_c: float | None = None

    owner: CustomerId | None = None
    dealer: DealerId | None = None
    desk: DeskId | None = None
    description: str = ""
    patience_s: float = 7200.0
    helper: Helper | None = None
    """Who was last on the way to it."""

    @property
    def position(self) -> Position | None:
        """(latitude, longitude) in degrees; None before both were measured."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)

    @told("configured")
    def configured(self, settings: CallboxSettings) -> None:
        """Take over links and master data."""
        settings.apply(self)

    @on("call")
    def call(self, call: Call) -> None:
        """Take over what it says."""
        self.update(call)

    @told("helper.moved")
    def helper_moved(self, helper: Helper) -> None:
        """Note who is on the way."""
        self.helper = helper
