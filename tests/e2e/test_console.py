"""The console, in a real browser, on a whole node while a driver is being helped.

`VIGIL_PICTURES=docs/pictures` keeps what each view looks like.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from support.browser import browsing
from support.case_desk import NUMBER, open_case
from support.console_page import PICTURES, barriers, look, needs_console
from support.demo_node import demo
from support.flags import said_of, watch_flags
from support.sinks import Gate, Sink
from support.wire import Wire

from deploy.running import Running
from gateway.api.marks import decode_marks

STORY_MS = 60_000
"""How long it may take until the truck is on its way."""

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(150),
    pytest.mark.asyncio(loop_scope="module"),
    *needs_console,
]


@pytest.fixture(name="node", scope="module")
def _node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A demo that goes on until the tests of this module are done."""
    with demo(tmp_path_factory.mktemp("demo") / "home", "--cars", "60", "--patience", "2") as node:
        yield node


@pytest_asyncio.fixture(name="browser", scope="module", loop_scope="module")
async def _browser() -> AsyncIterator[Browser]:
    """One browser for all tests here."""
    async with browsing() as browser:
        yield browser


@pytest_asyncio.fixture(name="page", loop_scope="module")
async def _page(browser: Browser, node: Running) -> AsyncIterator[Page]:
    """The console, signed in; what the page complains of fails the test."""
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme="dark", reduced_motion="reduce"
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await page.goto(f"{node.api_url}/console/?token={node.operator_token}")
    await expect(page.get_by_text("live, all well")).to_be_visible(timeout=30_000)
    yield page
    await context.close()

    assert [] == complaints


async def figure(page: Page, name: str) -> str:
    """A figure of the strip on top of Now."""
    return await page.locator(".strip .figure", has_text=name).locator("dd").inner_text()


async def test_a_breakdown_is_watched_until_the_truck_is_there(page: Page, node: Running) -> None:
    """The signal, the arrangement, the truck closer and sooner each time, there; then closed."""
    await watch_flags(page)
    signals = page.get_by_role("region", name="Signals")
    await expect(signals.get_by_text("engine.overheating").first).to_be_visible(timeout=STORY_MS)
    arrangements = page.get_by_role("grid", name="Arrangements")
    await expect(arrangements.get_by_role("row").filter(has_text="underway").first).to_be_visible(
        timeout=STORY_MS
    )
    there = page.locator(".flag", has_text="is there").first
    await expect(there).to_be_visible(timeout=STORY_MS)
    title = await there.get_attribute("title") or ""
    company, twin_id = title.partition(",")[0], title.rpartition(" ")[2]
    away, left = await said_of(page, company)

    asked = await page.request.get(f"{node.api_url}/v1/signals?kind=vehicle")
    noticed = await asked.json()

    assert [] == noticed["missing"]
    assert ("engine.overheating", twin_id) in [
        (one["name"], one["twin_id"]) for one in noticed["items"]
    ]

    row = arrangements.get_by_role("row").filter(has_text=twin_id).filter(has_text="closed")
    await expect(row.first).to_be_visible(timeout=STORY_MS)

    # In the real town of the pictures her truck stands nearer than in the made-up one.
    assert len(set(away)) >= (2 if PICTURES else 5), away
    # As the crow flies: streets may lead away from her at first.
    assert away[-1] < max(away) / 2, away
    assert sorted(left, reverse=True) == left, left


async def test_now_shows_the_fleet_and_the_truck_that_comes(page: Page) -> None:
    """Events, vehicles, the signal, the arrangement, and the truck with its time of arrival."""
    await expect(page).to_have_url(re.compile(r"/console/now$"))
    flag = page.locator(".flag").first
    await expect(flag).to_be_visible(timeout=STORY_MS)
    await expect(flag).to_have_text(re.compile(r"^\w+ (in \d+ (s|min)|is there|on the way)$"))
    arrangements = page.get_by_role("grid", name="Arrangements")
    await expect(arrangements.get_by_role("row").filter(has_text="underway").first).to_be_visible()
    await page.get_by_role("button", name="Those who are being helped").click()

    assert "60" == await figure(page, "vehicles on the map")
    assert float((await figure(page, "events a second")).replace(",", "")) > 10
    assert re.fullmatch(r"\d+ ms|\d\.\d s", await figure(page, "behind the log"))
    assert [] == await look(page, "now")


