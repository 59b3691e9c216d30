"""Commands that change one twin, and look around it: patch, desire, maintain, commands, links."""

import time
from typing import Annotated, Any

import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import Json, cell, clean, console, put_json, table
from deploy.cli.rule_show import By, who
from deploy.cli.twins import TwinId, show_state
from deploy.cli.values import BadValue
from gateway.twin_views import CommandView, DesiredView
from twins.ids import split

Merge = Annotated[
    str,
    typer.Argument(metavar="JSON", help="A merge patch: what to set, null to empty it; or @file."),
]
Revision = Annotated[
    str | None,
    typer.Option("--if", metavar="REVISION", help="Only while the twin has it; `vigil get` says."),
]


def _object(text: str) -> dict[str, Any]:
    found = values.json_value(text)
    if not isinstance(found, dict):
        raise BadValue('a patch is a JSON object: \'{"description": "the red one"}\'')
    return found


def patch(
    ctx: typer.Context, twin_id: TwinId, merge: Merge, revision: Revision = None, json: Json = False
) -> None:
    """Set master data of a twin; what only its device can say is refused."""
    split(twin_id)
    data = _object(merge)
    with client(ctx, json=json) as api:
        state = api.twins.patch(twin_id, data, revision=revision)
    if json:
        put_json(state)
        return
    show_state(state)


def desire(
    ctx: typer.Context,
    twin_id: TwinId,
    merge: Annotated[
        str | None,
        typer.Argument(metavar="JSON", help="What its device shall report; null takes it back."),
    ] = None,
    revision: Revision = None,
    json: Json = False,
) -> None:
    """Say what a device shall report, or look at what is missing."""
    split(twin_id)
    data = None if merge is None else _object(merge)
    with client(ctx, json=json) as api:
        if data is None:
            found = api.twins.desired(twin_id)
        else:
            found = api.twins.desire(twin_id, data, revision=revision)
    if json:
        put_json(found)
        return
    _show_desired(found)


def _show_desired(found: DesiredView) -> None:
    out = console()
    rows = table("field", "desired", "reported", "")
    for name, value in found.desired.items():
        same = name not in found.delta
        rows.add_row(
            cell(name), cell(value), cell(found.reported.get(name)),
            Text("as desired" if same else "missing", "green" if same else "yellow"),
        )  # fmt: skip
    out.print(rows if found.desired else Text(f"Nothing is desired of {found.twin_id}."))
    if found.command is not None:
        out.print(Text(f"command {found.command.id}: {found.command.state}", "dim"))


def maintain(
    ctx: typer.Context,
    twin_id: TwinId,
    length: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 1d.")] = "1h",
    *,
    end: Annotated[bool, typer.Option("--end", help="The work is done.")] = False,
    note: Annotated[str, typer.Option("--note", "-m", help="What is done to it.")] = "",
    by: By = None,
    json: Json = False,
) -> None:
    """Work on a twin: until it ends, it raises no signals, and no rule of it fires."""
    split(twin_id)
    seconds = values.length(length)
    with client(ctx, json=json) as api:
        if end:
            api.twins.end_maintenance(twin_id)
            found = None
        else:
            found = api.twins.maintain(twin_id, who(by), seconds, note)
    if json:
        put_json(found)
    elif found is None:
        console().print(Text(f"{twin_id}: no maintenance any more", "green"))
    else:
        text = f"{twin_id} is in maintenance until {values.iso(found.until)}, and then no more"
        console().print(Text(text, "green"))


def maintenance(ctx: typer.Context, json: Json = False) -> None:
    """List the twins in maintenance."""
    with client(ctx, json=json) as api:
        found = api.twins.maintenance()
    if json:
        put_json(found)
        return
    now = time.time()
    rows = table("twin", "by", "ends in", "note")
    for one in found.items:
        rest = values.words(max(0.0, one.until - now))
        rows.add_row(Text(one.twin_id, "bold"), clean(one.by), rest, cell(one.note))
    console().print(rows if found.items else Text("No twin is in maintenance."))


def commands(
    ctx: typer.Context,
    twin_id: TwinId,
    *,
    give: Annotated[
        str | None, typer.Option("--give", metavar="NAME", help="Give its device this command.")
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="The data of --give.")
    ] = None,
    cancel: Annotated[
        str | None, typer.Option("--cancel", metavar="COMMAND", help="Send this one no more.")
    ] = None,
    json: Json = False,
) -> None:
    """List the commands of a device with their state; give one, or cancel one."""
    split(twin_id)
    if give is not None and cancel is not None:
        raise BadValue("--give and --cancel are two things; do one after the other")
    body = {} if data is None else _object(data)
    with client(ctx, json=json) as api:
        if give is not None:
            api.twins.give(twin_id, give, body)
        if cancel is not None:
            api.twins.cancel(twin_id, cancel)
        found = api.twins.commands(twin_id)
    if json:
        put_json(found)
        return
    rows = table("command", "name", "state", "since", "sent", "detail")
    now = time.time()
    for one in found.items:
        rows.add_row(*_command(one, now))
    none = f"{twin_id} has no commands; it takes: {', '.join(found.takes) or 'none'}"
    console().print(rows if found.items else Text(none))


def _command(one: CommandView, now: float) -> list[Text | str]:
    since = max(one.times.values(), default=None)
    state = f"{one.state}, waits until it can" if one.waiting else one.state
    return [
        Text(clean(one.id), "bold"), clean(one.name), Text(state, "" if one.open else "dim"),
        "" if since is None else values.age(now - since), f"{one.sends}x", cell(one.detail),
    ]  # fmt: skip


def links(
    ctx: typer.Context,
    twin_id: TwinId,
    depth: Annotated[int, typer.Option(min=1, max=4, help="How many steps.")] = 1,
    json: Json = False,
) -> None:
    """Show the twins around one: those that it names, and those that name it."""
    split(twin_id)
    with client(ctx, json=json) as api:
        found = api.twins.links(twin_id, depth=depth)
    if json:
        put_json(found)
        return
    rows = table("step", "twin", "its", "leads to", right=("step",))
    for one in found.items:
        rows.add_row(str(one.depth), Text(one.source, "bold"), cell(one.field), one.target)
    console().print(rows if found.items else Text(f"Nothing is linked with {twin_id}."))
    if found.more:
        console().print(Text("There are more.", "yellow"))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (patch, desire, maintain, maintenance, commands, links):
        app.command()(command)
