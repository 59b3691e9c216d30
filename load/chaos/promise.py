"""Promise: what a twin has to make of what stands in its log, by what device makers are told.

Written anew from the promise, not from the partition: numbers are new above the highest, or within
64 below it and not yet taken; ids, and contents of what has none, are new unless among the last 32.
"""

from typing import Any
from zlib import crc32

from msgspec import Struct, field

WINDOW = 64
IDS = 32


class Owed(Struct):
    """What a twin of an odd device has to hold."""

    applied: int = 0
    digest: int = 0
    taken: set[bytes] = field(default_factory=set)
    """Payloads that count."""
    newest: dict[str, tuple[float, Any]] = field(default_factory=dict)
    """Field -> when it was measured last, and what that was."""
    boot: int = -1
    numbers: set[int] = field(default_factory=set)
    ids: list[Any] = field(default_factory=list)

    def take(self, message: dict[str, Any], payload: bytes) -> None:
        """Take what stands next in the log."""
        if not self._new(message, payload):
            return
        self.applied += 1
        self.digest = crc32(payload, self.digest)
        self.taken.add(payload)
        at = message["time"]
        for name, value in (message.get("data") or {}).items():
            if name not in self.newest or at >= self.newest[name][0]:
                self.newest[name] = (at, value)

    def _new(self, message: dict[str, Any], payload: bytes) -> bool:
        number = message.get("sequence")
        if number is None:
            name = message.get("id") or payload
            if name in self.ids:
                return False
            self.ids = [*self.ids, name][-IDS:]
            return True
        boot = message.get("boot") or 0
        if boot < self.boot:
            return False
        if boot > self.boot:
            self.boot, self.numbers = boot, set()
        if number in self.numbers or number < max(self.numbers, default=0) - WINDOW:
            return False
        self.numbers.add(number)
        return True
