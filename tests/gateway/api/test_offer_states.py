"""Every state of what a customer's links open, on a telephone: nobody is shut out of any of them.

Those that `test_offer_telephone` does not look at: a choice of appointments, a part left out, what
is booked, arrived, declined and over, and the pages of a survey and of unsubscribing.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from offer_kit import PATH, choice
from playwright.async_api import Browser, Page
from support.api_server import OFFER_KEY, served
from support.arrangements import ENDS, ID, SUPERVISOR, accepted, arrangement, put, truck
from support.browser import browsing, needs_chromium
from support.fake_services import START, FakeServices
from telephone_kit import AXE, SMALL, Api, cut_off, faint, opened, pictured, violations

import twins.people
from actors.supervisors.arrangement import Arrangement, LegState
from actors.supervisors.arrangement import State as Stage
from gateway.offers import sign_offer
from gateway.surveys import sign_survey
from gateway.unsubscribing import LIFE_S, unsubscribe_link

assert twins.people, "importing it registers the kinds"

pytestmark = needs_chromium

HER, MAIL = "customer/c1", "lisa@example.org"
LONG_AGO = f"/offers/{sign_offer(OFFER_KEY, SUPERVISOR, ID, START - 90_000.0)}"


def survey(until: float = ENDS) -> str:
    """The path of a survey's link."""
    return f"/surveys/{sign_survey(OFFER_KEY, HER, ID, until)}"


def stopping(at: float = START) -> str:
    """The path of a letter's link by which she gets no more of them."""
    return f"/unsubscribe/{unsubscribe_link(OFFER_KEY, HER, 'email', MAIL, 'marketing', at)}"


def without_rental(stage: Stage) -> Arrangement:
    """She has left the rental out of what is booked."""
    arr = arrangement(stage, verdict=accepted())
    arr.legs["rental"].state = LegState.DECLINED
    return arr


LOOKS: dict[str, tuple[Arrangement, str, str]] = {
    "choice": (choice(), PATH, "offered"),
    "part out": (without_rental(Stage.CONFIRMING), PATH, "confirming"),
    "booked": (without_rental(Stage.CLOSED), PATH, "closed"),
    "arrived": (
        arrangement(Stage.UNDERWAY, verdict=accepted(), track=truck(arrived=True)),
        PATH,
        "arrived",
    ),
    "declined": (arrangement(Stage.COMPENSATED, verdict=accepted(accept=False)), PATH, "declined"),
    "cancelled": (arrangement(Stage.COMPENSATED), PATH, "lapsed"),
    "anew": (arrangement(Stage.GATHERING), PATH, "moved"),
    "answered": (arrangement(), f"{PATH}?after=0", "offered"),
    "expired": (arrangement(), LONG_AGO, "lapsed"),
    "survey": (arrangement(), survey(), "survey"),
    "survey over": (arrangement(), survey(START), "survey"),
    "stop": (arrangement(), stopping(), "ask"),
    "stop expired": (arrangement(), stopping(START - LIFE_S), "bad_link"),
}
"""What there is, the path of the page, and the state that the page must say it is in."""

TAPPED = {
    "survey thanks": (survey(), "9", "Thank you. Your answer has arrived."),
    "stopped": (stopping(), None, None),
}
"""Pages that only come after a tap on a button, by its name; or on the first."""


@pytest.fixture
def api() -> Iterator[Api]:
    """An API that knows her."""
    services = FakeServices()
    services.add(HER, name="Lisa", channels=[{"channel": "email", "address": MAIL}])
    put(services, arrangement())
    with served(services) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with browsing() as started:
        yield started


async def checked(page: Page, name: str) -> None:
    """Nothing is cut off or too small to hit, and axe finds nothing, in light and in dark."""
    assert (name, (320, 0)) == (name, await cut_off(page))
    if AXE.exists():
        assert (name, "light", []) == (name, "light", await violations(page))
        # Nothing but its colours is another.
        await page.emulate_media(color_scheme="dark")
        assert (name, "dark", []) == (name, "dark", await faint(page))


