"""The command that shows Vigil at work: a fleet of cars, and three stories."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.config import Config
from deploy.cli.connection import target
from deploy.cli.output import FAILED, console, errors
from deploy.errors import DeployError

LIMIT_S = 120.0
"""How long a story may take, unless --seconds says otherwise."""

UNATTENDED_S = 3.0
"""How long a link waits for a person where nobody looks, in seconds."""


def demo(
    ctx: typer.Context,
    story: Annotated[
        str | None,
        typer.Option(help="Tell this one, and end when it is told: roadside, service, delivery, …"),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=1, help="How long it goes on at most. Default: until Ctrl-C; with --story 120."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Write what happened as JSON; without a screen. Needs --story or --seconds."
        ),
    ] = None,
    drives: Annotated[
        Path | None,
        typer.Option(
            envvar="VIGIL_DRIVES",
            help="A folder of OBD-II CSV logs, as they are. Without it drives are simulated.",
        ),
    ] = None,
    cars: Annotated[int, typer.Option(min=20, max=5000, help="How many cars.")] = 200,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget all earlier runs.")] = False,
    no_screen: Annotated[
        bool, typer.Option("--no-screen", help="Print lines, as for a log.")
    ] = False,
    patience: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="How long a customer's link waits for a person to tap it, in s. Default: 20; "
            "without a screen 3.",
        ),
    ] = None,
    incidents: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=20_000,
            help="Play so many of roadside in simulated time, half of the owners held out, and "
            "show `vigil outcomes` beside the truth.",
        ),
    ] = None,
    holdout: Annotated[
        float, typer.Option(min=0.01, max=0.5, help="With --incidents: share held out.")
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="With --incidents: draws the population.")] = 1,
    plot: Annotated[
        Path | None, typer.Option(help="With --incidents: write the differences as SVG.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="With --incidents: print JSON.")] = False,
    config: Config = None,
) -> None:
    """Show Vigil at work: cars drive, one overheats, and its driver is helped before she calls."""
    if incidents is not None:
        from deploy.cli.incidents import incidents as play  # noqa: PLC0415 - it loads all supervisors and cryptography, 140 ms

        play(story, incidents, holdout, seed, plot, json=json)
        return
    if plot is not None or json:
        raise typer.BadParameter("--plot and --json belong to --incidents; give it, too")
    if report is not None and seconds is None and story is None:
        raise typer.BadParameter("a report needs an end: give --seconds, too")
    if report is not None and not report.absolute().parent.is_dir():
        raise typer.BadParameter(f"{report.absolute().parent} is no folder")
    screen = not (no_screen or report is not None) and console().is_terminal
    from deploy.demo.run import Wish, run  # noqa: PLC0415 - deploy.demo.run starts a node and loads Ray, 1,800 ms
    from deploy.demo.stories import DEFAULT  # noqa: PLC0415 - deploy.demo.stories loads FastAPI and Ray, 680 ms
    from load.drives.errors import DriveError  # noqa: PLC0415 - its package loads all of load.drives, 15 ms

    wish = Wish(
        story=DEFAULT if story is None else story,
        ends=story is not None,
        cars=cars,
        drives=drives,
        seconds=LIMIT_S if seconds is None and story is not None else seconds,
        fresh=fresh,
        screen=screen,
        patience_s=(20.0 if screen else UNATTENDED_S) if patience is None else patience,
        report=report,
        config=config,
        folder=target(ctx).given,
    )
    try:
        problems = asyncio.run(_until_told(wish, run))
    except DriveError as error:
        raise DeployError(str(error)) from error
    for problem in problems:
        errors().print(problem, style="red", markup=False)
    if problems:
        raise typer.Exit(FAILED)


async def _until_told(wish: Any, run: Any) -> list[str]:
    """Run until the time is over, or until SIGINT or SIGTERM; a second one ends at once."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell() -> None:
        if ended.is_set():
            sys.exit(FAILED)
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell)
    problems: list[str] = await run(wish, ended)
    return problems


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)
