"""Telemetry: what a process tells about itself. Every process calls `configure` once, first.

- `logs`: structured lines; `bound(twin_id=..., partition=...)`
- `instruments`, `metrics`: what is counted; a page a process, `collect` makes them one
- `traces`: `span` and `inject`, by W3C traceparent; nothing while off
- `settings`, `process`: what to tell and to whom, and starting it
"""

from actors.telemetry.instruments import Instruments, instruments
from actors.telemetry.logs import bound, configure_logging
from actors.telemetry.metrics import CONTENT_TYPE, collect, render_metrics
from actors.telemetry.process import configure
from actors.telemetry.settings import Telemetry
from actors.telemetry.traces import inject, span, traces_on

__all__ = [
    "CONTENT_TYPE",
    "Instruments",
    "Telemetry",
    "bound",
    "collect",
    "configure",
    "configure_logging",
    "inject",
    "instruments",
    "render_metrics",
    "span",
    "traces_on",
]
