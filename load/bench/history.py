"""One twin's day among a million twins, read as `vigil history` reads it.

    python -m load.bench.history

What it makes: one partition that holds all twins (the harder case; with eight of them each holds
an eighth), and in it a day: 43,200 checkpoints, as many as there are in a day at one every 2 s,
each with a note in the history index and its share of the events in the log. Every twin sends
`events` readings of eight values, spread over the day. The log is real: a NATS server of its own,
each block fsynced. Squeezed is the writing: blocks go as fast as they can, and bear the log
server's stamps of that time, while readings and notes bear the day's.

What it measures: the HTTP API's answer to `GET /v1/history/…`, whole days only, each checked to be
complete. Warm: one twin after the other. Cold: each read after a new start of the NATS server, with
the files of log and index out of the page cache.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from math import gcd
from pathlib import Path
from typing import Annotated, Any

import httpx2
import msgspec
import typer
from hdrh.histogram import HdrHistogram
from msgspec import Struct
from nats.aio.client import Client
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from actors.block import MAX_BYTES, MAX_EVENTS, Entry
from actors.connection import connect
from actors.log import Appender, create_streams, stream_state
from actors.store.history import SqliteHistory
from actors.store.sqlite import SqliteStore
from deploy.node import free_port
from gateway.api.access import Keys
from gateway.api.app import create_app
from gateway.api.cluster import ClusterServices
from gateway.secrets import Secrets
from gateway.server import NatsServer
from gateway.twin_views import History
from load.bench.generator import Reading
from load.bench.report import Machine, Quantiles, machine, quantiles
from twins.event import encode_message

DAY_S = 86_400.0
EVENT_BYTES = 256
"""More than an event of the day takes in a block."""

LIMIT = 10_000
"""The API's own; a day of more events is not read whole."""

Tell = Callable[[str, float], None]
"""Takes (what is going on, share done from 0 to 1)."""


class Plan(Struct, frozen=True, kw_only=True):
    """What to make, and how often to read it."""

    twins: int = 1_000_000
    events: int = 20
    """Of each twin and day."""
    checkpoints: int = 43_200
    reads: int = 200
    cold_reads: int = 10
    seed: int = 1
    """Chooses the twins that are read."""


class Days(Struct):
    """Milliseconds that one twin's day takes, from the request to the last event."""

    warm: Quantiles
    cold: Quantiles


class HistoryReport(Struct):
    """What was made, and how long it takes to read."""

    twins: int
    events_a_twin: int
    events: int
    blocks: int
    notes: int
    log_bytes: int
    """As the server counts it."""
    disk_bytes: int
    """Of the log, compressed, and the index."""
    build_seconds: float
    read_ms: Days
    machine: Machine


