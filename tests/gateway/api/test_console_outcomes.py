"""The console's view of policies and what they changed, in a real browser, over a real city.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from support.api_server import OPERATOR, ApiServer
from support.browser import browsing
from support.city import SUPERVISOR, City
from support.console_page import barriers, look, needs_console, signed_in
from support.policy_services import CityServices

FOLLOWED_S = 3600.0

pytestmark = needs_console


def lived(city: City) -> None:
    """A day of a policy: those held out call and wait, those treated get help in minutes."""
    world = city.world
    world.send("policy/roadside", "configured", {
        "holdout": 0.25, "follow_h": FOLLOWED_S / 3600.0, "late_h": 0,
        "day_cents": {"EUR": 5_000_000},
    })  # fmt: skip
    for number in range(80):
        world.send("policy/roadside", "leave.requested", {
            "asker": f"roadside/x{number}", "arrangement_id": f"a{number}",
            "subject": f"vehicle/x{number}", "customer": f"customer/x{number}",
            "desk": "desk/north", "noticed_at": world.now,
        })  # fmt: skip
    world.run()
    followed = list(world.twin("policy/roadside").followed.values())
    for number, one in enumerate(followed):
        out = one.arm == "held_out"
        world.send("policy/all", "outcome.noted", {
            "customer": one.customer, "called": out or number % 8 == 0,
            "helped_at": world.now + 60.0 * (55 + number % 9 if out else 18 + number % 7),
            "cost_cents": (21_000 if out else 20_500) + 400 * (number % 11), "currency": "EUR",
            "satisfaction": 2 + number % 3 if out else 3 + number % 3,
        })  # fmt: skip
    world.run()
    world.advance(FOLLOWED_S + 1.0)
    world.remind()
    city.overheat()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer[CityServices]]:
    """A city whose policy has followed 80 customers to the end, and helps one."""
    services = CityServices()
    with signed_in(services, tmp_path) as server:
        server.call(lived, services.city)
        yield server


async def test_what_a_policy_changed_and_the_switch_that_stops_it(
    api: ApiServer[CityServices],
) -> None:
    """Intervals are those of the API; a level and a stop are asked about once, then real."""
    city = api.services.city
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await page.get_by_role("link", name="Outcomes").click()
        changed = page.get_by_role("region", name="What roadside changed for customers")
        calls = changed.get_by_role("row", name=re.compile("^had to call"))
        await expect(calls).to_contain_text("better")
        said = await calls.get_by_role("img", name=re.compile("^difference")).get_attribute(
            "aria-label"
        )
        counted = await calls.locator(".arm small").all_inner_texts()
        answer = await page.request.get(f"{api.url}/v1/outcomes/roadside")
        measure = (await answer.json())["measures"][0]
        found = await look(page, "outcomes")

        level = page.get_by_role("region", name="How far roadside may go")
        await level.get_by_role("button", name="propose").click()
        dialog = page.get_by_role("dialog", name="Set roadside to propose?")
        found += await barriers(page)
        await dialog.get_by_role("button", name="No").click()
        before = api.call(lambda: city.world.twin("policy/roadside").at_level)
        await level.get_by_role("button", name="propose").click()
        await dialog.get_by_label("Why").fill("first week")
        await dialog.get_by_role("button", name="Set to propose").click()
        await expect(dialog).to_have_count(0)
        await expect(level.get_by_role("button", name="propose")).to_have_attribute(
            "aria-pressed", "true"
        )
        after = api.call(lambda: city.world.twin("policy/roadside").at_level)
        held = api.call(city.count, "held")

        await page.get_by_role("button", name="Stop every policy").click()
        await page.get_by_role("dialog").get_by_role("button", name="Stop").click()
        await expect(page.get_by_role("button", name="Resume every policy")).to_be_visible()
        await expect(level).to_contain_text("every policy was stopped by")
        kept = api.call(city.count, "held")
        await level.get_by_role("button", name="Resume roadside").click()
        await page.get_by_role("dialog").get_by_role("button", name="Resume").click()
        await expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("so resume all")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Resume every policy").click()
        await page.get_by_role("dialog").get_by_role("button", name="Resume").click()
        await expect(page.get_by_role("button", name="Stop every policy")).to_be_visible()

    ends = measure["difference"]["interval"]
    low, high = (f"{-end * 100:.1f}".removesuffix(".0") for end in ends)
    minus = "\N{MINUS SIGN}"

    assert f"between {minus}{low} points and {minus}{high} points" in (said or "")
    assert [f"n = {measure[arm]['n']}" for arm in ("treated", "held_out")] == [
        text.rpartition(", ")[2] for text in counted
    ]
    assert ("act", "propose") == (before, after)
    assert 0 < held
    assert 0 == kept
    assert api.services.city.world.twin("policy/all").halt is None
    assert SUPERVISOR == city.arrangement.supervisor
    assert [] == found
