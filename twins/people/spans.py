"""Spans of time, as (start, end) in seconds since the epoch."""

from collections.abc import Iterable


def merge(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same time as few spans, in order; empty ones are dropped."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
