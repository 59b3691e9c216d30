"""Simulated drives are like recorded ones, and the comparison would notice if they were not."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import pytest

from load.drives import Drive, EngineModel, Road, Sample, simulate_drive
from load.drives.engine import ADC_V, BYTE

# Which simulated drive stands for which recorded one: its road, cold start, idling.
KINDS: Final[dict[str, tuple[Road, bool, bool]]] = {
    "drive1": ("city", False, False),
    "live12": ("congested", True, False),
    "live5": ("arterial", True, False),
    "live10": ("arterial", True, False),
    "idle1": ("city", True, True),
}
QUANTILES: Final = (0.25, 0.5, 0.75, 0.95)
# How far a quantile of the simulated values may be from the same one of the recorded values.
TOLERANCES: Final[dict[str, tuple[float, float, float, float]]] = {
    "speed_kmh": (6, 6, 6, 8),
    "rpm": (150, 150, 150, 200),
    "engine_load_pct": (5, 5, 6, 12),
    "battery_v": (0.25, 0.25, 0.25, 0.25),
}
WARM_TOLERANCE_C: Final = 1.0
WARM_UP_TOLERANCE: Final = 0.30
WARM_C: Final = 86.0


def _simulated(
    recorded: dict[str, Drive],
    seeds: Iterable[int],
    engine: EngineModel | None = None,
    road: Road | None = None,
) -> dict[str, list[Drive]]:
    """Return drives of the same kinds and lengths as the recorded ones."""
    seeds = list(seeds)
    print(f"seeds {seeds}")  # noqa: T201 - names a failing run
    return {
        name: [
            simulate_drive(
                seed * 10 + number,
                recorded[name].duration_s,
                cold_start=cold,
                idle=idle,
                road=road or usual,
                engine=engine,
            )
            for seed in seeds
        ]
        for number, (name, (usual, cold, idle)) in enumerate(KINDS.items())
    }


def _quantiles(values: Iterable[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered[int(q * (len(ordered) - 1))] for q in QUANTILES]


def _values(drives: Iterable[Drive], field: str) -> list[float]:
    """Return a field's values while the engine runs."""
    return [getattr(s, field) for drive in drives for s in drive.samples if (s.rpm or 0) > 0]


def _warm(drive: Drive) -> list[tuple[float, float]]:
    """Return the coolant readings (at_s, °C) from the first warm one on."""
    readings = list(drive.coolant())
    first = next((i for i, (_, c) in enumerate(readings) if c >= WARM_C), len(readings))
    return readings[first:]


def _seconds_to(drive: Drive, temperature_c: float) -> float:
    return next((s for s, c in drive.coolant() if c >= temperature_c), float("inf"))


def _changes_a_minute(drives: Iterable[Drive]) -> float:
    """Return how often a warm engine's reading changes."""
    parts = [part for drive in drives if len(part := _warm(drive)) > 1]
    changes = sum(a[1] != b[1] for part in parts for a, b in pairwise(part))
    return 60 * changes / sum(part[-1][0] - part[0][0] for part in parts)


def _warm_up_falls(drives: Iterable[Drive]) -> float:
    """Return the share of readings between 40 and 80 °C that are below the one before."""
    falls = [b < a for d in drives for (_, a), (_, b) in pairwise(d.coolant()) if 40 <= a <= 80]
    return sum(falls) / len(falls)


def misfits(recorded: dict[str, Drive], simulated: dict[str, list[Drive]]) -> set[str]:
    """Return in what the simulated drives differ from the recorded ones."""
    found: set[str] = set()
    moving = [name for name, (_, _, idle) in KINDS.items() if not idle]
    for field, tolerances in TOLERANCES.items():
        real = _quantiles(_values((recorded[name] for name in moving), field))
        ours = _quantiles(_values((d for name in moving for d in simulated[name]), field))
        print(field, real, ours)  # noqa: T201 - the figures behind a failure
        if any(abs(a - b) > t for a, b, t in zip(real, ours, tolerances, strict=True)):
            found.add(field)
    everything = [d for drives in simulated.values() for d in drives]
    warm = [[c for d in group for _, c in _warm(d)] for group in (recorded.values(), everything)]
    if not all(warm):
        return found | {"coolant warm"}
    real, ours = _quantiles(warm[0]), _quantiles(warm[1])
    print("coolant warm", real, ours)  # noqa: T201 - the figures behind a failure
    if any(abs(a - b) > WARM_TOLERANCE_C for a, b in zip(real, ours, strict=True)):
        found.add("coolant warm")
    changes = _changes_a_minute(recorded.values()), _changes_a_minute(everything)
    print("changes a minute", changes)  # noqa: T201 - the figures behind a failure
    if not 0.5 <= changes[1] / changes[0] <= 2:
        found.add("coolant changes")
    cold = [name for name, (_, cold, _) in KINDS.items() if cold]
    if abs(_warm_up_falls(d for n in cold for d in simulated[n])) > 0.001:
        found.add("coolant rises in a row")
    for name in cold:
        for low, high in ((40, 60), (60, 80)):
            seconds = _seconds_to(recorded[name], high) - _seconds_to(recorded[name], low)
            other = median(_seconds_to(d, high) - _seconds_to(d, low) for d in simulated[name])
            print(name, low, high, seconds, other)  # noqa: T201 - the figures behind a failure
            if not abs(other - seconds) <= WARM_UP_TOLERANCE * seconds:
                found.add("warm-up")
    return found


