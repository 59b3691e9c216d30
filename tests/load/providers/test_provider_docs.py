"""The page of the contract: every example on it is played, and every call has one."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import httpx2
from provider_kit import Clock, client_of, service

from load.providers import demo_world
from load.providers.contract import Reason

PAGE = Path(__file__).parents[3] / "docs" / "providers.md"

# Requests and answers in turn, and the time that passes between them.
_STEP = re.compile(
    r"```http\n(?P<message>.*?)\n```|<!-- clock \+(?P<seconds>[0-9.]+) s -->", re.DOTALL
)


def read_message(text: str) -> tuple[str, str | None, Any]:
    """Return first line, content type and JSON body of an HTTP message."""
    head, _, body = text.partition("\n\n")
    first, *headers = head.split("\n")
    kinds = [line.partition(": ")[2] for line in headers if line.startswith("Content-Type: ")]
    return first, kinds[0] if kinds else None, json.loads(body) if body else None


async def play(client: httpx2.AsyncClient, clock: Clock) -> list[tuple[str, str]]:
    """Play the page; return method and path of every call, having compared all answers."""
    calls: list[tuple[str, str]] = []
    response: httpx2.Response | None = None
    for step in _STEP.finditer(PAGE.read_text()):
        if step["seconds"]:
            clock.now += float(step["seconds"])
            continue
        first, kind, body = read_message(step["message"])
        if response is None:
            method, path = first.split(" ")
            calls.append((method, path))
            response = await client.request(method, path, json=body)
            continue
        answer = (response.status_code, response.headers["content-type"], response.json())
        assert (int(first.split(" ")[1]), kind, body) == answer, calls[-1]
        response = None
    return calls


async def test_every_example_is_true(tmp_path: Path, clock: Clock) -> None:
    """The service answers each request of the page as the page says, and each call is shown."""
    world = demo_world(1, (60.1699, 24.9384), timezone="Europe/Helsinki", time_scale=60)
    with service(tmp_path / "providers.db", clock, world) as app:
        async with client_of(app) as client:
            calls = await play(client, clock)
            paths = (await client.get("/openapi.json")).json()["paths"]
    patterns = {
        (method.upper(), path): re.sub(r"\{\w+\}", "[^/?]+", path) + r"(\?.*)?"
        for path, operations in paths.items()
        for method in operations
    }
    missing = [
        call
        for call, pattern in patterns.items()
        if not any(method == call[0] and re.fullmatch(pattern, path) for method, path in calls)
    ]

    assert len(calls) > 15
    # Its answer is the list of what `GET {base}` answers, which is shown.
    assert missing == [("GET", "/providers")]


def test_every_reason_is_explained() -> None:
    """The page says for each reason of a refusal what to do."""
    page = PAGE.read_text()
    reasons = re.findall(r"^\| \d{3} \| (.*?) \|", page, re.MULTILINE)
    explained = {reason for cell in reasons for reason in re.findall(r"`(\w+)`", cell)}

    assert explained == set(get_args(Reason))
