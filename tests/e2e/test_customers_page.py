"""The customer's page against the whole demo: from the breakdown to the truck beside her.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page
from support.browser import browsing, needs_chromium

TELEPHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True,
    "has_touch": True, "timezone_id": "Europe/Helsinki",
}  # fmt: skip
PICTURES = os.environ.get("VIGIL_PICTURES")

WATCH = """
window.seen = [];
const look = () => {
  const main = document.getElementById("offer"), drawing = main.querySelector("[data-frame]");
  const truck = main.querySelector("[data-truck]"), eta = main.querySelector("[data-eta]");
  if (!drawing || !eta) return;
  const place = truck.style.transform || truck.getAttribute("transform");
  const now = [drawing.dataset.frame, place.replaceAll("px", "").replaceAll(",", ""),
               eta.textContent, main.querySelectorAll("path.street").length];
  const last = window.seen[window.seen.length - 1];
  if (!last || last.join() !== now.join()) window.seen.push(now);
};
new MutationObserver(look).observe(document.getElementById("offer"),
  {subtree: true, childList: true, attributes: true, characterData: true});
"""
"""Notes each place of the truck that the page shows, with the words beside it."""


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[asyncio.Future[str]]:
    """The roadside story; yields the first customer's link, which is left to whoever taps it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.cli", "--folder", str(folder), "demo", "--story", "roadside",
        "--no-screen", "--cars", "40", "--patience", "600", "--seconds", "120",
        stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL,
    )  # fmt: skip
    link: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            found = re.search(r"https?://\S+/offers/\S+", line.decode())
            if found is not None and not link.done():
                link.set_result(found[0])
        if not link.done():
            link.set_exception(AssertionError("the demo ended before anybody had a link"))

    # To its end, so that the demo is never held up.
    reading = asyncio.create_task(read())
    try:
        yield link
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await reading
        await process.wait()


async def _pictured(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"customer-{name}.png")


@pytest.mark.cluster
@pytest.mark.long
@pytest.mark.timeout(240)
@needs_chromium
async def test_she_accepts_and_sees_the_truck_arrive(tmp_path: Path) -> None:
    """One tap; then the truck drives on streets, its time gets shorter, and it is there."""
    async with demo(tmp_path / "home") as link, browsing() as browser:
        context = await browser.new_context(**TELEPHONE)
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(await link, wait_until="domcontentloaded")
        await page.locator("button.accept").first.tap()
        await page.wait_for_url("**/offers/*?after=*", wait_until="domcontentloaded")
        await page.evaluate(WATCH)
        await page.wait_for_function("() => window.seen.length >= 1", timeout=60_000)
        await _pictured(page, "demo")
        await page.locator("main[data-state=closed], main[data-state=arrived]").wait_for(
            timeout=120_000
        )
        seen = await page.evaluate("window.seen")
        await page.get_by_role("link", name=re.compile("about me|über mich")).tap()
        about = await page.locator("main").inner_text()

    minutes = [
        int(re.search(r"\d+", words)[0]) for _, _, words, _ in seen if "min" in words.lower()
    ]  # type: ignore[index]  # words without a number fail the test
    assert [] == wrong
    assert len({(frame, place) for frame, place, _, _ in seen}) >= 2
    assert all(streets for _, _, _, streets in seen)
    assert sorted(minutes, reverse=True) == minutes
    assert "P-" in about
