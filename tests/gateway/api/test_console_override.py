"""A person changes an arrangement in the console, in a real browser, over a real city.

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
from support.policy_services import CityServices

from actors.supervisors.arrangement import State
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
def api(tmp_path: Path) -> Iterator[ApiServer[CityServices]]:
    """A city in which she was offered help, and has not answered."""
    services = CityServices()
    credentials = Credentials(tmp_path, lambda: services.now)
    credentials.prepare()
    admission = Admission(AccessSettings(), credentials)
    with served(services, admission=admission) as server:
        city = services.city
        server.call(city.overheat)
        server.call(lambda: city.world.run_until(lambda: city.arrangement.state is State.OFFERED))
        yield server
    credentials.close()


async def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA."""
    await page.evaluate(f"() => {{ {AXE.read_text('utf-8')} }}")
    found: dict[str, Any] = await page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


async def test_another_truck_no_rental_and_then_a_person(api: ApiServer[CityServices]) -> None:
    """From the narrowed list; each change is seen at once, and nothing stays held in the end."""
    city = api.services.city
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await page.get_by_role("link", name="Arrangements").click()
        await page.get_by_label("Stands").select_option("closed")
        await expect(page.get_by_text("Nothing stands so.")).to_be_visible()
        await page.get_by_label("Stands").select_option("offered")
        await page.get_by_role("row", name="vehicle/v1").click()
        tow = page.locator(".legs li", has_text="tow")
        await expect(tow).to_contain_text("the soonest of 2: 10 min, the next 15 min")
        await expect(page.get_by_text("her answer")).to_be_visible()
        await expect(page.get_by_text("offer sent")).not_to_have_count(0)
        found = await barriers(page)
        if PICTURES is not None:
            await page.screenshot(path=f"{PICTURES}/console-arrangement.png")

        await page.get_by_label("Another option for tow").select_option(index=1)
        await expect(tow.get_by_role("link", name="tow_operator/t1")).to_be_visible()
        api.call(lambda: city.world.run_until(lambda: city.arrangement.state is State.OFFERED))
        await page.get_by_role("button", name="Leave rental out").click()
        await page.get_by_role("button", name="Yes, without rental").click()
        rental = page.locator(".legs li", has_text="rental")
        await expect(rental).to_contain_text("left out by")
        await page.get_by_role("button", name="Take it over").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Why").fill("she is a friend")
        await dialog.get_by_role("button", name="Take it over").click()
        await expect(page.locator(".steps").get_by_text("override taken over")).to_be_visible()

    api.call(lambda: city.world.run_until(city.ended))
    assert [] == found
    assert "takes it over: she is a friend" in city.arrangement.case.reason
    assert 0 == city.count("held")
