"""How fluent the console is with many twins: a real node, a real browser, vehicles that move.

    python -m load.bench.console [--vehicles 10000] [--rows 100000] [--seconds 20] [--json]

The map is looked at while every vehicle sends where it is every `--every` seconds; then the table
of twins is loaded to its end and gone through. A frame is what the browser draws between two
calls of `requestAnimationFrame`; without a graphics card it draws by processor, which the node and
the senders use as well. It needs Playwright and Chromium (`VIGIL_CHROMIUM`, else on the path).
"""

import argparse
import asyncio
import itertools
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from playwright.async_api import Page, async_playwright

from deploy.node import Node
from deploy.settings import load_settings
from gateway.auth import device_token
from gateway.fleet import Fleet

CENTER: Final = (60.17, 24.94)
SPREAD_DEG: Final = 0.2
WAIT_MS: Final = 180_000
ARGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

_FRAMES: Final = """seconds => new Promise(done => {
  const times = [];
  const until = performance.now() + 1000 * seconds;
  const next = at => { times.push(at); at < until ? requestAnimationFrame(next) : done(times); };
  requestAnimationFrame(next);
})"""

_SCROLL: Final = """seconds => {
  const place = document.querySelector('.table');
  const until = performance.now() + 1000 * seconds;
  const step = () => {
    place.scrollTop = (place.scrollTop + 900) % (place.scrollHeight - place.clientHeight);
    if (performance.now() < until) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}"""


class Frames(Struct):
    """How fluently a page was drawn."""

    a_second: float
    median_ms: float
    p95_ms: float
    longest_ms: float


class Fluency(Struct):
    """What came of it."""

    vehicles: int
    """On the map, moving."""
    rows: int
    """In the table."""
    readings_a_second: float
    map: Frames
    table: Frames
    load_rows_s: float
    """How long it took until all rows were there."""
    heap_mb: float
    """Of the page's script, with all rows."""


