"""Poison: a kind of the fault runs, some of whose events no handler comes back from.

It is loaded only by the nodes that `vigil chaos` starts.
"""

from twins.handler import on
from twins.twin import Twin

WORST = ("raise", "loop", "hungry")
"""Types of events after which a twin has to be set aside."""


class Poison(Twin, kind="poison"):
    """Counts what it can."""

    notes: int = 0

    @on("note")
    def note(self) -> None:
        """Count."""
        self.notes += 1

    @on("raise")
    def fail(self) -> None:
        """Change something, cause something, and raise."""
        self.note()
        self.tell(self.id, "note")
        raise ValueError("poison")

    @on("loop")
    def loop(self) -> None:
        """Never come back."""
        while True:
            self.notes = 0

    @on("hungry")
    def hungry(self) -> None:
        """Ask for more memory than there is: what the allocator says then, without taking it."""
        self.note()
        raise MemoryError("poison")
