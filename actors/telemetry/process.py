"""One process's telemetry: started once, by the actor that the process belongs to."""

from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from actors.telemetry.logs import configure_logging
from actors.telemetry.metrics import start_metrics, stop_metrics
from actors.telemetry.ring import SpanRing
from actors.telemetry.settings import Telemetry
from actors.telemetry.traces import start_traces, stop_traces

__all__ = ["configure"]


def configure(telemetry: Telemetry, process: str) -> None:
    """Set up logs, metrics and traces of this process as the settings say.

    Args:
        telemetry: The settings, the same for the whole cluster.
        process: Its name in the cluster: `host-0`, `gateway-1`, `coordinator`.

    A later call replaces an earlier one. What is off is not imported, started or kept.
    """
    configure_logging(telemetry.log_level, telemetry.log_format, process)
    resource = Resource.create({"service.name": "vigil", "service.instance.id": process})
    if telemetry.metrics:
        start_metrics(resource, *_metric_readers(telemetry))
    else:
        stop_metrics()
    processors: list[SpanProcessor] = []
    if telemetry.traces_kept:
        processors.append(SpanRing(process, telemetry.traces_kept, telemetry.slow_s))
    if telemetry.traces:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - protobuf and requests load only where they are used

        exporter = OTLPSpanExporter(_url(telemetry, "traces"))
        processors.append(BatchSpanProcessor(exporter))
    if processors:
        start_traces(resource, telemetry.sample_ratio, *processors)
    else:
        stop_traces()


def _metric_readers(telemetry: Telemetry) -> list[MetricReader]:
    if telemetry.otlp_endpoint is None:
        return []
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415 - protobuf and requests load only where metrics are sent

    exporter = OTLPMetricExporter(_url(telemetry, "metrics"))
    return [PeriodicExportingMetricReader(exporter, telemetry.metrics_every_s * 1000)]


def _url(telemetry: Telemetry, what: str) -> str:
    assert telemetry.otlp_endpoint is not None
    return f"{telemetry.otlp_endpoint.rstrip('/')}/v1/{what}"