def test_simulated_drives_are_like_recorded_ones(carobd: dict[str, Drive]) -> None:
    """Quantiles, warm-up times, runs of rises and the warm engine's restlessness agree."""
    assert set() == misfits(carobd, _simulated(carobd, range(5)))


@pytest.mark.parametrize(
    ("wrong", "engine", "road"),
    [
        ("coolant warm", EngineModel(thermostat_c=78.0), None),
        ("coolant warm", EngineModel(thermostat_c=90.0, fan_on_c=98.0, fan_off_c=95.0), None),
        ("coolant changes", EngineModel(coolant_noise_c=4.0, coolant_lag_s=1.0), None),
        ("warm-up", EngineModel(heat=0.0080), None),
        ("warm-up", EngineModel(loss=0.0025), None),
        ("rpm", EngineModel(upshift_kmh=(20.0, 40.0, 60.0, 80.0)), None),
        ("engine_load_pct", EngineModel(torque_nm=60.0), None),
        ("battery_v", EngineModel(alternator_v=13.8), None),
        ("speed_kmh", None, "highway"),
        ("speed_kmh", None, "congested"),
    ],
)
def test_a_wrong_simulator_is_noticed(
    carobd: dict[str, Drive], wrong: str, engine: EngineModel | None, road: Road | None
) -> None:
    """Each wrong constant is found by the comparison that it should be found by."""
    assert wrong in misfits(carobd, _simulated(carobd, range(2), engine, road))


def test_the_steps_are_those_of_the_recorded_sensors(carobd: dict[str, Drive]) -> None:
    """Whole degrees, km/h and kPa, quarter turns, bytes for percentages: in both alike."""
    steps: dict[str, float] = {
        "coolant_c": 1.0,
        "speed_kmh": 1.0,
        "manifold_kpa": 1.0,
        "intake_air_c": 1.0,
        "timing_advance_deg": 1.0,
        "rpm": 0.25,
        "engine_load_pct": BYTE,
        "throttle_pct": BYTE,
        "fuel_level_pct": BYTE,
        "battery_v": ADC_V,
    }
    # Some recorded files keep five digits only.
    slack = {"rpm": 0.06, "battery_v": 0.0011}
    simulated = simulate_drive(1, 400, cold_start=True, idle=False, road="city")
    for field, step in steps.items():
        for value in _values((*carobd.values(), simulated), field):
            off = abs(value / step - round(value / step)) * step

            assert off <= slack.get(field, 0.0006), (field, value)


def test_every_sensor_of_a_recorded_drive_is_simulated(carobd: dict[str, Drive]) -> None:
    """No column is missing in a simulated drive that a recorded one has."""

    def columns(drive: Drive) -> set[str]:
        return {
            f for s in drive.samples for f in Sample.__struct_fields__ if getattr(s, f) is not None
        }

    simulated = columns(simulate_drive(1, 30, cold_start=True, idle=False))

    assert all(columns(drive) == simulated for drive in carobd.values())


def test_a_seed_gives_one_drive() -> None:
    """The same arguments give the same samples; another seed gives others."""

    def samples(seed: int) -> Sequence[Sample]:
        return simulate_drive(seed, 120, cold_start=True, idle=False).samples

    assert samples(8) == samples(8)
    assert samples(8) != samples(9)


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("idle", [True, False])
def test_a_drive_is_what_was_asked_for(*, cold: bool, idle: bool) -> None:
    """Its length, its start and whether it moves are the arguments'."""
    drive = simulate_drive(4, 300, cold_start=cold, idle=idle, road="city")

    assert (300.0, cold, 301) == (drive.duration_s, drive.started_cold, len(drive.samples))
    assert idle is all(s.speed_kmh == 0 for s in drive.samples)
    assert (drive.name, drive.source, drive.faults) == ("simulated-4", "simulated", ())


def test_fuel_runs_down() -> None:
    """Half an hour of idling takes about a third of a litre, which the gauge just shows."""
    drive = simulate_drive(2, 3600, cold_start=False, idle=True)
    levels = _values([drive], "fuel_level_pct")

    assert 0.4 <= median(levels[:300]) - median(levels[-300:]) <= 4


def test_a_highway_is_fast() -> None:
    """Only the highway's cars drive 80 km/h and more."""
    speeds: Callable[[Road], float] = lambda road: max(  # noqa: E731 - one line, used twice
        _values([simulate_drive(6, 600, cold_start=False, idle=False, road=road)], "speed_kmh")
    )

    assert speeds("highway") >= 80
    assert speeds("arterial") < 70


@pytest.mark.parametrize("duration_s", [0.0, -5.0, float("nan"), float("inf")])
def test_a_drive_without_length_is_refused(duration_s: float) -> None:
    """The text says what to give."""
    with pytest.raises(ValueError, match="give at least 1"):
        simulate_drive(1, duration_s, cold_start=True, idle=True)
