"""The console's view of an arrangement, in a real browser, over a city whose log is real.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from support.api_server import OPERATOR, ApiServer, served
from support.browser import browsing, needs_chromium
from support.city import SUPERVISOR
from support.logged_services import LoggedServices
from support.story import YES

from gateway.api.callers import Admission
from gateway.api.console import BUILD
from gateway.credentials import Credentials
from gateway.settings import AccessSettings

AXE = Path(__file__).parents[3] / "gateway/console/node_modules/axe-core/axe.min.js"
PICTURES = os.environ.get("VIGIL_PICTURES")

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(
        not (BUILD / "index.html").is_file() or not AXE.is_file(),
        reason="the console is not built here: make console",
    ),
]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer[LoggedServices]]:
    """A city in which her car overheated and she was helped."""
    services = LoggedServices()
    credentials = Credentials(tmp_path, lambda: services.now)
    credentials.prepare()
    admission = Admission(AccessSettings(), credentials)
    with served(services, admission=admission) as server:
        city = services.city
        city.world.customer = lambda _: YES
        server.call(city.overheat)
        server.call(lambda: city.world.run_until(city.ended))
        yield server
    credentials.close()


async def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA."""
    await page.evaluate(f"() => {{ {AXE.read_text('utf-8')} }}")
    found: dict[str, Any] = await page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


async def test_an_incident_is_played_once_more(api: ApiServer[LoggedServices]) -> None:
    """From the list to both runs: the other truck would have come, and nobody hears of it."""
    world = api.services.city.world
    told = len(world.log)
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await page.get_by_role("link", name="Arrangements").click()
        await page.get_by_role("row", name="vehicle/v1").click()
        await expect(page.get_by_role("heading", name="What happened")).to_be_visible()
        await page.get_by_label("had nothing free").select_option("tow_operator/t2")
        await page.get_by_role("button", name="Play it").click()
        await expect(page.get_by_text("assumed: tow_operator/t1 holds tow")).to_be_visible()
        held = page.locator(".both tr.alone", has_text="tow held")
        twins = await held.locator("td:nth-child(2)").all_inner_texts()
        found = await barriers(page)
        if PICTURES is not None:
            await page.locator(".whatif").scroll_into_view_if_needed()
            await page.screenshot(path=f"{PICTURES}/console-what-if.png")

    assert {"tow_operator/t1", "tow_operator/t2"} == set(twins)
    assert [] == found
    assert told == len(world.log)
    assert SUPERVISOR == api.services.city.arrangement.supervisor
