"""Run: the demo as the command line wants it: with a screen or with lines, and with a report."""

import asyncio
import logging
import socket
import sys
from pathlib import Path
from typing import Any, Final, TextIO

from msgspec import Struct
from rich.console import Console

from actors.telemetry import configure_logging
from deploy.demo.ground import FOLDER as STREETS
from deploy.demo.ground import lay
from deploy.demo.inbox import HOST
from deploy.demo.memory import Memory, home_of, prepare
from deploy.demo.report import DemoReport, write
from deploy.demo.scene import Scene
from deploy.demo.screen import Screen
from deploy.demo.show import Options, Show
from deploy.demo.stories import find
from deploy.node import folder_of
from deploy.settings import Settings, load_settings
from gateway.streets import Shelf

LOG_FILE: Final = "demo.log"


class Wish(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    story: str
    ends: bool
    """Whether it is over as soon as all is told."""
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
    story = find(wish.story)
    given = load_settings(wish.config, _overrides(wish))
    folder = folder_of(given)
    await asyncio.to_thread(prepare, folder, fresh=wish.fresh)
    shelf = Shelf(given.streets.folder)
    left_out = await asyncio.to_thread(lay, folder / STREETS, shelf, given.node.seed)
    settings = settings_of(wish, folder)
    home = home_of(folder, story.name)
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    options = Options(
        cars=wish.cars,
        drives=wish.drives,
        seconds=wish.seconds,
        ends=wish.ends,
        patience_s=wish.patience_s,
    )
    with (home / LOG_FILE).open("a") as log:
        configure_logging(settings.telemetry.log_level, "console", "demo", log)
        # Ray's own advice, on how to set it up otherwise, is none for who watches a demo.
        logging.getLogger("ray").setLevel(logging.ERROR)
        heard = _note(log) if wish.screen else _print
        scene = Scene(heard)
        for why in left_out:
            scene.say(why)
        show = Show(story, options, settings, scene)
        if wish.screen:
            with Screen(scene, Console()):
                report = await show.run(ended)
        else:
            report = await show.run(ended)
    if wish.report is not None:
        await asyncio.to_thread(write, report, wish.report)
    _print(summary(report))
    return verdict(report, ended_early=ended.is_set(), endless=wish.seconds is None)


def verdict(report: DemoReport, *, ended_early: bool, endless: bool) -> list[str]:
    """What went wrong; for Ctrl-C is no mistake where nothing else ends it."""
    if not ended_early:
        return report.problems()
    if endless:
        # Stories that are under way go on in the next start.
        return report.miscounted()
    return [] if report.ok else ["it was ended early; the next start carries on"]


def _overrides(wish: Wish) -> dict[str, Any]:
    # Free ports, so that the demo runs beside whatever runs here.
    overrides: dict[str, Any] = {"nats.port": 0, "nats.mqtt_port": 0, "api.port": 0}
    if wish.folder is not None:
        overrides["node.folder"] = str(wish.folder)
    return overrides


def settings_of(wish: Wish, folder: Path) -> Settings:
    """The node's settings: as in file and environment, with free ports.

    Links that customers got in an earlier run stay good if the API can have its port again.
    """
    overrides = {**_overrides(wish), "streets.folder": str(folder / STREETS)}
    port = Memory.load(home_of(folder, wish.story)).ports.get("api", 0)
    if port and _free(port):
        overrides["api.port"] = port
    return load_settings(wish.config, overrides)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def summary(report: DemoReport) -> str:
    """A run in a few lines, for people."""
    events = report.events
    lines = []
    for story in report.stories:
        lines.append(
            f"{story.name}: completed, {story.seconds:.1f} s from the signal to the end"
            if story.completed and story.seconds is not None
            else f"{story.name}: not completed"
        )
        lines += [
            f"    {truth.name} {'is so' if truth.holds else 'IS NOT SO'}: {truth.says}"
            for truth in story.truths
        ]
    lines.append(
        f"{events.sent:,} events sent, {events.acknowledged:,} acknowledged, "
        f"{events.applied:,} applied; {events.lost} lost, {events.duplicated} duplicated, "
        f"{events.out_of_order} out of order"
    )
    return "\n".join(lines)


def _note(log: TextIO) -> Any:
    def write_line(line: str) -> None:
        log.write(f"{line}\n")
        log.flush()

    return write_line


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
