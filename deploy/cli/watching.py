"""The command that watches: what changes, as it changes."""

import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from deploy.cli import values
from deploy.cli.connection import client
from deploy.cli.output import Json, clean, console, errors, plain, put_json
from gateway.client import ApiUnreachable, Client
from gateway.live_event import LiveEvent
from twins.ids import split

FIRST_WAIT_S = 0.5
MAX_WAIT_S = 10.0
_QUIET = {
    "key", "stamp", "older", "windows", "record", "mirror", "watched", "arrangement", "past",
    "wake_at",
}  # fmt: skip


def watch(
    ctx: typer.Context,
    kind: Annotated[str | None, typer.Option(help="Only twins of this kind.")] = None,
    twin: Annotated[str | None, typer.Option(metavar="ID", help="Only this twin.")] = None,
    where: Annotated[
        str | None, typer.Option(help="Only twins like that: coolant_c > 100.")
    ] = None,
    signals: Annotated[
        bool, typer.Option("--signals", help="Only what twins notice, no other changes.")
    ] = False,
    number: Annotated[
        int | None, typer.Option("--count", "-n", min=1, help="End after so many.")
    ] = None,
    json: Json = False,
) -> None:
    """Show what changes in twins, until Ctrl-C. A broken connection is taken up again."""
    if twin is not None:
        split(twin)
    shown = Shown(number, only_signals=signals, json=json)
    with client(ctx, json=json) as api:
        wanted = {"kind": kind, "twin_id": twin, "where": where}
        try:
            _follow(api, wanted, shown)
        except KeyboardInterrupt:
            return


def _follow(api: Client, wanted: dict[str, str | None], shown: "Shown") -> None:
    """Read the feed for ever, or until enough was shown."""
    wait_s, last_id, began = FIRST_WAIT_S, None, False
    while True:
        try:
            with api.live(**wanted, last_id=last_id) as feed:
                for event in feed:
                    began, wait_s = True, FIRST_WAIT_S
                    last_id = event.id or last_id
                    if shown.take(event):
                        return
            reason = "the server ended the stream"
        except ApiUnreachable as error:
            if not began:
                raise
            reason = str(error)
        errors().print(Text(f"{reason}; trying again in {wait_s:g} s", style="yellow"))
        time.sleep(wait_s)
        wait_s = min(wait_s * 2, MAX_WAIT_S)


class Shown:
    """What was shown so far: prints each item, and knows what is new in it."""

    def __init__(self, number: int | None, *, only_signals: bool, json: bool) -> None:
        self._left = number
        self._only_signals = only_signals
        self._json = json
        self._states: dict[str, dict[str, Any]] = {}
        self._console: Console = console()

    def take(self, event: LiveEvent) -> bool:
        """Show an item if it is one to show; True when it was the last one."""
        if event.event == "lost":
            count = event.data.get("count")
            what = "some changes" if count is None else f"{count} changes"
            errors().print(Text(f"{what} were left out here", style="yellow"))
            return False
        if event.event != "signal" and (event.event != "change" or self._only_signals):
            return False
        if self._json:
            put_json(event, pretty=False)
        elif event.event == "signal":
            self._signal(event.data)
        else:
            self._change(event.data)
        if self._left is not None:
            self._left -= 1
        return self._left == 0

    def _change(self, data: dict[str, Any]) -> None:
        twin_id, state = str(data.get("id")), data.get("state") or {}
        before = self._states.get(twin_id)
        self._states[twin_id] = state
        line = Text.assemble(
            (values.iso(float(data.get("now") or 0.0)), "dim"), "  ", (clean(twin_id), "bold")
        )
        for name, value in state.items():
            if name in _QUIET or (before is not None and before.get(name) == value):
                continue
            line.append(f"  {clean(name)} ", style="cyan")
            short = "…" if isinstance(value, dict | list) else plain(value)
            line.append(short)
        if data.get("parked"):
            line.append(f"  set aside: {clean(str(data['parked']))}", style="bold red")
        self._console.print(line)

    def _signal(self, data: dict[str, Any]) -> None:
        facts = data.get("data") or {}
        said = "  ".join(
            f"{clean(str(name))} {plain(value)}"
            for name, value in facts.items()
            if not isinstance(value, dict | list)
        )
        self._console.print(
            Text.assemble(
                (values.iso(float(data.get("time") or 0.0)), "dim"),
                "  ",
                (clean(str(data.get("twin_id"))), "bold"),
                "  ",
                (clean(str(data.get("name"))), "bold yellow"),
                f"  {said}",
            )
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(watch)
