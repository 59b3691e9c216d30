"""The console: what was built, and nothing else; without a build the plain page."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from support.api_server import client_of
from support.fake_services import FakeServices

from gateway.api import console

PAGE = (
    '<!doctype html><meta name="style-nonce" content="" />'
    '<script type="module" src="/console/assets/index-a1.js"></script>'
)
NONCE = re.compile(r'content="[^"]+"')


@pytest.fixture(name="build")
def _build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a build; empty, as before the first one."""
    folder = tmp_path / "dist"
    monkeypatch.setattr(console, "BUILD", folder)
    return folder


@pytest.fixture
async def client(build: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """An API that has a console."""
    (build / "assets").mkdir(parents=True)
    (build / "index.html").write_text(PAGE)
    (build / "assets" / "index-a1.js").write_text("export {}")
    (build / "assets" / "index-a1.js.map").write_text("{}")
    (build.parent / "secret.txt").write_text("secret")
    async with client_of(FakeServices()) as found:
        yield found


@pytest.mark.parametrize("path", ["/console/", "/console/twins/vehicle/v17", "/console/nowhere"])
async def test_every_view_is_the_page(client: httpx2.AsyncClient, path: str) -> None:
    """It finds its view itself; browsers ask whether it is still the same."""
    answer = await client.get(path)

    assert (200, PAGE) == (answer.status_code, NONCE.sub('content=""', answer.text))
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    assert "no-cache" == answer.headers["cache-control"]


async def test_page_may_load_only_what_is_ours(client: httpx2.AsyncClient) -> None:
    """No script in the page, none from elsewhere, and no frame around it."""
    policy = (await client.get("/console/")).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    assert "'none'" == rules["default-src"]
    assert "'self'" == rules["script-src"] == rules["connect-src"]
    assert re.fullmatch(r"'self' 'nonce-[A-Za-z0-9_-]{24}'", rules["style-src"])
    assert "'none'" == rules["frame-ancestors"] == rules["base-uri"]
    assert "unsafe" not in policy


async def test_no_two_pages_have_the_same_nonce(client: httpx2.AsyncClient) -> None:
    """The page finds its own where the policy names it; an asset has none."""
    pages = [await client.get("/console/") for _ in range(3)]
    nonces = [re.findall(r'content="([^"]+)"', page.text)[0] for page in pages]
    asset = await client.get("/console/assets/index-a1.js")

    assert 3 == len(set(nonces))
    for page, nonce in zip(pages, nonces, strict=True):
        assert f"'nonce-{nonce}'" in page.headers["content-security-policy"]
    assert "nonce" not in asset.headers["content-security-policy"]


async def test_assets_are_kept_for_ever(client: httpx2.AsyncClient) -> None:
    """Their names change with what is in them."""
    answer = await client.get("/console/assets/index-a1.js")

    assert (200, "export {}") == (answer.status_code, answer.text)
    assert "text/javascript; charset=utf-8" == answer.headers["content-type"]
    assert "public, max-age=31536000, immutable" == answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/console/assets/index-a0.js", "/console/assets/", "/console/assets/index-a1.js.map"]
)
async def test_an_asset_that_is_none_is_not_the_page(client: httpx2.AsyncClient, path: str) -> None:
    """An open tab of an earlier build is told to load anew, instead of running a page as a script.

    Nor is anything given out that only lies in the folder.
    """
    answer = await client.get(path)

    assert (404, "not_found") == (answer.status_code, answer.json()["reason"])


@pytest.mark.parametrize(
    "path",
    ["/console/../secret.txt", "/console/%2e%2e/secret.txt", "/console/..%2fsecret.txt",
     "/console/assets/..%2f..%2fsecret.txt", "/console//etc/passwd"],
)  # fmt: skip
async def test_no_path_leads_out_of_the_build(client: httpx2.AsyncClient, path: str) -> None:
    """What is asked for is looked up, never joined to a folder."""
    answer = await client.get(path)

    assert "secret" not in answer.text.replace("secret.txt", "")
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/", "/console/"), ("/?token=t", "/console/?token=t"), ("/console", "/console/")],
)
async def test_short_addresses_lead_to_it(
    client: httpx2.AsyncClient, path: str, leads_to: str
) -> None:
    """With the token that a link carries."""
    answer = await client.get(path)

    assert (307, leads_to) == (answer.status_code, answer.headers["location"])


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("path", ["/", "/console/", "/console/system"])
async def test_without_a_build_the_plain_page_says_what_is_missing(path: str) -> None:
    """It works at once, and names the command."""
    async with client_of(FakeServices()) as found:
        answer = await found.get(path)

    assert 200 == answer.status_code
    assert "<code>make console</code>" in answer.text
    assert 'id="map"' in answer.text


async def test_the_plain_page_stays(client: httpx2.AsyncClient) -> None:
    """Under an address of its own, and then it misses nothing."""
    answer = await client.get("/plain")

    assert (200, False) == (answer.status_code, "make console" in answer.text)
