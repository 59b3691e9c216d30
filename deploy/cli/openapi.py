"""`vigil openapi`: what the API says of itself, for those who make clients of it."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.values import BadValue


def openapi(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to. Default: standard output.")
    ] = None,
) -> None:
    """Write the API's OpenAPI document; no cluster is needed."""
    from gateway.api.openapi import text  # noqa: PLC0415 - gateway.api.openapi loads FastAPI and OpenTelemetry, 160 ms

    written = text()
    if file is None:
        typer.echo(written, nl=False)
        return
    try:
        file.write_text(written, "utf-8")
    except OSError as error:
        raise BadValue(f"{file}: it cannot be written: {error.strerror}") from error


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(openapi)
