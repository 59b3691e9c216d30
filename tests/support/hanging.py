"""A kind whose handlers do not come back."""

import os
import re
from typing import ClassVar

from msgspec import Struct, field

from twins.handler import ask, due, on
from twins.twin import Twin


class Until(Struct):
    """Goes wrong while the log's time is before `until`."""

    until: float


class Hanger(Twin, kind="hanger"):
    """Writes down what it handles, if it comes back."""

    begun: ClassVar[list[str]] = []
    """Ids of all events that were begun in this process, in order."""

    trace: list[str] = field(default_factory=list)

    @on("note")
    def note(self) -> None:
        """Write down."""
        self.trace.append(self.event.id)

    @on("loop")
    def loop(self, until: Until) -> None:
        """Change something, cause something, and loop for ever while it is too early."""
        self.begun.append(self.event.id)
        self.trace.append(self.event.id)
        self.remind("wake", after_s=5.0)
        self.tell("hanger/other", "note", None)
        while self.now < until.until:
            pass

    @on("stubborn")
    def stubborn(self, until: Until) -> None:
        """Loop for ever, and catch whatever is raised meanwhile, once."""
        self.begun.append(self.event.id)
        try:
            self.loop(until)
        except BaseException:  # noqa: BLE001 - the worst that a handler can do
            self.loop(until)

    @on("hungry")
    def hungry(self, until: Until) -> None:
        """Run out of memory."""
        self.begun.append(self.event.id)
        if self.now < until.until:
            raise MemoryError

    @on("stuck")
    def stuck(self, until: Until) -> None:
        """Hold the interpreter, so that nothing else of this process runs."""
        if self.now < until.until:
            re.match(r"(a*)*b", "a" * 60)

    @on("deadly")
    def deadly(self, until: Until) -> None:
        """Take the process along."""
        self.begun.append(self.event.id)
        if self.now < until.until:
            os._exit(3)

    @due("wake")
    def wake(self) -> None:
        """Write down."""
        self.trace.append("woke")

    @ask("loop")
    def ask_loop(self, until: Until) -> int:
        """Loop for a caller."""
        self.loop(until)
        return 1
