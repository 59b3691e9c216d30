"""The command that shows the settings."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from deploy.cli.connection import target
from deploy.cli.output import Json, clean, console, put_json, table

Config = Annotated[
    Path | None,
    typer.Option("--config", help="A file of settings. Default: vigil.toml, if it is there."),
]


def show(
    ctx: typer.Context,
    config: Config = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only what is not as by default.")
    ] = False,
    json: Json = False,
) -> None:
    """Show every setting, its value, and where that comes from."""
    from deploy.settings import explain  # noqa: PLC0415 - deploy.settings loads OpenTelemetry and pydantic-settings, 220 ms

    folder = target(ctx, json=json).given
    overrides = {} if folder is None else {"node.folder": str(folder)}
    found = explain(config, overrides)
    if changed:
        found = [item for item in found if item.source != "default"]
    if json:
        put_json([msgspec.structs.asdict(item) for item in found])
        return
    rows = table("setting", "value", "from")
    for item in found:
        style = "dim" if item.source == "default" else "green"
        rows.add_row(
            Text(item.path, style="cyan"), Text(clean(item.value)), Text(item.source, style=style)
        )
    console().print(rows)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Everything that can be set.")
    group.command("show")(show)
    app.add_typer(group, name="config")
