"""`vigil bulk`: one operation on all twins that a filter finds; and `vigil import twins`."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import FAILED, Json, cell, clean, console, errors, put_json, table
from deploy.cli.rule_show import By, who
from deploy.cli.values import BadValue
from gateway.bulk_views import BulkView
from gateway.client import Client

LOOK_S = 0.5
SHOWN = 20

JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its id; `vigil bulk list` has it.")]
Where = Annotated[
    str, typer.Argument(metavar="WHERE", help="Which twins: kind = vehicle and model = kx-7.")
]


def run(
    ctx: typer.Context,
    where: Where,
    *,
    patch: Annotated[
        str | None, typer.Option(metavar="JSON", help="A merge patch for each; or @file.")
    ] = None,
    command: Annotated[
        str | None, typer.Option(metavar="NAME", help="A command for each device.")
    ] = None,
    event: Annotated[str | None, typer.Option(metavar="TYPE", help="An event for each.")] = None,
    maintain: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="A maintenance for each: 30m, 2h; or end.")
    ] = None,
    parked: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="Let those that are set aside go on: resume, or skip."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="JSON", help="Of --command or --event.")
    ] = None,
    rate: Annotated[float, typer.Option(help="Twins a second, at most.")] = 50.0,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without it, it is only said to how many.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until it is done.")] = True,
    by: By = None,
    json: Json = False,
) -> None:
    """Do something to all twins that a filter finds; first it is said how many they are."""
    operation = _operation(patch, command, event, maintain, parked, data)
    with client(ctx, json=json) as api:
        preview = api.bulk.preview(who(by), where, **operation)
        if not yes:
            if json:
                put_json(preview)
                return
            text = f"{preview.operation} for {preview.count} twins; --yes does it"
            console().print(Text(text, "yellow"))
            console().print(Text(" ".join(preview.sample), "dim"))
            return
        job = api.bulk.start(who(by), where, **operation, rate=rate, expected=preview.count)
        while wait and job.state == "running":
            time.sleep(LOOK_S)
            job = api.bulk.one(job.id)
        if json:
            put_json(job)
        else:
            _show(api, job)
    if wait and (job.state != "done" or job.failed):
        raise typer.Exit(FAILED)


def _operation(
    patch: str | None, command: str | None, event: str | None, maintain: str | None,
    parked: str | None, data: str | None,
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {}
    if patch is not None:
        found["patch"] = values.json_value(patch)
    if command is not None:
        found["command"] = command
    if event is not None:
        found["event"] = event
    if maintain is not None:
        found["maintain"] = "end" if maintain == "end" else "begin"
        if maintain != "end":
            found["for_s"] = values.length(maintain)
    if parked is not None:
        if parked not in ("resume", "skip"):
            raise BadValue(f"--parked {parked}: give resume, or skip")
        found["parked"] = parked
    if len(found) - ("for_s" in found) != 1:
        raise BadValue("give one of --patch, --command, --event, --maintain and --parked")
    if data is not None:
        found["data"] = values.json_value(data)
    return found


def _show(api: Client, job: BulkView) -> None:
    out = console()
    style = "green" if job.state == "done" and not job.failed else "yellow"
    said = f"{job.id}: {job.state}; {job.operation}: {job.succeeded} done, {job.failed} failed"
    out.print(Text(f"{said}, of {job.expected}", style))
    if job.problem:
        out.print(Text(clean(job.problem), "red"))
    if job.failed:
        rows = table("twin", "why not")
        for one in _failures(api, job):
            rows.add_row(Text(one[0], "bold"), cell(one[1]))
        out.print(rows)


def _failures(api: Client, job: BulkView) -> Iterator[tuple[str, str]]:
    """Some that failed."""
    left = SHOWN
    for page in range(job.pages):
        for item in api.bulk.results(job.id, page).items:
            if item.problem is not None:
                yield item.twin_id, item.problem
                left -= 1
                if not left:
                    return


def list_jobs(ctx: typer.Context, json: Json = False) -> None:
    """List the jobs, the last begun first."""
    with client(ctx, json=json) as api:
        found = api.bulk.all()
    if json:
        put_json(found)
        return
    rows = table("job", "state", "what", "where", "done", "failed", "of", "by", "begun")
    now = time.time()
    for one in found.items:
        rows.add_row(
            Text(one.id, "bold"), one.state, cell(one.operation), cell(one.where),
            str(one.succeeded), str(one.failed), str(one.expected), clean(one.by),
            values.age(now - one.begun_at),
        )  # fmt: skip
    console().print(rows)


def show(ctx: typer.Context, job: JobId, json: Json = False) -> None:
    """Show a job, and what failed."""
    with client(ctx, json=json) as api:
        found = api.bulk.one(job)
        if json:
            put_json(found)
        else:
            _show(api, found)


def cancel(ctx: typer.Context, job: JobId, json: Json = False) -> None:
    """End a job after the page that is under way."""
    with client(ctx, json=json) as api:
        found = api.bulk.cancel(job)
        if json:
            put_json(found)
        else:
            _show(api, found)


def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or JSON lines (.ndjson).")],
    kind: Annotated[str, typer.Option("--kind", help="Of the twins.")],
    tokens: Annotated[
        bool, typer.Option("--tokens", help="Print the token of each device.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the rows.")] = False,
    json: Json = False,
) -> None:
    """Take twins over from a table; again, it changes nothing. A wrong row stops no other."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadValue(f"{file} cannot be read: {error}") from error
    lines = file.suffix in (".ndjson", ".jsonl")
    failed, succeeded, rows = 0, 0, []
    with client(ctx, json=json) as api:
        for first, part in values.portions(text, headed=not lines):
            found = api.import_twins(kind, part, lines=lines, tokens=tokens, dry_run=dry_run)
            failed, succeeded = failed + found.failed, succeeded + found.succeeded
            for row in found.rows:
                row.line += first
                rows.append(row)
    if json:
        put_json({"rows": rows, "succeeded": succeeded, "failed": failed})
    else:
        for row in rows:
            if row.token is not None:
                typer.echo(f"{row.twin_id}\t{row.token}")
            if row.problem is not None:
                errors().print(Text(clean(f"{file}, line {row.line}: {row.problem}"), "red"))
        what = "right" if dry_run else "taken over"
        console().print(Text(f"{succeeded} {what}, {failed} wrong", "red" if failed else "green"))
    if failed:
        raise typer.Exit(FAILED)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        name="bulk",
        help="One operation on all twins that a filter finds: run, list, show, cancel; import.",
        no_args_is_help=True,
    )
    group.command("run")(run)
    group.command("list")(list_jobs)
    group.command("show")(show)
    group.command("cancel")(cancel)
    group.command("import")(import_)
    app.add_typer(group)
