"""The report that every benchmark writes: one set of keys, so that figures stand side by side."""

import os
import platform
from pathlib import Path
from typing import Any

import msgspec
from hdrh.histogram import HdrHistogram
from msgspec import Struct


class Quantiles(Struct):
    """Latencies in milliseconds."""

    p50: float
    p99: float
    p999: float
    samples: int


class Latencies(Struct):
    """From a message's own time to what came of it."""

    publish_to_applied: Quantiles
    publish_to_effect: Quantiles
    publish_to_acknowledged: Quantiles


class Cost(Struct):
    """CPU microseconds an event, by process; `total` leaves the generator out."""

    nats: float
    gateway: float
    host: float
    store: float
    effects: float
    ray: float
    """Ray's own processes, coordinator, router and API."""
    total: float
    generator: float


class Machine(Struct):
    """Where it was measured."""

    cpus: int
    model: str
    memory_gb: float
    python: str
    system: str


class Report(Struct):
    """One benchmark."""

    name: str
    offered_events_per_second: float
    sustained_events_per_second: float
    """Applied a second over the measured time, which begins after the warm-up."""
    latency_ms: Latencies
    cpu_us_per_event: Cost
    bytes_per_hot_twin: float
    lost: int
    duplicated: int
    out_of_order: int
    machine: Machine
    sent: int
    acknowledged: int
    applied: int
    """Counted by reading the twins back."""
    resent: int
    refused: int
    seconds: float
    backlog_start: int
    """Events acknowledged and not yet applied when the measurement began, and when it ended."""
    backlog_end: int
    partitions: int
    twins: int
    readings_per_message: int
    notes: list[str]


def quantiles(*encoded: bytes | str) -> Quantiles:
    """Add up encoded histograms (microseconds) and read them."""
    total = HdrHistogram(1, 60_000_000, 3)
    for one in encoded:
        if one:
            total.decode_and_add(one)

    def at(percent: float) -> float:
        return round(float(total.get_value_at_percentile(percent)) / 1000, 3)

    return Quantiles(at(50), at(99), at(99.9), int(total.get_total_count()))


def machine() -> Machine:
    """This machine."""
    model = ""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        model = platform.processor()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return Machine(
        cpus=len(os.sched_getaffinity(0)),
        model=model,
        memory_gb=round(memory, 1),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()}",
    )


def write(report: Report, path: Path) -> None:
    """Write it as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def to_builtins(report: Report) -> Any:
    """As plain data, for printing."""
    return msgspec.to_builtins(report)
