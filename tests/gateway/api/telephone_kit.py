"""What tests of the customer's pages on a telephone share: one in a browser, and axe."""

import os
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page
from support.api_server import ApiServer
from support.fake_services import FakeServices

TELEPHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True,
    "is_mobile": True, "locale": "en-GB", "timezone_id": "Europe/Helsinki",
}  # fmt: skip
SMALL = {"width": 320, "height": 640}
"""The narrowest telephone on which nothing may be cut off."""

AXE = Path(__file__).parents[3] / "gateway/console/node_modules/axe-core/axe.min.js"
PICTURES = os.environ.get("VIGIL_PICTURES")

Api = ApiServer[FakeServices]


async def opened(browser: Browser, api: Api, path: str, **options: Any) -> Page:
    """The page on a telephone."""
    context = await browser.new_context(**{**TELEPHONE, **options})
    page = await context.new_page()
    # Its feed stays open, so the network is never idle.
    await page.goto(api.url + path, wait_until="domcontentloaded")
    return page


async def pictured(page: Page, name: str) -> None:
    """Keep what it looks like, where that is wanted."""
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"customer-{name}.png")


async def cut_off(page: Page) -> tuple[int, int]:
    """How wide the page is, and how many of its targets are smaller than a fingertip's 24 px."""
    wide: int = await page.evaluate("document.documentElement.scrollWidth")
    small: int = await page.eval_on_selector_all(
        "button, input, .about a",
        "all => all.map(each => each.getBoundingClientRect())"
        ".filter(box => box.height < 24 || box.width < 24).length",
    )
    return wide, small


async def violations(page: Page) -> list[str]:
    """What axe finds against levels A and AA."""
    # As a debugger does it: the page's own policy lets no other script in.
    await page.evaluate(AXE.read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    return await _run(page, tags, 10)


async def faint(page: Page) -> list[str]:
    """What axe finds of colours alone, once more on a page that `violations` has looked at."""
    return await _run(page, {"type": "rule", "values": ["color-contrast"]}, 0)


async def _run(page: Page, only: Any, least: int) -> list[str]:
    found = await page.evaluate("only => axe.run({runOnly: only})", only)
    assert len(found["passes"]) > least, "axe has looked"
    return [
        f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
