"""The customer's page on a telephone, in a real browser: with and without scripts, and for all.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser
from support.api_server import OFFER_KEY, served
from support.arrangements import ENDS, HERE, ID, SUPERVISOR, accepted, arrangement, put
from support.browser import browsing, needs_chromium
from support.fake_services import FakeServices
from telephone_kit import AXE, SMALL, Api, cut_off, opened, pictured, violations

import twins.people
from actors.supervisors.arrangement import State as Stage
from actors.supervisors.standing import Track
from gateway.api.offer_map import Frame
from gateway.offers import sign_offer
from gateway.settings import StreetSettings
from gateway.streets import Shelf
from gateway.streets.town import generate_town

assert twins.people, "importing it registers the kinds"

pytestmark = needs_chromium

PATH = f"/offers/{sign_offer(OFFER_KEY, SUPERVISOR, ID, ENDS)}"
FAR, NEAR, NEARER = (60.1790, 24.9600), (60.1750, 24.9520), (60.1745, 24.9500)


def coming(place: tuple[float, float], eta_s: float) -> Any:
    """An arrangement whose truck is there."""
    track = Track(leg="tow", service="tow_co/x", position=place, eta_s=eta_s, arrived=False)
    return arrangement(Stage.UNDERWAY, verdict=accepted(), track=track)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """An API with her offer, what is known of her, and a town around her."""
    Shelf(tmp_path).keep(generate_town("town", 1, HERE))
    services = FakeServices()
    put(services, arrangement())
    services.add("customer/c1").state.update(
        name="Aino Virtanen", language="en", position=[60.1712, 24.9433],
        channels=[{"channel": "email", "address": "aino@example.com"}], policy="P-17",
        devices={"vehicle/v1": {"since": 0.0, "description": "a red estate car, ABC-123"}},
    )  # fmt: skip
    with served(services, streets=StreetSettings(folder=tmp_path)) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with browsing() as started:
        yield started


def told(api: Api) -> list[tuple[str, Any]]:
    """What has reached her supervisor: types and data."""
    sent = api.call(lambda: list(api.services.sent))
    return [(each.type, each.message.data) for each in sent]


@pytest.mark.parametrize("scripts", [True, False])
async def test_she_leaves_a_part_out_and_accepts(
    api: Api, browser: Browser, *, scripts: bool
) -> None:
    """A tap on what she does not need, and one on yes; a script is not needed for that."""
    page = await opened(browser, api, PATH, java_script_enabled=scripts)
    if scripts:
        await page.wait_for_function(
            "() => !document.querySelector('main').textContent.includes('UTC')"
        )
        await pictured(page, "offer")
    await page.get_by_role("checkbox", name="Rental car").tap()
    if scripts:
        total = page.locator("[data-total]")
        assert "€239.00" == await total.text_content()
    await page.get_by_role("button", name="Yes, book what is ticked").tap()
    await page.wait_for_url("**/offers/*?after=*")
    (said,) = [data for type_, data in told(api) if type_ == "offer.answered"]

    assert (True, ["rental"]) == (said["accept"], said["declined"])


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(
    ("button", "reply"),
    [("No, thank you", None), ("Call me", "call_me"), ("I am fine, I need no help", "fine")],
)
async def test_she_says_something_else_with_one_tap(
    api: Api, browser: Browser, button: str, reply: str | None, *, scripts: bool
) -> None:
    """Declining, and the words beside yes and no; with or without scripts."""
    page = await opened(browser, api, PATH, java_script_enabled=scripts)
    await page.get_by_role("button", name=button).tap()
    await page.wait_for_url("**/offers/*?after=*")
    (type_, said) = next(each for each in told(api) if each[0] != "offer.opened")

    if reply is None:
        assert ("offer.answered", False) == (type_, said["accept"])
    else:
        assert ("reply.given", reply) == (type_, said["reply"])


async def test_the_truck_comes_closer_on_the_map(
    api: Api, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one picture it drives, without the page being loaded; then a nearer picture comes."""
    monkeypatch.setattr("gateway.api.offer.LOOK_S", 0.05)
    api.call(put, api.services, coming(NEAR, 240.0))
    page = await opened(browser, api, PATH, reduced_motion="reduce")
    truck, frame = page.locator("[data-truck]"), page.locator("[data-frame]")
    shown = await frame.get_attribute("data-frame")
    x, y = Frame(HERE, NEAR).point(NEAR)
    await pictured(page, "truck")

    assert f"translate({x} {y})" == await truck.get_attribute("transform")
    await page.evaluate("document.querySelector('[data-frame]').kept = true")
    api.call(put, api.services, coming(NEARER, 170.0), 8)
    x, y = Frame(HERE, NEARER).point(NEARER)
    await page.wait_for_function(
        "([x, y]) => document.querySelector('[data-truck]').style.transform"
        " === `translate(${x}px, ${y}px)`",
        arg=[x, y],
    )
    assert "there in about 3 min" == await page.locator("[data-eta]").text_content()
    assert (shown, True) == (
        await frame.get_attribute("data-frame"),
        await frame.evaluate("drawing => drawing.kept === true"),
    )
    api.call(put, api.services, coming((60.1712, 24.9420), 30.0), 9)
    await page.wait_for_function(
        "shown => document.querySelector('[data-frame]').dataset.frame !== shown", arg=shown
    )


async def test_the_truck_is_seen_without_scripts(api: Api, browser: Browser) -> None:
    """Streets, way and words are in the page itself, which loads itself again."""
    api.call(put, api.services, coming(FAR, 400.0))
    page = await opened(browser, api, PATH, java_script_enabled=False)

    assert await page.locator("path.street").count() >= 2
    assert await page.locator("path.along").count() == 1
    assert await page.get_by_text("there in about 7 min").is_visible()
    assert await page.get_by_role("button", name="Cancel all of it").is_visible()


async def test_she_reads_what_is_known_about_her(api: Api, browser: Browser) -> None:
    """One tap from the offer, and back."""
    page = await opened(browser, api, PATH)
    await page.get_by_role("link", name="What do you know about me?").tap()
    await page.get_by_role("heading", name="What we know about you").wait_for()
    await pictured(page, "about")

    assert await page.get_by_text("a red estate car, ABC-123").is_visible()
    assert await page.get_by_text("near ").is_visible()
    await page.get_by_role("link", name="Back").tap()
    await page.get_by_role("heading", name="Help is ready for you").wait_for()


LOOKS = {
    "offer": (arrangement(), PATH),
    "truck": (coming(NEAR, 240.0), PATH),
    "person": (arrangement(Stage.WITH_PERSON), PATH),
    "closed": (arrangement(Stage.CLOSED, verdict=accepted()), PATH),
    "about": (arrangement(), f"{PATH}/about"),
    "bad link": (arrangement(), "/offers/nonsense"),
}


@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_everybody_can_use_it(api: Api, browser: Browser, colours: Any) -> None:
    """WCAG 2.2 AA as far as axe can tell, in both colour schemes, and nothing is cut off at 320 px.

    axe comes with the console's packages (`npm ci` in gateway/console).
    """
    for name, (arr, path) in LOOKS.items():
        api.call(put, api.services, arr)
        page = await opened(browser, api, path, color_scheme=colours, viewport=SMALL)

        assert (name, (320, 0)) == (name, await cut_off(page))
        if AXE.exists():
            assert (name, []) == (name, await violations(page))
        if colours == "dark" and name == "truck":
            await pictured(page, "truck-dark")
        await page.context.close()
