"""The live page: whole in itself, and safe to open."""

import re
from base64 import b64encode
from hashlib import sha256

from support.api_server import client_of
from support.fake_services import FakeServices


async def test_live_page_runs_only_its_own_code() -> None:
    """The policy names the hashes of just the style and script in the page."""
    async with client_of(FakeServices()) as client:
        page = await client.get("/plain")
    policy = page.headers["content-security-policy"]

    for tag in ("style", "script"):
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", page.text, re.DOTALL)
        hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in found]

        assert [f"{tag}-src 'sha256-{text}'" for text in hashes] == [
            rule for rule in policy.split("; ") if rule.startswith(tag)
        ]


async def test_live_page_loads_nothing_from_elsewhere_and_builds_no_markup() -> None:
    """No address of another host, no style attribute, no HTML made of what twins say."""
    async with client_of(FakeServices()) as client:
        page = (await client.get("/plain")).text

    assert [] == re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", page)
    assert [] == re.findall(r"\sstyle=|\son[a-z]+=", page)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", page)


async def test_live_page_says_nothing_of_the_cluster() -> None:
    """Anybody may open it; what it shows comes with the token."""
    services = FakeServices()
    services.add("vehicle/secret7")
    async with client_of(services) as client:
        page = await client.get("/plain")

    assert (200, False) == (page.status_code, "secret7" in page.text)
