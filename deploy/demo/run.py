"""Run: the demo as the command line wants it: with a screen or with lines, and with a report."""

import asyncio
import sys
from pathlib import Path

from msgspec import Struct
from rich.console import Console

from actors.telemetry import configure_logging
from deploy.demo.report import DemoReport, write
from deploy.demo.scene import Scene
from deploy.demo.screen import Screen
from deploy.demo.show import SUBFOLDER, Options, Show, prepare
from deploy.node import folder_of
from deploy.settings import Settings, load_settings

LOG_FILE = "demo.log"


class Wish(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    cars: int
    drives: Path | None
    seconds: float | None
    fresh: bool
    screen: bool
    patience_s: float
    report: Path | None
    config: Path | None
    folder: Path | None
    """The data folder; None: as the settings say."""


async def run(wish: Wish, ended: asyncio.Event) -> list[str]:
    """Run the demo until its time is over or `ended` is set; returns what went wrong.

    Raises:
        DeployError: It cannot run; the text says what to do.
        DriveError: The drives cannot be used.
    """
    settings = settings_of(wish)
    folder = folder_of(settings)
    await asyncio.to_thread(prepare, folder, fresh=wish.fresh)
    home = folder / SUBFOLDER
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    options = Options(
        cars=wish.cars,
        drives=wish.drives,
        seconds=wish.seconds,
        patience_s=wish.patience_s,
    )
    with (home / LOG_FILE).open("a") as log:  # noqa: ASYNC230 - a file of ours, opened once
        configure_logging(settings.telemetry.log_level, "console", "demo", log)
        heard = _note(log) if wish.screen else _print
        scene = Scene(heard)
        show = Show(options, settings, scene)
        if wish.screen:
            with Screen(scene, Console()):
                report = await show.run(ended)
        else:
            report = await show.run(ended)
    if wish.report is not None:
        await asyncio.to_thread(write, report, wish.report)
    _sum_up(report)
    # Who ends it before its time has seen what there was to see.
    unfinished = wish.seconds is None or ended.is_set()
    return report.broken() if unfinished else report.problems()
