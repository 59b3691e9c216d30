"""When each row of a log was written, from whatever its logger noted."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Final

DAY_S: Final = 86_400.0
GAP_S: Final = 60.0
"""A pause longer than this between two rows is worth a warning."""

_EPOCH_MS: Final = 1e11  # Seconds since 1970 pass this in the year 5138; milliseconds did in 1973.
_STALL_ROWS: Final = 5.0  # A step of so many usual ones is a pause, not a slow row.
_DAY_TIME: Final = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2}(?:[.,]\d+)?)$")
_ZONE_WORD: Final = re.compile(r"\s(?:[A-Z]{2,5}(?:[+-]\d{1,2}:?\d{2})?)(?=\s\d{4}$)")
_FORMATS: Final = (
    "%d-%b-%Y %H:%M:%S.%f",  # Torque, Device Time
    "%d-%b-%Y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",  # Torque, GPS Time, once its zone's name is out
    "%m/%d/%Y %I:%M:%S.%f %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
)


def read_stamp(text: str, factor: float = 1.0) -> float | None:
    """Return a time stamp in seconds, or None if the text is none.

    Seconds from an origin that is the log's own: only differences mean anything. Read are numbers
    (times `factor`; milliseconds since 1970 are seen by their size), times of day, ISO 8601 and the
    dates that loggers write. Zones are left out: a log is written in one.
    """
    text = text.strip()
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return _read_date(text)
    if not math.isfinite(number):
        return None
    return number / 1000 if abs(number) >= _EPOCH_MS else number * factor


def _read_date(text: str) -> float | None:
    """Return a written date or time of day in seconds, or None."""
    day_time = _DAY_TIME.match(text)
    if day_time is not None:
        hours, minutes, seconds = day_time.groups()
        return int(hours) * 3600.0 + int(minutes) * 60.0 + float(seconds.replace(",", "."))
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        pass
    without_zone = _ZONE_WORD.sub("", text)
    for pattern in _FORMATS:
        try:
            return datetime.strptime(without_zone, pattern).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


def steps(stamps: Sequence[float], *, engine_clock: bool) -> list[float]:
    """Return the seconds from each row to the next, one fewer than there are stamps.

    A logger asks sensors in turn and writes several rows under one stamp: those are spread evenly
    until the stamp changes. What has no later stamp to spread to takes the log's usual step: the
    last rows, the rows before a restart, and those under 0 of a clock that counts from the engine's
    start. A pause stays one pause.

    Args:
        stamps: Seconds, one a row; an engine's clock may fall back to its start.
        engine_clock: Whether it is the engine's own, that stands at 0 while the engine is off.
    """
    starts = [0, *(i for i in range(1, len(stamps)) if stamps[i] != stamps[i - 1])]
    ends = [*starts[1:], len(stamps)]
    spread: list[float | None] = []
    for start, end in zip(starts, ends, strict=True):
        rise = stamps[end] - stamps[start] if end < len(stamps) else 0.0
        counts = rise > 0 and not (engine_clock and stamps[start] == 0)
        spread.append(rise / (end - start) if counts else None)
    known = [step for step in spread if step is not None]
    usual = median(known) if known else 1.0
    result: list[float] = []
    for start, end, step in zip(starts, ends, spread, strict=True):
        if step is None or step <= usual * _STALL_ROWS:
            result += [step or usual] * (end - start)
        else:
            rows = end - start
            result += [usual] * (rows - 1)
            result.append(step * rows - usual * (rows - 1))
    return result[:-1]
