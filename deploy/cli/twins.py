"""Commands about one twin: get, send, ask, resume, history."""

import time
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from actors.state import TwinState
from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import FAILED, Json, cell, clean, console, plain, put_json, table
from gateway.client import Client
from gateway.twin_views import TwinThen
from twins.ids import split

MAX_SHOWN = 100_000

SHOWN = 5
"""Firings of rules that are printed; `--json` has all that the twin remembers."""

_KEPT = ("older", "record", "watched", "windows")
"""What a twin keeps for itself and its rules; `--json` has it as it is."""

TwinId = Annotated[str, typer.Argument(metavar="ID", help="The twin, for example vehicle/v17.")]
EventId = Annotated[
    str | None,
    typer.Option("--id", help="The event's id: sent again with it, it counts once."),
]
Data = Annotated[
    str | None,
    typer.Argument(metavar="JSON", help="Its data: JSON, @file, or - for standard input."),
]


def get(
    ctx: typer.Context,
    twin_id: TwinId,
    min_position: Annotated[
        int | None,
        typer.Option(min=0, help="Wait until this log position of its partition is applied."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="As it was then: 90s, 15m, 1h, 2d (ago), ISO 8601, or #POSITION."),
    ] = None,
    json: Json = False,
) -> None:
    """Read a twin: its state, and as of when."""
    split(twin_id)
    with client(ctx, json=json) as api:
        if at is not None:
            _show_then(_then(api, twin_id, at), json=json)
            return
        state = api.state(twin_id, min_position)
    if json:
        put_json(state)
        return
    show_state(state)


def _then(api: Client, twin_id: str, at: str) -> TwinThen:
    if at.startswith("#") and at[1:].isdecimal():
        return api.then(twin_id, position=int(at[1:]))
    return api.then(twin_id, at=values.moment(at, time.time()))


def _show_then(then: TwinThen, *, json: bool) -> None:
    if json:
        put_json(then)
        return
    show_state(then.state)
    if then.caveat is not None:
        console().print(Text(clean(then.caveat), style="yellow"))


def show_state(state: TwinState) -> None:
    """Print a twin for people."""
    out = console()
    now = time.time()
    out.print(Text(state.id, style="bold"))
    if not state.exists:
        out.print(Text("It never received anything; this is what a new one is like.", "yellow"))
    if state.parked is not None:
        text = f"Set aside, its events wait (`vigil resume {state.id}`): {clean(state.parked)}"
        out.print(Text(text, style="bold red"))
    facts = [
        f"position {state.position} of epoch {state.epoch}",
        f"log time {values.iso(state.now)} ({values.age(now - state.now)})",
        f"{state.applied} events handled",
    ]
    if state.duplicates:
        facts.append(f"{state.duplicates} repeats recognised")
    if state.reordered:
        facts.append(f"{state.reordered} out of order")
    out.print(Text(", ".join(facts), style="dim"))
    out.print()
    rows = table("field", "value")
    for name, value in sorted(state.state.items()):
        if name not in _KEPT:
            rows.add_row(Text(clean(name), style="cyan"), _value(name, value, now))
    out.print(rows)
    record = state.state.get("record") or {}
    firings = record.get("firings") or []
    if firings:
        out.print()
        out.print(_fired(firings))
        if len(firings) > SHOWN:
            out.print(Text(f"the last {SHOWN} of {len(firings)} that it remembers", style="dim"))


def _fired(firings: list[dict[str, Any]]) -> Table:
    """What rules noticed, the newest first; a signal is what `vigil explain` takes."""
    rows = table("rule", "fired", "why", "signal")
    for one in firings[: -SHOWN - 1 : -1]:
        followed = "in the shadow" if one.get("shadow") else " ".join(one.get("signals") or ())
        why = (one.get("why") or {}).get("words")
        rows.add_row(
            Text(clean(one["rule"]), "bold"), values.iso(one["at"]), cell(why), cell(followed)
        )
    return rows


def _value(name: str, value: Any, now: float) -> Text:
    if (name == "stamp" or name.endswith("_at")) and isinstance(value, float):
        return Text(f"{values.iso(value)} ({values.age(now - value)})")
    if isinstance(value, dict | list) and value:
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        return Text(clean(text) if len(text) > 60 else plain(value))  # noqa: PLR2004 - fits a line
    return Text(plain(value))


