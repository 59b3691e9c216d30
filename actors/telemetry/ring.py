"""Ring: the last spans of this process, kept in memory for who asks what took how long.

Spans get in by two ways. Those of messages whose sender had them sampled (`traceparent`) come from
the tracer. What took longer than `slow_s` is noted whether or not anybody sampled it, at most once
a second, so that an overload, in which everything is slow, leaves room for other things.
"""

import time
from collections import deque
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from msgspec import Struct, msgpack
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

Value = str | int | float | bool

MOST_ATTRIBUTES: Final = 12
LONGEST: Final = 200
"""Characters of one text; so a span takes 1 KB or so, whatever a device writes into it."""
SLOW_EVERY_S: Final = 1.0


class KeptSpan(Struct, array_like=True, frozen=True):
    """One stage of one message's way, finished."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    parent_id: str | None
    name: str
    process: str
    began: float
    """Seconds since the epoch, by the wall clock of its machine."""
    ended: float
    attributes: dict[str, Value]
    error: str | None = None
    slow: bool = False
    """It was noted because it took so long; nobody sampled it."""


decode_spans = msgpack.Decoder(list[KeptSpan]).decode


class SpanRing(SpanProcessor):
    """The last `most` finished spans; older ones make room. Any thread may add.

    Args:
        process: Whose spans they are.
        most: How many are kept.
        slow_s: What took longer is noted.
    """

    def __init__(self, process: str, most: int, slow_s: float) -> None:
        self.process = process
        self.slow_s = slow_s
        self._spans: deque[KeptSpan] = deque(maxlen=most)
        self._slow_from = 0.0

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing: a span counts when it is finished."""

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span of the tracer's."""
        context = span.get_span_context()
        if context is None or span.start_time is None or span.end_time is None:
            return
        error = None if span.status.is_ok or span.status.is_unset else span.status.description
        self._spans.append(
            KeptSpan(
                f"{context.trace_id:032x}",
                f"{context.span_id:016x}",
                None if span.parent is None else f"{span.parent.span_id:016x}",
                span.name,
                self.process,
                span.start_time // 1000 / 1e6,
                span.end_time // 1000 / 1e6,
                _short(dict(span.attributes or {})),
                None if error is None else error[:LONGEST],
            )
        )

    def note_slow(self, about: str, stages: list[tuple[str, float, float]], **more: Value) -> None:
        """Keep stages (name, began, ended) of what took too long, as a trace of its own.

        `about` names it; what several processes note about the same becomes one trace.
        """
        now = time.monotonic()
        if now < self._slow_from:
            return
        self._slow_from = now + SLOW_EVERY_S
        trace_id = blake2b(about.encode(), digest_size=16).hexdigest()
        for name, began, ended in stages:
            span_id = blake2b(f"{about} {self.process} {name}".encode(), digest_size=8).hexdigest()
            self._spans.append(
                KeptSpan(trace_id, span_id, None, name, self.process, began, ended, _short(more),
                         slow=True)
            )  # fmt: skip

    def encoded(self, trace_id: str | None = None) -> bytes:
        """The spans of one trace, or all, oldest first; `decode_spans` reads them."""
        kept = [one for one in list(self._spans) if trace_id in (None, one.trace_id)]
        return msgpack.encode(kept)


def _short(attributes: Mapping[str, object]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in list(attributes.items())[:MOST_ATTRIBUTES]:
        found[name] = value if isinstance(value, int | float) else str(value)[:LONGEST]
    return found
