"""Devices: the kinds of things that send readings and take commands.

Importing this package registers its kinds.

- `commands`: commands to a device, queued until delivered or expired; for kinds to inherit
- `vehicle`: a connected car, its telemetry and the overheating rule
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
from twins.devices.vehicle import Helper, Telemetry, Vehicle, VehicleSettings

__all__ = [
    "Command",
    "CommandChanged",
    "CommandProgress",
    "CommandRequest",
    "Commanded",
    "Helper",
    "Spec",
    "Telemetry",
    "Vehicle",
    "VehicleSettings",
]