def send(
    ctx: typer.Context,
    twin_id: TwinId,
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="For example configured.")],
    data: Data = None,
    event_id: EventId = None,
    as_device: Annotated[
        bool,
        typer.Option("--as-device", help="As if its device had sent it, not Vigil itself."),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Then show the twin, once it has handled the event.")
    ] = False,
    json: Json = False,
) -> None:
    """Send a twin an event; done when it is durable in the log."""
    split(twin_id)
    body = values.json_value(data)
    with client(ctx, json=json) as api:
        sent = api.send(twin_id, event_type, body, event_id=event_id, as_device=as_device)
        state = api.state(twin_id, sent.position) if wait else None
    if json:
        put_json({**asdict(sent), **({"state": state} if state else {})})
        return
    text = f"durable at position {sent.position} of partition {sent.partition}"
    console().print(Text.assemble((text, "green"), (f"  event {sent.event_id}", "dim")))
    if state is not None:
        console().print()
        show_state(state)


def ask(
    ctx: typer.Context,
    twin_id: TwinId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="For example unlock_trunk.")],
    data: Data = None,
    event_id: EventId = None,
    json: Json = False,
) -> None:
    """Ask a twin to do something, and print its answer."""
    split(twin_id)
    body = values.json_value(data)
    with client(ctx, json=json) as api:
        asked = api.ask(twin_id, name, body, event_id)
    if json:
        put_json(asked)
        return
    put_json(asked.value)


def resume(
    ctx: typer.Context,
    twin_id: TwinId,
    skip: Annotated[
        bool, typer.Option("--skip", help="Leave out the event that failed; what waits follows.")
    ] = False,
    event_id: EventId = None,
    json: Json = False,
) -> None:
    """Let a twin go on that was set aside: nothing that waits is lost, all of it follows in order.

    Without --skip the event that failed is handled again: mend what made it fail first.
    """
    split(twin_id)
    with client(ctx, json=json) as api:
        before = api.state(twin_id)
        if before.parked is None:
            console().print(Text(f"{twin_id} is not set aside; nothing was done.", style="yellow"))
            raise typer.Exit(FAILED)
        sent = api.resume(twin_id, skip=skip, event_id=event_id)
        state = api.state(twin_id, sent.position)
    if json:
        put_json({**asdict(sent), "state": state})
    elif state.parked is None:
        handled = state.applied - before.applied
        said = f"{twin_id} goes on; {handled} of its events were handled just now"
        console().print(Text(said, style="green"))
    else:
        console().print(Text(f"set aside again: {clean(state.parked)}", style="bold red"))
    if state.parked is not None:
        raise typer.Exit(FAILED)


def history(
    ctx: typer.Context,
    twin_id: TwinId,
    since: Annotated[
        str | None, typer.Option(help="From when: 90s, 15m, 1h, 2d (ago), or ISO 8601.")
    ] = "24h",
    until: Annotated[str | None, typer.Option(help="Until when, the same way.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the newest.")] = 50,
    json: Json = False,
) -> None:
    """Read a twin's events from the log, oldest first."""
    split(twin_id)
    now = time.time()
    start, end = values.moment(since, now), values.moment(until, now)
    with client(ctx, json=json) as api:
        found = api.history(twin_id, since=start, until=end, limit=limit)
    if json:
        put_json(found)
        return
    out = console()
    if not found.items:
        out.print(Text(f"No event of {twin_id} in that span.", style="yellow"))
        return
    rows = table("time", "type", "from", "position", "data", right=("position",))
    for item in found.items:
        rows.add_row(
            Text(values.iso(item.at, parts="milliseconds"), style="dim"),
            Text(clean(item.type), style="cyan"),
            item.origin,
            str(item.position),
            cell(item.data),
        )
    out.print(rows)
    if found.more:
        text = f"There are earlier ones: ask for more with --limit, or with --since {since} --until"
        first = values.iso(found.items[0].taken_at).replace(" ", "T")
        out.print(Text(f"{text} {first}", style="yellow"))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (get, send, ask, resume, history):
        app.command()(command)
