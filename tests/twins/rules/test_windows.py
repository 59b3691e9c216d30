"""Windows: in constant memory they come to what the whole history comes to."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.rules import windows
from twins.rules.windows import BUCKETS, expires

WIDTH = 5.0
"""A window of one minute."""

Sample = tuple[float, float]
"""(time, value)."""

TIMES = st.integers(0, 4_000).map(lambda tenth: 1_000.0 + tenth / 10)
SAMPLES = st.lists(st.tuples(TIMES, st.integers(-50, 50).map(float)), max_size=40)
"""In any order: some are late, some very late, some come twice."""


def bucket(at: float) -> int:
    """The bucket of a time."""
    return int(at // WIDTH)


def in_window(samples: list[Sample], time: float) -> dict[int, list[float]]:
    """Bucket -> its values, of all samples that a window ending at `time` reaches back to."""
    found: dict[int, list[float]] = {}
    for at, value in samples:
        if bucket(at) >= bucket(time) - BUCKETS:
            found.setdefault(bucket(at), []).append(value)
    return found


def counted(found: dict[int, list[float]]) -> float:
    """How many values are above zero."""
    return sum(value > 0 for values in found.values() for value in values)


def mean(found: dict[int, list[float]]) -> float | None:
    """The mean of the buckets' means."""
    means = [sum(values) / len(values) for values in found.values()]
    return sum(means) / len(means) if means else None


def most(found: dict[int, list[float]]) -> float | None:
    """The greatest."""
    return max((value for values in found.values() for value in values), default=None)


def least(found: dict[int, list[float]]) -> float | None:
    """The least."""
    return min((value for values in found.values() for value in values), default=None)


Oracle = Callable[[dict[int, list[float]]], Any]
ORACLES: dict[str, Oracle] = {"count": counted, "avg": mean, "max": most, "min": least}


def take(name: str, memory: list[Any], sample: Sample, time: float) -> Any:
    """Take one sample."""
    at, value = sample
    given_: Any = value > 0 if name == "count" else value
    return getattr(windows, f"take_{name}")(memory, 0, given_, at, time, WIDTH)


def look(name: str, memory: list[Any], time: float) -> Any:
    """Only look."""
    return getattr(windows, f"look_{name}")(memory, 0, time, WIDTH)


def same(expected: float | None, found: float | None) -> bool:
    """Whether two values are equal but for rounding."""
    if expected is None or found is None:
        return expected is found
    return abs(expected - found) <= 1e-9 * max(1.0, abs(expected))


@pytest.mark.parametrize("name", ORACLES)
@given(samples=SAMPLES, cut=st.integers(0, 40))
def test_a_window_is_what_its_history_is(name: str, samples: list[Sample], cut: int) -> None:
    """After each sample, however late, it is what all samples so far come to.

    It takes at most thirteen buckets of a few numbers, and is stored and restored in the midst.
    """
    memory: list[Any] = [None]
    newest = 0.0
    for number, sample in enumerate(samples):
        newest = max(newest, sample[0])
        if number == cut:
            memory = json.loads(json.dumps(memory))
        expected = ORACLES[name](in_window(samples[: number + 1], newest))

        assert same(expected, take(name, memory, sample, newest))
        assert same(expected, look(name, memory, newest))
        assert all(len(column) <= BUCKETS + 1 for column in memory[0] or ())


@pytest.mark.parametrize("name", ORACLES)
@given(samples=SAMPLES, order=st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    name: str, samples: list[Sample], order: Any
) -> None:  # fmt: skip
    """The same samples shuffled: the same value in the end."""
    shuffled = list(samples)
    order.shuffle(shuffled)
    ends = []
    for series in (samples, shuffled):
        memory: list[Any] = [None]
        newest = 0.0
        for sample in series:
            newest = max(newest, sample[0])
            take(name, memory, sample, newest)
        ends.append(look(name, memory, newest))

    assert same(*ends)


@pytest.mark.parametrize("name", ORACLES)
@given(samples=SAMPLES, later=st.lists(st.integers(0, 120), max_size=8))
def test_time_alone_empties_a_window(name: str, samples: list[Sample], later: list[int]) -> None:
    """Without samples it is what is left of them; when nothing is, nothing is remembered."""
    memory: list[Any] = [None]
    newest = max((at for at, _ in samples), default=1_000.0)
    for sample in samples:
        take(name, memory, sample, newest)
    now = newest
    for seconds in sorted(later):
        now = newest + seconds
        expected = ORACLES[name](in_window(samples, now))

        assert same(expected, look(name, memory, now))
    look(name, memory, newest + (BUCKETS + 1) * WIDTH)

    assert [None] == memory


@given(samples=SAMPLES)
def test_it_is_known_when_the_oldest_bucket_goes(samples: list[Sample]) -> None:
    """Just before it counts, from then on it does not."""
    memory: list[Any] = [None]
    newest = max((at for at, _ in samples), default=0.0)
    for sample in samples:
        take("count", memory, (sample[0], 1.0), newest)
    due = expires(memory, 0, newest, WIDTH)
    if due is None:
        assert 0 == look("count", memory, newest)
        return

    assert due > newest
    assert look("count", memory, newest) == look("count", memory, due - 0.01)
    assert look("count", memory, newest) > look("count", memory, due)


def test_a_window_reaches_back_as_far_as_it_says() -> None:
    """A minute at least, and a twelfth of it more at most."""
    for offset in range(50):
        memory: list[Any] = [None]
        at = 1_000.0 + offset / 10
        take("count", memory, (at, 1.0), at)

        assert 1 == look("count", memory, at + 60.0)
        assert 0 == look("count", memory, at + 65.0)


def test_the_mean_does_not_depend_on_the_sampling() -> None:
    """Ten readings a second for a while, then one in five seconds: time counts, not readings."""
    dense: list[Any] = [None]
    sparse: list[Any] = [None]
    for tenth in range(600):
        at = 1_000.0 + tenth / 10
        value = 10.0 if at < 1_030 else 20.0
        if at < 1_030 or tenth % 50 == 0:
            take("avg", dense, (at, value), at)
        if tenth % 50 == 0:
            take("avg", sparse, (at, value), at)

    assert 15.0 == look("avg", sparse, 1_059.0)
    assert 15.0 == pytest.approx(look("avg", dense, 1_059.0))


@pytest.mark.parametrize("name", ["avg", "max", "min"])
def test_what_was_not_measured_is_no_sample(name: str) -> None:
    """A reading without the field leaves the window as it is, and starts none."""
    memory: list[Any] = [None]
    taken = getattr(windows, f"take_{name}")

    assert taken(memory, 0, None, 1_000.0, 1_000.0, WIDTH) is None
    assert [None] == memory

    take(name, memory, (1_000.0, 7.0), 1_000.0)

    assert 7.0 == taken(memory, 0, None, 1_001.0, 1_001.0, WIDTH)


@given(st.integers(1, 100_000), st.integers(0, 10**6))
def test_what_has_expired_is_over_at_that_moment(tenths: int, later: int) -> None:
    """However the boundary of a bucket is rounded: else a twin would be woken for it for ever."""
    width = tenths / 10 / 12
    at = 1_800_000_000.0 + later * width
    memory: list[Any] = [None]
    windows.take_count(memory, 0, True, at, at, width)  # noqa: FBT003 - the condition held
    due = expires(memory, 0, at, width)

    assert due is not None
    assert expires(memory, 0, due, width) is None
    assert due - at < (BUCKETS + 2) * width
