"""Commands that look at all twins: search, count."""

import re
import time
from itertools import islice
from typing import Annotated, Any

import typer
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import Json, cell, clean, console, put_json, table
from gateway.client import Client
from gateway.twin_views import FoundTwin

PAGE = 1000
FIELDS = 6
"""How many fields a table shows unless they are named."""

_QUIET = {"key", "stamp", "older", "windows", "record", "mirror", "watched"}
_WORDS = {"and", "or", "not", "in", "exists", "id", "kind", "key", "true", "false", "null"}

Where = Annotated[
    str,
    typer.Argument(
        metavar="WHERE",
        help='For example: kind = vehicle and coolant_c > 100, or: name ~ "Lisa*". '
        "Without it: every twin.",
    ),
]


def search(
    ctx: typer.Context,
    where: Where = "",
    sort: Annotated[
        str | None, typer.Option(help="By this field; with - before it, descending.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="So many at most.")] = 50,
    fields: Annotated[
        str | None, typer.Option(help="Which fields to show, with commas between.")
    ] = None,
    json: Json = False,
) -> None:
    """Find twins by their state, as of about 2 s ago."""
    with client(ctx, json=json) as api:
        items, as_of, more = _pages(api, where, sort, limit)
    if json:
        put_json({"items": items, "as_of": as_of, "more": more})
        return
    out = console()
    if not items:
        out.print(Text("No twin is like that.", style="yellow"))
        return
    names = _fields(where, sort, fields, items)
    rows = table("id", *names)
    for item in items:
        shown = [cell(_at(item.state, name)) for name in names]
        rows.add_row(Text(item.id, style="bold"), *shown)
    out.print(rows)
    seen = values.age(time.time() - as_of)
    text = f"{len(items)} twins, as of {seen}"
    out.print(Text(f"{text}; there are more, see --limit" if more else text, style="dim"))


def _pages(
    api: Client, where: str, sort: str | None, limit: int
) -> tuple[list[FoundTwin], float, bool]:
    """So many twins, from as many pages as that takes; the oldest time of the pages."""
    items: list[FoundTwin] = []
    cursor: str | None = None
    as_of = float("inf")
    while True:
        wanted = min(PAGE, limit - len(items))
        page = api.search(where, sort=sort, limit=wanted, cursor=cursor)
        items += page.items
        as_of = min(as_of, page.as_of)
        cursor = page.cursor
        if cursor is None or len(items) >= limit or not page.items:
            return items, as_of, cursor is not None


def _fields(where: str, sort: str | None, given: str | None, items: list[FoundTwin]) -> list[str]:
    """What to show: what was named, else what was searched for, else what the twins have."""
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip()]
    named = re.findall(r"[A-Za-z_][A-Za-z0-9_.-]*", re.sub(r'"[^"]*"', "", where))
    if sort is not None:
        named.append(sort.removeprefix("-"))
    seen = dict.fromkeys(
        name
        for name in named
        if name not in _WORDS and any(_at(item.state, name) is not None for item in items)
    )
    for item in islice(items, 20):
        for name, value in item.state.items():
            if name not in _QUIET and not isinstance(value, dict | list):
                seen[clean(name)] = None
    return list(seen)[:FIELDS]


def _at(state: dict[str, Any], path: str) -> Any:
    value: Any = state
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def count(ctx: typer.Context, where: Where = "", json: Json = False) -> None:
    """Count twins by their state."""
    with client(ctx, json=json) as api:
        found = api.count(where)
    if json:
        put_json({"where": where, "count": found})
        return
    console().print(str(found))


def signals(
    ctx: typer.Context,
    twin_id: Annotated[
        str | None, typer.Argument(metavar="TWIN", help="Of this one alone: vehicle/v17.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Of twins of this kind alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=4096, help="So many at most.")] = 20,
    json: Json = False,
) -> None:
    """List what twins noticed lately, the newest first, as far as hosts remember it."""
    with client(ctx, json=json) as api:
        found = api.signals(kind=kind, twin_id=twin_id, limit=limit)
    if json:
        put_json(found)
        return
    out = console()
    if found["items"]:
        rows = table("when", "signal", "twin", "with")
        now = time.time()
        for one in found["items"]:
            data = ", ".join(f"{name} {value}" for name, value in one["data"].items())
            rows.add_row(
                values.age(now - one["time"]), Text(clean(one["name"]), style="bold"),
                clean(one["twin_id"]), cell(data),
            )  # fmt: skip
        out.print(rows)
    else:
        out.print(Text("No twin has noticed anything that is remembered.", style="yellow"))
    if found["missing"]:
        numbers = ", ".join(map(str, found["missing"]))
        out.print(Text(f"partitions {numbers} did not answer", style="yellow"))


def parked(
    ctx: typer.Context,
    where: Where = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many at most.")] = 50,
    json: Json = False,
) -> None:
    """List the twins that are set aside because an event failed, and why.

    `vigil resume` lets one of them go on, `vigil bulk run WHERE --parked resume` many.
    """
    with client(ctx, json=json) as api:
        page = api.parked(where, limit=limit)
    if json:
        put_json(page)
        return
    out = console()
    if not page.items:
        out.print(Text("No twin is set aside.", style="green"))
        return
    rows = table("id", "since", "event", "waiting", "why")
    now = time.time()
    for one in page.items:
        rows.add_row(
            Text(one.id, style="bold"), values.age(now - one.since), clean(one.event_type),
            f"{one.waiting:,}" + (", goes on" if one.going else ""), cell(one.reason),
        )  # fmt: skip
    out.print(rows)
    out.print(Text(f"{len(page.items)} of {page.total:,} twins", style="dim"))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (search, count, signals, parked):
        app.command()(command)
