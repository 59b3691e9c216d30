"""Metrics: the registry of one process, and how those of all processes become one page."""

from collections.abc import Iterable, Mapping

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import NoOpMeter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from actors.telemetry.instruments import instruments

__all__ = ["CONTENT_TYPE", "collect", "render_metrics", "start_metrics", "stop_metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of what `render_metrics` and `collect` return: Prometheus' text format."""

_provider: MeterProvider | None = None
_registry: CollectorRegistry | None = None


def start_metrics(resource: Resource, *others: MetricReader) -> None:
    """Count from now on, into a registry of this process and into other readers."""
    global _provider, _registry  # noqa: PLW0603 - one registry a process
    stop_metrics()
    _registry = CollectorRegistry(auto_describe=False)
    reader = PrometheusMetricReader(
        disable_target_info=True, scope_info_enabled=False, registry=_registry
    )
    _provider = MeterProvider([reader, *others], resource=resource)
    instruments.create(_provider.get_meter("vigil"))


def stop_metrics() -> None:
    """Count nothing more; what was counted is forgotten."""
    global _provider, _registry  # noqa: PLW0603 - one registry a process
    if _provider is not None:
        _provider.shutdown()
        instruments.create(NoOpMeter("vigil"))
    _provider = _registry = None


def render_metrics() -> bytes:
    """What this process counted, in Prometheus' text format; empty while metrics are off."""
    return generate_latest(_registry) if _registry is not None else b""


class _Merged:
    """A collector of metrics that are there already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def collect(pages: Mapping[str, bytes]) -> bytes:
    """Merge the pages of several processes into one; every sample gets its process's label.

    Args:
        pages: Process name -> what `render_metrics` returned there.

    Raises:
        ValueError: A page is not in Prometheus' text format; names the process.
    """
    families: dict[str, Metric] = {}
    for process, page in sorted(pages.items()):
        try:
            metrics = list(text_string_to_metric_families(page.decode()))
        except ValueError as error:
            raise ValueError(f"the metrics of process {process!r} do not parse: {error}") from error
        for metric in metrics:
            family = families.setdefault(
                metric.name, Metric(metric.name, metric.documentation, metric.type)
            )
            family.samples.extend(
                sample._replace(labels={**sample.labels, "process": process})
                for sample in metric.samples
            )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Merged(metric for _, metric in sorted(families.items())))
    return generate_latest(registry)
