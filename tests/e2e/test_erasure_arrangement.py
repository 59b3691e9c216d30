"""A person is erased after a whole arrangement: booked, paid for, told of, and closed."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import settings_for

from deploy.node import Node
from deploy.remains import Remain, search, texts_of
from deploy.report import read
from gateway.client import Client

pytestmark = [
    pytest.mark.cluster, pytest.mark.long, pytest.mark.timeout(300), pytest.mark.asyncio,
]  # fmt: skip

OUTSIDE = "demo/"
"""Where the demo keeps what is not Vigil's: the providers' own database, the customers' inbox."""


def tell_story(folder: Path, report: Path) -> str:
    """The breakdown, in a node of its own; returns the car whose driver was helped to the end."""
    command = [
        sys.executable, "-m", "deploy.cli", "--folder", str(folder), "demo",
        "--story", "roadside", "--cars", "20", "--report", str(report),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=200, check=False)
    (story,) = [one for one in read(report).stories if one.name == "rescued"]
    assert story.completed
    return story.twin_id


async def look(api: Client, twin_id: str) -> dict[str, Any]:
    """A twin's state."""
    return (await asyncio.to_thread(api.state, twin_id)).state


def inside(folder: Path, words: list[str]) -> list[Remain]:
    """What Vigil's own files hold."""
    return [one for one in search(folder, words) if not one.file.startswith(OUTSIDE)]


async def test_nothing_is_left_of_an_arrangement(tmp_path: Path) -> None:
    """Neither in the log nor in checkpoints nor in the ledger; others are as they were."""
    folder = tmp_path / "home"
    car = await asyncio.to_thread(tell_story, folder, tmp_path / "report.json")
    settings = settings_for(folder, log={"partitions": 8})
    async with Node(settings) as node:
        with (
            Client(node.api_url, node.operator_token) as api,
            Client(node.api_url, node.running.privacy_token) as officer,
        ):
            vehicle = await look(api, car)
            person = vehicle["owner"]
            customer = await look(api, person)
            export = await asyncio.to_thread(lambda: list(officer.export(person)))
            assert {person, car, car.replace("vehicle", "roadside")} <= {
                item["twin"] for item in export if item["what"] == "twin"
            }
            certificate = await asyncio.to_thread(officer.erase, person)
            assert {person, car} <= certificate["twins"].keys()
            page = await asyncio.to_thread(api.search, "kind = customer", limit=100)
    words = [
        customer["name"], vehicle["description"],
        *(channel["address"] for channel in customer["channels"]),
    ]  # fmt: skip

    assert set(words) & set(texts_of(export)), "the export has them"
    assert [] == inside(folder, words)
    assert 19 == len([one for one in page.items if one.state.get("name")])
