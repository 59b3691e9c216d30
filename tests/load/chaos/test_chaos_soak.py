"""What grows while nothing is done is found, above the noise."""

import os
import subprocess
import sys

import pytest

from load.chaos.soak import Size, drift, ends, p99, size_of

MB = 1_000_000


def rising(first: int, last: int, count: int = 40) -> list[int]:
    """So many, from one to the other."""
    return [first + (last - first) * index // (count - 1) for index in range(count)]


def sizes(memory: list[int], handles: list[int]) -> list[Size]:
    """In megabytes, and open files."""
    return [Size(mb * MB, count) for mb, count in zip(memory, handles, strict=True)]


def test_the_beginning_is_left_out() -> None:
    """A fifth; then the first and the last quarter are compared."""
    early, late = ends(list(range(100)))

    assert (list(range(20, 40)), list(range(80, 100))) == (early, late)
    assert ([7], [7]) == ends([7])


def test_a_percentile_is_one_of_the_values() -> None:
    """Nearly the greatest; of nothing, nothing."""
    assert (99, 0.0) == (p99(list(range(100))), p99([]))


@pytest.mark.parametrize(
    ("memory", "handles", "waits_s", "expected"),
    [
        (rising(1000, 1040), rising(300, 310), [0.01] * 1000, []),
        # What grows while it starts does not count.
        ([*rising(100, 1000, 8), *[1000] * 32], [300] * 40, [0.01] * 1000, []),
        (rising(1000, 1400), [300] * 40, [0.01] * 1000, ["memory grew from 1118 to 1364 MB"]),
        ([900] * 40, rising(300, 400), [0.01] * 1000, ["open files grew from 329 to 391"]),
        (
            [900] * 40, [300] * 40, [0.01] * 800 + [0.5] * 200,
            ["acknowledgements' p99 grew from 10 to 500 ms"],
        ),
    ],
)  # fmt: skip
def test_what_grows_is_named(
    memory: list[int], handles: list[int], waits_s: list[float], expected: list[str]
) -> None:
    """Each by itself."""
    said, problems = drift(sizes(memory, handles), waits_s)

    assert expected == problems
    assert "p99" in said


def test_all_processes_below_count() -> None:
    """A child with its memory and its files."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        found = size_of(os.getpid())
        child.kill()

    assert found.memory > MB
    assert found.handles >= 3