async def test_a_row_leads_to_its_twin_by_keys_alone(page: Page) -> None:
    """J goes down, Enter opens; g and a letter lead elsewhere, Ctrl-K anywhere."""
    arrangements = page.get_by_role("grid", name="Arrangements")
    await expect(arrangements.get_by_role("row").nth(2)).to_be_visible(timeout=STORY_MS)
    await arrangements.focus()
    await page.keyboard.press("j")
    await expect(arrangements.locator("tr[aria-selected=true]")).to_have_attribute(
        "aria-rowindex", "3"
    )
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/console/twins/roadside/v\d+$"))

    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await expect(page).to_have_url(re.compile(r"/console/system$"))

    await page.keyboard.press("Control+k")
    await page.keyboard.type("vehicle/v1")
    found = page.get_by_role("option").filter(has_text="vehicle/v1")
    await expect(found.first).to_be_visible()
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(re.compile(r"/console/twins/vehicle/v1\w*$"))


async def test_a_twin_shows_its_readings_links_and_rules(page: Page, node: Running) -> None:
    """Values with their age, charts that go on, a picture of its links, why a rule is silent."""
    await page.goto(f"{node.api_url}/console/twins/vehicle/v1")
    state = page.get_by_role("region", name="State")
    coolant = state.get_by_role("row", name=re.compile("^coolant "))
    await expect(coolant).to_contain_text(re.compile(r"[\d.]+ °C\s*(now|\d+ s ago)"))
    await expect(page.locator(".charts figure")).not_to_have_count(0, timeout=15_000)
    drawn = await page.locator(".charts figure canvas").count()
    await expect(page.locator(".graph a")).not_to_have_count(0)

    rules = page.get_by_role("region", name="Rules")
    await rules.locator("summary", has_text="engine.overheating").click()
    await expect(rules.locator(".standing code").first).to_be_visible()

    assert drawn >= 5
    assert [] == await look(page, "twin")


async def test_a_command_is_watched_until_it_is_done(page: Page, node: Running) -> None:
    """The car answers, and the page says so without being asked again."""
    await page.goto(f"{node.api_url}/console/twins/vehicle/v2")
    commands = page.get_by_role("region", name="Commands")
    await commands.get_by_label("Command").select_option("warn_driver")
    await commands.get_by_role("button", name="Send").click()

    await expect(commands.locator("li").first).to_contain_text("done", timeout=20_000)


async def test_the_slider_goes_through_time(page: Page, node: Running) -> None:
    """Events after the moment leave the list, and the state is that of the moment."""
    await page.goto(f"{node.api_url}/console/twins/vehicle/v3")
    events = page.get_by_role("grid", name="Events")
    reading = events.get_by_role("row").filter(has_text="telemetry").nth(4)
    await expect(reading).to_be_visible(timeout=15_000)
    said = json.loads(await reading.locator("span[title]").get_attribute("title") or "")
    total = int(await events.get_attribute("aria-rowcount") or 0)
    await reading.click()
    then = page.get_by_role("region", name="State then")
    await expect(then.get_by_role("row", name=re.compile("^coolant "))).to_contain_text(
        f"{said['coolant_c']:g} °C", timeout=15_000
    )
    left = int(await events.get_attribute("aria-rowcount") or 0)
    slider = page.get_by_role("slider", name="Moment")
    at = float(await slider.input_value())
    await slider.focus()
    await page.keyboard.press("ArrowLeft")

    assert left < total
    assert float(await slider.input_value()) < at


WRONG = """rule: driving
on: telemetry
about: It moves.
when: sped_kmh > 0
severity: info
then:
  - signal: car.driving
"""
RIGHT = WRONG.replace("sped_kmh", "speed_kmh")
TEST = """test: it moves
kind: vehicle
events:
  - {every: 1s, series: {speed_kmh: [0, 5]}}
expect:
  - {signal: car.driving, at: 1s}
"""


