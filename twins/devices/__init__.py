"""Devices: the kinds of things that send readings and take commands.

Importing this package registers its kinds.

- `commands`: commands to a device, queued until delivered or expired; for kinds to inherit
- `vehicle`: a connected car, its telemetry and the overheating rule
- `defect`: one fault of one model, and which cars have it
- `monitor`: a medical device that a patient has at home
- `parcel`: a parcel on its way, as its carrier's devices see it
- `wear`: how long an engine lasts that is driven on, for a Ray task to compute
"""

from twins.devices.commands import (
    Command,
    CommandChanged,
    Commanded,
    CommandProgress,
    CommandRequest,
    Spec,
)
from twins.devices.defect import Affected, Defect
from twins.devices.monitor import Monitor, MonitorSettings, Vital
from twins.devices.parcel import Parcel, ParcelSettings
from twins.devices.vehicle import Helper, Telemetry, Vehicle, VehicleSettings

__all__ = [
    "Affected",
    "Command",
    "CommandChanged",
    "CommandProgress",
    "CommandRequest",
    "Commanded",
    "Defect",
    "Helper",
    "Monitor",
    "MonitorSettings",
    "Parcel",
    "ParcelSettings",
    "Spec",
    "Telemetry",
    "Vehicle",
    "VehicleSettings",
    "Vital",
]
