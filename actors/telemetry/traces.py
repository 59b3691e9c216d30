"""Traces: spans that follow one message through the processes, by the W3C `traceparent`.

The `traceparent` travels in the event and, unchanged, in everything that the event causes; so the
pure core carries traces without knowing of them.
"""

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

__all__ = ["inject", "span", "start_traces", "stop_traces", "traces_on"]

_propagator = TraceContextTextMapPropagator()
_provider: TracerProvider | None = None
_tracer: Tracer | None = None


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
    if _tracer is None:
        return NO_SPAN
    return _tracer.start_as_current_span(name, _context(traceparent), attributes=attributes)


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
    return _tracer is not None


def start_traces(resource: Resource, sample_ratio: float, processor: SpanProcessor) -> None:
    """Record spans from now on and hand them to a processor; ends what was recorded before."""
    global _provider, _tracer  # noqa: PLW0603 - one tracer a process; a test for None is the cost of off
    stop_traces()
    _provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(sample_ratio)), resource=resource
    )
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("vigil")


def stop_traces() -> None:
    """Record nothing more, and send what waits."""
    global _provider, _tracer  # noqa: PLW0603 - the one tracer of this process ends here
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None
