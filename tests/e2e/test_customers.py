"""Customers on a whole node: a feed is read, a table imported, a visit found to be hers."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from conftest import settings_for
from support.browser import browsing, needs_chromium
from support.web_page import WebPage, serving
from typer.testing import CliRunner

from deploy.cli.app import make_app
from deploy.node import Node
from gateway.client import Client

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="module"),
]

PAGE = "https://www.example.com"
VISITOR = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def site() -> Iterator[WebPage]:
    """Somebody's web page, as yet without the snippet."""
    with serving() as page:
        yield page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory, site: WebPage) -> Any:
    """A node that takes visits of two pages."""
    folder = tmp_path_factory.mktemp("node")
    people = {"web_origins": [PAGE, site.origin]}
    async with Node(settings_for(folder, people=people)) as running:
        site.snippet_of(running.api_url)
        yield running


@pytest.fixture(scope="module")
def feed() -> Iterator[str]:
    """Somebody's calendar, that begins tomorrow and is daily."""
    begins = datetime.now(UTC) + timedelta(days=1)
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        f"DTSTAMP:20260101T000000Z\r\nDTSTART:{begins:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\n"
        "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()

    class Calendar(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(text)))
            self.send_header("etag", '"1"')
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Calendar)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/aino.ics"
    server.shutdown()
    thread.join()
    server.server_close()


async def state_when(api: Client, twin_id: str, done: Any) -> dict[str, Any]:
    """A twin's state, once it is as it should be; the test's timeout bounds it."""
    while True:
        state: dict[str, Any] = (await asyncio.to_thread(api.state, twin_id)).state
        if done(state):
            return state
        await asyncio.sleep(0.1)


async def test_a_feed_a_table_and_a_visit(node: Node, feed: str, tmp_path: Path) -> None:
    """From the command line and the browser to her twin, by worker, log and partitions."""
    table = tmp_path / "customers.csv"
    table.write_text(
        "id,name,email,calendar_feed,lifetime_value\n"
        f"c-1,Aino,aino@example.com,{feed},12.50\nc-2,Ben,ben@example.com,,0\n"
    )
    given = ["--folder", str(node.folder), "import", "customers", str(table)]
    result = await asyncio.to_thread(CliRunner().invoke, make_app(), given)
    assert 0 == result.exit_code, result.output

    with Client(node.api_url, node.secrets.operator_token) as api:
        aino = await state_when(
            api, "customer/c-1", lambda s: any(f.get("busy") for f in s.get("feeds", {}).values())
        )
        (known,) = aino["feeds"].values()
        assert (3, '"1"', 1250) == (len(known["busy"]), known["etag"], aino["lifetime_value_cents"])

        visit = {"id": "f" * 32, "consent": "v1", "acts": [{"what": "view", "name": "/cars"}]}
        async with httpx2.AsyncClient(base_url=node.api_url) as browser:
            for _ in range(2):
                answer = await browser.post(
                    f"/v1/web/{VISITOR}", json=visit, headers={"origin": PAGE}
                )
                assert 202 == answer.status_code, answer.text
        await asyncio.to_thread(
            api.send, f"visitor/{VISITOR}", "visitor.identified", {"email": "AINO@example.com"}
        )
        aino = await state_when(api, "customer/c-1", lambda s: s.get("visitors"))

        assert 1 == aino["visitors"][f"visitor/{VISITOR}"]["views"]


@needs_chromium
async def test_a_real_browser_becomes_hers_and_leaves(node: Node, site: WebPage) -> None:
    """What she clicked before she signed in is hers afterwards, until she takes her word back."""
    with Client(node.api_url, node.secrets.operator_token) as api:

        async def say(twin_id: str, what: str, data: dict[str, Any]) -> None:
            await asyncio.to_thread(api.send, twin_id, what, data)

        mail = {"channel": "email", "address": "dora@example.com"}
        await say("customer/c-3", "configured", {"channels": [mail]})
        async with browsing() as browser:
            page = await browser.new_page()
            await page.goto(site.url)
            await page.click("button")  # before she agreed: nobody ever hears of it
            await page.evaluate("vigil.consent('v3')")
            await page.click("button")
            visitor = f"visitor/{await page.evaluate('vigil.visitor()')}"
            await page.goto(f"{site.url}/next")
            await state_when(api, visitor, lambda s: s.get("clicks"))
            await say(visitor, "visitor.identified", {"email": "Dora@Example.com"})
            signed_in = await state_when(api, "customer/c-3", lambda s: s.get("visitors"))
            await page.evaluate("vigil.position(60.17, 24.94, 'p1')")
            located = await state_when(api, "customer/c-3", lambda s: s.get("position"))
            await page.evaluate("vigil.withdraw()")
            ended = await state_when(api, visitor, lambda s: s.get("ended_at"))
            left = await state_when(api, "customer/c-3", lambda s: not s.get("visitors"))

        assert 1 == signed_in["visitors"][visitor]["clicks"]
        assert [60.17, 24.94] == located["position"]
        assert not ended.get("acts")
        assert not ended.get("clicks")
        assert not left.get("visitors")
