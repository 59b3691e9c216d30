"""The console's view of an arrangement, in a real browser, over a city whose log is real.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from support.api_server import OPERATOR, ApiServer
from support.browser import browsing
from support.city import SUPERVISOR
from support.console_page import barriers, needs_console, pictured, signed_in
from support.logged_services import LoggedServices
from support.story import YES

pytestmark = needs_console


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer[LoggedServices]]:
    """A city in which her car overheated and she was helped."""
    services = LoggedServices()
    with signed_in(services, tmp_path) as server:
        city = services.city
        city.world.customer = lambda _: YES
        server.call(city.overheat)
        server.call(lambda: city.world.run_until(city.ended))
        yield server


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
        await page.locator(".whatif").scroll_into_view_if_needed()
        await pictured(page, "what-if")

    assert {"tow_operator/t1", "tow_operator/t2"} == set(twins)
    assert [] == found
    assert told == len(world.log)
    assert SUPERVISOR == api.services.city.arrangement.supervisor