def told(api: Api) -> list[tuple[str, Any]]:
    """What has been sent: types and data."""
    sent = api.call(lambda: list(api.services.sent))
    return [(each.type, each.message.data) for each in sent]


async def test_everybody_can_use_each_state(api: Api, browser: Browser) -> None:
    """WCAG 2.2 AA as far as axe can tell; each page is the one that is meant."""
    for name, (arr, path, state) in LOOKS.items():
        api.call(put, api.services, arr)
        page = await opened(browser, api, path, color_scheme="light", viewport=SMALL)

        assert (name, state) == (name, await page.locator("main").get_attribute("data-state"))
        await checked(page, name)
        if name == "choice":
            await page.emulate_media(color_scheme="light")
            await page.set_viewport_size({"width": 390, "height": 844})
            await pictured(page, "choice")
        await page.context.close()


async def test_everybody_can_read_what_is_unticked(api: Api, browser: Browser) -> None:
    """It is struck out, and no less legible for that."""
    page = await opened(browser, api, PATH, color_scheme="light", viewport=SMALL)
    for name in ("tow", "slot", "rental"):
        await page.locator(f'input[value="{name}"]').tap()

    assert await page.locator("input:checked").count() == 0
    await checked(page, "unticked")


async def test_everybody_can_use_what_comes_after_a_tap(api: Api, browser: Browser) -> None:
    """Thanks for a score; and that no more such letters come."""
    for name, (path, button, words) in TAPPED.items():
        page = await opened(browser, api, path, color_scheme="light", viewport=SMALL)
        buttons = page.get_by_role("button", **({"name": button} if button else {}))
        async with page.expect_navigation():
            await buttons.first.tap()

        assert await page.locator("main[data-state=done], main[data-state=survey]").count() == 1
        assert words is None or await page.get_by_text(words).is_visible()
        await checked(page, name)
        await page.context.close()

    assert ["satisfaction.answered", "consent.said"] == [type_ for type_, _ in told(api)]


@pytest.mark.parametrize("number", [1, 2])
async def test_one_tap_takes_a_slot_without_a_script(
    api: Api, browser: Browser, number: int
) -> None:
    """Each appointment has a button of its own, and that is all of the answer."""
    api.call(put, api.services, choice())
    page = await opened(browser, api, PATH, java_script_enabled=False)
    await page.locator(f'button[value="accept:{number}"]').tap()
    await page.wait_for_url("**/offers/*?after=*")
    ((type_, said),) = told(api)

    assert ("offer.answered", True, number) == (type_, said["accept"], said["alternative"])


async def test_one_tap_cancels_later_without_a_script(api: Api, browser: Browser) -> None:
    """Once it is booked, after the link's time too."""
    api.call(put, api.services, arrangement(Stage.CLOSED, verdict=accepted()))
    api.call(setattr, api.services, "now", ENDS + 3600.0)
    page = await opened(browser, api, PATH, java_script_enabled=False)
    await page.get_by_role("button", name="Cancel all of it").tap()
    await page.wait_for_url("**/offers/*?after=*")

    assert [("reply.given", "cancel")] == [(type_, said["reply"]) for type_, said in told(api)]


async def test_the_policy_lets_no_other_script_run(api: Api, browser: Browser) -> None:
    """Neither one in the page nor one from elsewhere, whoever should have brought it there."""
    page = await opened(browser, api, PATH)
    refused = await page.evaluate(
        """() => new Promise(done => {
          const refused = [];
          document.addEventListener("securitypolicyviolation", event => {
            refused.push(event.effectiveDirective);
            if (refused.length === 2) done(refused.sort());
          });
          for (const change of [{textContent: "window.ran = 1"}, {src: "/console/x.js"}])
            document.body.append(Object.assign(document.createElement("script"), change));
        })"""
    )

    assert ["script-src-elem", "script-src-elem"] == refused
    assert await page.evaluate("window.ran === undefined")
