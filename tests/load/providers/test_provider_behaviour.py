"""Misbehaviour: each mode does what it says, for as many calls as it says."""

from pathlib import Path

import httpx2
import pytest
from provider_kit import SCENE, START, Clock, client_of, hold_body, service, small_world

from load.providers import World
from load.providers.behaviour import Behaviour

TOW = "/providers/t1"


async def behave(client: httpx2.AsyncClient, **behaviour: object) -> None:
    """Set how t1 behaves."""
    response = await client.put(f"{TOW}/behaviour", json=behaviour)

    assert response.status_code == 200


async def changes_of(client: httpx2.AsyncClient) -> list[tuple[str | None, str]]:
    """Return the changes of state at t1."""
    journal = (await client.get(f"{TOW}/journal")).json()
    return [(change["from"], change["to"]) for change in journal["changes"]]


async def test_silent_does_it_and_never_answers(client: httpx2.AsyncClient, clock: Clock) -> None:
    """The hold is made, the connection closes after the bound, and the next call is answered."""
    await behave(client, mode="silent", calls=1)
    with pytest.raises(ConnectionAbortedError):
        await client.put(f"{TOW}/holds/h1", json=hold_body())
    seen = await client.get(f"{TOW}/holds/h1")

    assert seen.json()["state"] == "held"
    assert clock.slept_s == [30.0]


async def test_slow_does_it_at_once_and_answers_late(
    client: httpx2.AsyncClient, clock: Clock
) -> None:
    """The change bears the time of the call; the answer comes after the delay."""
    await behave(client, mode="slow", delay_s=5.5)
    held = await client.put(f"{TOW}/holds/h1", json=hold_body())
    journal = await client.get(f"{TOW}/journal")

    assert held.status_code == 201
    assert (clock.slept_s, journal.json()["changes"][0]["at"]) == ([5.5], START)


async def test_a_slow_refusal_is_slow_too(client: httpx2.AsyncClient, clock: Clock) -> None:
    """A refusal waits like an answer."""
    await behave(client, mode="slow", delay_s=2)
    refused = await client.post(f"{TOW}/holds/h1/confirm")

    assert (refused.status_code, clock.slept_s) == (404, [2.0])


async def test_refusing_does_nothing(client: httpx2.AsyncClient) -> None:
    """Every call gets 503 and changes nothing, but is counted as received."""
    await behave(client, mode="refusing")
    refused = [
        await client.put(f"{TOW}/holds/h1", json=hold_body()),
        await client.post(f"{TOW}/holds/h1/release"),
        await client.post(f"{TOW}/availability", json={"service": "tow", "near": SCENE}),
    ]
    calls = (await client.get(f"{TOW}/calls")).json()["calls"]

    assert [(each.status_code, each.json()["reason"]) for each in refused] == [
        (503, "refusing")
    ] * 3
    assert await changes_of(client) == []
    assert calls == {"h1": {"hold": 1, "release": 1}}


async def test_twice_is_harmless(client: httpx2.AsyncClient) -> None:
    """Each call is carried out twice, answered as if once, and changes the state once."""
    await behave(client, mode="twice")
    held = await client.put(f"{TOW}/holds/h1", json=hold_body())
    confirmed = await client.post(f"{TOW}/holds/h1/confirm")
    released = await client.post(f"{TOW}/holds/h1/release")
    calls = (await client.get(f"{TOW}/calls")).json()["calls"]

    assert [each.status_code for each in (held, confirmed, released)] == [201, 200, 200]
    assert await changes_of(client) == [
        (None, "held"), ("held", "confirmed"), ("confirmed", "released"),
    ]  # fmt: skip
    assert calls == {"h1": {"hold": 1, "confirm": 1, "release": 1}}


async def test_calls_bounds_the_misbehaviour(client: httpx2.AsyncClient) -> None:
    """After so many calls the provider is well again; steering it does not count."""
    await behave(client, mode="refusing", calls=2)
    statuses = [(await client.get(f"{TOW}/holds/h1")).status_code for _ in range(2)]
    left = (await client.get(f"{TOW}/behaviour")).json()
    after = await client.get(f"{TOW}/holds/h1")

    assert statuses == [503, 503]
    assert left == {"mode": "well", "delay_s": 0.0, "calls": None}
    assert after.status_code == 404


async def test_misbehaviour_is_one_provider_s_own(client: httpx2.AsyncClient) -> None:
    """Another provider of the same service is not touched."""
    await behave(client, mode="refusing")

    assert (await client.get("/providers/r1/holds/h1")).status_code == 404


async def test_misbehaviour_may_come_with_the_configuration(tmp_path: Path, clock: Clock) -> None:
    """A world may say how a provider behaves from its first call on."""
    plain = small_world()
    refusing = plain.providers[0].model_copy(update={"behaviour": Behaviour(mode="refusing")})
    world = World(providers=(refusing, *plain.providers[1:]))
    with service(tmp_path / "p.db", clock, world) as app:
        async with client_of(app) as client:
            response = await client.get(f"{TOW}/holds/h1")

    assert response.status_code == 503


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "rude"},
        {"mode": "slow", "delay_s": -1},
        {"mode": "slow", "delay_s": 1e9},
        {"mode": "slow", "calls": 0},
        {"mode": "slow", "calls": True},
        {"speed": "slow"},
    ],
)
async def test_nonsense_is_no_behaviour(
    client: httpx2.AsyncClient, body: dict[str, object]
) -> None:
    """A behaviour that cannot be is refused, and the old one stays."""
    response = await client.put(f"{TOW}/behaviour", json=body)

    assert (response.status_code, response.json()["reason"]) == (422, "invalid")
    assert (await client.get(f"{TOW}/behaviour")).json()["mode"] == "well"
