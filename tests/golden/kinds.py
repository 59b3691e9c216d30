"""The kinds of the golden log of formats. They stay as they are: stored bytes were made by them."""

from typing import ClassVar

from msgspec import Struct, field

from twins.event import Reading
from twins.handler import ask, done, due, heeds, on, told
from twins.outputs import Outcome, Signal, Target
from twins.twin import Twin

WARM = "golden.warm"


class Warmth(Reading):
    """One of two readings."""

    inside_c: float | None = None
    outside_c: float | None = None


class Door(Reading):
    """The other reading."""

    open: bool | None = None


class Move(Struct):
    """A message between twins."""

    to: str
    steps: int = 1


class Lock(Struct):
    """Fails while the log's time is before `until`."""

    until: float


class Visit(Struct):
    """A part of a state."""

    who: str
    at: float
    place: tuple[float, float] | None = None


class House(Twin, kind="golden_house"):
    """Has a field of every sort."""

    rules: ClassVar[str] = f"""
      rule: {WARM}
      on: warmth
      when: rising(inside_c, 2, band=0.5, above=25, clear=20)
      then: {{signal: {WARM}, data: [outside_c]}}
    """

    inside_c: float | None = None
    outside_c: float | None = None
    open: bool | None = None
    steps: int = 0
    name: str = ""
    visits: list[Visit] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seal: bytes = b""

    @on("warmth")
    def warmth(self, reading: Warmth) -> None:
        """Take over a reading."""
        self.update(reading)

    @on("door")
    def door(self, reading: Door) -> None:
        """Take over a reading of the other sort, and look again later."""
        if self.update(reading):
            self.remind("look:door", after_s=30.0)

    @due("look")
    def look(self) -> None:
        """Note the visit."""
        self.visits.append(Visit("nobody", self.now, (60.17, 24.94)))

    @on("move")
    def move(self, move: Move) -> None:
        """Pass it on, and cause an effect."""
        self.counts[move.to] = self.counts.get(move.to, 0) + 1
        self.seal += bytes([move.steps])
        self.tell(move.to, "moved", Move(self.id, move.steps + 1))
        self.effect("light", Target.DEVICE, self.id, {"on": True}, key=move.to)

    @on("lock")
    def lock(self, lock: Lock) -> None:
        """Fail while it is too early."""
        self.name = "locked"
        if self.now < lock.until:
            raise RuntimeError("too early")

    @told("moved")
    def moved(self, move: Move) -> None:
        """Count."""
        self.steps += move.steps

    @heeds(WARM)
    def warm(self, signal: Signal) -> None:
        """Note who said it."""
        self.name = f"{signal.twin_id} {signal.id}"

    @done("light")
    def lit(self, outcome: Outcome) -> None:
        """Note it."""
        self.visits.append(Visit(outcome.key, outcome.at))

    @ask("steps")
    def ask_steps(self) -> int:
        """Answer."""
        return self.steps
