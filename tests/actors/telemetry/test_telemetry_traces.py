"""Traces: one message, one trace, through every process; and nothing at all while off."""

import sys
from collections.abc import Iterator
from cProfile import Profile

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from actors.telemetry import Telemetry, configure, inject, span, traces_on
from actors.telemetry.traces import NO_SPAN, start_traces, stop_traces

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
UNSAMPLED = f"00-{TRACE}-b7ad6b7169203331-00"


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """Record every span into memory."""
    exporter = InMemorySpanExporter()
    start_traces(Resource.create({"service.name": "vigil"}), 1.0, SimpleSpanProcessor(exporter))
    yield exporter
    stop_traces()


def test_a_trace_goes_on_from_a_traceparent(exporter: InMemorySpanExporter) -> None:
    """The span belongs to the sender's trace, below the sender's span, with its attributes."""
    with span("apply", PARENT, twin_id="vehicle/v1", partition=3):
        pass

    (done,) = exporter.get_finished_spans()
    assert done.parent is not None
    assert (TRACE, "b7ad6b7169203331") == (
        f"{done.context.trace_id:032x}",
        f"{done.parent.span_id:016x}",
    )
    assert {"twin_id": "vehicle/v1", "partition": 3} == done.attributes


def test_inject_names_the_span_for_the_next_process(exporter: InMemorySpanExporter) -> None:
    """What is injected here and given to `span` there makes one trace of two processes."""
    with span("accept", PARENT) as here:
        carried = inject(here)
    with span("apply", carried):
        pass

    accept, apply = exporter.get_finished_spans()
    assert apply.parent is not None
    assert accept.context.span_id == apply.parent.span_id
    assert f"00-{TRACE}-{accept.context.span_id:016x}-01" == carried


def test_spans_nest_without_a_traceparent(exporter: InMemorySpanExporter) -> None:
    """Inside a span, another one is its child."""
    with span("checkpoint"), span("commit"):
        pass

    commit, checkpoint = exporter.get_finished_spans()
    assert commit.parent is not None
    assert checkpoint.context.span_id == commit.parent.span_id


def test_the_senders_decision_not_to_record_counts(exporter: InMemorySpanExporter) -> None:
    """An unsampled traceparent is carried on, but nothing is recorded."""
    with span("apply", UNSAMPLED) as here:
        carried = inject(here)

    assert () == exporter.get_finished_spans()
    assert carried is not None
    assert carried.startswith(f"00-{TRACE}-")
    assert carried.endswith("-00")


@pytest.mark.parametrize(
    "broken", ["", "nonsense", PARENT.replace(TRACE, "0" * 32), "ff" + PARENT[2:], "x" * 9999]
)
def test_a_broken_traceparent_begins_a_trace(exporter: InMemorySpanExporter, broken: str) -> None:
    """What a device sends in its place does no harm: the span is the first of a new trace."""
    with span("accept", broken):
        pass

    (done,) = exporter.get_finished_spans()
    assert done.parent is None
    assert done.context.trace_id != int(TRACE, 16)


def test_an_exception_is_recorded_and_goes_on(exporter: InMemorySpanExporter) -> None:
    """A span hides no error, and shows it."""
    with pytest.raises(RuntimeError, match="tow truck"), span("deliver"):
        raise RuntimeError("no tow truck")

    (done,) = exporter.get_finished_spans()
    assert StatusCode.ERROR == done.status.status_code
    assert "exception" == done.events[0].name


def test_off_is_one_object_and_allocates_nothing() -> None:
    """While traces are off, 10,000 spans leave not one block of memory behind, nor begin one."""
    configure(Telemetry(traces=False, traces_kept=0), "host-0")
    with span("warm", PARENT) as nothing:
        assert inject(nothing) is None

    before = sys.getallocatedblocks()
    for _ in range(10_000):
        with span("apply", PARENT):
            pass
    grown = sys.getallocatedblocks() - before

    assert not traces_on()
    assert span("apply", PARENT) is NO_SPAN
    assert 50 > grown


def test_off_runs_no_code_but_its_own() -> None:
    """While traces are off, a span calls itself, enter and exit, and no library."""
    stop_traces()
    profile = Profile(builtins=False)
    profile.enable()
    with span("apply", PARENT):
        pass
    profile.disable()

    assert [("__enter__", 1), ("__exit__", 1), ("span", 1)] == sorted(
        (entry.code.co_name, entry.callcount)
        for entry in profile.getstats()
        if not isinstance(entry.code, str)
    )


def test_traces_need_an_endpoint() -> None:
    """Traces that go nowhere are a mistake in the settings, and said to be one."""
    with pytest.raises(ValueError, match="traces need otlp_endpoint"):
        Telemetry(traces=True)
