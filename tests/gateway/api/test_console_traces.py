"""The console's view of the system in a real browser: charts of each host, and traces by stage.

`VIGIL_PICTURES=docs/pictures` keeps what it looks like.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from support.api_server import OPERATOR, ApiServer
from support.browser import browsing
from support.console_page import look, needs_console, signed_in
from support.fake_services import FakeServices

from actors.telemetry import KeptSpan

MESSAGE, BLOCK = "1" * 32, "2" * 32

pytestmark = needs_console


class Busy(FakeServices):
    """Two hosts: each look at the status is two seconds later, and more was applied."""

    async def status(self) -> dict[str, Any]:
        """Half of the partitions are a second host's, which applies twice as much, and slower."""
        found = await super().status()
        self.now += 2.0
        found["at"] = self.now
        for part in found["partitions"]:
            second = part["partition"] % 2
            part["host"] = f"host-{second}#1"
            part["events"] += 100 * (1 + second)
            part["lag_s"] = 0.025 * (1 + second)
        return found


def spans(at: float) -> list[KeptSpan]:
    """A message from its device to an effect that failed, and a slow block."""

    def stage(name: str, process: str, began: float, ended: float, **more: Any) -> KeptSpan:
        error = more.pop("error", None)
        return KeptSpan(
            MESSAGE, f"{name:0>16}", None, name, process, at + began, at + ended, more, error
        )

    car = {"twin_id": "vehicle/v1", "type": "telemetry", "partition": 3}
    return [
        stage("take", "gateway-0", 0.0, 0.02, **car),
        stage("append", "gateway-0", 0.02, 0.05, **car, position=17, events=4),
        stage("log", "host-0", 0.05, 0.06, **car, position=17, events=4),
        stage("apply", "host-0", 0.06, 0.08, **car, position=17, events=4),
        stage("effect", "effects-0", 0.1, 0.2, twin_id="roadside/v1", effect="tow.hold",
              error="NotNow: no truck"),
        KeptSpan(BLOCK, "b" * 16, None, "log", "host-1", at + 5.0, at + 7.5,
                 {"twin_id": "vehicle/v2"}, slow=True),
    ]  # fmt: skip


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer[Busy]]:
    """A cluster with two traces; one of its hosts says nothing of its own."""
    services = Busy()
    services.kept = spans(services.now)
    services.unreachable = ["host-1"]
    with signed_in(services, tmp_path) as server:
        yield server


async def test_a_trace_is_shown_stage_by_stage(api: ApiServer[Busy]) -> None:
    """The newest or the slowest first; who did not answer is named; errors stand at their stage."""
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1500})
        await page.goto(f"{api.url}/console/?token={OPERATOR}")
        await page.get_by_role("link", name="System").click()
        panel = page.get_by_role("region", name="Traces")
        rows = panel.get_by_role("grid", name="Traces").get_by_role("row")
        await expect(rows).to_have_count(3)
        await expect(panel.get_by_role("alert")).to_contain_text("host-1 did not answer")
        await expect(rows.nth(1)).to_contain_text("vehicle/v2")
        await expect(rows.nth(1)).to_contain_text("slow")
        await rows.filter(has_text="vehicle/v1").get_by_text("telemetry").click()
        stages = panel.get_by_role("list", name="Stages").get_by_role("listitem")
        await expect(stages).to_have_count(5)
        said = await stages.all_inner_texts()
        places = await stages.locator(".scale i").evaluate_all(
            "all => all.map(one => [parseFloat(one.style.left), parseFloat(one.style.width)])"
        )
        await panel.scroll_into_view_if_needed()
        found = await look(page, "traces")
        await panel.get_by_role("button", name="slowest").click()
        await expect(panel.get_by_role("button", name="slowest")).to_have_attribute(
            "aria-pressed", "true"
        )
        await panel.get_by_role("button", name="Close").click()
        await expect(stages).to_have_count(0)

    assert ["take", "append", "log", "apply", "effect"] == [text.split()[0] for text in said]
    for text, took in zip(said, ("20 ms", "30 ms", "10 ms", "20 ms", "100 ms"), strict=True):
        assert took in text
    assert "no truck" in said[4]
    assert "with 3 others" in said[3]
    assert [(0, 10), (10, 15), (25, 5), (30, 10), (50, 50)] == [
        (round(left), round(width)) for left, width in places
    ]
    assert [] == found


async def test_each_host_and_partition_has_its_lines(api: ApiServer[Busy]) -> None:
    """By the figures of the status, from one look to the next."""
    async with browsing() as browser:
        page = await browser.new_page(viewport={"width": 1440, "height": 1000})
        await page.goto(f"{api.url}/console/system?token={OPERATOR}")
        panel = page.get_by_role("region", name="Throughput and delay")
        hosts = panel.get_by_role("list", name="Now, of each host")
        await expect(hosts).to_contain_text("host-0: 100 a second, 25 ms behind", timeout=15_000)
        await expect(hosts).to_contain_text("host-1: 200 a second, 50 ms behind")
        charts = panel.get_by_role("img", name=re.compile("of each host")).locator("canvas")
        await expect(charts).to_have_count(2)
        await panel.get_by_role("button", name="partition").click()
        parts = panel.get_by_role("list", name="Now, of each partition")
        await expect(parts.get_by_role("listitem")).to_have_count(api.services.partitions)
        await expect(parts).to_contain_text("partition 3: 100 a second, 50 ms behind")
