"""Telemetry settings: what a process tells about itself, and to whom."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["console", "json"]


class Telemetry(BaseModel):
    """Metrics, traces and logs of every process of a cluster."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metrics: bool = True
    """Whether metrics are kept; the API serves those of all processes on `/metrics`."""

    traces: bool = False
    """Whether traces are sent to `otlp_endpoint`."""

    traces_kept: int = Field(default=1000, ge=0, le=100_000)
    """Spans that each process keeps in memory, the last ones, for `/v1/traces`; about 1 KB each.
    They are of messages that their sender had sampled (`traceparent`), and of what was slow. 0:
    none; without `traces`, nothing is recorded then, which costs nothing."""

    slow_s: float = Field(default=1.0, gt=0, le=3600)
    """What takes longer, in seconds, is kept whether or not it was sampled: a block on its way
    through the log, an effect, a call of the API; one a second of each process at most."""

    otlp_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/\s]+(/[^\s]*)?$")
    """Base URL of an OTLP/HTTP collector, `http://127.0.0.1:4318`; `/v1/traces` and `/v1/metrics`
    are added. What it demands to sign in goes into `OTEL_EXPORTER_OTLP_HEADERS`."""

    sample_ratio: float = Field(default=0.01, ge=0, le=1)
    """Share of traces begun here that are recorded. A trace that comes with a message was decided
    on by its sender: its `traceparent` says so."""

    metrics_every_s: float = Field(default=15.0, ge=1, le=3600)
    """Seconds between two reports of metrics to `otlp_endpoint`."""

    log_level: LogLevel = "info"
    """The least level that is logged."""

    log_format: LogFormat = "console"
    """`console` for people, `json` (an object a line) for machines."""

    @model_validator(mode="after")
    def _traces_go_somewhere(self) -> Self:
        if self.traces and self.otlp_endpoint is None:
            raise ValueError("traces need otlp_endpoint; without it there is nowhere to send them")
        return self
