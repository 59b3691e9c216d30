"""An added fault looks like its sensor, and touches nothing else."""

from itertools import pairwise

import msgspec
import pytest

from load.drives import Drive, FaultError, Sample, overheat, simulate_drive
from load.drives.faults import WARM_C, resolution


@pytest.fixture(scope="module")
def warm() -> Drive:
    """A warm drive in town."""
    return simulate_drive(7, 600, cold_start=False, idle=False, road="city")


def test_only_the_coolant_changes_and_only_from_the_onset_on(drives: tuple[Drive, ...]) -> None:
    """Samples, times and all other sensors stay as recorded; the drive says what was added."""
    changed = 0
    for drive in drives:
        at_s = drive.duration_s - 250
        try:
            hot = overheat(drive, at_s)
        except FaultError:
            continue
        changed += 1

        assert hot.faults == ("overheating",)
        assert (drive.name, drive.source) == (hot.name, hot.source)
        assert [s for s in drive.samples if s.at_s < at_s] == [
            s for s in hot.samples if s.at_s < at_s
        ]
        assert [msgspec.structs.replace(s, coolant_c=0.0) for s in drive.samples] == [
            msgspec.structs.replace(s, coolant_c=0.0) for s in hot.samples
        ]
    assert changed >= 2


@pytest.mark.parametrize("peak", [118.0, 120.0, 125.0])
def test_the_climb_has_the_sensors_steps_and_its_rate(warm: Drive, peak: float) -> None:
    """Whole degrees stay whole degrees, one every few seconds, up to the peak and no further."""
    hot = overheat(warm, 100, 14.0, peak)
    readings = [(s, c) for s, c in hot.coolant() if s >= 100]
    climb = [(s, c) for s, c in readings if c < peak - 2]
    steps = [b - a for (_, a), (_, b) in pairwise(climb)]
    minutes = (climb[-1][0] - climb[0][0]) / 60

    assert {c for _, c in readings} == {float(int(c)) for _, c in readings}
    assert set(steps) <= {-1.0, 0.0, 1.0}
    assert max(c for _, c in readings) <= peak
    assert max(c for _, c in readings) >= peak - 3
    assert (climb[-1][1] - climb[0][1]) / minutes == pytest.approx(14.0, rel=0.2)


def test_the_recorded_wander_is_kept(warm: Drive) -> None:
    """At the peak the reading still moves, as it does in an untouched drive."""
    hot = overheat(warm, 60, 14.0, 120.0)
    at_peak = [c for s, c in hot.coolant() if s > 300]

    assert len(set(at_peak)) > 1


def test_a_cold_engine_overheats_once_it_is_warm() -> None:
    """Before the thermostat's temperature nothing is added, whatever the time asked for."""
    drive = simulate_drive(3, 900, cold_start=True, idle=False, road="city")
    hot = overheat(drive, 0.0)
    below = [(s, c) for s, c in drive.coolant() if c < WARM_C]

    assert drive.started_cold
    assert below == [(s, c) for s, c in hot.coolant()][: len(below)]
    assert max(c for _, c in hot.coolant()) > 115


def test_a_finer_sensor_keeps_its_steps() -> None:
    """A logger with tenths of a degree gets tenths, not whole degrees."""
    samples = tuple(Sample(at_s=float(i), coolant_c=88.0 + (i % 7) / 10) for i in range(300))
    hot = overheat(Drive(name="fine", source="recorded", samples=samples), 10.0)
    values = {c for _, c in hot.coolant()}

    assert resolution(values) == pytest.approx(0.1)


def test_samples_without_a_reading_stay_without() -> None:
    """A fault invents no reading."""
    samples = tuple(
        Sample(at_s=float(i), coolant_c=None if i % 3 == 0 else 88.0) for i in range(300)
    )
    hot = overheat(Drive(name="gaps", source="recorded", samples=samples), 0.0)

    assert [s.at_s for s in samples if s.coolant_c is None] == [
        s.at_s for s in hot.samples if s.coolant_c is None
    ]


def test_a_drive_that_stays_cold_is_refused() -> None:
    """A fault that would never show is refused, with the way out."""
    drive = simulate_drive(1, 60, cold_start=True, idle=True)

    with pytest.raises(FaultError, match=r"simulated-1.*80 °C.*take a drive that gets warm"):
        overheat(drive, 0.0)


def test_a_drive_that_ends_too_soon_is_refused(warm: Drive) -> None:
    """A climb that would not reach its peak is refused, with the time it needs."""
    with pytest.raises(FaultError, match=r"ends at 600 s, before 120 °C are reached at \d+ s"):
        overheat(warm, 550.0)


@pytest.mark.parametrize(
    ("rate", "peak", "reason"),
    [
        (0.0, 120.0, "no climb"),
        (-5.0, 120.0, "no climb"),
        (float("nan"), 120.0, "no climb"),
        (14.0, 60.0, "not between"),
        (14.0, 400.0, "not between"),
        (14.0, float("nan"), "not between"),
    ],
)
def test_what_no_engine_does_is_refused(warm: Drive, rate: float, peak: float, reason: str) -> None:
    """Rates and peaks that make no overheating are the caller's mistake."""
    with pytest.raises(FaultError, match=reason):
        overheat(warm, 10.0, rate, peak)


def test_a_fault_is_added_once(warm: Drive) -> None:
    """A second climb on top of the first would pass the peak."""
    with pytest.raises(FaultError, match="overheats already"):
        overheat(overheat(warm, 10.0), 10.0)
