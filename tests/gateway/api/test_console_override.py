"""A person changes an arrangement in the console, in a real browser, over a real city.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from support.api_server import OPERATOR, ApiServer
from support.browser import browsing
from support.console_page import barriers, needs_console, pictured, signed_in
from support.policy_services import CityServices

from actors.supervisors.arrangement import State

pytestmark = needs_console


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer[CityServices]]:
    """A city in which she was offered help, and has not answered."""
    services = CityServices()
    with signed_in(services, tmp_path) as server:
        city = services.city
        server.call(city.overheat)
        server.call(lambda: city.world.run_until(lambda: city.arrangement.state is State.OFFERED))
        yield server


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
        await pictured(page, "arrangement")

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