def frames_of(times: Sequence[float]) -> Frames:
    """Figures of the moments at which frames began, in ms."""
    gaps = sorted(after - before for before, after in itertools.pairwise(times))
    return Frames(
        round(1000 * len(gaps) / (times[-1] - times[0]), 1), round(gaps[len(gaps) // 2], 1),
        round(gaps[math.ceil(0.95 * len(gaps)) - 1], 1), round(gaps[-1], 1),
    )  # fmt: skip


class Traffic:
    """Vehicles on circles around a town, the first `placed` of them sending where they are."""

    def __init__(self, fleet: Fleet, count: int, every_s: float, placed: int | None = None) -> None:
        self._devices = [fleet.device(f"b{number}") for number in range(count)]
        self._every_s = every_s
        self._placed = count if placed is None else placed
        self.sent = 0

    async def all_once(self, turn: int) -> None:
        """A reading of each."""
        count = len(self._devices)
        began = time.monotonic()
        for number, device in enumerate(self._devices):
            angle = 2 * math.pi * (number / count + turn / 300)
            radius = SPREAD_DEG * (0.05 + (number * 7919 % 1000) / 1000)
            place = {
                "lat": CENTER[0] + radius * math.sin(angle) / 2,
                "lon": CENTER[1] + radius * math.cos(angle),
            }
            await device.send(
                "telemetry", {"speed_kmh": 50.0} | (place if number < self._placed else {})
            )
            self.sent += 1
            # Spread over the time there is, so that the map moves at every frame.
            ahead = began + self._every_s * number / count - time.monotonic()
            if ahead > 0 and number % 50 == 0:
                await asyncio.sleep(ahead)

    async def run(self) -> None:
        """Go on until it is cancelled."""
        turn = 1
        while True:
            began = time.monotonic()
            await self.all_once(turn)
            turn += 1
            await asyncio.sleep(max(0.0, self._every_s - (time.monotonic() - began)))


async def measure(vehicles: int, rows: int, seconds: float, every_s: float) -> Fluency:
    """Run a node, fill it, and look at it."""
    with tempfile.TemporaryDirectory(prefix="vigil-console-") as folder:
        settings = load_settings(overrides={
            "node": {"folder": folder, "ray_cpus": 2}, "nats": {"port": 0, "mqtt_port": 0},
            "api": {"port": 0}, "log": {"partitions": 4, "max_bytes": 1 << 30},
            "gateway": {"rate_per_device": 10_000, "burst_per_device": 10_000},
        })  # fmt: skip
        async with Node(settings) as node:
            token = device_token(node.secrets.device_key, "vehicle/*")
            async with Fleet("vehicle", node.server.url, token) as fleet:
                # In the table are more than on the map: those that never said where they are.
                await Traffic(fleet, rows, 0.0, placed=vehicles).all_once(0)
                traffic = Traffic(fleet, vehicles, every_s)
                await traffic.all_once(0)
                moving = asyncio.create_task(traffic.run())
                try:
                    return await _look(node, traffic, vehicles, rows, seconds)
                finally:
                    moving.cancel()
                    await asyncio.gather(moving, return_exceptions=True)


async def _look(
    node: Node, traffic: Traffic, vehicles: int, rows: int, seconds: float
) -> Fluency:  # fmt: skip
    chromium = os.environ.get("VIGIL_CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(ARGS))
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{node.api_url}/console/?token={node.operator_token}")
        on_map = page.locator(".figure", has_text="vehicles on the map").locator("dd")
        await on_map.wait_for(timeout=WAIT_MS)
        shown = await _until(on_map, min(vehicles, rows))
        before, began = traffic.sent, time.monotonic()
        seen = frames_of(await page.evaluate(_FRAMES, seconds))
        rate = (traffic.sent - before) / (time.monotonic() - began)
        await page.goto(f"{node.api_url}/console/twins")
        loaded, load_s = await _load(page, rows)
        await page.evaluate(_SCROLL, seconds)
        gone_through = frames_of(await page.evaluate(_FRAMES, seconds))
        heap = await page.evaluate("performance.memory.usedJSHeapSize")
        await browser.close()
    if complaints:
        raise SystemExit(f"the page failed, so its frames say nothing: {complaints}")
    return Fluency(
        shown, loaded, round(rate, 1), seen, gone_through, round(load_s, 1), round(heap / 1e6, 1)
    )


async def _until(figure: Any, least: int) -> int:
    async with asyncio.timeout(WAIT_MS / 1000):
        while True:
            text = (await figure.inner_text()).replace(",", "")
            if text.isdigit() and int(text) >= least:
                return int(text)
            await asyncio.sleep(0.5)


async def _load(page: Page, rows: int) -> tuple[int, float]:
    """Go to the end of the table until all rows are there."""
    table = page.locator(".table table")
    await table.wait_for(timeout=WAIT_MS)
    began, count = time.monotonic(), 0
    async with asyncio.timeout(10 * WAIT_MS / 1000):
        while count < rows:
            await page.evaluate("document.querySelector('.table').scrollTop = 1e9")
            count = int(await table.get_attribute("aria-rowcount") or 1) - 1
            await asyncio.sleep(0.02)
    return count, time.monotonic() - began


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="How fluent the console is with many twins.")
    parser.add_argument("--vehicles", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = asyncio.run(measure(given.vehicles, given.rows, given.seconds, given.every))
    if given.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return
    for name, frames in (("map", found.map), ("table", found.table)):
        sys.stdout.write(
            f"{name}: {frames.a_second} frames a second, median {frames.median_ms} ms, 95 % below "
            f"{frames.p95_ms} ms, longest {frames.longest_ms} ms\n"
        )
    sys.stdout.write(
        f"{found.vehicles} vehicles on the map, {found.readings_a_second} readings a second; "
        f"{found.rows} rows, loaded in {found.load_rows_s} s; {found.heap_mb} MB of script\n"
    )


if __name__ == "__main__":
    main()
