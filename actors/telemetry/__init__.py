"""Telemetry: what a process tells about itself. Every process calls `configure` once, first.

- `logs`: structured lines; `bound(twin_id=..., partition=...)`
- `instruments`, `metrics`: what is counted; a page a process, `collect` makes them one
- `traces`: `span`, `record` and `inject`, by W3C traceparent; nothing while off
- `pace`: a bound on what others make us write down
- `ring`: the last spans of a process, for who asks
- `settings`, `process`: what to tell and to whom, and starting it
"""

from actors.telemetry.instruments import Instruments, instruments
from actors.telemetry.logs import bound, configure_logging
from actors.telemetry.metrics import CONTENT_TYPE, collect, render_metrics
from actors.telemetry.pace import Pace
from actors.telemetry.process import configure
from actors.telemetry.ring import KeptSpan, decode_spans
from actors.telemetry.settings import Telemetry
from actors.telemetry.traces import (
    inject,
    kept_spans,
    record,
    slow,
    slow_after,
    span,
    traces_on,
)

__all__ = [
    "CONTENT_TYPE",
    "Instruments",
    "KeptSpan",
    "Pace",
    "Telemetry",
    "bound",
    "collect",
    "configure",
    "configure_logging",
    "decode_spans",
    "inject",
    "instruments",
    "kept_spans",
    "record",
    "render_metrics",
    "slow",
    "slow_after",
    "span",
    "traces_on",
]