def day(plan: Plan) -> Iterator[list[int]]:
    """The twins that send before each checkpoint: all of them once, then all once more, and so on.

    In an order that scatters neighbours, as a fleet's messages come.
    """
    stride = 7919
    while gcd(stride, plan.twins) != 1:
        stride += 1
    total = plan.twins * plan.events
    for checkpoint in range(plan.checkpoints):
        begin, end = (total * at // plan.checkpoints for at in (checkpoint, checkpoint + 1))
        yield [number * stride % plan.twins for number in range(begin, end)]


async def run(plan: Plan, folder: Path, tell: Tell) -> HistoryReport:
    """Make the day in a folder, read it, and say how long it took."""
    secrets = Secrets.load(folder)
    server = NatsServer(
        folder / "nats", port=free_port(), mqtt_port=None, partitions=1, secrets=secrets
    )
    midnight = time.time() - DAY_S
    began = time.monotonic()
    try:
        await server.start()
        async with _connected(server) as client:
            most = 2 * plan.twins * plan.events * EVENT_BYTES
            await create_streams(client, 1, max(most, 2 * MAX_BYTES))
            blocks, notes = await _write(plan, client, folder, midnight, tell)
            log = await stream_state(client, 0)
        build_s = time.monotonic() - began
        chosen = random.Random(plan.seed).choices(range(plan.twins), k=plan.reads)
        cold = await _read_cold(plan, server, folder, chosen[: plan.cold_reads], midnight, tell)
        async with _connected(server) as client, _api(client, folder) as http:
            warm = HdrHistogram(1, 60_000_000, 3)
            for number, index in enumerate(chosen):
                tell("reading days", 0.9 + 0.1 * number / len(chosen))
                warm.record_value(await _read(http, plan, index, midnight))
        found = Days(warm=quantiles(warm.encode()), cold=quantiles(cold.encode()))
        disk = sum(path.stat().st_size for path in _files(folder))
    finally:
        await server.stop()
    tell("done", 1.0)
    return HistoryReport(
        twins=plan.twins,
        events_a_twin=plan.events,
        events=plan.twins * plan.events,
        blocks=blocks,
        notes=notes,
        log_bytes=log.bytes,
        disk_bytes=disk,
        build_seconds=round(build_s, 1),
        read_ms=found,
        machine=machine(),
    )


# -- making the day ------------------------------------------------------------------------------


async def _write(
    plan: Plan, client: Client, folder: Path, midnight: float, tell: Tell
) -> tuple[int, int]:
    """Write blocks and notes; returns how many of each."""
    index = SqliteHistory(folder / "history")
    appender = Appender(client, 0)
    await appender.open(1)
    every_s = DAY_S / plan.checkpoints
    sent = blocks = notes = 0
    most = min(MAX_EVENTS, MAX_BYTES // EVENT_BYTES)
    for checkpoint, twins in enumerate(day(plan)):
        touched: dict[str, list[int]] = {}
        for start in range(0, len(twins), most):
            entries = []
            for twin in twins[start : start + most]:
                at = midnight + DAY_S * sent / (plan.twins * plan.events)
                entries.append(_entry(twin, sent // plan.twins + 1, at))
                sent += 1
            position = await appender.append(entries)
            blocks += 1
            for entry in entries:
                touched.setdefault(entry.subject, []).append(position)
        if touched:
            first = midnight + checkpoint * every_s
            await asyncio.to_thread(index.note, 0, touched, first, first + every_s)
            notes += 1
        tell("writing the day", 0.85 * checkpoint / plan.checkpoints)
    index.close()
    return blocks, notes


def _entry(twin: int, sequence: int, at: float) -> Entry:
    reading = Reading(80.0 + sequence % 9, 50.0, 2000.0, 40.0, 20.0, 13.8, 60.17, 24.94, at)
    payload = encode_message(reading, time=at, boot=1, sequence=sequence)
    return Entry(_twin_id(twin), "telemetry", 0, payload)


def _twin_id(twin: int) -> str:
    return f"vehicle/h{twin}"


# -- reading it ----------------------------------------------------------------------------------


@asynccontextmanager
async def _connected(server: NatsServer) -> Any:
    client = await connect(server.address, "history-bench")
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def _api(client: Client, folder: Path) -> Any:
    """The API's application, called without a socket."""
    keys = Keys("t" * 32, b"d" * 32, b"o" * 32)
    store, index = SqliteStore(folder / "store"), SqliteHistory(folder / "history")
    app = create_app(ClusterServices(client, store, index, 1), keys)
    try:
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url="http://bench",
            headers={"Authorization": f"Bearer {keys.operator_token}"},
        ) as http:
            yield http
    finally:
        index.close()
        store.close()


async def _read(http: httpx2.AsyncClient, plan: Plan, twin: int, since: float) -> int:
    """Read a whole day; returns the microseconds that it took."""
    began = time.perf_counter()
    answer = await http.get(
        f"/v1/history/{_twin_id(twin)}", params={"since": repr(since), "limit": str(LIMIT)}
    )
    found = msgspec.json.decode(answer.raise_for_status().content, type=History)
    taken = time.perf_counter() - began
    times = [item.at for item in found.items]
    if found.more or len(times) != plan.events or times != sorted(times):
        raise RuntimeError(f"{_twin_id(twin)}: {len(times)} events instead of {plan.events}")
    return round(taken * 1e6)


async def _read_cold(
    plan: Plan, server: NatsServer, folder: Path, twins: list[int], since: float, tell: Tell
) -> HdrHistogram:
    found = HdrHistogram(1, 60_000_000, 3)
    for number, twin in enumerate(twins):
        tell("reading days from the disk", 0.85 + 0.05 * number / len(twins))
        await server.stop()
        for path in _files(folder):
            _evict(path)
        await server.start()
        async with _connected(server) as client, _api(client, folder) as http:
            found.record_value(await _read(http, plan, twin, since))
    return found


def _files(folder: Path) -> list[Path]:
    return [
        path
        for part in ("nats/store", "history")
        for path in (folder / part).rglob("*")
        if path.is_file()
    ]


def _evict(path: Path) -> None:
    """Take a file out of the page cache; what is written is on the disk already."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


# -- the command ---------------------------------------------------------------------------------


def main(
    twins: Annotated[int, typer.Option(min=1, help="How many there are.")] = 1_000_000,
    events: Annotated[int, typer.Option(min=1, max=LIMIT, help="Of each twin and day.")] = 20,
    checkpoints: Annotated[int, typer.Option(min=1, help="Of a day.")] = 43_200,
    reads: Annotated[int, typer.Option(min=1, help="Days to read.")] = 200,
    cold: Annotated[int, typer.Option(min=1, help="Days to read from the disk.")] = 10,
    seed: Annotated[int, typer.Option(help="Chooses which.")] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="An empty folder for it. Default: a temporary one.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")] = False,
) -> None:
    """Measure how long one twin's day takes to read among many twins. About 2 GB of disk."""
    plan = Plan(
        twins=twins, events=events, checkpoints=checkpoints, reads=reads, cold_reads=cold, seed=seed
    )
    with (
        tempfile.TemporaryDirectory(prefix="vigil-history-") as temporary,
        Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
            console=Console(stderr=True), transient=True,
        ) as bar,
    ):  # fmt: skip
        task = bar.add_task("", total=1.0)

        def tell(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share)

        found = asyncio.run(run(plan, folder or Path(temporary), tell))
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    typer.echo(
        f"{found.twins:,} twins with {found.events_a_twin} events each: {found.blocks:,} blocks, "
        f"{found.notes:,} notes, {found.disk_bytes / 1e9:.2f} GB on disk, "
        f"made in {found.build_seconds:.0f} s"
    )
    for name, took in (("warm", found.read_ms.warm), ("cold", found.read_ms.cold)):
        typer.echo(
            f"one twin's day, {name}: p50 {took.p50:.1f} ms, p99 {took.p99:.1f} ms "
            f"({took.samples} read)"
        )


if __name__ == "__main__":
    typer.run(main)
