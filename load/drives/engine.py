"""A simulated car: what its engine does in a second of a trip, and what its sensors say of it."""

import math
from random import Random
from typing import Final

import msgspec

from load.drives.sample import Sample
from load.drives.trip import KMH, Motion

GRAVITY_MS2: Final = 9.81
AIR_KG_M3: Final = 1.2
BYTE: Final = 100 / 255
"""Step of a percentage that is sent in one byte, which is most of them."""
ADC_V: Final = 20 / 1024
"""Step of the module's voltage, as seen in the recorded drives."""

_FULL: Final = 96.0  # Calculated load at full throttle, in the recorded drives.
_OVERRUN: Final = 20.0  # Calculated load with a closed throttle and the car pushing the engine.
_PULLED: Final = 23.0  # ... with the throttle just open enough to keep the engine turning.
_PULLING_MS2: Final = -0.3  # Below this acceleration the throttle is closed.
_CREEP_RPM: Final = 900.0  # In gear, the idle control holds the engine here.
_COLD_C: Final = 70.0
_COOLED_CARS: Final = 0.6  # Share of drives with the air conditioning on.
_DIP: Final = 0.04  # How probable it is in a second that a big consumer is switched on.
_RPM_PER_COLD_DEGREE: Final = 9.0


class EngineModel(msgspec.Struct, frozen=True, kw_only=True):
    """A car and its engine; the defaults are the calibrated ones."""

    mass_kg: float = 1100.0
    drag_m2: float = 0.7
    """Drag coefficient times frontal area."""
    rolling: float = 0.012
    """Rolling resistance over weight."""
    gears: tuple[float, ...] = (125.0, 72.0, 48.0, 36.0, 29.0)
    """rpm per km/h of each gear, lowest gear first."""
    upshift_kmh: tuple[float, ...] = (10.5, 22.5, 36.0, 56.0)
    """Speeds at which the next gear is taken; one fewer than gears. Drivers differ by `habit`."""
    habit: float = 0.15
    torque_nm: float = 130.0
    """The most that the engine gives; taken as the same at every engine speed."""
    idle_rpm: float = 680.0
    """Warm, without air conditioning."""
    idle_load_pct: float = 26.0
    """The same."""
    heat: float = 0.0054
    """Degrees a second into the coolant, per (rpm * load)^0.6: with more load, more goes out of the
    exhaust."""
    loss: float = 0.0011
    """Share of the difference to the air outside that is lost in a second, at a standstill."""
    loss_kmh: float = 0.00004
    """The same, for each km/h."""
    thermostat_c: float = 84.0
    """The thermostat begins to open here."""
    thermostat_span_c: float = 7.0
    """It is open this far above."""
    radiator: float = 0.0015
    """Share of the difference that an open thermostat lets out in a second, at a standstill."""
    radiator_kmh: float = 0.00007
    """The same, for each km/h."""
    radiator_fan: float = 0.004
    """The same, while the fan runs."""
    fan_on_c: float = 90.0
    fan_off_c: float = 87.0
    coolant_noise_c: float = 0.9
    """Standard deviation at the sensor while water from the radiator mixes in; none before."""
    coolant_lag_s: float = 5.0
    """The sensor follows the water this slowly."""
    alternator_v: float = 14.36
    """At 25 °C under the bonnet."""
    alternator_v_c: float = 0.028
    """Volts less for each degree more."""
    tank_l: float = 45.0


class _Drift:
    """Noise that remembers: an Ornstein-Uhlenbeck process, sampled once a second."""

    def __init__(self, chance: Random, deviation: float, memory_s: float) -> None:
        self.chance = chance
        self.keep = math.exp(-1.0 / memory_s)
        self.kick = deviation * math.sqrt(1.0 - self.keep * self.keep)
        self.value = chance.gauss(0.0, deviation)

    def next(self) -> float:
        self.value = self.keep * self.value + self.chance.gauss(0.0, self.kick)
        return self.value


