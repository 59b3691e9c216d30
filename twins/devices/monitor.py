"""Monitor: a medical device that a patient has at home."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar

from msgspec import Meta, Struct, field

from twins.event import Reading
from twins.handler import on, told
from twins.ids import CustomerId, DeskId, TwinId
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Short, Time, Token

MAX_VITALS = 120
"""How many readings a doctor is shown."""


class Vitals(Reading):
    """What it measures: `telemetry`."""

    heart_bpm: Annotated[float, Meta(ge=0, le=400)] | None = None
    """Beats a minute."""
    spo2_pct: Annotated[float, Meta(ge=0, le=100)] | None = None
    """Oxygen saturation, per cent."""
    systolic_mmhg: Annotated[float, Meta(ge=0, le=400)] | None = None
    """Upper blood pressure, mmHg."""
    loose: bool | None = None
    """Whether the sensor has lost its hold; then the values mean nothing."""


class Vital(Struct, kw_only=True, omit_defaults=True):
    """One reading, as it is kept."""

    at: Time
    """When it was measured."""
    heart_bpm: float | None = None
    spo2_pct: float | None = None
    systolic_mmhg: float | None = None
    loose: bool | None = None


class MonitorSettings(Settings):
    """Master data of a monitor: `configured`."""

    owner: CustomerId | UnsetType | None = UNSET
    """The patient."""
    desk: DeskId | UnsetType | None = UNSET
    """Of her doctors."""
    description: Short | UnsetType = UNSET


class VitalsRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks for the last readings: `vitals.requested`."""

    asker: TwinId
    arrangement_id: Token


class VitalsAnswer(Struct, kw_only=True, omit_defaults=True):
    """Answers the asker: `vitals.answered`."""

    arrangement_id: Token
    vitals: list[Vital] = []
    """Oldest first."""


class Monitor(Twin, kind="monitor"):
    """A medical device; its rules stand in `rules/monitor.yaml`."""

    rules: ClassVar[Traversable] = files(__package__) / "rules" / "monitor.yaml"

    heart_bpm: float | None = None
    spo2_pct: float | None = None
    systolic_mmhg: float | None = None
    loose: bool | None = None
    vitals: list[Vital] = field(default_factory=list)
    """The last readings in the order of their own times, oldest first."""

    owner: CustomerId | None = None
    desk: DeskId | None = None
    description: str = ""

    @told("configured")
    def configured(self, settings: MonitorSettings) -> None:
        """Take over links and master data."""
        settings.apply(self)

    @on("telemetry")
    def telemetry(self, reading: Vitals) -> None:
        """Take over a reading, and keep it for a doctor."""
        self.update(reading)
        vital = Vital(
            at=self.event.time, heart_bpm=reading.heart_bpm, spo2_pct=reading.spo2_pct,
            systolic_mmhg=reading.systolic_mmhg, loose=reading.loose,
        )  # fmt: skip
        place = len(self.vitals)
        while place and self.vitals[place - 1].at > vital.at:
            place -= 1
        self.vitals.insert(place, vital)
        del self.vitals[:-MAX_VITALS]

    @told("vitals.requested")
    def vitals_requested(self, request: VitalsRequest) -> None:
        """Say what was measured."""
        answer = VitalsAnswer(arrangement_id=request.arrangement_id, vitals=self.vitals)
        self.tell(request.asker, "vitals.answered", answer)
