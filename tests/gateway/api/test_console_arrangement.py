"""The console's view of an arrangement, in a real browser, over a city whose log is real.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from support.api_server import OPERATOR, ApiServer
from support.browser import browsing
from support.city import SUPERVISOR
from support.console_page import barriers, look, needs_console, signed_in
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


async def opened(page: Page, api: ApiServer[LoggedServices]) -> None:
    """Go from the list to the arrangement."""
    await page.goto(f"{api.url}/console/?token={OPERATOR}")
    await page.get_by_role("link", name="Arrangements").click()
    await page.get_by_role("row", name="vehicle/v1").click()
    await expect(page.get_by_role("heading", name="What happened")).to_be_visible()


async def test_an_incident_is_played_once_more(api: ApiServer[LoggedServices]) -> None:
    """From the list to both runs: the other truck would have come, and nobody hears of it."""
    world = api.services.city.world
    told = len(world.log)
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await opened(page, api)
        await page.get_by_label("had nothing free").select_option("tow_operator/t2")
        await page.get_by_role("button", name="Play it").click()
        await expect(page.get_by_text("assumed: tow_operator/t1 holds tow")).to_be_visible()
        held = page.locator(".both tr.alone", has_text="tow held")
        twins = await held.locator("td:nth-child(2)").all_inner_texts()
        found = await barriers(page)

    assert {"tow_operator/t1", "tow_operator/t2"} == set(twins)
    assert [] == found
    assert told == len(world.log)
    assert SUPERVISOR == api.services.city.arrangement.supervisor


async def test_another_rule_and_both_ways_on_the_map(api: ApiServer[LoggedServices]) -> None:
    """The rule is written otherwise for this run alone; both trucks go with the slider."""
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await opened(page, api)
        await page.get_by_label("another rule").select_option("engine.overheating")
        text = page.get_by_label("The other rule")
        written = await text.input_value()
        await text.fill(written.replace("rising(coolant_c, 10", "rising(coolant_c, 5"))
        await page.get_by_role("button", name="Play it").click()
        said = page.get_by_text("engine.overheating would have come 5 s earlier")
        await expect(said).to_be_visible(timeout=15_000)
        await expect(
            page.get_by_text("Stated for this run: another rule notices it")
        ).to_be_visible()
        await page.locator(".both summary").click()
        await expect(
            page.locator(".both li", has_text="tow answered, tow_operator/t2")
        ).to_be_visible()
        flags = page.locator(".tracks .flag")
        await expect(flags).to_have_count(2)
        slider = page.locator(".tracks input[type=range]")
        before = await flags.all_inner_texts()
        await slider.focus()
        await page.keyboard.press("End")
        await expect(flags.filter(has_text="is there")).to_have_count(2)
        await page.keyboard.press("Home")
        await expect(flags.filter(has_text="is there")).to_have_count(0)
        await slider.fill(str(float(await slider.get_attribute("max") or 0) * 0.6))
        await page.locator(".tracks").scroll_into_view_if_needed()
        found = await look(page, "what-if")

    assert "10" in written
    assert {"as it was", "simulated"} == {each.partition(":")[0] for each in before}
    assert [] == found
