"""A person is erased: nothing of hers is left in any byte, and others' data still is."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import settings_for
from msgspec import json
from typer.testing import CliRunner

from actors.keyring import Keyring
from actors.store.sqlite import SqliteStore
from deploy.cli.app import make_app
from deploy.node import Node
from deploy.remains import search
from deploy.settings import Settings
from gateway.auth import device_token
from gateway.case_views import CaseClosed
from gateway.client import ApiProblem, Client
from gateway.fleet import Fleet

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300), pytest.mark.asyncio]

HERS = {
    "name": "Aurelia Quistgaard-Mbeki",
    "to": "aurelia.q@unmistakable.test",
    "plate": "red, plate QRX 881 Z",
}
OTHERS = {
    "name": "Bartholomew Ximenes-Yttrium",
    "to": "bart.x@unmistakable.test",
    "plate": "blue, plate WVK 337 K",
}
MISTAKEN = {
    "name": "Clementine Oyelaran-Proust",
    "to": "clem.o@unmistakable.test",
    "plate": "green, plate HMD 604 B",
}
"""She was taken for the one who is erased: somebody merged the two, and took it back."""
HER_PLACES = [59.32931717, 18.06857171]
OTHER_PLACES = [41.38506363, 2.17340363]
READINGS = 20
AFTER = 47.49791171
"""Where her car's next owner is."""

T = Any


