"""The command that measures: what an event costs, and how many a machine sustains."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.cli.output import FAILED, Json, console, errors, put_json, table
from load.bench.curve import PARTITIONS, chart

NAIVE_TWINS = 24
NAIVE_RATE = 1000.0


def bench(
    report: Annotated[Path | None, typer.Option(help="Write the figures as JSON.")] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=1, help="Messages a second. Default: 20,000; naive 1,000."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=5, help="How long it is measured.")] = 120.0,
    warmup: Annotated[float, typer.Option(min=0, help="Seconds before that.")] = 5.0,
    twins: Annotated[
        int | None, typer.Option(min=1, help="Vehicles. Default: 10,000; naive 24.")
    ] = None,
    readings: Annotated[int, typer.Option(min=1, max=1024, help="Readings a message.")] = 1,
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Default: as the settings have it.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the fleet.")] = 1,
    naive: Annotated[
        bool, typer.Option("--naive", help="One Ray actor a twin, for comparison.")
    ] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="Several runs, over the number of partitions.")
    ] = False,
    json: Json = False,
) -> None:
    """Measure a node of its own, started for this: every message acknowledged, all of it durable.

    The sender runs on the same machine. Applied events are counted by reading the twins back.
    """
    from load.bench.run import Plan  # noqa: PLC0415 - load.bench.run starts nodes and loads Ray, 1,700 ms

    plan = Plan(
        rate=rate or (NAIVE_RATE if naive else 20_000.0),
        seconds=seconds,
        warmup_s=warmup,
        twins=twins or (NAIVE_TWINS if naive else 10_000),
        readings=readings,
        seed=seed,
        partitions=partitions,
    )
    if curve:
        _curve(plan, report, json=json)
        return
    found = _measure(plan, naive=naive)
    _show([found], report, json=json)
    if found.lost or found.duplicated or found.out_of_order:
        errors().print("lost, doubled or out of order: see the report", style="red")
        raise typer.Exit(FAILED)


def _measure(plan: Any, *, naive: bool) -> Any:
    from load.bench import naive as naive_bench  # noqa: PLC0415 - load.bench.naive is made of Ray's actors, 1,700 ms
    from load.bench.run import run  # noqa: PLC0415 - load.bench.run starts nodes and loads Ray, 1,700 ms

    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=errors()
    ) as bar:
        task = bar.add_task("", total=1.0)

        def progress(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share)

        return asyncio.run(naive_bench.run(plan, progress) if naive else run(plan, progress))


def _curve(plan: Any, report: Path | None, *, json: bool) -> None:
    found = []
    for count in PARTITIONS:
        one = msgspec.structs.replace(plan, partitions=count, name=f"P = {count}")
        found.append(_measure(one, naive=False))
        if report is not None:
            # After each run: what was measured stays, should a later one fail.
            _write(report, [msgspec.to_builtins(one) for one in found])
            report.with_suffix(".svg").write_text(chart(found))
    _show(found, None, json=json)


def _write(report: Path, content: Any) -> None:
    report.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def _show(found: list[Any], report: Path | None, *, json: bool) -> None:
    plain = [msgspec.to_builtins(one) for one in found]
    content = plain[0] if len(plain) == 1 else plain
    if report is not None:
        _write(report, content)
    if json:
        put_json(content)
        return
    rows = table("", *(one.name for one in found))
    for label, read in _ROWS.items():
        rows.add_row(label, *(f"{read(one):,}" for one in found))
    console().print(rows)


_ROWS: dict[str, Any] = {
    "offered a second": lambda one: one.offered_events_per_second,
    "sustained a second": lambda one: one.sustained_events_per_second,
    "publish to applied, p50 ms": lambda one: one.latency_ms.publish_to_applied.p50,
    "publish to applied, p99 ms": lambda one: one.latency_ms.publish_to_applied.p99,
    "publish to effect, p99 ms": lambda one: one.latency_ms.publish_to_effect.p99,
    "CPU us an event: NATS server": lambda one: one.cpu_us_per_event.nats,
    "gateway": lambda one: one.cpu_us_per_event.gateway,
    "host": lambda one: one.cpu_us_per_event.host,
    "store": lambda one: one.cpu_us_per_event.store,
    "effects, Ray, API": lambda one: round(
        one.cpu_us_per_event.effects + one.cpu_us_per_event.ray, 2
    ),
    "all of Vigil": lambda one: one.cpu_us_per_event.total,
    "generator": lambda one: one.cpu_us_per_event.generator,
    "bytes a hot twin": lambda one: one.bytes_per_hot_twin,
    "lost": lambda one: one.lost,
    "duplicated": lambda one: one.duplicated,
    "out of order": lambda one: one.out_of_order,
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench")(bench)
