"""Run the providers: `python -m load.providers --database FILE --ready-file FILE`."""

import json
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError

from load.providers.app import create_app
from load.providers.contract import Position
from load.providers.edge import AbortableProtocol
from load.providers.roads import no_roads, roads_of
from load.providers.world import World, demo_world

HOST = "127.0.0.1"


class ReadyServer(uvicorn.Server):
    """A server that tells, in a file and then by one line of output, that it listens.

    Args:
        config: Of the server.
        ready_file: Appears, complete, once calls are taken: `{"port": 8080, "providers": [..]}`.
        ready: Its contents.
    """

    def __init__(
        self, config: uvicorn.Config, ready_file: Path | None, ready: dict[str, object]
    ) -> None:
        super().__init__(config)
        self._ready_file = ready_file
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then write the file under another name and move it into place."""
        await super().startup(sockets)
        if self._ready_file is not None:
            unfinished = self._ready_file.with_name(f"{self._ready_file.name}.{os.getpid()}")
            unfinished.write_text(json.dumps(self._ready))
            unfinished.replace(self._ready_file)
        typer.echo(f"providers at http://{HOST}:{self._ready['port']}/providers")


def read_world(world: str, center: Position, seed: int, timezone: str) -> World:
    """Return the demo world, or the one described by a JSON file.

    Raises:
        typer.BadParameter: the file cannot be read or describes no world.
    """
    try:
        if world == "demo":
            return demo_world(seed, center, timezone=timezone)
        return World.model_validate_json(Path(world).read_bytes())
    except (OSError, ValidationError) as error:
        raise typer.BadParameter(f"--world {world}: {error}") from error


def read_position(text: str) -> Position:
    """Return the position written as `latitude,longitude` in degrees.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not latitude,longitude") from error
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004 - degrees of a globe
        raise typer.BadParameter(f"{text!r} lies on no globe")
    return (latitude, longitude)


def serve(
    *,
    database: Annotated[Path, typer.Option(help="The providers' truth; made if missing.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 0,
    world: Annotated[str, typer.Option(help="demo, or a JSON file.")] = "demo",
    time_scale: Annotated[
        float | None, typer.Option(help="World seconds driven in one second of the clock.")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written once listening; holds the port as JSON.")
    ] = None,
    center: Annotated[str, typer.Option(help="lat,lon of the demo world.")] = "60.1699,24.9384",
    timezone: Annotated[str, typer.Option(help="Of the demo world.")] = "Europe/Helsinki",
    seed: Annotated[int, typer.Option(help="Of the demo world.")] = 1,
    streets: Annotated[
        Path | None,
        typer.Option(help="A folder of maps, for vehicles to drive on. Default: straight lines."),
    ] = None,
) -> None:
    """Serve all providers of a world on 127.0.0.1 until SIGTERM or SIGINT."""
    chosen = read_world(world, read_position(center), seed, timezone)
    if time_scale is not None:
        try:
            chosen = World.model_validate(
                {
                    **{name: getattr(chosen, name) for name in World.model_fields},
                    "time_scale": time_scale,
                }
            )
        except ValidationError as error:
            raise typer.BadParameter(f"--time-scale {time_scale}: {error}") from error
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise typer.BadParameter(f"--port {port} on {HOST}: {error}") from error
        bound: int = listener.getsockname()[1]
        roads = no_roads if streets is None else roads_of(streets)
        app = create_app(chosen, database, roads=roads)
        config = uvicorn.Config(
            app,
            http=AbortableProtocol,
            log_level="warning",
            access_log=False,
            # A silent provider's callers would hold up the end for as long as it is silent.
            timeout_graceful_shutdown=3,
        )
        ids = [provider.provider_id for provider in chosen.providers]
        server = ReadyServer(config, ready_file, {"port": bound, "providers": ids})
        # uvicorn stops in good order, then raises the signal again: that is no failure here.
        signal.signal(signal.SIGTERM, _exit_well)
        server.run(sockets=[listener])


def _exit_well(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    typer.run(serve)
