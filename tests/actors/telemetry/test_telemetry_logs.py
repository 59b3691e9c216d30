"""Logs: one line an event, that a machine can read and a person can follow."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from actors.telemetry import bound, configure_logging, span
from actors.telemetry.logs import _Lines
from actors.telemetry.settings import LogFormat
from actors.telemetry.traces import start_traces, stop_traces

logger = structlog.get_logger("vigil.test")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the lines go; afterwards the process logs as it did before."""
    root = logging.getLogger()
    level = root.level
    yield io.StringIO()
    structlog.reset_defaults()
    for handler in [each for each in root.handlers if isinstance(each, _Lines)]:
        root.removeHandler(handler)
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Every line, as the object that it is."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_object_with_its_ids(stream: io.StringIO) -> None:
    """Message, level, logger, process, time and what was bound; after the block no more."""
    configure_logging("info", "json", "host-0", stream)

    with bound(twin_id="vehicle/v1", partition=3):
        logger.warning("parked", position=17)
    logger.info("goes on")

    parked, goes_on = lines(stream)
    assert str(parked.pop("time")).endswith("Z")
    expected = {
        "message": "parked", "level": "warning", "logger": "vigil.test", "process": "host-0",
        "twin_id": "vehicle/v1", "partition": 3, "position": 17,
    }  # fmt: skip
    assert expected == parked
    assert "twin_id" not in goes_on


def test_libraries_log_the_same_way(stream: io.StringIO) -> None:
    """A line of the standard library's logging is an object like any other."""
    configure_logging("info", "json", "gateway-0", stream)

    logging.getLogger("some.library").error("lost %s", "connection")

    (line,) = lines(stream)
    assert ("lost connection", "gateway-0") == (line["message"], line["process"])


def test_below_the_level_nothing_is_written(stream: io.StringIO) -> None:
    """Neither Vigil's own lines nor those of libraries."""
    configure_logging("warning", "json", "host-0", stream)

    logger.info("quiet")
    logging.getLogger("some.library").info("quiet")

    assert [] == lines(stream)


def test_a_later_call_replaces_the_earlier(stream: io.StringIO) -> None:
    """Loggers made before follow, and no line is written twice."""
    configure_logging("error", "json", "host-0", stream)
    configure_logging("debug", "json", "host-1", stream)

    logger.debug("once")

    assert [("once", "host-1")] == [(line["message"], line["process"]) for line in lines(stream)]


def test_an_exception_stands_in_its_line(stream: io.StringIO) -> None:
    """A traceback is part of the object, and a value without JSON form does not cost the line."""
    configure_logging("info", "json", "host-0", stream)

    try:
        int("too hot")
    except ValueError:
        logger.exception("fails", value={1})

    (line,) = lines(stream)
    assert "{1}" == line["value"]
    assert "too hot" in json.dumps(line["exception"])


def test_a_line_within_a_span_names_its_trace(stream: io.StringIO) -> None:
    """From a log line to its trace and back."""
    configure_logging("info", "json", "host-0", stream)
    start_traces(Resource.create({}), 1.0, SimpleSpanProcessor(InMemorySpanExporter()))

    with span("apply", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        logger.info("inside")
    stop_traces()

    (line,) = lines(stream)
    assert "0af7651916cd43dd8448eb211c80319c" == line["trace_id"]


def test_the_console_format_is_for_people(stream: io.StringIO) -> None:
    """Plain text, without colours where nobody can see them."""
    configure_logging("info", "console", "host-0", stream)

    logger.info("serves", partition=3)

    assert "serves" in stream.getvalue()
    assert "partition=3" in stream.getvalue()
    assert "\x1b[" not in stream.getvalue()


TOKEN = "s3cr3t-of-the-device"


def fail(token: str) -> None:
    """Fail, with something in a variable that is nobody's business."""
    raise ValueError(len(token))


@pytest.mark.parametrize("format_", ["json", "console"])
def test_tracebacks_tell_no_locals(stream: io.StringIO, format_: LogFormat) -> None:
    """Where an exception came from is logged; what variables held, secrets among them, is not."""
    configure_logging("info", format_, "host-0", stream)
    try:
        fail(TOKEN)
    except ValueError:
        logger.exception("failed")

    assert "ValueError" in stream.getvalue()
    assert TOKEN not in stream.getvalue()
