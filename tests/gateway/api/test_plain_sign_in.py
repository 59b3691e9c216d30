"""The plain page in a real browser: a link signs in once, and leaves nothing for scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page
from support.api_server import ApiServer, served
from support.browser import browsing, needs_chromium
from support.fake_services import FakeServices

from gateway.api.callers import Admission
from gateway.credentials import Credentials
from gateway.roles import Role

pytestmark = needs_chromium


@pytest.fixture
def credentials(tmp_path: Path) -> Iterator[Credentials]:
    """An empty file of credentials."""
    kept = Credentials(tmp_path, FakeServices().clock)
    kept.prepare()
    yield kept
    kept.close()


@pytest.fixture
def server(credentials: Credentials) -> Iterator[ApiServer[FakeServices]]:
    """The API, with nothing to show."""
    with served(FakeServices(), admission=Admission(credentials=credentials)) as server:
        yield server


async def shown(page: Page, url: str) -> str:
    """Open an address; what the page is once it knows who looks: `live` or `login`."""
    await page.goto(url)
    await page.wait_for_selector("#link.live, #link.sick, #login:visible")
    return "live" if await page.is_visible("#live") else "login"


async def test_a_link_signs_a_browser_in_once(
    server: ApiServer[FakeServices], credentials: Credentials
) -> None:
    """It shows what is live; opened again it does so by the session; elsewhere it is used up."""
    token, _ = credentials.make("sign-in", "Aino", [Role.READ_ONLY], lasts_s=60, by="Aino")
    link = f"{server.url}/plain?token={token}"
    async with browsing() as browser:
        page = await browser.new_page()
        first, address = await shown(page, link), page.url
        kept = await page.evaluate("[document.cookie, sessionStorage.length, localStorage.length]")
        again = await shown(page, link)
        other = await browser.new_page()
        elsewhere = await shown(other, link)

    assert ("live", f"{server.url}/plain") == (first, address)
    assert ["", 0, 0] == kept
    assert ("live", "login") == (again, elsewhere)