async def test_a_rule_is_edited_tried_published_and_fires(page: Page, node: Running) -> None:
    """A mistake is told at its line; then tests, history and the cars say what it does."""
    await page.goto(f"{node.api_url}/console/rules/vehicle")
    await page.get_by_role("button", name="A new rule").click()
    text = page.get_by_role("textbox", name="The rule")
    await text.fill(WRONG)
    await expect(page.locator(".marks .bad")).to_contain_text("sped_kmh", timeout=15_000)
    await expect(page.locator(".marks .bad")).to_contain_text("line 4")
    await text.fill(RIGHT)
    await expect(page.get_by_text("can be published")).to_be_visible(timeout=15_000)

    await page.locator("summary", has_text="Tests").click()
    await page.get_by_label("Tests of the rule").fill(TEST)
    await page.get_by_role("button", name="Run the tests").click()
    await expect(page.locator(".tests .mark.good")).to_be_visible(timeout=15_000)
    await page.locator("summary", has_text="Backtest").click()
    await page.get_by_role("button", name="Replay what happened").click()
    result = page.get_by_role("region", name="Backtest of driving")
    await expect(result).to_contain_text(re.compile(r"driving: [\d,]+ times on \d+ twins"),
                                         timeout=60_000)  # fmt: skip
    await expect(result.locator("canvas")).to_be_visible()
    found = await look(page, "rules")

    await page.get_by_role("button", name="Save as a draft").click()
    draft = page.get_by_role("region", name=re.compile("^Draft d"))
    await expect(draft.locator(".come").first).to_contain_text("rule: driving")
    await draft.get_by_role("button", name="Publish").click()
    await page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("version 1, live everywhere")).to_be_visible(timeout=30_000)
    await page.get_by_role("link", name="Now").click()
    await expect(
        page.get_by_role("region", name="Signals").get_by_text("car.driving").first
    ).to_be_visible(timeout=30_000)

    await page.goto(f"{node.api_url}/console/rules/vehicle")
    await page.get_by_role("button", name="Back to 0").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.locator(".gone").first).to_contain_text("rule: driving")
    await dialog.get_by_role("button", name="Go back").click()
    await expect(page.get_by_text("version 2, live everywhere")).to_be_visible(timeout=30_000)
    await expect(page.get_by_role("button", name="driving", exact=True)).to_have_count(0)

    assert [] == found


async def test_a_decision_table_is_edited_in_its_own_editor(page: Page, node: Running) -> None:
    """What is written into a cell stands in the rule, which is checked."""
    await page.goto(f"{node.api_url}/console/rules/vehicle")
    await page.get_by_role("button", name="correction", exact=True).click()
    table = page.get_by_role("region", name="The table versions")
    await expect(table.get_by_text('"battery.drain"')).to_be_visible(timeout=15_000)
    found = await look(page, "table")
    await table.get_by_text('"battery.drain"').click()
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.type("ed")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("textbox", name="The rule")).to_have_value(
        re.compile("battery\\.drained"), timeout=15_000
    )
    await expect(page.get_by_text("can be published")).to_be_visible(timeout=15_000)

    assert [] == found


async def test_an_incident_is_played_once_more_with_another_rule(page: Page, node: Running) -> None:
    """By the car's own history half the rises would have been noticed sooner."""
    await page.goto(f"{node.api_url}/console/arrangements")
    closed = page.get_by_role("row").filter(has_text="closed").filter(has_text="roadside")
    await closed.first.click(timeout=STORY_MS)
    await page.get_by_label("another rule").select_option("engine.overheating")
    text = page.get_by_label("The other rule")
    written = await text.input_value()
    await text.fill(written.replace("rising(coolant_c, 10", "rising(coolant_c, 5"))
    await page.get_by_role("button", name="Play it").click()
    said = page.get_by_text(re.compile(r"engine\.overheating would have come \d+ s earlier"))
    await expect(said).to_be_visible(timeout=30_000)
    await expect(page.locator(".tracks .flag")).to_have_count(2)

    assert "rising(coolant_c, 10" in written


