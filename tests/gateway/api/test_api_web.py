"""Visits over HTTP: from allowed pages, with consent, bounded; and the snippet that sends them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec import json
from support.api_server import client_of
from support.fake_services import START, FakeServices

import twins.people
from gateway.api.web import MAX_VISIT_BYTES, SCRIPT
from gateway.settings import PeopleSettings

assert twins.people, "importing it registers the kinds"

PAGE = "https://www.example.com"
VISITOR = "0123456789abcdef" * 2
PATH = f"/v1/web/{VISITOR}"
PEOPLE = PeopleSettings(web_origins=[PAGE], web_rate=0.01, web_burst=3)


def visit(**more: Any) -> dict[str, Any]:
    """What a browser sends."""
    act = {"what": "view", "name": "/cars", "at": START - 5}
    return {"id": "f" * 32, "consent": "v1", "acts": [act], **more}


async def post(
    services: FakeServices, body: Any, path: str = PATH, origin: str | None = PAGE, times: int = 1
) -> httpx2.Response:
    """Send it so often; the last answer."""
    content = body if isinstance(body, bytes) else json.encode(body)
    headers = {"content-type": "text/plain"} | ({} if origin is None else {"origin": origin})
    async with client_of(services, people=PEOPLE) as client:
        for _ in range(times):
            answer = await client.post(path, content=content, headers=headers)
    return answer


async def test_a_visit_goes_the_way_of_all_events() -> None:
    """As a device's, under the browser's id, with the server's time."""
    services = FakeServices()
    answer = await post(services, visit())
    (sent,) = services.sent

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (202, PAGE)
    assert (sent.twin_id, sent.type, sent.sender) == (f"visitor/{VISITOR}", "visit", "device")
    assert (sent.message.id, sent.message.time) == (f"web-{'f' * 32}", START)
    assert sent.message.data["acts"] == [{"what": "view", "name": "/cars", "at": START - 5}]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (visit(consent=""), 403),
        ({"id": "f" * 32}, 403),
        ([], 403),
        (visit(position=[60.0, 24.0]), 403),
        (visit(position=[91.0, 24.0], position_consent="p1"), 422),
        (visit(id="1"), 422),
        (visit(email="aino@example.com"), 422),
        (visit(acts=[{"what": "buy", "name": "x"}]), 422),
        (visit(acts=[{"what": "view", "name": "x"}] * 51), 422),
        (b"no json", 422),
        (b"[" * 10_000, 422),
        (b"x" * (MAX_VISIT_BYTES + 1), 413),
    ],
)
async def test_what_is_no_visit_is_refused(body: Any, status: int) -> None:
    """Without consent, garbled, too large, or with what nobody asked for: nothing is kept."""
    services = FakeServices()
    answer = await post(services, body)

    assert answer.status_code == status
    assert services.sent == []


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", f"{PAGE}.evil.example"])
async def test_other_pages_may_not_send(origin: str | None) -> None:
    """Neither ask."""
    services = FakeServices()
    answer = await post(services, visit(), origin=origin)
    async with client_of(services, people=PEOPLE) as client:
        asked = await client.options(PATH, headers={} if origin is None else {"origin": origin})

    assert (answer.status_code, asked.status_code, services.sent) == (403, 403, [])


async def test_an_allowed_page_may_ask_first() -> None:
    """As browsers do before they send JSON."""
    async with client_of(FakeServices(), people=PEOPLE) as client:
        answer = await client.options(PATH, headers={"origin": PAGE})

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, PAGE)


async def test_a_flood_is_refused() -> None:
    """So many at once; then the visitor waits."""
    services = FakeServices()
    answer = await post(services, visit(), times=4)

    assert (answer.status_code, len(services.sent)) == (429, 3)


async def test_a_clock_that_is_wrong_tells_no_time() -> None:
    """The act stands at the visit's time then."""
    services = FakeServices()
    await post(services, visit(acts=[{"what": "view", "name": "x", "at": START + 9e6}]))

    assert services.sent[0].message.data["acts"] == [{"what": "view", "name": "x"}]


async def test_she_can_end_it() -> None:
    """Once is enough."""
    services = FakeServices()
    answer = await post(services, b"{}", path=f"{PATH}/end")

    assert (answer.status_code, services.sent[0].type) == (202, "visit.ended")


@pytest.mark.parametrize("visitor", ["c1", "g" * 32, "0" * 33])
async def test_an_id_is_one_that_nobody_can_guess(visitor: str) -> None:
    """128 bits, or it is refused."""
    answer = await post(FakeServices(), visit(), path=f"/v1/web/{visitor}")

    assert answer.status_code == 422


async def test_the_snippet_is_small_and_for_other_origins() -> None:
    """Under 4 KB."""
    async with client_of(FakeServices()) as client:
        answer = await client.get("/v1/web/vigil.js")

    assert len(answer.content) < 4000
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


BROWSER = """
const sent = [], kept = {}, heard = {};
let status = 202, timers = [];
globalThis.document = { currentScript: { src: "https://vigil.example/v1/web/vigil.js" } };
globalThis.location = { pathname: "/cars" };
globalThis.localStorage = {
  getItem: (k) => kept[k] ?? null, setItem: (k, v) => { kept[k] = v; },
  removeItem: (k) => { delete kept[k]; },
};
globalThis.addEventListener = (name, what) => { heard[name] = what; };
globalThis.window = globalThis;
globalThis.setTimeout = (what) => { timers.push(what); return timers.length; };
globalThis.clearTimeout = () => { timers = []; };
globalThis.fetch = (url, options) => {
  sent.push([url, JSON.parse(options.body)]);
  return Promise.resolve({ status, ok: status < 300 });
};
const settle = () => new Promise((done) => setImmediate(done));
const tick = async () => { for (const what of timers.splice(0)) what(); await settle(); };
const click = (name) => heard.click({ target: { closest: () => ({ dataset: { vigil: name } }) } });
(async () => {
  SNIPPET
  click("early"); await tick();
  const before = [sent.length, Object.keys(kept).length];
  vigil.consent("v1"); click("buy"); await tick();
  status = 503; click("again"); await tick();
  status = 202; heard.pagehide(); await settle();
  const id = vigil.visitor();
  vigil.position(60, 24, "p1"); await settle();
  vigil.withdraw(); click("late"); await tick(); heard.pagehide(); await settle();
  console.log(JSON.stringify({ before, sent, id, kept }));
})();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no node to run it")
def test_the_snippet_sends_nothing_without_consent(tmp_path: Path) -> None:
    """And what she did after it once, also where the server was busy; after the end nothing."""
    path = tmp_path / "page.js"
    path.write_text(BROWSER.replace("SNIPPET", SCRIPT.replace('"use strict";', "")))
    node = shutil.which("node")
    assert node is not None
    run = subprocess.run([node, path], capture_output=True, text=True, check=False, timeout=60)
    assert run.stderr == ""
    found = json.decode(run.stdout)
    urls, bodies = [url for url, _ in found["sent"]], [body for _, body in found["sent"]]
    base = f"https://vigil.example/v1/web/{found['id']}"

    assert found["before"] == [0, 0]
    assert urls == [base] * 4 + [f"{base}/end"]
    assert [[act["name"] for act in body["acts"]] for body in bodies[:4]] == [
        ["/cars", "buy"], ["again"], ["again"], [],
    ]  # fmt: skip
    assert bodies[1]["id"] == bodies[2]["id"]
    assert (bodies[3]["position"], bodies[3]["position_consent"]) == ([60, 24], "p1")
    assert found["kept"] == {}
