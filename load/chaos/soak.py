"""Soak: whether memory, open files and latency stay as they are while nothing is done to a node."""

from collections.abc import Sequence
from contextlib import suppress
from statistics import fmean
from typing import TypeVar

import psutil
from msgspec import Struct

from load.chaos.processes import below_of

T = TypeVar("T")

WARM = 0.2
"""Share of the time at the beginning that is left out: caches fill, and connections are made."""

MEMORY_SHARE, MEMORY_BYTES = 0.05, 32_000_000
HANDLES = 16
LATENCY_TIMES, LATENCY_S = 2.0, 0.02
"""By how much memory, handles and the 99th percentile may be more at the end, of noise."""


class Size(Struct):
    """All processes of a node at one moment."""

    memory: int
    """Resident bytes."""
    handles: int
    """Open files and sockets."""


def size_of(top: int) -> Size:
    """All that is below a process."""
    found = Size(0, 0)
    for one in below_of(top):
        with suppress(psutil.NoSuchProcess):
            found.memory += one.memory_info().rss
            found.handles += one.num_fds()
    return found


def ends(values: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """The first and the last quarter of what is left without the beginning."""
    warm = values[int(len(values) * WARM) :]
    quarter = max(1, len(warm) // 4)
    return warm[:quarter], warm[-quarter:]


def p99(values: Sequence[float]) -> float:
    """The 99th percentile; 0 of nothing."""
    return sorted(values)[int(len(values) * 0.99)] if values else 0.0


def drift(sizes: Sequence[Size], waits_s: Sequence[float]) -> tuple[str, list[str]]:
    """What has changed from the beginning to the end, in words, and what of it is wrong.

    Args:
        sizes: In order of time, at least one.
        waits_s: How long acknowledgements took, in the order of sending.
    """
    early, late = ends(sizes)
    before, after = (fmean(one.memory for one in part) for part in (early, late))
    few, many = (fmean(one.handles for one in part) for part in (early, late))
    fast, slow = (p99(part) for part in ends(waits_s))
    problems = []
    if after > before * (1 + MEMORY_SHARE) + MEMORY_BYTES:
        problems.append(f"memory grew from {before / 1e6:.0f} to {after / 1e6:.0f} MB")
    if many > few + HANDLES:
        problems.append(f"open files grew from {few:.0f} to {many:.0f}")
    if slow > fast * LATENCY_TIMES + LATENCY_S:
        problems.append(f"acknowledgements' p99 grew from {fast * 1e3:.0f} to {slow * 1e3:.0f} ms")
    said = (
        f"memory {before / 1e6:.0f} to {after / 1e6:.0f} MB, open files {few:.0f} to {many:.0f}, "
        f"acknowledgements' p99 {fast * 1e3:.0f} to {slow * 1e3:.0f} ms"
    )
    return said, problems
