"""Windows: what was measured in the last so many minutes, in constant memory.

A window of W seconds is kept in buckets of W / 12, aligned to the epoch by the readings' own time:
the bucket of the present and the 12 before it. So it reaches back W at least and W + W / 12 at
most. A late reading lands in the bucket of its time, and is left out when that is gone; so the
order of arrival makes no difference. Empty buckets are not stored, and an empty window is None.

| operator | a bucket holds | value |
|---|---|---|
| count | how many | their sum |
| avg | how many, their mean | the mean of the means, whatever the sampling |
| min, max | the least, the most | the least, the most |

Each works on one slot of a rule's memory, and comes in two. `take_…` takes a value (None: nothing
was measured) of the time `at`, and returns the value of the window that ends at `time`, which is
later where the reading is late. `look_…` only looks, as time passes.
"""

from math import inf, nextafter
from typing import Any

BUCKETS = 12
"""Beside the bucket of the present."""

Slot = list[Any] | None
Memory = list[Any]


def _place(indexes: list[int], bucket: int) -> tuple[int, bool]:
    """Where a bucket stands or belongs among those in use, and whether it is there."""
    place = len(indexes)
    while place > 0 and indexes[place - 1] > bucket:
        place -= 1
    if place > 0 and indexes[place - 1] == bucket:
        return place - 1, True
    return place, False


def _expire(memory: Memory, slot: int, oldest: int) -> Slot:
    """Drop the buckets before `oldest`."""
    columns = memory[slot]
    indexes = columns[0]
    gone = 0
    while gone < len(indexes) and indexes[gone] < oldest:
        gone += 1
    if gone == len(indexes):
        memory[slot] = None
        return None
    for column in columns:
        del column[:gone]
    expired: list[Any] = columns
    return expired


def _from(slot: list[Any], time: float, width: float) -> int:
    """The first index that still counts; a window ends with the newest bucket that it has."""
    newest: int = slot[0][-1]
    return max(newest, int(time // width)) - BUCKETS


def expires(memory: Memory, slot: int, time: float, width: float) -> float | None:
    """When the oldest bucket that counts at `time` grows too old; None: the window is empty."""
    columns = memory[slot]
    if columns is None:
        return None
    oldest = int(time // width) - BUCKETS
    first = next((index for index in columns[0] if index >= oldest), None)
    if first is None:
        return None
    due = (first + BUCKETS + 1) * width
    # A product may be rounded to just before the bucket that it begins; woken then, a twin would
    # find the old one still counting, and be woken again, at once, for ever.
    return due if due // width > first + BUCKETS else nextafter(due, inf)


# -- count ---------------------------------------------------------------------------------------


def take_count(memory: Memory, slot: int, held: bool, at: float, time: float, width: float) -> int:
    """Count a reading for which the condition held, and return how many there were."""
    columns = memory[slot]
    bucket = int(at // width)
    if columns is None:
        if not held or bucket < int(time // width) - BUCKETS:
            return 0
        memory[slot] = [[bucket], [1]]
        return 1
    indexes, numbers = columns
    oldest = _from(columns, time, width)
    if indexes[0] < oldest and _expire(memory, slot, oldest) is None:
        return take_count(memory, slot, held, at, time, width)
    if held and bucket >= oldest:
        if bucket == indexes[-1]:
            numbers[-1] += 1
        else:
            place, there = _place(indexes, bucket)
            if there:
                numbers[place] += 1
            else:
                indexes.insert(place, bucket)
                numbers.insert(place, 1)
    return sum(numbers)


def look_count(memory: Memory, slot: int, time: float, width: float) -> int:
    """How many there were."""
    columns = memory[slot]
    if columns is None:
        return 0
    indexes, numbers = columns
    oldest = _from(columns, time, width)
    if indexes[-1] < oldest:
        memory[slot] = None
        return 0
    return sum(number for index, number in zip(indexes, numbers, strict=True) if index >= oldest)


# -- avg -----------------------------------------------------------------------------------------


def take_avg(
    memory: Memory, slot: int, value: float | None, at: float, time: float, width: float
) -> float | None:
    """Take a value, and return the mean of the buckets' means."""
    columns = memory[slot]
    bucket = int(at // width)
    if columns is None:
        if value is None or bucket < int(time // width) - BUCKETS:
            return None
        memory[slot] = [[bucket], [1], [float(value)]]
        return float(value)
    indexes, numbers, means = columns
    oldest = _from(columns, time, width)
    if indexes[0] < oldest and _expire(memory, slot, oldest) is None:
        return take_avg(memory, slot, value, at, time, width)
    if value is not None and bucket >= oldest:
        if bucket == indexes[-1]:
            numbers[-1] += 1
            means[-1] += (value - means[-1]) / numbers[-1]
        else:
            place, there = _place(indexes, bucket)
            if there:
                numbers[place] += 1
                means[place] += (value - means[place]) / numbers[place]
            else:
                indexes.insert(place, bucket)
                numbers.insert(place, 1)
                means.insert(place, float(value))
    mean: float = sum(means) / len(means)
    return mean


def look_avg(memory: Memory, slot: int, time: float, width: float) -> float | None:
    """The mean of the buckets' means."""
    means = _left(memory, slot, time, width, 2)
    return sum(means) / len(means) if means else None


# -- min and max ---------------------------------------------------------------------------------


def take_max(
    memory: Memory, slot: int, value: float | None, at: float, time: float, width: float
) -> float | None:
    """Take a value, and return the greatest."""
    most = _extreme(memory, slot, value, at, time, width)
    if most is None:
        return None
    place, there = most
    values = memory[slot][1]
    if there and value > values[place]:
        values[place] = value
    found: float = max(values)
    return found


def look_max(memory: Memory, slot: int, time: float, width: float) -> float | None:
    """The greatest."""
    return max(_left(memory, slot, time, width, 1), default=None)


def take_min(
    memory: Memory, slot: int, value: float | None, at: float, time: float, width: float
) -> float | None:
    """Take a value, and return the least."""
    least = _extreme(memory, slot, value, at, time, width)
    if least is None:
        return None
    place, there = least
    values = memory[slot][1]
    if there and value < values[place]:
        values[place] = value
    found: float = min(values)
    return found


def look_min(memory: Memory, slot: int, time: float, width: float) -> float | None:
    """The least."""
    return min(_left(memory, slot, time, width, 1), default=None)


def _extreme(
    memory: Memory, slot: int, value: float | None, at: float, time: float, width: float
) -> tuple[int, bool] | None:
    """Make room for a value: (its bucket's place, whether others were there); None: all empty."""
    columns = memory[slot]
    bucket = int(at // width)
    if columns is None:
        if value is None or bucket < int(time // width) - BUCKETS:
            return None
        memory[slot] = [[bucket], [value]]
        return 0, False
    indexes, values = columns
    oldest = _from(columns, time, width)
    if indexes[0] < oldest and _expire(memory, slot, oldest) is None:
        return _extreme(memory, slot, value, at, time, width)
    if value is None or bucket < oldest:
        return 0, False
    place, there = _place(indexes, bucket)
    if not there:
        indexes.insert(place, bucket)
        values.insert(place, value)
    return place, there


def _left(memory: Memory, slot: int, time: float, width: float, column: int) -> list[Any]:
    """A column of what still counts."""
    columns = memory[slot]
    if columns is None:
        return []
    oldest = _from(columns, time, width)
    indexes = columns[0]
    if indexes[-1] < oldest:
        memory[slot] = None
        return []
    return [value for index, value in zip(indexes, columns[column], strict=True) if index >= oldest]
