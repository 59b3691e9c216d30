"""Rules: a condition on the readings of one twin, and the signal that follows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twins.turn import Turn
    from twins.twin import Twin


@dataclass(frozen=True, slots=True)
class Rising:
    """A value that keeps climbing, within the range where it matters.

    A rise is a value at least `band` above the last level, at any sampling; the level then moves
    there. A fall by `band` starts the count anew. Values below `above` do not count: a cold engine
    that warms up rises for minutes and is well. Once fired, it is armed again when the value is
    below `clear`.
    """

    field: str
    times: int
    band: float
    above: float
    clear: float

    def step(self, memory: list[Any], value: float) -> bool:
        """Take one value; `memory` is [level, count, fired]. Returns whether it fires now."""
        level, count, fired = memory
        if value < self.above:
            memory[:] = (value, 0, fired and value >= self.clear)
            return False
        if value >= level + self.band:
            # The step over the threshold itself is no rise within the range.
            count = count + 1 if level >= self.above else 0
            memory[:] = (value, count, fired)
        elif value <= level - self.band:
            memory[:] = (value, 0, fired)
        if fired or memory[1] < self.times:
            return False
        memory[2] = True
        return True


@dataclass(frozen=True, slots=True)
class Rule:
    """Watches one event type of a kind, and signals when its condition begins to hold."""

    signal: str
    on: str
    condition: Rising
    tells: tuple[str, ...] = ()
    """Fields of the twin that go with the signal."""

    def observe(self, twin: "Twin", turn: "Turn") -> None:
        """Look at the twin after an event was handled."""
        value = getattr(twin, self.condition.field)
        if value is None:
            return
        windows = twin.windows
        if windows is None:
            windows = twin.windows = {}
        memory = windows.get(self.signal)
        if memory is None:
            memory = windows[self.signal] = [value, 0, False]
        if self.condition.step(memory, value):
            data = {name: getattr(twin, name) for name in self.tells}
            data["rule"] = f"{self.condition.field} rose {memory[1]} times from {self.on}"
            turn.signal(self.signal, data, turn.cause().time)