async def call(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call the client, which blocks, in a thread."""
    return await asyncio.to_thread(function, *args, **kwargs)


async def introduce(
    api: Client, key: str, car: str, person: dict[str, str], at: list[float]
) -> None:
    """A person and her car."""
    await call(api.send, f"customer/{key}", "configured", {
        "name": person["name"], "channels": [{"channel": "email", "address": person["to"]}],
        "position": at,
    })  # fmt: skip
    sent = await call(api.send, f"vehicle/{car}", "configured", {
        "owner": f"customer/{key}", "description": person["plate"], "desk": "desk/north",
    })  # fmt: skip
    await call(api.state, f"vehicle/{car}", sent.position)
    await asyncio.sleep(0.6)  # the gateway hears whose the car is


async def drive(node: Node, car: str, places: list[float]) -> None:
    """The car overheats where it is, so that help is arranged; nobody can help there."""
    token = device_token(node.secrets.device_key, "vehicle/*")
    async with Fleet("vehicle", node.server.url, token) as fleet:
        device = fleet.device(car)
        for step in range(READINGS):
            reading = {"lat": places[0], "lon": places[-1], "coolant_c": 90.0 + 2 * step}
            await (await device.send("telemetry", reading))


def words(person: dict[str, str], places: list[float]) -> list[str | float]:
    """What to search for."""
    return [*person.values(), *places]


async def until(
    api: Client, twin_id: str, holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The state of a twin as soon as something holds of it."""
    async with asyncio.timeout(30):
        while not holds((await call(api.state, twin_id)).state):
            await asyncio.sleep(0.05)


def privacy(node: Node) -> Client:
    """A client of those who may export and erase."""
    return Client(node.api_url, node.running.privacy_token)


def case_of(state: dict[str, Any], car: str) -> str:
    """The context of the case about a car, as text; empty when there is none."""
    cases = [one for one in state.get("cases", {}).values() if one["subject"] == f"vehicle/{car}"]
    return repr(cases)


async def live(node: Node) -> None:
    """Two persons and their cars; both break down, and a person at the desk has to see to it."""
    with Client(node.api_url, node.operator_token) as api:
        await call(api.send, "desk/north", "configured", {"name": "North"})
        await call(api.send, "employee/e1", "configured", {
            "desk": "desk/north", "skills": ["roadside"], "shift": {},
        })  # fmt: skip
        await introduce(api, "c1", "v1", HERS, HER_PLACES)
        await introduce(api, "c2", "v2", OTHERS, OTHER_PLACES)
        await introduce(api, "c3", "v9", MISTAKEN, OTHER_PLACES)
        await call(api.send, "customer/c3", "merge.requested", {"into": "customer/c1"})
        await until(
            api, "customer/c1", lambda state: "customer/c3" in (state.get("absorbed") or {})
        )
        await call(api.send, "customer/c3", "merge.undone")
        await until(api, "customer/c1", lambda state: not state.get("absorbed"))
        await drive(node, "v1", HER_PLACES)
        await drive(node, "v2", OTHER_PLACES)
        await until(
            api,
            "desk/north",
            lambda state: (
                HERS["name"] in case_of(state, "v1") and OTHERS["name"] in case_of(state, "v2")
            ),
        )
        # Where no checkpoint was made yet, a search finds no desk: it is named.
        cases = (await call(api.cases.all, desk="desk/north")).items
        (case,) = [one for one in cases if one.subject == "vehicle/v1"]
        close = f"/v1/cases/{case.id}/close?desk=desk/north"
        await call(api.post, close, CaseClosed, {"by": "e1", "note": f"told {HERS['name']}"})
        await call(api.ask, "employee/e1", "note_call", {
            "person": "customer/c1", "text": f"{HERS['name']} wants to know when",
        })  # fmt: skip
        for key in ("c1", "c2"):
            await until(
                api,
                f"customer/{key}",
                lambda state: not any(one.get("open") for one in state["arrangements"].values()),
            )


async def erase(node: Node, kept: tuple[Path, Path]) -> dict[str, Any]:
    """Export her, erase her; her car goes to somebody else. Returns the certificate.

    `kept`: where her export goes, and another's.
    """
    with Client(node.api_url, node.operator_token) as api, privacy(node) as officer:
        found = await call(api.search, f'kind = customer and name = "{HERS["name"]}"')
        assert ["customer/c1"] == [one.id for one in found.items], "sealed, and found"
        with pytest.raises(ApiProblem, match="privacy-officer"):
            await call(api.erase, "customer/c1")
        export = await call(lambda: list(officer.export("customer/c1")))
        theirs = await call(lambda: list(officer.export("customer/c2")))
        for place, lines in ((kept[0], export), (kept[1], theirs)):
            place.write_bytes(b"\n".join(map(json.encode, lines)))
        twins = {item["twin"] for item in export if item["what"] == "twin"}
        assert {"customer/c1", "vehicle/v1", "roadside/v1"} <= twins
        readings = [item["data"] for item in export if item.get("type") == "telemetry"]
        assert [HER_PLACES[0]] * READINGS == [one["lat"] for one in readings]
        certificate = await call(officer.erase, "customer/c1")
        reached = certificate["twins"].keys()
        named = {twin for twin in reached if not twin.startswith("identity/")}
        assert {"customer/c1", "vehicle/v1", "roadside/v1", "desk/north", "employee/e1"} == named
        assert len(reached) == len(named) + 1, "her e-mail address has a twin of its own"
        assert "name" not in (await call(api.state, "customer/c1")).state
        desk = (await call(api.state, "desk/north")).state
        assert ("[]", True) == (case_of(desk, "v1"), OTHERS["name"] in case_of(desk, "v2"))
        sent = await call(api.send, "vehicle/v1", "configured", {"owner": "customer/c2"})
        await call(api.state, "vehicle/v1", sent.position)
        await asyncio.sleep(0.6)
        await drive(node, "v1", [AFTER])
    return certificate


def check(folder: Path, hers: Path, others: Path) -> tuple[list[Any], int]:
    """What `vigil erase --check` finds in a folder, and for how many texts of hers it looked."""
    result = CliRunner().invoke(make_app(), [
        "erase", "customer/c1", "--check", "--in", str(folder), "--json",
        "--export", str(hers), "--shared", str(others),
    ])  # fmt: skip
    said = json.decode(result.stdout)
    # An arrangement's id that happens to be all digits is no id to the check.
    found = [one for one in said["found"] if not one["text"].isdigit()]
    return found, said["searched"]


async def go_on(node: Node, certificate: dict[str, Any]) -> None:
    """All others are as they were; she may begin a new life."""
    with Client(node.api_url, node.operator_token) as api, privacy(node) as officer:
        assert OTHERS["name"] == (await call(api.state, "customer/c2")).state["name"]
        assert AFTER == (await call(api.state, "vehicle/v1")).state["lat"]
        assert OTHERS["name"] in case_of((await call(api.state, "desk/north")).state, "v2")
        left = (await call(api.history, "customer/c1")).items
        told = [one for one in left if one.type != "vigil.erase"]
        assert {"customer.absorbed", "customer.unabsorbed"} == {one.type for one in told}
        assert {"customer/c3"} == {one.data["customer"] for one in told}, "what is another's stays"
        assert not any(str(word) in repr(told) for word in words(HERS, HER_PLACES))
        theirs = await call(lambda: list(officer.export("customer/c2")))
        assert 2 * READINGS == len([one for one in theirs if one.get("type") == "telemetry"])
        sent = await call(api.send, "customer/c1", "configured", {"name": "A new life"})
        life = await call(api.state, "customer/c1", sent.position)
        assert "A new life" == life.state["name"]
        assert [certificate] == await call(officer.erasures, "customer/c1")
        assert [] == (await call(api.status))["problems"]


async def live_again(backup: Path) -> None:
    """A node that begins from a backup of a running one, whose logs go on behind its checkpoints.

    What the erased person had caused is not made again; all others' messages go on.
    """
    async with Node(settings_for(backup)) as node:
        with Client(node.api_url, node.operator_token) as api:
            assert "name" not in (await call(api.state, "customer/c1")).state
            sent = await call(api.send, "vehicle/v3", "configured", {
                "owner": "customer/c2", "desk": "desk/north",
            })  # fmt: skip
            await call(api.state, "vehicle/v3", sent.position)
            await asyncio.sleep(0.6)
            await drive(node, "v3", OTHER_PLACES)
            await until(api, "desk/north", lambda state: OTHERS["name"] in case_of(state, "v3"))
            theirs = (await call(api.state, "customer/c2")).state
            assert OTHERS["name"] == theirs["name"]
            assert [] == (await call(api.status))["problems"]
    assert [] == search(backup, words(HERS, HER_PLACES))


async def lived(folder: Path, backup: Path, running: Path) -> Settings:
    """The settings of a node in which persons have lived; backups of it, stopped and running."""
    settings = settings_for(folder, host={"checkpoint_s": 3600.0})
    async with Node(settings) as node:
        await live(node)
        without = shutil.ignore_patterns("keys", "run*", "ray*", "*.log")
        await asyncio.to_thread(shutil.copytree, folder, running, ignore=without)
    shutil.copytree(folder, backup, ignore=shutil.ignore_patterns("keys"))
    assert [] == search(backup, words(HERS, HER_PLACES)), "sealed from the first byte on"
    return settings


async def test_nothing_is_left(tmp_path: Path) -> None:
    """Neither in the folder, nor in an older backup that is read with the present keyring."""
    folder, backup, running = tmp_path / "node", tmp_path / "backup", tmp_path / "running"
    kept = (tmp_path / "c1.jsonl", tmp_path / "c2.jsonl")
    settings = await lived(folder, backup, running)
    async with Node(settings) as node:
        certificate = await erase(node, kept)
    assert [] == search(folder, words(HERS, HER_PLACES))
    for place in (folder, running):
        found, texts = check(place, *kept)
        assert ([], True) == (found, texts > len(HERS))

    old = SqliteStore(backup / "store", Keyring(folder / "keys"))
    old.prepare(settings.log.partitions)
    names = {one.id: one.state["name"] for one in old.search("kind = customer").items}
    assert {"customer/c2": OTHERS["name"], "customer/c3": MISTAKEN["name"]} == names
    old.close()
    async with Node(settings) as node:
        await go_on(node, certificate)


@pytest.mark.long
async def test_a_restored_backup_goes_on_without_her(tmp_path: Path) -> None:
    """One of a node that was stopped, and one of a running node; with the present keyring."""
    folder, backup, running = tmp_path / "node", tmp_path / "backup", tmp_path / "running"
    settings = await lived(folder, backup, running)
    async with Node(settings) as node:
        await erase(node, (tmp_path / "c1.jsonl", tmp_path / "c2.jsonl"))
    shutil.copytree(folder / "keys", backup / "keys")
    async with Node(settings_for(backup)) as node:
        with Client(node.api_url, node.operator_token) as api:
            assert not (await call(api.state, "customer/c1")).exists
            assert OTHERS["name"] == (await call(api.state, "customer/c2")).state["name"]
    shutil.copytree(folder / "keys", running / "keys")
    await live_again(running)
