"""The command that breaks a node on purpose, and says whether it kept its promises."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from deploy.cli.output import FAILED, Json, clean, console, errors, put_json, table
from deploy.cli.values import BadValue
from load.chaos.report import Plan, Report, encoded


def chaos(
    fault: Annotated[str, typer.Option(help="What is done: kill-host, say. `list` names all.")],
    minutes: Annotated[float, typer.Option(min=0.4, help="How long devices send.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the load and of the moments.")] = 1,
    rate: Annotated[
        float | None,
        typer.Option(min=10, max=5000, help="Messages a second. Default: 300; burst 100."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write what was found as JSON.")] = None,
    json: Json = False,
) -> None:
    """Break a node, started for this, while devices send: nothing may be lost or doubled.

    Fails (1) when anything was, or when it took too long to be at full rate again.
    """
    from load.chaos.faults import FAULTS  # noqa: PLC0415 - load.chaos.faults loads nats-py, 100 ms

    if fault == "list":
        _list(FAULTS)
        return
    if fault not in FAULTS:
        raise BadValue(f"--fault {fault}: there are {', '.join(FAULTS)}")
    from load.chaos.run import run  # noqa: PLC0415 - load.chaos.run loads Ray, 2,000 ms

    plan = Plan(fault, minutes, seed, rate or FAULTS[fault].rate)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=errors()
    ) as bar:
        task = bar.add_task("", total=1.0)

        def progress(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share)

        found = asyncio.run(run(plan, progress))
    if report is not None:
        report.write_bytes(encoded(found))
    if json:
        put_json(msgspec.to_builtins(found))
    else:
        _show(found)
    if not found.passed:
        raise typer.Exit(FAILED)


def _list(faults: Any) -> None:
    rows = table("fault", "what it does", "back within")
    for fault in faults.values():
        rows.add_row(fault.name, fault.about, f"{fault.limit_s:g} s")
    console().print(rows)


def _show(found: Report) -> None:
    out = console()
    rows = table("", "")
    rows.show_header = False
    recovered = ", ".join(f"{one:g}" for one in found.recovery_seconds)
    for name, value in (
        ("fault", f"{found.fault}, played {len(found.faults)} times, seed {found.seed}"),
        ("sent", f"{found.sent:,} in {found.minutes:g} min, {found.wishes:,} of them wishes"),
        ("acknowledged", f"{found.acknowledged:,}"),
        ("applied", f"{found.applied:,}"),
        ("lost", str(found.lost)),
        ("duplicated", str(found.duplicated)),
        ("out of order", str(found.out_of_order)),
        ("effects duplicated", str(found.effects_duplicated)),
        ("holds left", str(found.holds_left)),
        ("at full rate after", f"{recovered} s (at most {found.limit_s:g})"),
    ):
        rows.add_row(Text(name, style="cyan"), value)
    out.print(rows)
    for problem in found.problems:
        out.print(Text(f"  {clean(problem)}", style="red"))
    out.print(Text("passed", "bold green") if found.passed else Text("not passed", "bold red"))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("chaos")(chaos)
