"""Commands about kinds: those that a node here would have, and documents that describe others."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from deploy.cli import process
from deploy.cli.config import Config
from deploy.cli.connection import target
from deploy.cli.output import FAILED, Json, clean, console, put_json, table
from deploy.cli.values import BadValue
from twins.catalogue import KindView, describe
from twins.documents import DECLARED, load_kind, read_kind
from twins.documents.changes import problems_between
from twins.kind import KINDS
from twins.rules.fields import Field

_EVERYBODYS = {"command.progress"}
"""Events of all devices that take commands."""

_ENDLESS = 1e15
"""A bound beyond this is none that anybody wrote."""

Kinds = Annotated[
    list[str] | None, typer.Option("--kind", metavar="KIND", help="Only this one. Default: all.")
]


def list_kinds(
    ctx: typer.Context, kinds: Kinds = None, config: Config = None, json: Json = False
) -> None:
    """List the kinds that a node here would have: fields with units, events, commands, rules."""
    if ctx.invoked_subcommand is not None:
        return
    target(ctx, json=json)
    _load(config)
    found = [describe(kind) for name, kind in sorted(KINDS.items()) if name in (kinds or KINDS)]
    missing = sorted({*(kinds or ())} - KINDS.keys())
    if missing:
        raise BadValue(f"no kind {missing[0]!r}; there are: {', '.join(sorted(KINDS))}")
    if json:
        put_json(found)
        return
    for number, view in enumerate(found):
        if number:
            console().print()
        show_kind(view)


def check(
    ctx: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Documents of kinds, YAML or JSON.")
    ],
    against: Annotated[
        Path | None,
        typer.Option(metavar="OLD", help="Say what of it the document could not take over."),
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Check documents of kinds, or W3C Thing Descriptions; a mistake is told with its line."""
    from actors.kinds import read_document  # noqa: PLC0415 - actors.kinds loads all of Vigil's kinds and zen, 45 ms

    target(ctx, json=json)
    _load(config)
    views = []
    problems: list[str] = []
    for file in files:
        document = read_document(file)
        kind = load_kind(document.text, document.name)
        views.append(describe(kind))
        if against is not None:
            old = read_document(against)
            before = read_kind(old.text, old.name)
            problems += problems_between(before, DECLARED[kind.name].document)
    if json:
        put_json({"kinds": views, "problems": problems})
    else:
        for view in views:
            show_kind(view)
        for problem in problems:
            console().print(Text(clean(problem), style="red"))
    if problems:
        raise typer.Exit(FAILED)


def reload(
    ctx: typer.Context,
    timeout: Annotated[float, typer.Option(min=1, help="How long it may take, in s.")] = 120.0,
    json: Json = False,
) -> None:
    """Let the running node take over kinds that are new or changed; nothing else stops for it.

    It reads `node.kinds`, their documents and modules, and what is installed, anew. Hosts, gateways
    and the API are replaced, one role after the other; twins and devices go on.
    """
    found = target(ctx, json=json)
    if not found.local:
        raise BadValue("`vigil kinds reload` is for the node of a data folder on this machine")
    if json:
        put_json({"renewed": process.renew(found.folder, timeout).renewed})
        return
    with console().status("replacing hosts, gateways and the API"):
        node = process.renew(found.folder, timeout)
    console().print(Text(f"Kinds are taken over by {', '.join(node.renewed)}", style="green"))


def show_kind(view: KindView) -> None:
    """Print one kind for people."""
    out = console()
    out.print(Text.assemble((view.kind, "bold"), f"  {clean(view.about)}"))
    out.print(Text(f"from {clean(view.source)}, schema {view.schema}", style="dim"))
    rows = table("", "name", "type", "unit", "range", right=("range",))
    for field in view.fields:
        rows.add_row("field", *_cells(field.name, field))
    for event in view.events:
        if event.sender == "device" and event.type not in _EVERYBODYS:
            names = ", ".join(field.name for field in event.fields if field.name != "at")
            rows.add_row("event", Text(event.type, "cyan"), Text(clean(names)), "", "")
    for command in view.commands:
        if not command.fields:
            rows.add_row("command", Text(command.name, "cyan"), "", "", "")
        for field in command.fields:
            rows.add_row("command", *_cells(f"{command.name} {field.name}", field))
    for rule in view.rules:
        rows.add_row("rule", Text(clean(rule), "cyan"), "", "", "")
    out.print(rows)


def _cells(name: str, field: Field) -> tuple[Text, Text, Text, Text]:
    shown = "/".join(field.choices) if field.choices else field.type.value
    if field.link is not None:
        shown = f"link to {field.link}"
    bounds = [
        "" if bound is None or abs(bound) >= _ENDLESS else f"{bound:g}"
        for bound in (field.low, field.high)
    ]
    span = "" if bounds == ["", ""] else f"{bounds[0]}…{bounds[1]}"
    return Text(clean(name), "cyan"), Text(clean(shown)), Text(clean(field.unit or "")), Text(span)


def _load(config: Path | None) -> None:
    from actors.kinds import gather_kinds, load_kinds  # noqa: PLC0415 - actors.kinds loads all of Vigil's kinds and zen, 45 ms
    from deploy.settings import load_settings  # noqa: PLC0415 - deploy.settings loads OpenTelemetry and pydantic-settings, 220 ms

    load_kinds(gather_kinds(load_settings(config).node.kinds))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Kinds: what twins measure, take and do.")
    group.callback(invoke_without_command=True)(list_kinds)
    group.command("check")(check)
    group.command("reload")(reload)
    app.add_typer(group, name="kinds")
