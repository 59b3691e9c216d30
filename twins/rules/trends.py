"""Trends: how a value moves from reading to reading. Late readings are passed over.

Each works on one slot of a rule's memory, as windows do. A climb counts levels, not readings, so
that it is the same at any sampling: a rise is a value more than the band above the last level.
"""

from typing import Any

from twins.rules.windows import BUCKETS, Memory

# -- rising and falling --------------------------------------------------------------------------


def take_rising(
    memory: Memory,
    slot: int,
    value: float | None,
    at: float,
    times: int,
    band: float,
    above: float | None,
    clear: float | None,
) -> bool:
    """Take a value; True from the last of so many rises in a row until it is cleared.

    A fall by more than the band starts the count anew, and so does leaving the range; the step
    into the range is no rise within it. It is cleared by a value below `clear`; where there is no
    range, by a fall.

    The slot holds [level, count, latched, trace]; the trace is the evidence: [time, value] of the
    first level and of each rise that counted.
    """
    return _climb(memory, slot, value, value, at, times, band, above, clear)


def take_falling(
    memory: Memory,
    slot: int,
    value: float | None,
    at: float,
    times: int,
    band: float,
    below: float | None,
    clear: float | None,
) -> bool:
    """Take a value; the mirror image of `take_rising`, whose level it keeps negated."""
    return _climb(
        memory,
        slot,
        None if value is None else -value,
        value,
        at,
        times,
        band,
        None if below is None else -below,
        None if clear is None else -clear,
    )


def _climb(
    memory: Memory,
    slot: int,
    height: float | None,
    value: float | None,
    at: float,
    times: int,
    band: float,
    above: float | None,
    clear: float | None,
) -> bool:
    held = memory[slot]
    if height is None:
        return held is not None and bool(held[2])
    if above is not None and height < above:
        latched = held is not None and held[2] and clear is not None and height >= clear
        # Nothing is remembered of a value that is well: that is nearly all of them, always.
        memory[slot] = [height, 0, True, []] if latched else None
        return bool(latched)
    if held is None:
        memory[slot] = [height, 0, False, [[at, value]]]
        return False
    level, _, latched, trace = held
    if (above is not None and level < above) or height < level - band:
        held[:] = (height, 0, latched and above is not None, [[at, value]])
    elif height > level + band:
        held[0] = height
        if not latched:
            trace.append([at, value])
            held[1] += 1
            held[2] = held[1] >= times
    return bool(held[2])


def look_rising(memory: Memory, slot: int) -> bool:
    """Whether it rose, and has not been cleared."""
    held = memory[slot]
    return held is not None and bool(held[2])


look_falling = look_rising

# -- rate ----------------------------------------------------------------------------------------


def take_rate(
    memory: Memory, slot: int, value: float | None, at: float, width: float
) -> float | None:
    """Take a value, and return the change a second from the window's first to its last one.

    The slot holds [bucket indexes, time of the first value in each, those values, time of the last
    value, that value]. None while there are no two values of different times.
    """
    held = memory[slot]
    if value is None:
        return look_rate(memory, slot, at, width)
    bucket = int(at // width)
    if held is None or held[3] > at:
        # A time before the last one: the clock was put back, and what was does not count.
        memory[slot] = [[bucket], [at], [value], at, value]
        return None
    indexes, times, values = held[:3]
    if bucket != indexes[-1]:
        indexes.append(bucket)
        times.append(at)
        values.append(value)
        gone = 0
        while indexes[gone] < bucket - BUCKETS:
            gone += 1
        del indexes[:gone], times[:gone], values[:gone]
    held[3], held[4] = at, value
    return _slope(times[0], values[0], at, value)


def look_rate(memory: Memory, slot: int, time: float, width: float) -> float | None:
    """The change a second over the window that ends now."""
    held = memory[slot]
    if held is None:
        return None
    indexes, times, values, last_at, last = held
    oldest = max(int(time // width), indexes[-1]) - BUCKETS
    if indexes[-1] < oldest:
        memory[slot] = None
        return None
    first = next(place for place, index in enumerate(indexes) if index >= oldest)
    return _slope(times[first], values[first], last_at, last)


def _slope(first_at: float, first: float, last_at: float, last: float) -> float | None:
    return (last - first) / (last_at - first_at) if last_at > first_at else None


# -- changed and was -----------------------------------------------------------------------------


def take_changed(memory: Memory, slot: int, value: Any) -> bool:
    """Take a value; True where it is another than the last one. The slot holds [value]."""
    held = memory[slot]
    if value is None:
        return False
    if held is None:
        memory[slot] = [value]
        return False
    changed = bool(held[0] != value)
    held[0] = value
    return changed


def look_changed(memory: Memory, slot: int) -> bool:  # noqa: ARG001 - as the others are called
    """Time changes no value."""
    return False


def take_was(memory: Memory, slot: int, value: Any) -> Any:
    """Take a value, and return the one before it. The slot holds [value, the one before]."""
    held = memory[slot]
    if value is None:
        return None if held is None else held[1]
    if held is None:
        memory[slot] = [value, None]
        return None
    held[0], held[1] = value, held[0]
    return held[1]


def look_was(memory: Memory, slot: int) -> Any:
    """The value before the last one."""
    held = memory[slot]
    return None if held is None else held[1]


# -- silent --------------------------------------------------------------------------------------


def take_silent(memory: Memory, slot: int, now: float) -> bool:
    """Something was heard, by the log's time. The slot holds [when]."""
    held = memory[slot]
    if held is None:
        memory[slot] = [now]
    else:
        held[0] = now
    return False


def look_silent(memory: Memory, slot: int, now: float, within_s: float) -> bool:
    """Whether nothing has been heard for so long."""
    held = memory[slot]
    return held is not None and now - held[0] >= within_s
