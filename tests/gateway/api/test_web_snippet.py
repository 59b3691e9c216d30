"""The snippet in a real browser, on a page of another origin than Vigil's."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page
from support.api_server import ApiServer, served
from support.browser import browsing, needs_chromium
from support.fake_services import FakeServices
from support.web_page import serving

import twins.people
from gateway.settings import PeopleSettings

assert twins.people, "importing it registers the kinds"

pytestmark = needs_chromium

Shop = tuple[ApiServer[FakeServices], str]


@pytest.fixture
def shop() -> Iterator[Shop]:
    """The API, and a page of somebody's shop that has the snippet; the page's URL."""
    with serving() as site:
        people = PeopleSettings(web_origins=[site.origin])
        services = FakeServices()
        with served(services, people=people) as api:
            site.snippet_of(api.url)
            yield api, site.url


@asynccontextmanager
async def visiting(url: str) -> AsyncIterator[Page]:
    """Open the page; at the end nothing may have gone wrong in it, and it is left."""
    async with browsing() as browser:
        page = await browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(url)
        yield page
        assert wrong == []


async def answered(page: Page, act: str, end: str = "") -> int:
    """Do something on the page by which it tells Vigil; the answer's status."""
    async with page.expect_response(
        lambda answer: "/v1/web/" in answer.url and answer.url.endswith(end)
    ) as awaited:
        await page.evaluate(act)
    return (await awaited.value).status


def told(shop: Shop) -> list[tuple[str, Any]]:
    """What has reached Vigil: types and data."""
    api, _ = shop
    sent = api.call(lambda: list(api.services.sent))
    return [(one.type, one.message.data) for one in sent]


async def test_without_consent_nothing_is_kept_or_sent(shop: Shop) -> None:
    """A page that is looked at, clicked and left leaves no trace, here or there."""
    _, url = shop
    posts: list[str] = []
    async with visiting(url) as page:
        page.on("request", lambda request: request.method == "GET" or posts.append(request.url))
        await page.click("button")
        await page.evaluate("vigil.position(60.17, 24.94, 'p1')")
        await page.goto(f"{url}?left")
        kept = await page.evaluate("[localStorage.length, document.cookie, vigil.visitor()]")

    assert [0, "", None] == kept
    assert [] == posts
    assert [] == told(shop)


async def test_with_consent_a_click_and_a_position_arrive(shop: Shop) -> None:
    """Under one id that the browser drew; the page by its path, without what stood in its query."""
    _, url = shop
    async with visiting(f"{url}?email=aino@example.com") as page:
        await page.evaluate("vigil.consent('v3')")
        await page.click("button")
        status = await answered(page, "vigil.position(60.17, 24.94, 'p1')")
    ((what, visit),) = told(shop)
    acts = [(act["what"], act["name"]) for act in visit["acts"]]

    assert (202, "visit", "v3", "p1") == (
        status, what, visit["consent"], visit["position_consent"],
    )  # fmt: skip
    assert [("view", "/cars"), ("click", "offer/winter-tyres")] == acts
    assert [60.17, 24.94] == visit["position"]


async def test_what_is_not_sent_yet_goes_when_the_page_is_left(shop: Shop) -> None:
    """The last click before a link counts, and the next page knows the browser again."""
    _, url = shop
    async with visiting(url) as page:
        await page.evaluate("vigil.consent('v3')")
        visitor = await page.evaluate("vigil.visitor()")
        await page.click("button")
        async with page.expect_response(lambda answer: "/v1/web/" in answer.url):
            await page.goto(f"{url}/next")
        again = await page.evaluate("vigil.visitor()")
    ((_, visit),) = told(shop)

    assert visitor == again
    assert ["/cars", "offer/winter-tyres"] == [act["name"] for act in visit["acts"]]


async def test_withdrawn_it_stops(shop: Shop) -> None:
    """What is known is to be deleted; nothing is kept, and nothing follows."""
    _, url = shop
    posts: list[str] = []
    async with visiting(url) as page:
        await page.evaluate("vigil.consent('v3')")
        await answered(page, "dispatchEvent(new Event('pagehide'))")
        status = await answered(page, "vigil.withdraw()", end="/end")
        page.on("request", lambda request: request.method == "GET" or posts.append(request.url))
        await page.click("button")
        await page.evaluate("vigil.position(60.17, 24.94, 'p1')")
        await page.goto(f"{url}?left")
        kept = await page.evaluate("localStorage.length")

    assert (202, 0, []) == (status, kept, posts)
    assert ["visit", "visit.ended"] == [what for what, _ in told(shop)]


async def test_who_agrees_again_is_somebody_new(shop: Shop) -> None:
    """The id that was withdrawn never comes back."""
    _, url = shop
    async with visiting(url) as page:
        await page.evaluate("vigil.consent('v3')")
        first = await page.evaluate("vigil.visitor()")
        await answered(page, "vigil.withdraw()", end="/end")
        await page.evaluate("vigil.consent('v3')")
        second = await page.evaluate("vigil.visitor()")

    assert first != second
    assert 32 == len(second)


async def test_a_withdrawal_that_did_not_arrive_is_told_again(shop: Shop) -> None:
    """The server was busy; the next page says it, and then nothing is kept of her."""
    api, url = shop
    async with visiting(url) as page:
        await page.evaluate("vigil.consent('v3')")
        visitor = await page.evaluate("vigil.visitor()")
        api.call(api.services.silent.add, f"visitor/{visitor}")
        async with page.expect_event("requestfailed", lambda one: one.url.endswith("/end")):
            await page.evaluate("vigil.withdraw()")
        meanwhile = await page.evaluate("[vigil.visitor(), localStorage.length]")
        api.call(api.services.silent.clear)
        async with page.expect_response(lambda answer: answer.url.endswith("/end")) as awaited:
            await page.goto(f"{url}/next")
        status = (await awaited.value).status
        await page.wait_for_function("localStorage.length === 0")

    assert ([None, 1], 202) == (meanwhile, status)
    assert ["visit.ended"] == [what for what, _ in told(shop) if what != "visit"]
