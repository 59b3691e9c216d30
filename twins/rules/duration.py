"""Durations as people write them: `30s`, `15m`, `6h`, `30d`; `1.5h` and `500ms` as well."""

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
"""Unit -> seconds."""

LONGEST_S: Final = 400 * UNITS["d"]
"""No rule looks further back than 400 days."""

DURATION: Final = re.compile(r"(?<![\w.])([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d|w)(?![\w.])")


def seconds(text: str) -> float:
    """Return the seconds of a duration, or raise `ValueError` with what one looks like."""
    match = DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration; write for example 30s, 15m, 6h or 30d")
    return float(match[1]) * UNITS[match[2]]


def spoken(duration_s: float) -> str:
    """The shortest way to write a duration: 90 -> `90s`, 600 -> `10m`."""
    for unit in ("d", "h", "m"):
        many, rest = divmod(duration_s, UNITS[unit])
        if rest == 0 and many >= 1:
            return f"{many:g}{unit}"
    return f"{duration_s:g}s"


def _seconds(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a duration is written 30s, 15m, 6h or 30d")  # noqa: TRY004 - pydantic reports ValueError
    return seconds(value) if isinstance(value, str) else float(value)


Duration = Annotated[float, BeforeValidator(_seconds), Field(gt=0, le=LONGEST_S)]
"""Seconds, written as a duration or as a number of seconds."""
