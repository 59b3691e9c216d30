"""Operators: what a condition may call. `docs/rules.md` shows each with an example.

| operator | value |
|---|---|
| `rising(x, n, band, above, clear)` | x rose n times in a row by more than the band |
| `falling(x, n, band, below, clear)` | the same downwards |
| `count(condition, 10m)` | readings for which it held |
| `avg(x, 5m)`, `min(x, 5m)`, `max(x, 5m)` | over the window |
| `rate(x, 5m)` | change a second, over the window |
| `changed(x)`, `was(x)` | whether x is another now, and what it was before |
| `silent(15m)` | nothing was heard for so long |
| `happened(signal, 30d)`, `open(arrangement)`, `contacted(channel, 7d)`, `tried(remedy)` | what has happened |
| `abs(x)` | without its sign |
"""  # noqa: E501 - a table's row is one line

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from twins.rules.fields import Type


class Takes(Enum):
    """What an argument must be."""

    NUMBER = auto()
    """An expression that is a number."""
    VALUE = auto()
    """An expression that can be compared."""
    CONDITION = auto()
    DURATION = auto()
    TIMES = auto()
    """A whole number from 1 to 100."""
    LIMIT = auto()
    """A number, written out."""
    WORD = auto()
    """A name, bare and dotted or in quotes."""


LOOKS_AT: Final = (Takes.NUMBER, Takes.VALUE, Takes.CONDITION)
"""What is computed for each event; all else is constant."""

REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of an operator."""

    name: str
    takes: Takes
    default: Any = REQUIRED


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator."""

    name: str
    parameters: tuple[Parameter, ...]
    type: Type | None
    """None: that of what it looks at."""
    optional: bool = False
    remembers: bool = False
    """It keeps something of each twin between events."""
    windowed: bool = False
    """What it keeps grows old by itself: its value changes although nothing arrives."""
    momentary: bool = False
    """It is true of one event only."""

    @property
    def usage(self) -> str:
        """How it is called."""
        words = [
            one.name if one.default is REQUIRED else f"{one.name}=…" for one in self.parameters
        ]
        return f"{self.name}({', '.join(words)})"


_WITHIN = Parameter("within", Takes.DURATION)
_X = Parameter("x", Takes.NUMBER)


def _trend(name: str, limit: str) -> Operator:
    return Operator(
        name,
        (
            _X,
            Parameter("times", Takes.TIMES),
            Parameter("band", Takes.LIMIT, 0),
            Parameter(limit, Takes.LIMIT, None),
            Parameter("clear", Takes.LIMIT, None),
        ),
        Type.CONDITION,
        remembers=True,
    )


def _window(name: str) -> Operator:
    return Operator(name, (_X, _WITHIN), Type.NUMBER, optional=True, remembers=True, windowed=True)


OPERATORS: Final = {
    one.name: one
    for one in (
        _trend("rising", "above"),
        _trend("falling", "below"),
        Operator(
            "count",
            (Parameter("condition", Takes.CONDITION), _WITHIN),
            Type.NUMBER,
            remembers=True,
            windowed=True,
        ),
        _window("avg"),
        _window("min"),
        _window("max"),
        _window("rate"),
        Operator(
            "changed",
            (Parameter("x", Takes.VALUE),),
            Type.CONDITION,
            remembers=True,
            momentary=True,
        ),
        Operator("was", (Parameter("x", Takes.VALUE),), None, optional=True, remembers=True),
        Operator("silent", (_WITHIN,), Type.CONDITION, remembers=True),
        Operator("happened", (Parameter("signal", Takes.WORD), _WITHIN), Type.CONDITION),
        Operator("open", (Parameter("arrangement", Takes.WORD),), Type.CONDITION),
        Operator("contacted", (Parameter("channel", Takes.WORD, None), _WITHIN), Type.CONDITION),
        Operator(
            "tried",
            (Parameter("remedy", Takes.WORD), Parameter("within", Takes.DURATION, None)),
            Type.CONDITION,
        ),
        Operator("abs", (_X,), Type.NUMBER),
    )
}
"""Every operator, by name."""
