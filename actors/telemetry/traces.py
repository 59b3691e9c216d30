"""Traces: spans that follow one message through the processes, by the W3C `traceparent`.

The `traceparent` travels in the event and, unchanged, in everything that the event causes; so the
pure core carries traces without knowing of them.
"""

import re
import time
from contextlib import AbstractContextManager
from types import TracebackType

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import INVALID_SPAN, Span, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from actors.telemetry.pace import Pace
from actors.telemetry.ring import SpanRing, Value

__all__ = [
    "inject", "kept_spans", "record", "slow", "slow_after", "span", "start_traces", "stop_traces",
    "traces_on",
]  # fmt: skip

MOST_PER_S = 200
"""Spans a second that `record` makes. Whoever sends may ask to be traced, and a span costs as much
as an event; what is beyond is left out."""

_sampled = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]\Z").match

_propagator = TraceContextTextMapPropagator()


class _Traces:
    """What this process records, and to whom that goes; nothing while off."""

    __slots__ = ("pace", "provider", "ring", "tracer")

    def __init__(self) -> None:
        self.provider: TracerProvider | None = None
        self.tracer: Tracer | None = None
        self.ring: SpanRing | None = None
        self.pace = Pace(MOST_PER_S)


_here = _Traces()


class _NoSpan(AbstractContextManager[Span]):
    """What `span` gives while traces are off: one object for all, which does nothing."""

    __slots__ = ()

    def __enter__(self) -> Span:
        return INVALID_SPAN

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


NO_SPAN = _NoSpan()


def span(
    name: str, traceparent: str | None = None, /, **attributes: AttributeValue
) -> AbstractContextManager[Span]:
    """A span around a `with` block; it becomes the current one inside.

    Args:
        name: What is done, the same for every time it is done: `apply`, not `apply 17`.
        traceparent: Of the message being handled. Without one, or with one that does not parse,
            the span goes below the current one, or begins a trace of its own.
        attributes: What tells this time from others: `twin_id`, `partition`.

    An exception that leaves the block is recorded and goes on. Off: returns `NO_SPAN` at once.
    """
    if _here.tracer is None:
        return NO_SPAN
    return _here.tracer.start_as_current_span(name, _context(traceparent), attributes=attributes)


def _context(traceparent: str | None) -> Context | None:
    if traceparent is None:
        return None
    context = _propagator.extract({"traceparent": traceparent})
    return context or None


def inject(current: Span) -> str | None:
    """The `traceparent` of a span, for a message sent from within; None while traces are off."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(current, Context()))
    return carrier.get("traceparent")


def traces_on() -> bool:
    """Whether spans are recorded; asked before work that only a span would need."""
    return _here.tracer is not None


def record(
    name: str, traceparent: str, began: float, ended: float, /, **attributes: AttributeValue
) -> None:
    """Record a span that is over already: a stage of a message's way, from its `traceparent`.

    Times are seconds since the epoch. Nothing where its sender did not have it sampled, and
    nothing beyond `MOST_PER_S`.
    """
    tracer = _here.tracer
    if tracer is None or _sampled(traceparent) is None or not _here.pace.lets(time.monotonic()):
        return
    made = tracer.start_span(
        name, _context(traceparent), attributes=attributes, start_time=_ns(began)
    )
    made.end(_ns(max(began, ended)))


def _ns(seconds: float) -> int:
    """Whole microseconds: a float of today's date holds no more."""
    return round(seconds * 1e6) * 1000


def slow_after() -> float:
    """Seconds after which something is `slow`; infinite while nobody keeps it."""
    return float("inf") if _here.ring is None else _here.ring.slow_s


def slow(about: str, stages: list[tuple[str, float, float]], /, **more: Value) -> None:
    """Keep stages (name, began, ended) of what took too long; see `SpanRing.note_slow`."""
    if _here.ring is not None:
        _here.ring.note_slow(about, stages, **more)


def kept_spans(trace_id: str | None = None) -> bytes:
    """The spans that this process keeps, as `decode_spans` reads them."""
    return b"\x90" if _here.ring is None else _here.ring.encoded(trace_id)


def start_traces(resource: Resource, sample_ratio: float, *processors: SpanProcessor) -> None:
    """Record spans from now on and hand them to processors; ends what was recorded before."""
    stop_traces()
    _here.provider = provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(sample_ratio)), resource=resource
    )
    for processor in processors:
        provider.add_span_processor(processor)
        if isinstance(processor, SpanRing):
            _here.ring = processor
    _here.tracer, _here.pace = provider.get_tracer("vigil"), Pace(MOST_PER_S)


def stop_traces() -> None:
    """Record nothing more, and send what waits."""
    if _here.provider is not None:
        _here.provider.shutdown()
    _here.provider = _here.tracer = _here.ring = None
