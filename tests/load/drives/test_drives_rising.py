"""Ten rises from 95 °C up tell an overheating engine from every sound one."""

import itertools

import pytest

from load.drives import Drive, FaultError, longest_rise, overheat, simulate_drive
from load.drives.rising import OVERHEATING_FROM_C, OVERHEATING_RISES, overheats


def _readings(*values: float) -> list[tuple[float, float]]:
    return [(float(i), value) for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "rises"),
    [
        ((), 0),
        ((90,), 0),
        ((90, 91, 92, 93), 3),
        ((90, 91, 91, 91, 92), 2),
        ((90, 91, 90, 91, 92, 93), 3),
        ((90, 90.4, 90.8, 91.2, 91.6), 2),
        ((90, 90.5, 90.0, 90.5), 0),
        ((93, 92, 91, 90), 0),
        ((80, 95), 1),
    ],
)
def test_rises_are_counted_until_a_fall(values: tuple[float, ...], rises: int) -> None:
    """Equal readings and noise neither count nor end a run; a fall beyond the band ends it."""
    assert rises == longest_rise(_readings(*values)).rises


def test_a_rise_says_where_it_was() -> None:
    """The run is told with its times and temperatures."""
    rise = longest_rise(_readings(88, 87, 88, 89, 90, 88))

    assert str(rise) == "3 rises from 87 °C at 1 s to 90 °C at 4 s"
    assert str(longest_rise([])) == "no rise"


def test_rises_outside_the_range_do_not_count() -> None:
    """From 95 °C up, the way up to 95 °C is not part of the run."""
    values = _readings(*range(80, 101))

    assert longest_rise(values, from_c=95.0).rises == 5
    assert longest_rise(values, below_c=95.0).rises == 14


def test_no_untouched_drive_triggers_the_rule(drives: tuple[Drive, ...]) -> None:
    """Recorded (or, without them, simulated) drives rise often, but never from 95 °C up."""
    for drive in drives:
        print(  # noqa: T201 - the figures on which the rule's choice stands
            f"{drive.name} ({drive.source}, {drive.duration_s:.0f} s):",
            f"below {OVERHEATING_FROM_C:g} °C",
            longest_rise(drive.coolant(), below_c=OVERHEATING_FROM_C),
            "; from there up",
            longest_rise(drive.coolant(), from_c=OVERHEATING_FROM_C),
        )

    assert [drive.name for drive in drives if overheats(drive.coolant())] == []


def test_ten_rises_alone_would_call_recorded_drives_overheating(
    carobd: dict[str, Drive],
) -> None:
    """Why the rule has a range: even a warm start rises ten times in a row below 95 °C."""
    rises = {name: longest_rise(drive.coolant()).rises for name, drive in carobd.items()}

    assert not carobd["drive1"].started_cold
    assert min(rises.values()) >= OVERHEATING_RISES


@pytest.mark.parametrize(
    ("cold_start", "idle", "duration_s", "seeds"),
    [
        (False, False, 240, 200),
        (False, True, 240, 60),
        (True, False, 700, 40),
        (True, True, 700, 20),
    ],
)
def test_no_simulated_drive_triggers_the_rule(
    *, cold_start: bool, idle: bool, duration_s: float, seeds: int
) -> None:
    """A simulated sound engine never overheats by the rule, whatever its seed."""
    hot = [
        seed
        for seed in range(seeds)
        if overheats(simulate_drive(seed, duration_s, cold_start=cold_start, idle=idle).coolant())
    ]

    assert hot == []


def test_every_overheated_drive_triggers_the_rule(drives: tuple[Drive, ...]) -> None:
    """Wherever the fault begins, and at every realistic rate and peak, the rule sees it."""
    missed = []
    tried = 0
    for drive, rate, peak in itertools.product(drives, (10.0, 14.0, 20.0), (118.0, 125.0)):
        for at_s in range(0, int(drive.duration_s), 45):
            try:
                hot = overheat(drive, at_s, rate, peak)
            except FaultError:
                continue
            tried += 1
            if not overheats(hot.coolant()):
                missed.append((drive.name, at_s, rate, peak))

    assert missed == []
    assert tried > 20


@pytest.mark.parametrize("rate", [10.0, 14.0, 20.0])
def test_every_overheated_simulated_drive_triggers_the_rule(rate: float) -> None:
    """The same holds for simulated drives."""
    missed = []
    for seed in range(60):
        drive = simulate_drive(seed, 320, cold_start=False, idle=seed % 5 == 0)
        if not overheats(overheat(drive, 60, rate, 119.0).coolant()):
            missed.append(seed)

    assert missed == []
