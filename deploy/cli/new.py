"""The command that begins a package of one's own."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from deploy.cli.connection import target
from deploy.cli.output import Json, clean, console, put_json
from deploy.new import new_package


def new(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Of the package and its kind, for example oven.")
    ],
    folder: Annotated[
        Path, typer.Option(metavar="DIR", help="An empty folder. Default: this one.")
    ] = Path(),
    json: Json = False,
) -> None:
    """Make an empty folder a package of your own: a kind, a rule, a supervisor, and their tests."""
    from actors.kinds import gather_kinds, load_kinds  # noqa: PLC0415 - actors.kinds loads all of Vigil's kinds and zen, 45 ms
    from deploy.settings import load_settings  # noqa: PLC0415 - deploy.settings loads OpenTelemetry and pydantic-settings, 220 ms

    target(ctx, json=json)
    load_kinds(gather_kinds(load_settings().node.kinds))
    written = new_package(name, folder)
    if json:
        put_json([str(path) for path in written])
        return
    out = console()
    for path in written:
        out.print(Text(clean(str(path)), style="cyan"))
    out.print()
    out.print("It is found once it is installed beside Vigil:")
    out.print(Text("pip install -e . --no-build-isolation --no-deps", style="bold"))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(new)
