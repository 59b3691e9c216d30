"""Metrics: what is counted is shown, under the names and units that dashboards rely on."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from prometheus_client.parser import text_string_to_metric_families

from actors.telemetry import Telemetry, collect, configure, instruments, render_metrics
from actors.telemetry.instruments import OBSERVED
from actors.telemetry.metrics import start_metrics, stop_metrics


@pytest.fixture
def metrics() -> Iterator[InMemoryMetricReader]:
    """Metrics of this process, counted into memory too."""
    reader = InMemoryMetricReader()
    start_metrics(Resource.create({"service.name": "vigil"}), reader)
    yield reader
    stop_metrics()
    instruments._reads.clear()


def samples(page: bytes) -> dict[tuple[str, str], float]:
    """(name, labels as sorted JSON) -> value."""
    return {
        (sample.name, json.dumps(sample.labels, sort_keys=True)): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


@pytest.mark.usefixtures("metrics")
def test_a_recorded_instrument_is_on_the_page_with_its_unit() -> None:
    """Seconds carry their unit in the name, counters end in `_total`, attributes are labels."""
    instruments.checkpoint_duration.record(0.25, {"partition": 3})
    instruments.effects_failed.add(2, {"target": "provider", "reason": "refused"})

    page = samples(render_metrics())

    assert 0.25 == page["vigil_checkpoint_duration_seconds_sum", '{"partition": "3"}']
    failed = '{"reason": "refused", "target": "provider"}'
    assert 2 == page["vigil_effects_failed_total", failed]


@pytest.mark.usefixtures("metrics")
def test_an_observed_instrument_is_read_when_asked() -> None:
    """Each page shows the value of its own moment, without anybody recording it."""
    events = 0
    instruments.observe("vigil.events.applied", lambda: [(events, {"partition": 0})])

    events = 5
    first = samples(render_metrics())
    events = 9
    second = samples(render_metrics())

    key = ("vigil_events_applied_total", '{"partition": "0"}')
    assert (5, 9) == (first[key], second[key])


def test_an_unknown_observed_name_is_refused() -> None:
    """A typing error shows at once, and the message lists what there is."""
    with pytest.raises(KeyError, match=r"vigil\.events\.applied"):
        instruments.observe("vigil.events.aplied", list)


def test_every_instrument_has_a_unit_and_a_description(metrics: InMemoryMetricReader) -> None:
    """Nothing is counted of which nobody can say what it is, and in what."""
    for name in OBSERVED:
        instruments.observe(name, lambda: [(1, {})])
    recorded = [
        instruments.block_size, instruments.append_duration, instruments.apply_duration,
        instruments.checkpoint_duration, instruments.checkpoint_twins,
        instruments.effects_duration,
    ]  # fmt: skip
    for histogram in recorded:
        histogram.record(1)
    counted = [
        instruments.signals_raised, instruments.twins_parked, instruments.effects_delivered,
        instruments.effects_failed, instruments.partitions_moved,
    ]  # fmt: skip
    for counter in counted:
        counter.add(1)

    data = metrics.get_metrics_data()

    assert data is not None
    found = data.resource_metrics[0].scope_metrics[0].metrics
    assert len(OBSERVED) + len(recorded) + len(counted) == len(found)
    assert [] == [each.name for each in found if not each.unit or not each.description]
    assert [] == [each.name for each in found if not each.name.startswith("vigil.")]


def test_off_renders_nothing_and_forgets() -> None:
    """While metrics are off, recording has no effect, and the page is empty."""
    configure(Telemetry(metrics=False), "host-0")

    instruments.checkpoint_duration.record(1.0)

    assert b"" == render_metrics()


def test_pages_of_processes_become_one() -> None:
    """One family a name, every sample labelled with its process, values untouched."""
    page = (
        b"# HELP vigil_events_applied_total Events\n# TYPE vigil_events_applied_total counter\n"
        b'vigil_events_applied_total{partition="%d"} %d\n'
    )
    gauge = b'# HELP vigil_up Up "here" \\\\ now\n# TYPE vigil_up gauge\nvigil_up 1.5\n'

    merged = collect({"host-1": page % (1, 20), "host-0": page % (0, 10) + gauge, "api": b""})

    assert 1 == merged.count(b"# TYPE vigil_events_applied_total counter")
    expected = {
        ("vigil_events_applied_total", '{"partition": "0", "process": "host-0"}'): 10,
        ("vigil_events_applied_total", '{"partition": "1", "process": "host-1"}'): 20,
        ("vigil_up", '{"process": "host-0"}'): 1.5,
    }
    assert expected == samples(merged)


@pytest.mark.usefixtures("metrics")
def test_a_merged_page_merges_again_to_the_same_values() -> None:
    """What `collect` writes is itself a page: histograms and escapes survive the way."""
    instruments.apply_duration.record(0.002, {"partition": 3})
    instruments.signals_raised.add(1, {"signal": 'a "quoted"\nname\\'})
    once = collect({"host-0": render_metrics()})

    page = samples(once)

    assert page == samples(collect({"host-0": once}))
    assert 1 in [value for (name, _), value in page.items() if name == "vigil_signals_raised_total"]
    bucket = '{"le": "0.003", "partition": "3", "process": "host-0"}'
    assert 1 == page["vigil_apply_duration_seconds_bucket", bucket]


def test_a_broken_page_names_its_process() -> None:
    """One process with a bad page is found at once."""
    with pytest.raises(ValueError, match="host-7"):
        collect({"host-0": b"", "host-7": b"no metrics{ here"})


def test_otlp_metrics_go_to_the_endpoint() -> None:
    """With an endpoint set, what was counted is sent there, at the latest when counting ends."""
    paths: list[str] = []
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take one report."""
            paths.append(self.path)
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        configure(Telemetry(otlp_endpoint=f"http://127.0.0.1:{server.server_port}/"), "host-0")
        instruments.checkpoint_duration.record(1.0)
        stop_metrics()
        server.shutdown()
        thread.join()

    assert {"/v1/metrics"} == set(paths)
    assert any(b"vigil.checkpoint.duration" in body for body in bodies)
