"""Logs: structured, one line an event, the same for Vigil's code and for the libraries it uses."""

import logging
import sys
from typing import TextIO

import structlog
from opentelemetry import trace
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from actors.telemetry.settings import LogFormat, LogLevel

__all__ = ["bound", "configure_logging"]

bound = bound_contextvars
"""`with bound(twin_id=..., partition=...)`: every line logged inside carries these."""

NOISY = ("asyncio", "httpcore2", "httpx2", "opentelemetry", "uvicorn.access")
"""Libraries whose news is no news to an operator; their warnings are."""


class _Lines(logging.StreamHandler[TextIO]):
    """Vigil's own handler on the root logger; there is one a process."""


def configure_logging(
    level: LogLevel, format: LogFormat, process: str, stream: TextIO | None = None  # noqa: A002 - the setting is called so
) -> None:  # fmt: skip
    """Log to a stream (stderr by default) from now on; a later call replaces an earlier one.

    Every line carries `time` (UTC), `level`, `logger`, `process`, what `bound` bound, and within
    a recorded span its `trace_id`.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    out = stream or sys.stderr

    def add_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        add_process,
        _add_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Processor]
    if format == "json":
        # `default=repr`: a value that JSON has no word for must not cost us the line.
        last = [
            # Without locals: they may hold secrets, and are as large as they like.
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(default=repr, sort_keys=True),
        ]
    else:
        last = [
            structlog.dev.ConsoleRenderer(
                colors=out.isatty(),
                timestamp_key="time",
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.stdlib.LoggerFactory(),
        # Module-level loggers outlive a second call, which a cache would keep from them.
        cache_logger_on_first_use=False,
    )
    handler = _Lines(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    for other in [other for other in root.handlers if isinstance(other, _Lines)]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(threshold)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event
