"""The console's view of cases, in a real browser, over a city whose desk and people are real.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from support.api_server import OPERATOR, ApiServer
from support.browser import browsing
from support.city import CAR, DESK, OWNER
from support.console_page import barriers, look, needs_console, signed_in
from support.policy_services import CityServices
from support.story import YES

from actors.supervisors.arrangement import State

NUMBER = "+358401234567"

pytestmark = needs_console


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer[CityServices]]:
    """A city in which roadside proposes, and somebody has to say whether it is done."""
    services = CityServices()
    with signed_in(services, tmp_path) as server:
        city = services.city
        city.world.customer = lambda _: YES
        city.world.send("policy/roadside", "configured", {"level": "propose"})
        city.world.send(OWNER, "configured", {"channels": [{"channel": "sms", "address": NUMBER}]})
        server.call(city.overheat)
        yield server


async def test_a_case_is_solved_from_the_call_to_its_outcome(
    api: ApiServer[CityServices],
) -> None:
    """She calls; her case is open before the first word; and it ends as she wants it."""
    city = api.services.city
    world = city.world
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1100})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await expect(page.get_by_role("link", name="Cases")).to_be_visible()
        await page.goto(f"{api.url}/console/cases#caller=%2B358401234567")
        await expect(page.get_by_role("heading", name="Kaisa")).to_be_visible()
        await expect(
            page.get_by_text("Have it done: cover, tow, slot, ride, rental.")
        ).to_be_visible()
        await expect(page.get_by_text("€12,000.00").first).to_be_visible()
        await expect(page.get_by_role("heading", name="grey estate")).to_be_visible()

        await page.get_by_role("button", name="Take it").click()
        await expect(page.locator(".case .head").get_by_text("taken")).to_be_visible()
        await page.get_by_role("button", name="Write to the customer").click()
        await page.get_by_label("Subject").fill("Help is on its way")
        await page.get_by_label("Text").fill("A truck comes for your car.")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_text("wrote to her: Help is on its way")).to_be_visible()
        letters = page.get_by_role("list", name="Written to her")
        await expect(letters.get_by_text("told by sms")).to_be_visible()
        inside = await page.locator(".case .panel > .body").evaluate_all(
            "all => all.map(one => one.scrollHeight - one.clientHeight)"
        )
        found = await look(page, "case")

        await page.get_by_role("button", name="Hand over").first.click()
        await page.locator("form.doing select").select_option("employee/e2")
        await page.get_by_label("What she should know").fill("she waits at the lay-by")
        await page.locator("form.doing").get_by_role("button", name="Hand over").click()
        await expect(page.get_by_text("hands it over: she waits at the lay-by")).to_be_visible()

        await page.get_by_role("checkbox", name="rental").uncheck()
        await page.get_by_label("What others should know").fill("her brother lends her a car")
        await page.get_by_label("she had called").check()
        await page.get_by_role("button", name="Accept, as changed").click()
        await expect(page.locator(".case .head").get_by_text("closed")).to_be_visible()
        api.call(lambda: world.run_until(city.ended))
        await page.get_by_role("button", name="Call it off").click()
        await page.get_by_role("button", name="Yes, give everything back").click()
        await expect(page.get_by_text("Given back:")).to_be_visible()

    followed = world.twin("policy/roadside").followed.values()
    assert [] == found
    assert {0} == set(inside), "a panel cuts off what is in it"
    assert ["Help is on its way"] == [
        one["subject"] for one in world.notices if one["subject"].startswith("Help is")
    ]
    assert [] == [call for depot in city.depots for call in depot.calls]
    assert [True] == [one.called for one in followed]
    assert 0 == sum(each.count("held", world.now) for each in city.everybody)
    assert city.arrangement.state in (State.COMPENSATED, State.CLOSED)


async def test_what_is_urgent_and_new_is_told_in_every_view(
    api: ApiServer[CityServices],
) -> None:
    """Not what was there before; a click opens it, and the queue has it first."""
    world = api.services.city.world

    def urgent() -> None:
        world.send(DESK, "case.opened", {
            "id": "hurt", "subject": CAR, "reason": "she does not answer", "skill": "roadside",
            "urgency": "high", "person": OWNER,
        })  # fmt: skip
        world.run()

    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await page.get_by_role("link", name="System").click()
        await expect(page).to_have_title("System · Vigil")
        async with page.expect_response("**/v1/cases"):
            pass
        await expect(page.locator(".alerts p")).to_have_count(0)
        api.call(urgent)
        alert = page.locator(".alerts")
        await expect(alert.get_by_role("link", name="she does not answer")).to_be_visible()
        await expect(page).to_have_title("(1) System · Vigil")
        found = await barriers(page)
        await alert.get_by_role("link").click()
        await expect(page.get_by_role("heading", name="she does not answer")).to_be_visible()
        await expect(page.locator(".alerts p")).to_have_count(0)
        rows = page.get_by_role("grid", name="Cases").get_by_role("row")
        await expect(rows.nth(1)).to_contain_text("she does not answer")

    assert [] == found


async def test_a_case_that_nobody_takes_is_told_and_goes_to_another_desk(
    api: ApiServer[CityServices],
) -> None:
    """Its time is over: whoever sits there sees it, and gives it to those who are there."""
    world = api.services.city.world

    def south() -> None:
        world.send("desk/south", "configured", {"name": "South"})
        world.send(
            "employee/s1", "configured", {"skills": ["roadside"], "shift": {}, "desk": "desk/south"}
        )
        world.run()

    def slow() -> None:
        world.advance(121.0)
        world.run()

    api.call(south)
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        async with page.expect_response("**/v1/cases"):
            await page.get_by_role("link", name="System").click()
        await expect(page.get_by_role("link", name="Cases")).to_be_visible()
        api.call(slow)
        alert = page.locator(".alerts")
        await expect(alert.get_by_text("Waits too long, went on once:")).to_be_visible()
        await alert.get_by_role("link").click()
        await page.get_by_role("button", name="Hand over").first.click()
        await page.locator("form.doing select").select_option(label="South")
        found = await barriers(page)
        await page.locator("form.doing").get_by_role("button", name="Hand over").click()
        await expect(page.locator(".case .head").get_by_text("desk/south")).to_be_visible()
        await expect(page.locator(".case .head").get_by_text("employee/s1")).to_be_visible()

    (case,) = world.twin("employee/s1").cases.values()
    assert [] == found
    assert ("desk/south", "assigned") == (case.desk, case.state)


async def test_who_may_only_read_changes_nothing(api: ApiServer[CityServices]) -> None:
    """The queue and the case are shown; nothing is offered that would be refused."""
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await expect(page.get_by_role("link", name="Cases")).to_be_visible()
        session = {"name": "eve", "roles": ["read-only"], "needs": ["read"]}
        await page.route("**/v1/session", lambda route: route.fulfill(json=session))
        await page.goto(f"{api.url}/console/cases")
        await page.get_by_role("row").nth(1).click()
        await expect(page.locator(".case")).to_be_visible()

        await expect(page.get_by_role("button", name="Take it")).to_have_count(0)
        await expect(page.get_by_role("button", name="Accept")).to_have_count(0)
        await expect(page.get_by_label("A caller's number, or an e-mail address")).to_have_count(0)