async def test_a_case_is_solved_from_the_call_to_its_outcome(page: Page, node: Running) -> None:
    """Her number opens it; she is told by her channel; a colleague closes it, all in the log."""
    gate = Gate()
    async with Sink(gate) as sink:
        await open_case(page, node, sink.url)
        await page.get_by_role("link", name="Cases").click()
        row = page.get_by_role("grid", name="Cases").get_by_role("row", name="she has a question")
        await expect(row).to_be_visible(timeout=20_000)
        await page.goto(f"{node.api_url}/console/cases?caller={NUMBER}")
        await expect(page.get_by_role("heading", name="Aino")).to_be_visible(timeout=15_000)

        await page.get_by_role("button", name="Take it").click()
        await expect(page.locator(".case .head").get_by_text("taken")).to_be_visible()
        await page.get_by_role("button", name="Write to the customer").click()
        await page.get_by_label("Subject").fill("Your question")
        await page.get_by_label("Text").fill("We call you back.")
        await page.get_by_role("button", name="Send").click()
        letters = page.get_by_role("list", name="Written to her")
        await expect(letters.get_by_text("told by webhook")).to_be_visible(timeout=20_000)
        await page.get_by_role("button", name="Hand over").first.click()
        await page.locator("form.doing select").select_option("employee/bea")
        await page.locator("form.doing").get_by_role("button", name="Hand over").click()
        await expect(page.locator(".case .head").get_by_text("employee/bea")).to_be_visible()
        await page.get_by_label("she had called").check()
        await page.get_by_label("help is there").check()
        await page.get_by_label("What others should know").fill("answered")
        await page.get_by_role("button", name="Close the case").click()
        await expect(page.locator(".case .head").get_by_text("closed")).to_be_visible()

    headers = {"Authorization": f"Bearer {node.operator_token}"}
    told = await page.request.get(f"{node.api_url}/v1/cases/aino", headers=headers)
    case = (await told.json())["case"]

    log = await page.request.get(f"{node.api_url}/v1/activity?limit=200", headers=headers)
    done = [one["what"] for one in (await log.json())["items"]
            if one["where"].get("case_id") == "aino"]  # fmt: skip
    (letter,) = gate.delivered

    assert ("Your question", True) == (letter["subject"], "We call you back." in letter["text"])
    assert ["takeCase", "writeToCustomer", "handOverCase", "closeCase"] == done[::-1]
    assert ("closed", "employee/bea") == (case["state"], case["employee"])
    assert case["note"].endswith("answered")


async def test_lists_are_for_everybody(page: Page, node: Running) -> None:
    """WCAG A and AA, as far as axe can tell, of the views whose one page is looked at elsewhere."""
    found = []
    for view in ("twins", "arrangements", "cases", "rules", "outcomes"):
        await page.goto(f"{node.api_url}/console/{view}")
        await expect(page.locator("main .panel").first).to_be_visible(timeout=20_000)
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += [f"{view}, {theme}: {barrier}" for barrier in await barriers(page)]

    assert [] == found


async def test_system_shows_who_owns_what(page: Page, node: Running) -> None:
    """Each partition has a host and a gateway, and each of these is heard of."""
    await page.goto(f"{node.api_url}/console/system")
    partitions = page.get_by_role("grid", name="Partitions")
    await expect(partitions.get_by_text("serving")).to_have_count(node.partitions)
    members = page.get_by_role("grid", name="Hosts and gateways")
    await expect(members.get_by_text("at work").first).to_be_visible()
    took = page.get_by_role("grid", name="How long it takes")
    applied = took.get_by_role("row", name=re.compile("^A block applied"))
    await expect(applied).to_contain_text(re.compile(r"≤ [\d.]+ m?s"))

    assert [] == await look(page, "system")


async def test_what_was_refused_is_seen(page: Page, node: Running) -> None:
    """Whose it was, why, and what it said."""
    answer = await page.request.post(
        f"{node.api_url}/v1/twins/vehicle/v4/events/telemetry?sender=device",
        headers={"Authorization": f"Bearer {node.operator_token}"},
        data={"speed_kmh": "fast"},
    )
    await page.goto(f"{node.api_url}/console/system")
    letter = page.get_by_role("grid", name="Dead letters").get_by_role("row", name="vehicle/v4")
    await letter.first.click(timeout=15_000)

    assert 400 == answer.status
    await expect(page.locator(".letter")).to_contain_text("fast")


async def test_a_broken_connection_is_told_and_goes_on_where_it_was(
    browser: Browser, node: Running
) -> None:
    """The page says so, and its next request names the last event that it has."""
    async with Wire(node.api_url) as wire:
        page = await browser.new_page()
        await page.goto(f"{wire.url}/console/?token={node.operator_token}")
        await expect(page.get_by_text("live, all well")).to_be_visible(timeout=30_000)
        await expect(page.locator(".figure", has_text="vehicles on the map")).to_contain_text("60")
        async with page.expect_request(re.compile("/v1/live"), timeout=30_000) as again:
            wire.cut()
            await expect(page.get_by_text("not connected")).to_be_visible()
            wire.mend()
        headers = await (await again.value).all_headers()
        await expect(page.get_by_text("live, all well")).to_be_visible(timeout=30_000)
        await page.close()

    marks = decode_marks(headers["last-event-id"], node.partitions)
    assert marks is not None
    assert any(position for position, _ in marks)