class Car:
    """A car on its way; `off` and `step` are called once for each second."""

    def __init__(self, model: EngineModel, chance: Random, *, cold_start: bool) -> None:
        self.model = model
        self.chance = chance
        self.outside_c = chance.uniform(20.0, 30.0)
        self.coolant_c = chance.uniform(-1.0, 2.0) + self.outside_c
        self.intake_c = self.outside_c + chance.uniform(0.0, 4.0)
        self.catalyst_c = self.outside_c
        if not cold_start:
            self.coolant_c = chance.uniform(78.0, 86.0)
            self.intake_c = self.outside_c + 0.4 * (self.coolant_c - self.outside_c)
            self.catalyst_c = chance.uniform(100.0, 420.0)
        self.sensed_c = self.coolant_c
        self.habit = 1.0 + chance.uniform(-model.habit, model.habit)
        self.fuel_l = chance.uniform(0.15, 0.9) * model.tank_l
        self.outside_kpa = float(chance.choice((100, 101, 102)))
        self.running_s = 0.0
        self.rpm = 0.0
        self.fan = False
        self.cooled_cabin = chance.random() < _COOLED_CARS
        self.cycle_s = chance.uniform(45.0, 90.0)
        self.opening = 0.0
        self.mixing = _Drift(chance, model.coolant_noise_c, 30.0)
        self.slope = _Drift(chance, 0.012, 20.0)
        self.pedal = _Drift(chance, 6.0, 3.0)
        self.slosh = _Drift(chance, 1.0, 8.0)
        self.ignition = _Drift(chance, 4.0, 4.0)
        self.short_trim = _Drift(chance, 3.0, 10.0)
        self.long_trim = _Drift(chance, 2.0, 200.0)

    def off(self, at_s: float) -> Sample:
        """Return what the sensors say before the engine is started."""
        return self._sample(at_s, Motion(0.0, 0.0, coasting=False), 0.0, self._rest_v())

    def step(self, at_s: float, motion: Motion) -> Sample:
        """Return what the sensors say after one more second of running."""
        self.running_s += 1.0
        cooling = self.cooled_cabin and (self.running_s % self.cycle_s) < 0.65 * self.cycle_s
        self.rpm = self._next_rpm(motion, cooling=cooling)
        load = self._load(motion, cooling=cooling)
        flow = self.rpm * load / 100.0
        self._warm(flow, motion.speed_kmh)
        self.fuel_l = max(0.0, self.fuel_l - flow * 0.004 / 3600.0)
        self.catalyst_c += (150.0 + 17.0 * math.sqrt(flow) - self.catalyst_c) / 60.0
        return self._sample(at_s, motion, load, self._charging_v(cooling=cooling))

    def _rest_v(self) -> float:
        return 12.4 + self.chance.gauss(0.0, 0.03)

    def _idle_rpm(self, *, cooling: bool) -> float:
        """Return the speed that the idle control aims at."""
        cold = max(0.0, _COLD_C - self.coolant_c) * _RPM_PER_COLD_DEGREE
        flare = 900.0 * math.exp(-self.running_s / 12.0) if self.coolant_c < _COLD_C else 0.0
        warm = self.model.idle_rpm + (180.0 if cooling else 0.0)
        return max(warm, self.model.idle_rpm + cold) + flare

    def _next_rpm(self, motion: Motion, *, cooling: bool) -> float:
        """Return the engine's speed, which follows gear or idle control within a second or two."""
        idle = self._idle_rpm(cooling=cooling)
        target = idle
        if motion.speed_kmh > 0 and not motion.coasting:
            gear = sum(motion.speed_kmh >= limit * self.habit for limit in self.model.upshift_kmh)
            geared = motion.speed_kmh * self.model.gears[gear]
            target = max(geared, _CREEP_RPM, idle)
        return max(400.0, self.rpm + 0.75 * (target - self.rpm) + self.chance.gauss(0.0, 12.0))

    def _load(self, motion: Motion, *, cooling: bool) -> float:
        """Return the calculated load in percent: what the wheels ask for, and what idling takes."""
        slope, pedal = self.slope.next(), self.pedal.next()
        extra = 9.0 if cooling else 0.0
        if motion.speed_kmh == 0 or motion.coasting:
            cold = 0.1 * max(0.0, _COLD_C - self.coolant_c)
            return self.model.idle_load_pct + extra + cold + self.chance.gauss(0.0, 1.0)
        if motion.accel_ms2 < _PULLING_MS2:
            return _OVERRUN + 0.4 * extra + abs(self.chance.gauss(0.0, 2.5))
        speed = motion.speed_kmh / KMH
        model = self.model
        force = (
            model.mass_kg * (motion.accel_ms2 + GRAVITY_MS2 * (model.rolling + slope))
            + 0.5 * AIR_KG_M3 * model.drag_m2 * speed * speed
        )
        torque = force * speed / (self.rpm * math.tau / 60.0) / 0.9
        load = _PULLED + 100.0 * torque / model.torque_nm + 0.6 * extra + pedal
        return min(_FULL, max(_OVERRUN - 2.0, load))

    def _warm(self, flow: float, speed_kmh: float) -> None:
        """Let a second's heat into the coolant, and out of it."""
        model = self.model
        above = self.coolant_c - self.outside_c
        self.fan = self.coolant_c >= (model.fan_off_c if self.fan else model.fan_on_c)
        wish = (self.coolant_c - model.thermostat_c) / model.thermostat_span_c
        self.opening += (min(1.0, max(0.0, wish)) - self.opening) / 8.0
        # Late ignition heats the catalyst of a cold engine, and its coolant with it.
        late = 1.0 + 0.5 * min(1.0, max(0.0, (45.0 - self.coolant_c) / 15.0))
        radiator = model.radiator + model.radiator_kmh * speed_kmh
        if self.fan:
            radiator += model.radiator_fan
        lost = model.loss + model.loss_kmh * speed_kmh + self.opening * radiator
        self.coolant_c += model.heat * late * flow**0.6 - lost * above
        mixed = self.coolant_c + self.mixing.next() * min(1.0, 2.0 * self.opening)
        self.sensed_c += (mixed - self.sensed_c) / model.coolant_lag_s
        self.intake_c += (self.outside_c + 0.45 * above - self.intake_c) / 500.0

    def _charging_v(self, *, cooling: bool) -> float:
        """Return the voltage: the starter's dip, then the alternator's, less when it is warm."""
        dips = (10.9, 12.0)
        second = int(self.running_s) - 1
        if second < len(dips):
            return dips[second] + self.chance.gauss(0.0, 0.1)
        volts = self.model.alternator_v - self.model.alternator_v_c * (self.intake_c - 25.0)
        if cooling or self.fan:
            volts -= 0.06
        if self.rpm < self.model.idle_rpm + 50.0:
            volts -= 0.08
        if self.chance.random() < _DIP:
            volts -= self.chance.uniform(0.1, 0.5)
        return volts + self.chance.gauss(0.0, 0.03)

    def _timing(self, load: float) -> float:
        """Return the ignition advance: early at speed and light load, late under strain."""
        speed = min(1.0, max(0.0, (self.rpm - 800.0) / 800.0))
        strain = max(0.0, load - 35.0) * 0.25
        advance = 1.0 + speed * (23.0 - strain) + self.ignition.next()
        return min(29.0, max(-22.0, advance))

    def _sample(self, at_s: float, motion: Motion, load: float, volts: float) -> Sample:
        """Return the car's state as its sensors send it, in their steps."""
        running = self.rpm > 0
        flow = self.rpm * load / 1e5
        slosh = self.slosh.next() * (3.0 if motion.speed_kmh > 0 else 0.2)
        fuel = min(100.0, max(0.0, 100.0 * self.fuel_l / self.model.tank_l + slosh))
        return Sample(
            at_s=at_s,
            engine_run_s=self.running_s,
            rpm=_in_steps(self.rpm, 0.25),
            speed_kmh=_in_steps(motion.speed_kmh, 1.0),
            throttle_pct=_in_steps(9.3 + 15.3 * math.sqrt(flow) if running else 17.6, BYTE),
            engine_load_pct=_in_steps(load, BYTE),
            coolant_c=_in_steps(self.sensed_c, 1.0),
            intake_air_c=_in_steps(self.intake_c, 1.0),
            fuel_level_pct=_in_steps(fuel, BYTE),
            battery_v=_in_steps(volts, ADC_V),
            manifold_kpa=_in_steps((load - 2.7) / 0.908 if running else self.outside_kpa, 1.0),
            timing_advance_deg=_in_steps(self._timing(load) if running else 5.0, 1.0),
            catalyst_c=_in_steps(self.catalyst_c, 0.1),
            short_fuel_trim_pct=_in_steps(self.short_trim.next() if running else 0.0, 100 / 128),
            long_fuel_trim_pct=_in_steps(self.long_trim.next(), 100 / 128),
            barometric_kpa=self.outside_kpa,
        )


def _in_steps(value: float, step: float) -> float:
    """Return the value in whole steps of its sensor."""
    return round(round(value / step) * step, 4)
