"""Car drives, recorded or simulated, replayed as a fleet that is as large as one likes.

`sample`     one reading (`Sample`) and one trip (`Drive`), with units in their names
`reader`     folders of OBD-II CSV logs as they are (`columns` and `clock` read headers and stamps)
`simulator`  drives from a small model of trip (`trip`) and engine, calibrated on recorded ones
`faults`     `overheat` adds a fault; `routes` adds positions: both are added, never recorded
`fleet`      drives spread over many cars; `rising` counts what the overheating rule counts
"""

from load.drives.engine import EngineModel
from load.drives.errors import DriveError, DriveFileError, FaultError
from load.drives.faults import overheat
from load.drives.fleet import CarPlan, CarReading, plan_fleet
from load.drives.reader import DriveSet, DriveWarning, read_drive, read_drives
from load.drives.rising import Rise, longest_rise
from load.drives.routes import Route, RoutePoint, place, route
from load.drives.sample import Drive, Sample
from load.drives.simulator import simulate_drive
from load.drives.trip import Road

__all__ = [
    "CarPlan",
    "CarReading",
    "Drive",
    "DriveError",
    "DriveFileError",
    "DriveSet",
    "DriveWarning",
    "EngineModel",
    "FaultError",
    "Rise",
    "Road",
    "Route",
    "RoutePoint",
    "Sample",
    "longest_rise",
    "overheat",
    "place",
    "plan_fleet",
    "read_drive",
    "read_drives",
    "route",
    "simulate_drive",
]
