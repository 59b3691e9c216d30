"""Vehicle: a connected car."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta, Struct

from twins.devices.commands import CommandRequest, Spec
from twins.devices.defect import Affected, ModelName, Severity, defect_id
from twins.devices.serving import Serving
from twins.event import Reading
from twins.handler import ask, done, failed, on, told
from twins.ids import CustomerId, DealerId, DeskId, TwinId
from twins.outputs import Outcome, Target
from twins.settings import UNSET, Settings, UnsetType
from twins.units import Latitude, Longitude, Position, Seconds, Short, Time, Token

OVERHEATING = "engine.overheating"

STANDING = ("open_trunk", "install_update")
"""Commands that a car refuses while it moves."""

SecondOfDay = Annotated[int, Meta(ge=0, le=86_400)]

# What the bytes of the OBD-II parameters can express (SAE J1979, mode 01).
_Celsius = Annotated[float, Meta(ge=-40, le=215)]
_Percent = Annotated[float, Meta(ge=0, le=100)]


class Telemetry(Reading):
    """What a car measures: `telemetry`. All fields may be absent."""

    coolant_c: _Celsius | None = None
    """Engine coolant, degrees Celsius (OBD-II parameter 05)."""
    speed_kmh: Annotated[float, Meta(ge=0, le=255)] | None = None
    """Vehicle speed, km/h (0D)."""
    rpm: Annotated[float, Meta(ge=0, le=16_383.75)] | None = None
    """Engine speed, revolutions a minute (0C)."""
    engine_load_pct: _Percent | None = None
    """Calculated load, per cent (04)."""
    throttle_pct: _Percent | None = None
    """Throttle position, per cent (11)."""
    intake_air_c: _Celsius | None = None
    """Intake air, degrees Celsius (0F)."""
    fuel_level_pct: _Percent | None = None
    """Fuel in the tank, per cent (2F)."""
    battery_v: Annotated[float, Meta(ge=0, le=65.535)] | None = None
    """Voltage at the control module, volts (42)."""
    lat: Latitude | None = None
    lon: Longitude | None = None
    heading_deg: Annotated[float, Meta(ge=0, le=360)] | None = None
    """Clockwise from north, degrees."""


class Fault(Reading):
    """What a control unit reports: `fault`."""

    fault_code: Annotated[str, Meta(pattern=r"^[PCBU][0-3][0-9A-F]{3}$")] | None = None
    """The trouble code (SAE J2012), `P0301` say."""
    engine_light: bool | None = None
    """Whether the engine's lamp is on."""
    fault_severity: Severity | None = None


class Software(Reading):
    """What a car says about its software: `software`."""

    software_version: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    software_fault: Annotated[str, Meta(max_length=64)] | None = None
    """A fault that is known to lie in the software; empty: none any more."""


class VehicleSettings(Settings):
    """Master data of a vehicle: `configured`."""

    owner: CustomerId | UnsetType | None = UNSET
    dealer: DealerId | UnsetType | None = UNSET
    desk: DeskId | UnsetType | None = UNSET
    description: Short | UnsetType = UNSET
    model: ModelName | UnsetType = UNSET
    night_starts_s: SecondOfDay | UnsetType = UNSET
    night_ends_s: SecondOfDay | UnsetType = UNSET


class EvidenceRequest(Struct, kw_only=True, omit_defaults=True):
    """Asks how long the part will live, from the readings of a signal: `evidence.requested`."""

    asker: TwinId
    arrangement_id: Token
    readings: list[tuple[float, float]] = []
    """(time, coolant_c), oldest first."""


class EvidenceAnswer(Struct, kw_only=True, omit_defaults=True):
    """Answers the asker: `evidence.answered`."""

    arrangement_id: Token
    remaining_life_h: Annotated[float, Meta(ge=0, le=1e7)] | None = None
    """Hours; None where it could not be computed."""
    reason: Short | None = None
    """Why there is none."""


class RemainingLife(Struct):
    """What the computation `remaining_useful_life` returns."""

    remaining_life_h: Annotated[float, Meta(ge=0, le=1e7)]


class Helper(Struct, kw_only=True, omit_defaults=True):
    """Who is on the way, and where: `helper.moved` to the vehicle and to the customer."""

    arrangement_id: Token
    service: TwinId
    position: Position | None = None
    eta_s: Seconds | None = None
    """Until it arrives, seconds by the provider's estimate."""
    arrived: bool = False
    at: Time = 0.0
    """When the provider said so."""


