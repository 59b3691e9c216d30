"""Testing: a fleet in memory with a test's clock, for whoever writes kinds, rules or supervisors.

- `fleet`: twins in real partitions; `outside`: the clock, devices, people, computations, faults
- `provider`: a company that offers, holds, confirms and releases

A single twin needs no fleet: see `twins.testing`.
"""

from actors.testing.fleet import Fleet
from actors.testing.outside import Device, Fault, Outside
from actors.testing.provider import FakeProvider, RefusedError
from twins.testing import START

__all__ = ["START", "Device", "FakeProvider", "Fault", "Fleet", "Outside", "RefusedError"]
