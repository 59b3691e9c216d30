"""The console's view of the system, in a real browser: twins that are parked, and how they go on.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from support.api_server import OPERATOR, ApiServer
from support.browser import browsing
from support.console_page import barriers, look, needs_console, signed_in
from support.fleet_services import FleetServices

import twins.bulk
import twins.devices
from actors.quarantine import RESUME, SKIP
from actors.state import TwinState
from gateway.dead_letters import DeadLetter
from twins.event import encode_message

assert twins.bulk, "the kinds that this is about"
assert twins.devices

pytestmark = needs_console

COUNT = 5


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer[FleetServices]]:
    """Some cars whose events fail, and one that is well."""
    services = FleetServices()
    for number in range(COUNT + 1):
        twin_id = f"vehicle/p{number}"
        services.states[twin_id] = TwinState(
            id=twin_id, kind="vehicle", exists=True, position=7 + number, epoch=1, applied=3,
            state={"key": f"p{number}"}, now=services.now, digest=0,
            parked="ZeroDivisionError: a trip of no length" if number < COUNT else None,
        )  # fmt: skip
    with signed_in(services, tmp_path) as server:
        yield server


async def test_parked_twins_go_on_one_by_one_and_all_at_once(
    api: ApiServer[FleetServices],
) -> None:
    """Why stands beside each; what is done to all is asked about once, and followed to its end."""
    services = api.services
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await page.get_by_role("link", name="System").click()
        panel = page.get_by_role("region", name="Parked twins")
        rows = panel.get_by_role("grid", name="Parked twins").get_by_role("row")
        await expect(rows).to_have_count(COUNT + 1)
        await expect(rows.filter(has_text="vehicle/p3")).to_contain_text(
            "ZeroDivisionError: a trip of no length"
        )
        await panel.scroll_into_view_if_needed()
        found = await look(page, "parked")

        await rows.get_by_role("button", name="Skip in vehicle/p1").click()
        await expect(rows).to_have_count(COUNT)
        await panel.get_by_label("Which parked twins").fill('id != "vehicle/p2"')
        await panel.get_by_label("Which parked twins").press("Enter")
        await expect(rows).to_have_count(COUNT - 1)
        await panel.get_by_role("button", name="Resume all").click()
        dialog = page.get_by_role("dialog", name=f"Resume {COUNT - 2} twins?")
        found += await barriers(page)
        await dialog.get_by_role("button", name="Resume all").click()
        await expect(panel.get_by_role("status")).to_contain_text(
            f"resume: {COUNT - 2} of {COUNT - 2}, done", timeout=15_000
        )
        await panel.get_by_label("Which parked twins").fill("")
        await panel.get_by_label("Which parked twins").press("Enter")
        await expect(rows).to_have_count(2)

    said = [(one.twin_id, one.type) for one in services.sent if one.type in (RESUME, SKIP)]
    assert [("vehicle/p1", SKIP), *((f"vehicle/p{n}", RESUME) for n in (0, 3, 4))] == said
    assert [] == found


async def test_a_dead_letter_is_sent_once_more(api: ApiServer[FleetServices]) -> None:
    """As it was; one of which only the beginning is kept cannot be."""
    body = encode_message({"coolant_c": 90.0}, id="e1")
    letters = [
        DeadLetter(
            at=api.services.now - age, partition=3, kind="vehicle", key=key, type="telemetry",
            way="nats", reason="bad_payload", description="it was wrong", size=size, payload=body,
        )
        for key, age, size in (("whole", 5.0, len(body)), ("cut", 9.0, 9000))
    ]  # fmt: skip
    api.call(api.services.letters.extend, letters)
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await page.get_by_role("link", name="System").click()
        rows = page.get_by_role("grid", name="Dead letters").get_by_role("row")
        again = page.get_by_role("button", name="Send it once more")
        await rows.filter(has_text="vehicle/cut").click()
        await expect(again).to_be_disabled()
        await rows.filter(has_text="vehicle/whole").click()
        found = await barriers(page)
        await again.click()
        await expect(page.get_by_text("taken at position")).to_be_visible()

    assert [("vehicle/whole", "telemetry", "device", "e1")] == [
        (one.twin_id, one.type, one.sender, one.message.id) for one in api.services.sent
    ]
    assert [] == found