class Vehicle(Serving, kind="vehicle"):
    """A connected car.

    Its fields are those of `Telemetry`, `Fault` and `Software` (the newest value of each), and of
    `VehicleSettings`; its rules stand in `rules/vehicle.yaml`.
    """

    personal: ClassVar[str | None] = "owner"
    takes: ClassVar[dict[str, Spec]] = {
        "warn_driver": Spec(life_s=300.0),
        "pull_over": Spec(life_s=300.0),
        "open_trunk": Spec(life_s=1800.0, waits=True),
        "download_update": Spec(life_s=3 * 3600.0),
        "install_update": Spec(life_s=6 * 3600.0, waits=True),
        "roll_back": Spec(life_s=3600.0),
    }
    rules: ClassVar[Traversable] = files(__package__) / "rules" / "vehicle.yaml"
    mirrors: ClassVar[dict[str, tuple[str, ...]]] = {
        "owner": ("tier", "lifetime_value_cents", "language"),
    }

    coolant_c: float | None = None
    speed_kmh: float | None = None
    rpm: float | None = None
    engine_load_pct: float | None = None
    throttle_pct: float | None = None
    intake_air_c: float | None = None
    fuel_level_pct: float | None = None
    battery_v: float | None = None
    lat: float | None = None
    lon: float | None = None
    heading_deg: float | None = None
    fault_code: str | None = None
    engine_light: bool | None = None
    fault_severity: int | None = None
    software_version: str | None = None
    software_fault: str | None = None

    dealer: DealerId | None = None
    """Where its owner has it serviced."""
    desk: DeskId | None = None
    """Where a person decides when no twin can."""
    description: str = ""
    """What a helper looks for: make, colour, plate."""
    model: str = ""
    """Cars of one model have their defects in common."""
    night_starts_s: int = 22 * 3600
    night_ends_s: int = 4 * 3600
    """When it usually stands at home, seconds of the day by its owner's clock, or, where her time
    zone is not known, by the sun's where it is."""
    remaining_life_h: float | None = None
    """Hours that the cooling system is expected to last, by the last computation."""
    helper: Helper | None = None
    """Who was last on the way to it."""

    @property
    def position(self) -> Position | None:
        """(latitude, longitude) in degrees; None before both were measured."""
        return None if self.lat is None or self.lon is None else (self.lat, self.lon)

    @told("configured")
    def configured(self, settings: VehicleSettings) -> None:
        """Take over links and master data."""
        settings.apply(self)
        self.serve_owner(self.description)

    @on("telemetry")
    def telemetry(self, reading: Telemetry) -> None:
        """Take over a reading; the newest one may let waiting commands go."""
        if self.update(reading) and self.waiting:
            self.send_waiting()

    @on("fault")
    def fault(self, fault: Fault) -> None:
        """Take over what a control unit reports, and note it with all of the model."""
        self.update(fault)
        if self.model and fault.fault_code is not None:
            affected = Affected(
                vehicle=self.id, at=self.event.time, severity=fault.fault_severity or 0,
                owner=self.owner, dealer=self.dealer, desk=self.desk,
            )  # fmt: skip
            self.tell(defect_id(self.model, fault.fault_code), "fault.noted", affected)

    @on("software")
    def software(self, said: Software) -> None:
        """Take over what the car says about its software."""
        self.update(said)

    def ready(self, name: str) -> bool:
        """A car opens its trunk, and changes its software, only while it stands."""
        return name not in STANDING or self.speed_kmh == 0

    @ask("unlock_trunk")
    def unlock_trunk(self) -> dict[str, str]:
        """Open the trunk once the car stands; returns the command's id and state."""
        return self.ask_command(CommandRequest(name="open_trunk"))

    @told("helper.moved")
    def helper_moved(self, helper: Helper) -> None:
        """Note who is on the way."""
        self.helper = helper

    # -- evidence ----------------------------------------------------------------------------

    @told("evidence.requested")
    def evidence_requested(self, request: EvidenceRequest) -> None:
        """Have the remaining life computed, on Ray; the asker is answered when it is known."""
        readings: list[Any] = [list(reading) for reading in request.readings]
        self.effect(
            "remaining_useful_life",
            Target.COMPUTE,
            "remaining_useful_life",
            {
                "twin_id": self.id,
                "readings": readings,
                "coolant_c": self.coolant_c,
                "rpm": self.rpm,
                "engine_load_pct": self.engine_load_pct,
                "speed_kmh": self.speed_kmh,
            },
            key=f"{request.asker} {request.arrangement_id}",
            expires_at=self.now + 300.0,
        )

    @done("remaining_useful_life")
    def life_computed(self, outcome: Outcome) -> None:
        """Keep the result, and tell whoever asked."""
        try:
            life = msgspec.convert(outcome.result, RemainingLife)
        except msgspec.ValidationError as error:
            self._answer_evidence(outcome.key, None, str(error))
            return
        self.remaining_life_h = life.remaining_life_h
        self._answer_evidence(outcome.key, life.remaining_life_h, None)

    @failed("remaining_useful_life")
    def life_not_computed(self, outcome: Outcome) -> None:
        """Tell whoever asked that there is no result."""
        self._answer_evidence(outcome.key, None, outcome.reason or "unknown")

    def _answer_evidence(self, key: str, hours: float | None, reason: str | None) -> None:
        asker, _, arrangement_id = key.partition(" ")
        answer = EvidenceAnswer(
            arrangement_id=arrangement_id,
            remaining_life_h=hours,
            reason=None if reason is None else reason[:200],
        )
        self.tell(asker, "evidence.answered", answer)
