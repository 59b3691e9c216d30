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

LARGEST = 1e150
"""What lies beyond is no sample of a mean: the sums could leave what a number can hold."""

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


def _open(memory: Memory, slot: int, at: float, time: float, width: float) -> int | None:
    """Drop the buckets that are too old at `time`, and return that of `at`; None: it is as well.

    A window ends with the newest bucket that it has, or now. Invariant: after a value was taken,
    none of its buckets is too old for the newest of them; so one that lands in the newest bucket,
    which nearly all do, needs none of this.
    """
    columns = memory[slot]
    bucket, now = int(at // width), int(time // width)
    if columns is None:
        return bucket if bucket >= now - BUCKETS else None
    indexes = columns[0]
    oldest = max(now, indexes[-1]) - BUCKETS
    gone = 0
    while gone < len(indexes) and indexes[gone] < oldest:
        gone += 1
    if gone == len(indexes):
        memory[slot] = None
    elif gone:
        for column in columns:
            del column[:gone]
    return bucket if bucket >= oldest else None


def _oldest(columns: list[Any], time: float, width: float) -> int:
    """The first index that counts at `time`."""
    newest: int = columns[0][-1]
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
    if columns is None or at != time or columns[0][-1] != at // width:
        bucket = _open(memory, slot, at, time, width)
        columns = memory[slot]
        if held and bucket is not None:
            if columns is None:
                memory[slot] = [[bucket], [1]]
                return 1
            indexes, numbers = columns
            place, there = _place(indexes, bucket)
            if there:
                numbers[place] += 1
            else:
                indexes.insert(place, bucket)
                numbers.insert(place, 1)
        elif columns is None:
            return 0
    elif held:
        columns[1][-1] += 1
    total: int = sum(columns[1])
    return total


def look_count(memory: Memory, slot: int, time: float, width: float) -> int:
    """How many there were."""
    columns = memory[slot]
    if columns is None:
        return 0
    indexes, numbers = columns
    oldest = _oldest(columns, time, width)
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
    if value is not None and not -LARGEST < value < LARGEST:
        value = None
    if columns is None or at != time or columns[0][-1] != at // width:
        bucket = _open(memory, slot, at, time, width)
        columns = memory[slot]
        if value is not None and bucket is not None:
            if columns is None:
                memory[slot] = [[bucket], [1], [float(value)]]
                return float(value)
            indexes, numbers, means = columns
            place, there = _place(indexes, bucket)
            if there:
                numbers[place] += 1
                means[place] += (value - means[place]) / numbers[place]
            else:
                indexes.insert(place, bucket)
                numbers.insert(place, 1)
                means.insert(place, float(value))
        elif columns is None:
            return None
    elif value is not None:
        numbers, means = columns[1], columns[2]
        number = numbers[-1] = numbers[-1] + 1
        means[-1] += (value - means[-1]) / number
    means = columns[2]
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
    if columns is not None and at == time and columns[0][-1] == at // width:
        return len(columns[0]) - 1, value is not None
    bucket = _open(memory, slot, at, time, width)
    columns = memory[slot]
    if value is None or bucket is None:
        return None if columns is None else (0, False)
    if columns is None:
        memory[slot] = [[bucket], [value]]
        return 0, False
    indexes, values = columns
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
    oldest = _oldest(columns, time, width)
    indexes = columns[0]
    if indexes[-1] < oldest:
        memory[slot] = None
        return []
    return [value for index, value in zip(indexes, columns[column], strict=True) if index >= oldest]
