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

from deploy.demo.scene import LinkView, Scene, StageView
from deploy.demo.watch import Telling, underway
from deploy.demo.wording import span, told
from deploy.demo.world import TIME_SCALE

FRAMES_S: Final = 0.5
"""A new picture every so many seconds; drawing it is the demo's own largest cost."""

LEAST_STEPS: Final = 6
"""So many steps of a story are shown on the smallest screen."""

_FIXED_LINES: Final = 21
"""Of all but steps and links: header 6, fleet 4, stories 5, frame 2, footer 3, spare 1."""
_LINK_LINES: Final = 5

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
        self._live.update(self._picture(), refresh=True)
        self._live.stop()

    def _picture(self) -> RenderableType:
        return picture(self._scene, height=self._console.height)

    async def _draw(self) -> None:
        while True:
            self._live.update(self._picture(), refresh=True)
            await asyncio.sleep(FRAMES_S)


def picture(scene: Scene, now: float | None = None, height: int = 50) -> RenderableType:
    """The whole picture.

    Args:
        scene: What there is to see.
        now: Seconds since the epoch; default the clock's.
        height: Lines of the terminal; the story that is told now takes what the rest leaves.
    """
    at = time.time() if now is None else now
    parts: list[RenderableType] = [_header(scene)]
    if scene.fleet_at is None or scene.ending:
        parts.append(_stages(scene))
    if scene.fleet_at is not None:
        parts.append(_fleet(scene, at))
        if not scene.ending:
            parts += [_link(link, at) for link in scene.links]
        parts.append(_stories(scene))
        taken = _FIXED_LINES + _LINK_LINES * len(scene.links)
        parts.append(_story(scene, _now_told(scene), max(LEAST_STEPS, height - taken)))
        parts.append(_footer(scene, at))
    return Group(*parts)


def _header(scene: Scene) -> RenderableType:
    text = Text.assemble(
        ("Vigil", "bold cyan"), "  a live twin of every car and customer: help before she calls\n"
    )
    text.append(scene.drives or "reading drives …")
    if scene.added:
        text.append("\nadded to them: ", "yellow")
        text.append("; ".join(scene.added), "yellow")
    return Panel(text, border_style="cyan")


def _stages(scene: Scene) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    # At the end, how it began is old news.
    shown = [stage for stage in scene.stages if not scene.ending or stage.of_the_end]
    for stage in shown:
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
    drives_s = (scene.fleet_ended_at or now) - (scene.fleet_at or now)
    return Panel(text, title=f"fleet  {drives_s:.0f} s", title_align="left", border_style="green")


def _link(link: LinkView, now: float) -> RenderableType:
    left = max(0, round(link.until - now))
    text = Text.assemble(
        (link.who, "bold"), f" has a message by {link.app}. Tap it for her, you have ",
        (f"{left} s", "bold"), ":\n",
        # With a link of its own for terminals that know how, in case the line breaks.
        (link.url, f"bold yellow underline link {link.url}"),
    )  # fmt: skip
    text.overflow = "fold"
    return Panel(text, title="her link", title_align="left", border_style="bold yellow")


def _who(scene: Scene, telling: Telling) -> str:
    return f"{scene.names.get(telling.customer, telling.customer)}, {telling.twin_id}"


def _stories(scene: Scene) -> RenderableType:
    """One line a story."""
    table = Table.grid(padding=(0, 2))
    for telling in scene.tellings:
        verdict = telling.verdict
        if verdict.completed:
            took = "" if telling.seconds is None else f" after {telling.seconds:.0f} s"
            mark, state, style = "✓", f"completed{took}", "green"
        elif verdict.steps:
            mark, state, style = "▶", "now", "yellow"
        else:
            mark, state, style = (
                "·",
                f"begins {telling.fires_s:.0f} s after the start",
                "dim",
            )
        table.add_row(
            Text(mark, style),
            Text(telling.plot.name, f"bold {style}"),
            Text(_who(scene, telling)),
            Text(state, style),
        )
    return Panel(table, title="stories", title_align="left", border_style="blue")


def _now_told(scene: Scene) -> Telling:
    """The story that began last and is not completed; at the end the last one."""
    begun = [each for each in scene.tellings if each.verdict.steps] or scene.tellings[:1]
    open_ = [each for each in begun if not each.verdict.completed]
    return (open_ or begun)[-1]


def _story(scene: Scene, telling: Telling, lines: int) -> RenderableType:
    """The last steps of one story, each with its time and ids."""
    plot, steps = telling.plot, telling.verdict.steps
    title = Text.assemble((plot.name, "bold"), f": {plot.about}")
    if not steps:
        return Panel(Text("all is well", "dim"), title=title, title_align="left")
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True, width=10)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=3)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=2)
    following = underway(telling)
    shown = list(told(telling, scene.names, scene.apps.get(telling.customer, "")))
    for step, words in shown[-(lines - following) :]:
        ids = " ".join(filter(None, (step.twin_id, step.hold_id)))
        table.add_row(
            Text(f"+{step.at - steps[0].at:6.2f} s", "dim"), Text(words), Text(ids, "dim cyan")
        )
    if following:
        table.add_row(Text("   truck", "bold"), _truck(telling), _arrival(telling))
    done = telling.verdict.completed
    border = "green" if done else "yellow"
    return Panel(table, title=title, title_align="left", border_style=border)


def _truck(telling: Telling) -> RenderableType:
    arr = telling.facts.arrangement
    assert arr is not None, "it is underway"
    track = arr.track
    if track is None or track.eta_s is None:
        return ProgressBar(pulse=True, width=_BAR_WIDTH)
    total = max(arr.legs[track.leg].eta_s or 1.0, track.eta_s, 1.0)
    return ProgressBar(total=1.0, completed=1 - track.eta_s / total, width=_BAR_WIDTH)


def _arrival(telling: Telling) -> RenderableType:
    arr = telling.facts.arrangement
    track = arr.track if arr is not None else None
    if track is None or track.eta_s is None:
        return Text("on its way", "bold")
    return Text(f"there in {span(track.eta_s)} ({TIME_SCALE:g} times as fast here)", "bold")


def _footer(scene: Scene, now: float) -> RenderableType:
    text = Text.assemble("live page: ", (scene.live_url, f"underline link {scene.live_url}"), "\n")
    text.overflow = "fold"
    if scene.ending:
        text.append("ending: last checkpoints, then nothing of ours runs")
    elif scene.ends_at is not None:
        left = max(0, round(scene.ends_at - now))
        text.append(f"ends in {left} s; Ctrl-C ends it now, the next start carries on")
    else:
        text.append("Ctrl-C ends it; the next start carries on, --fresh starts anew")
    text.append(f"   {datetime.fromtimestamp(now, UTC):%H:%M:%S} UTC", "dim")
    return text
