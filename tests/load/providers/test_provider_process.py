"""The real process: readiness, a clean end, silence on a real connection, and kill -9."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from provider_kit import hold_body, small_world

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


class Running(NamedTuple):
    """A process of the service that listens."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def providers(directory: Path, *options: str) -> Iterator[Running]:
    """Start the service on the directory's database; it is ended with the block."""
    ready = directory / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-W", "error", "-m", "load.providers"]
    files = ["--database", str(directory / "providers.db"), "--ready-file", str(ready)]
    process = subprocess.Popen([*command, *files, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        # One line, once it listens: an event to wait on.
        line = process.stdout.readline()
        port = json.loads(ready.read_text())["port"]
        assert line == f"providers at http://127.0.0.1:{port}/providers\n"
        yield Running(process, f"http://127.0.0.1:{port}/providers")
    finally:
        process.kill()
        process.communicate()


def world_file(directory: Path) -> str:
    """Write the small world; return the file's name."""
    file = directory / "world.json"
    file.write_text(small_world().model_dump_json())
    return str(file)


def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    """The process stops with status 0, and what it held is in its database."""
    with providers(tmp_path, "--world", "demo", "--time-scale", "60") as running:
        description = httpx2.get(f"{running.url}/t1").json()
        body = hold_body("t1-truck-1", near=description["trial"]["near"])
        held = httpx2.put(f"{running.url}/t1/holds/h1", json=body)
        running.process.send_signal(signal.SIGTERM)
        status = running.process.wait(timeout=20)

    assert (description["time_scale"], held.status_code) == (60.0, 201)
    assert status == 0


def test_silence_closes_the_connection(tmp_path: Path) -> None:
    """A silent provider makes the hold, sends not one byte, and closes after the bound."""
    with providers(tmp_path, "--world", world_file(tmp_path)) as running:
        silent = {"mode": "silent", "delay_s": 0.05, "calls": 1}
        httpx2.put(f"{running.url}/t1/behaviour", json=silent)
        with pytest.raises(httpx2.RemoteProtocolError, match="without sending a response"):
            httpx2.put(f"{running.url}/t1/holds/h1", json=hold_body())
        seen = httpx2.get(f"{running.url}/t1/holds/h1").json()

    assert seen["state"] == "held"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--world", "nowhere.json"], "No such file"),
        (["--time-scale", "0"], "greater than 0"),
        (["--center", "north"], "is not latitude,longitude"),
        (["--center", "91,0"], "lies on no globe"),
    ],
)
def test_wrong_options_are_told(tmp_path: Path, options: list[str], told: str) -> None:
    """A wrong option ends the process with status 2 and its reason, before a port is taken."""
    command = [sys.executable, "-m", "load.providers", "--database", str(tmp_path / "p.db")]
    wide = {**os.environ, "COLUMNS": "400"}
    ended = subprocess.run(
        [*command, *options], capture_output=True, text=True, check=False, timeout=60, env=wide
    )

    assert ended.returncode == 2
    assert told in ended.stderr


def test_the_kit_passes_over_a_real_connection(tmp_path: Path) -> None:
    """The command line of the kit passes on our service, and says so as JSON."""
    with providers(tmp_path) as running:
        url = f"{running.url}/t1"
        command = [sys.executable, "-m", "load.providers.conformance", "--json", url]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert [result for result in json.loads(ended.stdout) if not result["passed"]] == []
    assert ended.returncode == 0


def test_the_kit_fails_where_nobody_listens(tmp_path: Path) -> None:
    """The command line ends with status 1 if a check fails."""
    with providers(tmp_path, "--world", world_file(tmp_path)) as running:
        url = f"{running.url}/nobody"
        command = [sys.executable, "-m", "load.providers.conformance", url]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 1
    assert "0 of 22 checks passed" in ended.stdout


async def one_hold(
    client: httpx2.AsyncClient, url: str, number: int, chance: random.Random, told: dict[str, str]
) -> None:
    """Hold a slot, then perhaps confirm or release it; note each state once it is acknowledged."""
    hold = f"{url}/dealer2/holds/h{number}"
    then = chance.choice(["", "confirm", "release"])
    held = await client.put(hold, json=hold_body(SLOTS[number]))
    told[f"h{number}"] = held.json()["state"]
    if then:
        # While a call is on its way, either state is right.
        told[f"h{number}"] += f"|{then}"
        answer = await client.post(f"{hold}/{then}")
        told[f"h{number}"] = answer.json()["state"]


SLOTS: list[str] = []


@pytest.mark.parametrize("seed", [1, 2])
async def test_kill_9_keeps_what_was_acknowledged(tmp_path: Path, seed: int) -> None:
    """Killed in the midst of calls and restarted, the provider stands by every answer it gave."""
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    chance = random.Random(seed)
    told: dict[str, str] = {}
    with providers(tmp_path) as running:
        limits = httpx2.Limits(max_connections=8)
        async with httpx2.AsyncClient(timeout=30, limits=limits) as client:
            SLOTS[:] = await slots(client, running.url)
            tasks = [
                asyncio.create_task(one_hold(client, running.url, number, chance, told))
                for number in range(len(SLOTS))
            ]
            done = asyncio.as_completed(tasks)
            for _ in range(chance.randint(len(SLOTS) // 5, len(SLOTS) // 2)):
                await next(done)
            running.process.send_signal(signal.SIGKILL)
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        running.process.wait(timeout=20)
    interrupted = [each for each in outcomes if each is not None]
    with providers(tmp_path) as running:
        seen = {
            hold_id: httpx2.get(f"{running.url}/dealer2/holds/{hold_id}").json()["state"]
            for hold_id in told
        }
        journal = httpx2.get(f"{running.url}/dealer2/journal").json()["changes"]

    right = {
        "held": {"held"}, "confirmed": {"confirmed"}, "released": {"released"},
        "held|confirm": {"held", "confirmed"}, "held|release": {"held", "released"},
    }  # fmt: skip
    wrong = {hold_id: (told[hold_id], seen[hold_id]) for hold_id in told
             if seen[hold_id] not in right[told[hold_id]]}  # fmt: skip
    assert wrong == {}
    assert interrupted, "the kill came too late to interrupt anything"
    assert all(isinstance(each, httpx2.TransportError) for each in interrupted)
    last = {change["hold_id"]: change["to"] for change in journal}
    assert {hold_id: last[hold_id] for hold_id in seen} == seen


async def slots(client: httpx2.AsyncClient, url: str) -> list[str]:
    """Return offers of a hundred different slots of the demo world's dealer2."""
    now = (await client.get(f"{url}/dealer2")).json()["at"]
    found: list[str] = []
    for day in range(1, 29):
        window = {"service": "slot", "earliest": now + day * 86_400}
        body = {**window, "latest": now + (day + 1) * 86_400}
        offers = (await client.post(f"{url}/dealer2/availability", json=body)).json()["offers"]
        found += [offer["offer_id"] for offer in offers]
    return list(dict.fromkeys(found))[:100]
