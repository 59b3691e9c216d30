"""Drives for the tests: recorded ones where `VIGIL_DRIVES` names a folder of OBD-II logs."""

import os
from pathlib import Path

import pytest

from load.drives import Drive, DriveSet, read_drives, simulate_drive

CAROBD = frozenset(("drive1", "idle1", "live10", "live12", "live5"))


@pytest.fixture(scope="session")
def recorded() -> DriveSet:
    """What the folder in `VIGIL_DRIVES` gives; skips where the variable is not set."""
    folder = os.environ.get("VIGIL_DRIVES")
    if not folder:
        pytest.skip("VIGIL_DRIVES is not set: name a folder of recorded OBD-II logs in it")
    return read_drives(Path(folder))


@pytest.fixture(scope="session")
def carobd(recorded: DriveSet) -> dict[str, Drive]:
    """The five drives on which the simulator was calibrated, by name; skips without them."""
    drives = {drive.name: drive for drive in recorded.drives}
    if not drives.keys() >= CAROBD:
        pytest.skip(f"VIGIL_DRIVES does not hold the carOBD logs {', '.join(sorted(CAROBD))}")
    return {name: drives[name] for name in CAROBD}


@pytest.fixture(scope="session")
def drives() -> tuple[Drive, ...]:
    """Recorded drives where there are some, otherwise simulated ones of the same kinds."""
    folder = os.environ.get("VIGIL_DRIVES")
    if folder:
        return read_drives(Path(folder)).drives
    return (
        simulate_drive(1, 1300, cold_start=False, idle=False, road="city"),
        simulate_drive(2, 600, cold_start=True, idle=True),
        simulate_drive(3, 1250, cold_start=True, idle=False, road="arterial"),
        simulate_drive(4, 620, cold_start=True, idle=False, road="arterial"),
        simulate_drive(5, 610, cold_start=True, idle=False, road="congested"),
    )
