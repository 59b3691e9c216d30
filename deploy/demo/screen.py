"""Screen: the live view in a terminal."""

import asyncio
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from deploy.demo.scene import Scene, StageView
from deploy.demo.watch import Telling, underway
from deploy.demo.wording import told

FRAMES_S: Final = 0.25
"""A new picture every so many seconds; drawing it is the demo's own largest cost."""

STEPS_SHOWN: Final = 9
"""Steps of the story that is told now; the other stories show one line each."""

BARS: Final = "▁▂▃▄▅▆▇█"
_BAR_WIDTH: Final = 32


class Screen:
    """Draws a scene again and again, while `with Screen(scene):` lasts."""

    def __init__(self, scene: Scene, console: Console) -> None:
        self._scene = scene
        self._live = Live(
            console=console, auto_refresh=False, transient=False, vertical_overflow="crop"
        )
        self._console = console
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._live.start()
        self._task = asyncio.get_running_loop().create_task(self._draw())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
        self._live.update(picture(self._scene), refresh=True)
        self._live.stop()

    async def _draw(self) -> None:
        while True:
            self._live.update(picture(self._scene), refresh=True)
            await asyncio.sleep(FRAMES_S)


def picture(scene: Scene, now: float | None = None) -> RenderableType:
    """The whole picture.

    Args:
        scene: What there is to see.
        now: Seconds since the epoch; default the clock's.
    """
    at = time.time() if now is None else now
    parts: list[RenderableType] = [_header(scene)]
    starting = scene.fleet_at is None
    if starting or scene.ending:
        parts.append(_stages(scene))
    if not starting:
        parts.append(_fleet(scene, at))
        parts += [_link(scene, at)] if scene.links else []
        parts += [_story(scene, telling) for telling in scene.tellings]
        parts.append(_footer(scene, at))
    return Group(*parts)


def _header(scene: Scene) -> RenderableType:
    text = Text.assemble(
        ("Vigil", "bold cyan"), "  a live twin of every car and customer; help before she calls\n"
    )
    text.append(scene.drives or "reading drives …")
    if scene.added:
        text.append("\nadded to them: ", "yellow")
        text.append("; ".join(scene.added), "yellow")
    return Panel(text, border_style="cyan")


def _stages(scene: Scene) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    for stage in scene.stages:
        table.add_row(*_stage(scene, stage))
    title = "ending" if scene.ending else f"starting  {scene.elapsed_s:.0f} s"
    return Panel(table, title=title, title_align="left", border_style="blue")


def _stage(scene: Scene, stage: StageView) -> tuple[RenderableType, ...]:
    done = stage.done_at is not None
    bar = ProgressBar(
        total=1.0,
        completed=stage.share or 0.0,
        width=_BAR_WIDTH,
        pulse=not done and stage.share is None,
    )
    end = stage.done_at if stage.done_at is not None else scene.began_at + scene.elapsed_s
    return (
        Text("✓" if done else "…", "green" if done else "yellow"),
        Text(stage.name),
        bar,
        Text(f"{end - stage.began_at:5.1f} s", "dim"),
    )


def sparkline(values: list[int]) -> str:
    """The values as bars from none to the highest."""
    top = max(values, default=0)
    if top == 0:
        return ""
    return "".join(BARS[min(len(BARS) - 1, value * len(BARS) // (top + 1))] for value in values)


def _fleet(scene: Scene, now: float) -> RenderableType:
    fleet = scene.fleet
    rate = fleet.rates[-1] if fleet.rates else 0
    text = Text.assemble(
        (f"{fleet.cars} cars", "bold"), f"  {rate:4d} events/s  ",
        (sparkline(list(fleet.rates)), "green"), "\n",
        f"{fleet.acknowledged:,} acknowledged, each durable on disk; {fleet.waiting} on their way",
    )  # fmt: skip
    drives_s = now - (scene.fleet_at or now)
    return Panel(text, title=f"fleet  {drives_s:.0f} s", title_align="left", border_style="green")


def _link(scene: Scene, now: float) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for link in scene.links:
        left = max(0, round(link.until - now))
        table.add_row(
            Text(f"{link.who} has a message ({link.app}). Tap it for her, you have {left} s:"),
        )
        table.add_row(Text(link.url, "bold yellow underline", overflow="fold"))
    return Panel(table, title="her link", title_align="left", border_style="yellow")


def _story(scene: Scene, telling: Telling) -> RenderableType:
    plot, verdict = telling.plot, telling.verdict
    who = f"{scene.names.get(telling.customer, telling.customer)}, {telling.vehicle_id}"
    mark, style = ("✓ completed", "green") if verdict.completed else ("…", "yellow")
    title = Text.assemble((plot.name, "bold"), f"  {who}  ", (mark, style))
    if not verdict.steps:
        after = f"gets hot {telling.fires_s:.0f} s after the start"
        return Panel(Text(f"{plot.about}; {after}", "dim"), title=title, title_align="left")
    steps = list(told(telling, scene.names, scene.apps.get(telling.customer, "")))
    shown = steps[-STEPS_SHOWN:] if _told_now(scene, telling) else steps[-1:]
    table = Table.grid(padding=(0, 2))
    began = verdict.steps[0].at
    for step, words in shown:
        ids = " ".join(filter(None, (step.twin_id, step.hold_id)))
        table.add_row(
            Text(f"+{step.at - began:6.2f} s", "dim"),
            Text(words, overflow="ellipsis", no_wrap=True),
            Text(ids, "dim cyan", overflow="ellipsis", no_wrap=True),
        )
    if underway(telling):
        table.add_row("", _truck(telling), "")
    return Panel(table, title=title, title_align="left", border_style=style)


def _told_now(scene: Scene, telling: Telling) -> bool:
    """The story that began last and is not completed has the room; at the end the last one."""
    begun = [each for each in scene.tellings if each.verdict.steps]
    open_ = [each for each in begun if not each.verdict.completed]
    return telling is (open_ or begun)[-1]


def _truck(telling: Telling) -> RenderableType:
    arr = telling.facts.arrangement
    track = arr.track if arr is not None else None
    if track is None or track.eta_s is None or arr is None:
        return Text("the truck is on its way", "bold")
    total = max(arr.legs[track.leg].eta_s or 1.0, track.eta_s, 1.0)
    grid = Table.grid(padding=(0, 1))
    grid.add_row(
        Text("truck", "bold"),
        ProgressBar(total=1.0, completed=1 - track.eta_s / total, width=_BAR_WIDTH),
        Text(f"there in {track.eta_s / 60:.0f} min of its own time", "bold"),
    )
    return grid


def _footer(scene: Scene, now: float) -> RenderableType:
    text = Text.assemble("live page: ", (scene.live_url, "underline"), "\n")
    if scene.ending:
        text.append("ending: last checkpoints, then nothing of ours runs")
    elif scene.ends_at is not None:
        left = max(0, round(scene.ends_at - now))
        text.append(f"ends in {left} s; Ctrl-C ends it now, the next start carries on")
    else:
        text.append("Ctrl-C ends it; the next start carries on, --fresh starts anew")
    text.append(f"   {datetime.fromtimestamp(now, UTC):%H:%M:%S} UTC", "dim")
    return text
