"""The console in a real browser: what its tests share, whatever cluster is behind it.

    pytestmark = needs_console
    found = await look(page, "outcomes")

`VIGIL_PICTURES=docs/pictures` keeps what each view looks like.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.async_api import Page, expect
from support.api_server import ApiServer, served
from support.browser import needs_chromium
from support.fake_services import FakeServices

from gateway.api.callers import Admission
from gateway.api.console import BUILD
from gateway.credentials import Credentials
from gateway.settings import AccessSettings

S = TypeVar("S", bound=FakeServices)

AXE = Path(__file__).parents[2] / "gateway/console/node_modules/axe-core/axe.min.js"
PICTURES = os.environ.get("VIGIL_PICTURES")

needs_console = [
    needs_chromium,
    pytest.mark.skipif(
        not (BUILD / "index.html").is_file() or not AXE.is_file(),
        reason="the console is not built here: make console",
    ),
]


@contextmanager
def signed_in(services: S, folder: Path) -> Iterator[ApiServer[S]]:
    """Serve a cluster in memory with sessions, which browsers sign in to by a link."""
    credentials = Credentials(folder, lambda: services.now)
    credentials.prepare()
    admission = Admission(AccessSettings(), credentials)
    with closing(credentials), served(services, admission=admission) as server:
        yield server


async def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA, in words."""
    # As a debugger does it: the page's own policy lets no script in.
    await page.evaluate(f"() => {{ {AXE.read_text('utf-8')} }}")
    found: dict[str, Any] = await page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


async def pictured(page: Page, name: str) -> None:
    """Keep a picture, where pictures are wanted."""
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"console-{name}.png")


async def look(page: Page, name: str) -> list[str]:
    """Keep a picture in both themes, and return the barriers of both."""
    found = []
    for theme, suffix in (("light", "-light"), ("dark", "")):
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        # The map is drawn anew, and says when it is done.
        done = f'[aria-busy=false][data-colours="{theme}"]'
        await expect(page.locator(f".fleetmap:not({done})")).to_have_count(0, timeout=15_000)
        found += [f"{theme}: {barrier}" for barrier in await barriers(page)]
        await pictured(page, f"{name}{suffix}")
    return found
