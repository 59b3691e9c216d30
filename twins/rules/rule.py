"""Rules: a condition on the readings of one twin, and the signal that follows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twins.turn import Turn
    from twins.twin import Twin


@dataclass(frozen=True, slots=True)
class Rising:
    """A value that keeps climbing, within the range where it matters.

    A rise is a value more than `band` above the last level, at any sampling; the level then moves
    there. A fall by more than `band` starts the count anew. Values below `above` do not count: a
    cold engine that warms up rises for minutes and is well. Once fired, it is armed again when the
    value is below `clear`.

    What it remembers is [level, count, fired, trace]; the trace is the evidence: [time, value] of
    the first level and of each rise that counted.
    """

    field: str
    times: int
    band: float
    above: float
    clear: float

    def begin(self, at: float, value: float) -> list[Any]:
        """What to remember of the first value within the range."""
        return [value, 0, False, [[at, value]]]

    def step(self, memory: list[Any], at: float, value: float) -> bool:
        """Take one value measured at `at` (seconds since the epoch); True when it fires now."""
        level, count, fired, trace = memory
        if value < self.above:
            memory[:] = (value, 0, fired and value >= self.clear, [])
            return False
        # The step over the threshold itself is no rise within the range, and neither a fall.
        if level < self.above or value < level - self.band:
            memory[:] = (value, 0, fired, [[at, value]])
        elif value > level + self.band and not fired:
            trace.append([at, value])
            memory[:] = (value, count + 1, fired, trace)
        if fired or memory[1] < self.times:
            return False
        memory[2] = True
        return True


@dataclass(frozen=True, slots=True)
class Rule:
    """Watches one event type of a kind, and signals when its condition begins to hold.

    The signal's data are the fields named in `tells`, the rule in words (`rule`), and the readings
    that made it fire (`readings`: [time, value], oldest first).
    """

    signal: str
    on: str
    condition: Rising
    tells: tuple[str, ...] = ()
    """Fields of the twin that go with the signal."""

    def observe(self, twin: "Twin", turn: "Turn") -> None:
        """Look at the twin after an event was handled."""
        condition = self.condition
        value = getattr(twin, condition.field)
        if value is None:
            return
        windows = twin.windows
        memory = windows.get(self.signal) if windows else None
        if memory is None:
            # Nothing is remembered of a twin that is well: that is nearly all of them, always.
            if value >= condition.above:
                if windows is None:
                    windows = twin.windows = {}
                at = twin.measured_at(condition.field) or 0.0
                windows[self.signal] = condition.begin(at, value)
            return
        if condition.step(memory, twin.measured_at(condition.field) or 0.0, value):
            readings = [list(reading) for reading in memory[3]]
            data = {name: getattr(twin, name) for name in self.tells}
            data["rule"] = (
                f"{condition.field} rose {memory[1]} times by more than {condition.band}, "
                f"from {readings[0][1]} to {value}"
            )
            data["readings"] = readings
            turn.signal(self.signal, data, turn.cause().time)
        elif value < condition.above and not memory[2]:
            assert windows is not None
            del windows[self.signal]
            if not windows:
                twin.windows = None
