"""Commands about this machine's node: up, down, status."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from deploy import running
from deploy.cli import process, values
from deploy.cli.config import Config
from deploy.cli.connection import Target, target
from deploy.cli.output import FAILED, Json, cell, clean, console, put_json, table
from deploy.cli.rule_show import who
from deploy.cli.values import BadValue, json_value
from deploy.errors import AlreadyRunning, NotRunning
from deploy.running import Running
from gateway.client import ApiProblem, ApiUnreachable, Client
from gateway.roles import Role

START_S = 30.0
"""What the start may take beside `node.start_s`: Python, Ray and the NATS server, in seconds."""

STOP_S = 60.0

Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting: --set api.port=8090"),
]


def up(
    ctx: typer.Context,
    config: Config = None,
    setting: Setting = None,
    foreground: Annotated[
        bool, typer.Option("--foreground", "-f", help="Stay here, and end with Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Start Vigil on this machine: NATS, Ray, gateways, hosts and the API.

    In the background a watchdog starts it again should it end without being told to; with
    --foreground that is left to whoever runs it, a container's restart policy say.
    """
    found = target(ctx, json=json)
    overrides = _overrides(found, setting or [])
    from deploy.settings import load_settings  # noqa: PLC0415 - deploy.settings loads OpenTelemetry and pydantic-settings, 220 ms

    settings = load_settings(config, overrides)
    folder = settings.node.folder.expanduser().resolve()
    if running.locked(folder) or (not foreground and process.busy(folder)):
        raise AlreadyRunning(running.describe(folder))
    if foreground:
        _stay(settings, folder, partial(load_settings, config, overrides), json=json)
        return
    given = [f"{name}={_written(value)}" for name, value in overrides.items()]
    started = time.monotonic()
    with console().status("starting Vigil"):
        patience_s = settings.node.start_s + START_S
        node = process.start(process.up_command(config, given), folder, patience_s)
    if json:
        put_json(_public(node))
        return
    took = time.monotonic() - started
    console().print(Text(f"Vigil is up after {took:.1f} s", style="bold green"))
    show_node(node, folder, _link(node))


def _link(node: Running) -> str:
    """The console's address; with a token that signs in once, where it can be had."""
    with Client(node.api_url, node.operator_token) as api, suppress(ApiProblem, ApiUnreachable):
        return node.api_url + api.access.sign_in(who(None), [Role.ADMINISTRATOR]).path
    return f"{node.api_url}/console/"


def _overrides(found: Target, settings: list[str]) -> dict[str, Any]:
    overrides: dict[str, Any] = {}
    if found.given is not None:
        overrides["node.folder"] = str(found.given.resolve())
    for text in settings:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise BadValue(f"--set {text}: write --set section.name=value")
        overrides[name.strip()] = _read(value)
    return overrides


def _read(text: str) -> Any:
    """Lists and tables are JSON; all else is text, which the settings turn into their type."""
    return json_value(text) if text[:1] in {"[", "{"} else text


