"""Car: drives along its plan, and does what it is told, truthfully. Pure; the fleet sends."""

import math
from typing import Final

import msgspec

from load.drives.fleet import CarPlan
from load.drives.routes import Odometer, RoutePoint
from load.drives.sample import Sample
from twins.devices.vehicle import Telemetry

BRAKE_KMH_S: Final = 7.2
"""How fast a car slows down that pulls over: 2 m/s², as drivers do who are in no panic."""

AMBIENT_C: Final = 15.0
COOLING_S: Final = 1_500.0
"""An engine that is switched off cools towards the air by e in so many seconds (Newton)."""

STAND_KMH: Final = 0.5
IDLE_RPM: Final = 800.0
PERIOD_S: Final = 1.0

COMMANDS: Final = ("warn_driver", "pull_over", "open_trunk")

STANDS: Final = "it stands, engine off"


class Refused(Exception):
    """The car will not do what it is told; the text says why."""


class Car:
    """One car of the fleet.

    Args:
        plan: What it replays until it is told to pull over; from then on it stands.
    """

    def __init__(self, plan: CarPlan) -> None:
        self.key = plan.key
        self.speed_kmh = 0.0
        """By its last reading."""
        self.coolant_c: float | None = None
        self.standing = False
        """Whether it pulled over and has come to a stand."""
        self.warned = False
        self.trunk_open = False
        self._plan = plan
        self._replay = plan.replay()
        self._next = next(self._replay, None)
        self._odometer = Odometer()
        self._last = Sample(at_s=0.0)
        self._pulled_s: float | None = None
        """When it began to pull over, in seconds since the fleet's start."""
        self._brakes_kmh = 0.0
        """Its true speed from then on; the sensor sends whole km/h."""
        self._stood_s = 0.0
        self._stood_c = 0.0
        self._due_s = 0.0

    @property
    def due_s(self) -> float | None:
        """When its next reading is due, in seconds since the fleet's start; None: it sends none."""
        if self._pulled_s is not None:
            return self._due_s
        return None if self._next is None else self._next.elapsed_s

    def read(self) -> Telemetry:
        """Return the reading that is due; the next one is due later."""
        if self._pulled_s is not None:
            return self._pulled()
        reading = self._next
        assert reading is not None, "without a reading nothing is due"
        self._next = next(self._replay, None)
        self._due_s = reading.elapsed_s
        return self._noted(reading.sample, reading.point)

    def _noted(self, sample: Sample, point: RoutePoint | None = None) -> Telemetry:
        distance_m = self._odometer.add(sample)
        if point is None:
            point = self._plan.route.at(distance_m)
        if sample.speed_kmh is not None:
            self.speed_kmh = sample.speed_kmh
        if sample.coolant_c is not None:
            self.coolant_c = sample.coolant_c
        self._last = sample
        return Telemetry(
            coolant_c=sample.coolant_c,
            speed_kmh=sample.speed_kmh,
            rpm=sample.rpm,
            engine_load_pct=sample.engine_load_pct,
            throttle_pct=sample.throttle_pct,
            intake_air_c=sample.intake_air_c,
            fuel_level_pct=sample.fuel_level_pct,
            battery_v=sample.battery_v,
            lat=round(point.lat, 6),
            lon=round(point.lon, 6),
            heading_deg=round(point.heading_deg, 1),
        )

    # -- pulling over ------------------------------------------------------------------------

    def _pulled(self) -> Telemetry:
        """One more second of braking or standing."""
        at_s = self._last.at_s + PERIOD_S
        elapsed_s = self._due_s
        self._due_s += PERIOD_S
        slower = self._brakes_kmh - BRAKE_KMH_S
        # What the sensor would round to a stand is one.
        self._brakes_kmh = speed = slower if slower > STAND_KMH else 0.0
        sample = msgspec.structs.replace(
            self._last,
            at_s=at_s,
            speed_kmh=float(round(speed)),
            coolant_c=self._coolant(elapsed_s, braking=speed > 0.0),
            rpm=IDLE_RPM if speed > 0.0 else 0.0,
            engine_load_pct=None if speed > 0.0 else 0.0,
        )
        reading = self._noted(sample)
        if speed == 0.0 and not self.standing:
            self.standing = True
            self._stood_s = elapsed_s
            self._stood_c = self.coolant_c or AMBIENT_C
        return reading

    def _coolant(self, elapsed_s: float, *, braking: bool) -> float | None:
        """As its drive has it while the engine runs; then it cools, in whole degrees."""
        if self.coolant_c is None:
            return None
        if not self.standing:
            following = self._next
            if braking and following is not None:
                self._next = next(self._replay, None)
                if following.sample.coolant_c is not None:
                    return following.sample.coolant_c
            return self.coolant_c
        left = math.exp(-(elapsed_s - self._stood_s) / COOLING_S)
        return float(round(AMBIENT_C + (self._stood_c - AMBIENT_C) * left))

    # -- commands ----------------------------------------------------------------------------

    def obey(self, name: str) -> str | None:
        """Do what it is told; returns what was done, or None where that takes until it stands.

        Raises:
            Refused: Not now, or never; the text says why.
        """
        if name == "warn_driver":
            self.warned = True
            return "shown on the dashboard, with a chime"
        if name == "open_trunk":
            if self.speed_kmh > 0.0:
                raise Refused(f"the car is moving at {self.speed_kmh:.0f} km/h")
            self.trunk_open = True
            return "the trunk is open"
        if name == "pull_over":
            if self._pulled_s is None:
                self._pulled_s = self._due_s
                self._due_s += PERIOD_S
                self._brakes_kmh = self.speed_kmh
            return STANDS if self.standing else None
        raise Refused(f"this car knows no command {name[:64]!r}; it knows {', '.join(COMMANDS)}")
