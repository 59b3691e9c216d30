"""Latency: how long after its own time an event was applied, sampled evenly."""

from math import isfinite

import msgspec
from hdrh.histogram import HdrHistogram
from msgspec import Struct, msgpack

from actors.block import Entry

EVERY = 8
"""One event in so many is looked at; the count runs on over blocks, so no place is favoured."""


class _Time(Struct):
    time: float | None = None


_decode = msgpack.Decoder(_Time).decode


class Latency:
    """Histogram of (wall clock when applied - the message's time), in microseconds up to 60 s.

    It means something where senders stamp messages when they publish them, on a clock that this
    machine shares.
    """

    def __init__(self) -> None:
        self.histogram = HdrHistogram(1, 60_000_000, 3)
        self._skip = 0

    def record(self, entries: list[Entry], applied_at: float) -> None:
        """Sample one block's events."""
        record = self.histogram.record_value
        for index in range(self._skip, len(entries), EVERY):
            try:
                sent = _decode(entries[index].payload).time
            except msgspec.DecodeError:
                continue  # it parks its twin; here it just has no time
            if sent is not None and isfinite(sent):
                record(max(1, min(60_000_000, int((applied_at - sent) * 1e6))))
        self._skip = (self._skip - len(entries)) % EVERY

    def encoded(self) -> bytes:
        """The histogram in HdrHistogram's own encoding; adds up across processes."""
        encoded: bytes = self.histogram.encode()
        return encoded

    def reset(self) -> None:
        """Forget all."""
        self.histogram.reset()
