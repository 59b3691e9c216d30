"""Stores: so many units of each good, each sold once, under a word of the store's own."""

import random
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from provider_kit import Clock, client_of, service

from load.providers import World
from load.providers.conformance import check_provider
from load.providers.world import Good, Store

URL = "/providers/shop"


@pytest.fixture(params=range(5))
def goods(request: pytest.FixtureRequest) -> tuple[Good, ...]:
    """Drawn; the parameter is the seed."""
    chance = random.Random(request.param)
    return tuple(
        Good(item=f"good-{number}", title=f"good {number}", price_cents=chance.randint(0, 9000),
             stock=chance.randint(1, 4), eta_s=chance.uniform(60, 90_000),
             details={"way": f"way-{number}"})
        for number in range(chance.randint(1, 5))
    )  # fmt: skip


@pytest.fixture
def app(tmp_path: Path, clock: Clock, goods: tuple[Good, ...]) -> Iterator[FastAPI]:
    """A store that sells something which nobody had thought of."""
    store = Store(provider_id="shop", name="Shop", sells="filter", goods=goods)
    world = World(providers=(store,))
    with service(tmp_path / "store.db", clock, world) as running:
        yield running


async def offers(client: httpx2.AsyncClient, wanted: str = "filter") -> list[dict[str, object]]:
    """What it has."""
    answer = await client.post(f"{URL}/availability", json={"service": wanted})

    assert 200 == answer.status_code
    found: list[dict[str, object]] = answer.json()["offers"]
    return found


async def hold(client: httpx2.AsyncClient, hold_id: str, offer: dict[str, object]) -> int:
    """Take one; returns the status."""
    body = {"offer_id": offer["offer_id"], "arrangement_id": "a", "customer_id": "c"}
    answer = await client.put(f"{URL}/holds/{hold_id}", json=body)
    return answer.status_code


async def test_each_good_is_offered_once(app: FastAPI, goods: tuple[Good, ...]) -> None:
    """With its price, its details, and when it is there; for its own word only."""
    async with client_of(app) as client:
        found = await offers(client)
        other = await offers(client, "tow")

    assert [] == other
    assert [(good.price_cents, good.eta_s, good.details) for good in goods] == [
        (each["price_cents"], each["eta_s"], each["details"]) for each in found
    ]


async def test_no_unit_is_sold_twice(app: FastAPI, goods: tuple[Good, ...]) -> None:
    """As many holds as units; what is given back can be had again."""
    async with client_of(app) as client:
        taken: list[str] = []
        while found := await offers(client):
            taken.append(str(found[0]["offer_id"]))
            assert 201 == await hold(client, f"h{len(taken)}", found[0])

        assert sum(good.stock for good in goods) == len(taken) == len(set(taken))
        assert 409 == await hold(client, "late", {"offer_id": taken[0]})

        await client.post(f"{URL}/holds/h1/release")

        assert [taken[0]] == [each["offer_id"] for each in await offers(client)]


@pytest.mark.parametrize("offer_id", ["good-0.0", "good-0.01", "good-0.5", "good-0", "x.1"])
async def test_what_it_has_not_is_not_held(app: FastAPI, offer_id: str) -> None:
    """Units have one spelling, and begin at one."""
    async with client_of(app) as client:
        assert 409 == await hold(client, "h", {"offer_id": offer_id})


async def test_it_conforms(app: FastAPI, clock: Clock) -> None:
    """As every provider."""
    async with client_of(app) as client:
        results = await check_provider(
            "http://providers.test/providers/shop", client, sleep=clock.sleep
        )

    assert [] == [f"{each.name}: {each.detail}" for each in results if not each.passed]
