"""Devices: the kinds of things that send readings and take commands.

Importing this package registers its kinds.

- `aircon`: an air conditioner that is sold as a service
- `callbox`: the button in a car that calls for help
- `commands`: commands to a device, queued until delivered or expired; for kinds to inherit
- `vehicle`: a connected car, its telemetry and the overheating rule
- `defect`: one fault of one model, and which cars have it
- `metered`: what a device delivered day by day, and its bill; for kinds to inherit
- `monitor`: a medical device that a patient has at home
- `parcel`: a parcel on its way, as its carrier's devices see it
- `plane`: one flight on its way, and the trips of its passengers
- `wear`: how long an engine lasts that is driven on, for a Ray task to compute
"""

from twins.devices.aircon import Aircon, AirconSettings, Daily
from twins.devices.callbox import Call, Callbox, CallboxSettings
from twins.devices.commands import (
    Command,
    CommandChanged,
    Commanded,
    CommandProgress,
    CommandRequest,
    Spec,
)
from twins.devices.defect import Affected, Defect
from twins.devices.metered import BillLine, Metered, Statement
from twins.devices.monitor import Monitor, MonitorSettings, Vital
from twins.devices.parcel import Parcel, ParcelSettings
from twins.devices.plane import Plane, Trip, TripSettings
from twins.devices.vehicle import Helper, Telemetry, Vehicle, VehicleSettings

__all__ = [
    "Affected",
    "Aircon",
    "AirconSettings",
    "BillLine",
    "Call",
    "Callbox",
    "CallboxSettings",
    "Command",
    "CommandChanged",
    "CommandProgress",
    "CommandRequest",
    "Commanded",
    "Daily",
    "Defect",
    "Helper",
    "Metered",
    "Monitor",
    "MonitorSettings",
    "Parcel",
    "ParcelSettings",
    "Plane",
    "Spec",
    "Statement",
    "Telemetry",
    "Trip",
    "TripSettings",
    "Vehicle",
    "VehicleSettings",
    "Vital",
]