def _written(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _stay(settings: Any, folder: Path, again: Callable[[], Any], *, json: bool) -> None:
    """Run the node in this process, until it is told to end."""
    from deploy.node import run  # noqa: PLC0415 - deploy.node loads Ray, 1,600 ms

    def progress(what: str, share: float) -> None:
        if not json and share in {0.0, 1.0}:
            mark = ("ok", "green") if share else ("..", "yellow")
            console().print(Text.assemble(mark, f"  {what}"))

    async def tell() -> None:
        while True:
            try:
                node = running.read(folder)
            except NotRunning:
                await asyncio.sleep(process.LOOK_S)
                continue
            if json:
                put_json(_public(node))
            elif console().is_terminal:
                show_node(node, folder, await asyncio.to_thread(_link, node))
                console().print(Text("Ctrl-C ends it; nothing is lost.", style="dim"))
            else:
                # Into a log; the token does not belong there.
                console().print(f"Vigil is up: {node.api_url}")
            return

    async def work() -> None:
        telling = asyncio.create_task(tell())
        try:
            await run(settings, progress, again)
        finally:
            telling.cancel()

    asyncio.run(work())
    if not json:
        console().print("Vigil has ended; nothing is lost.")


def show_node(node: Running, folder: Path, link: str | None = None) -> None:
    """Print where a node is, for people; None: the console's address alone."""
    rows = table("", "")
    rows.show_header = False
    for name, text in (
        ("console", link or f"{node.api_url}/console/"),
        ("API", node.api_url),
        ("devices", f"{node.nats_url}" + (f", {node.mqtt_url}" if node.mqtt_url else "")),
        ("data", str(folder)),
        ("process", str(node.pid)),
    ):
        rows.add_row(Text(name, style="cyan"), Text(clean(text)))
    console().print(rows)


def _public(node: Running) -> dict[str, Any]:
    return {**msgspec.to_builtins(node), "live_url": node.live_url}


def down(
    ctx: typer.Context,
    timeout: Annotated[float, typer.Option(min=1, help="How long it may take, in s.")] = STOP_S,
    json: Json = False,
) -> None:
    """End Vigil on this machine, with a last checkpoint; `vigil up` goes on from there."""
    found = target(ctx, json=json)
    if not found.local:
        raise BadValue(
            "`vigil down` ends the node of a data folder on this machine, not of a --url"
        )
    folder = found.folder
    if json:
        pid = process.stop(folder, timeout)
        put_json({"stopped": True, "pid": pid})
        return
    with console().status("ending Vigil, with a last checkpoint"):
        process.stop(folder, timeout)
    console().print(Text("Vigil has ended; `vigil up` goes on from here.", style="green"))


def status(ctx: typer.Context, json: Json = False) -> None:
    """Say how the cluster is; fails (1) when it is not healthy."""
    found = target(ctx, json=json)
    with found.client() as api:
        report = api.status()
    healthy = bool(report.get("healthy"))
    if json:
        put_json(report)
    else:
        if found.local:
            show_node(found.running(), found.folder.resolve())
        _show(report)
    if not healthy:
        raise typer.Exit(FAILED)


def _show(report: dict[str, Any]) -> None:
    out = console()
    out.print()
    healthy = bool(report.get("healthy"))
    out.print(Text("healthy", "bold green") if healthy else Text("not healthy", "bold red"))
    for problem in report.get("problems") or []:
        out.print(Text(f"  {clean(str(problem))}", style="red"))
    totals = report.get("totals") or {}
    rate = totals.get("events_per_s")
    facts = [
        f"{totals.get('events', 0):,} events applied",
        *([] if rate is None else [f"{rate:,.0f} a second"]),
        f"{totals.get('repeats', 0):,} repeats recognised",
        f"{totals.get('hot_twins', 0):,} twins in memory",
        f"{values.size(totals.get('hot_bytes', 0))} for them",
        f"{totals.get('outbox', 0):,} outputs waiting",
    ]
    out.print(Text(", ".join(facts)))
    out.print()
    numbers = ("partition", "epoch", "position", "behind", "events", "twins", "outbox")
    rows = table(
        "partition", "host", "gateway", "epoch", "position", "behind", "events", "twins", "outbox",
        "error", right=numbers,
    )  # fmt: skip
    for part in report.get("partitions") or []:
        rows.add_row(*(_column(part, name) for name in _COLUMNS))
    out.print(rows)
    members = report.get("members") or []
    if members:
        out.print()
        rows = table("member", "role", "partitions", "heard", "", right=("partitions",))
        for member in members:
            rows.add_row(
                cell(str(member.get("owner"))),
                cell(str(member.get("role"))),
                str(len(member.get("partitions") or [])),
                values.age(float(member.get("heard_s_ago") or 0.0)),
                Text("draining", style="yellow") if member.get("draining") else "",
            )
        out.print(rows)


_COLUMNS = (
    "partition", "host", "gateway", "epoch", "position", "behind", "events", "hot_twins", "outbox",
    "error",
)  # fmt: skip


def _column(part: dict[str, Any], name: str) -> Text:
    if name in {"host", "gateway"}:
        owner = str(part.get(name) or "").partition("#")[0]
        return Text(clean(owner)) if owner else Text("nobody", style="bold red")
    if name == "behind":
        position, committed = part.get("position"), part.get("committed")
        if position is None or committed is None:
            return Text("")
        return Text(str(position - committed))
    if name == "error":
        return cell(part.get("error"), "red")
    return cell(part.get(name))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, down, status):
        app.command()(command)
