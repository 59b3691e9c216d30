"""Calls to providers: what the contract's answers, and a provider's failures, are taken for."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from msgspec import structs

from actors.effects.deliverer import DeliveryError, NotNow, Promise, Refused, Unsure
from actors.effects.provider import MAX_ANSWER_BYTES, ProviderDeliverer
from load.providers import World, create_app
from load.providers.world import TowOperator, Vehicle
from twins.outputs import Effect, Target

BASE = "http://providers.test/providers/t1"
NOW = 1_772_442_000.0
SCENE = (60.20, 24.90)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def calling(call: str, hold_id: str | None = "h1", body: Any = None) -> Effect:
    """An effect that makes one call."""
    request = {"call": call, "hold_id": hold_id, "body": body}
    return Effect(
        "e1", "tow_operator/t1", f"tow.{call}", Target.PROVIDER, BASE, BASE,
        {name: value for name, value in request.items() if value is not None},
    )  # fmt: skip


HOLD = calling("hold", body={
    "offer_id": "truck-1", "arrangement_id": "arr-1", "customer_id": "customer/c-42",
    "near": SCENE,
})  # fmt: skip
AVAILABILITY = calling("availability", None, {"service": "tow", "near": SCENE})


async def no_pause(_seconds: float) -> None:
    """Wait for nothing."""


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the real service with one tow operator and one truck."""
    truck = Vehicle(item="truck-1", title="truck 1", base=(60.25, 24.90))
    world = World(
        time_scale=60,
        providers=(
            TowOperator(
                provider_id="t1", name="Tows", vehicles=(truck,), speed_kmh=36, range_km=50,
                stop_s=600, base_cents=9000, km_cents=250,
            ),
        ),
    )  # fmt: skip
    app = create_app(world, tmp_path / "providers.db", lambda: NOW, no_pause)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
        yield client
    app.state.inventory.close()


async def test_the_whole_way_of_a_hold(http: httpx2.AsyncClient) -> None:
    """Offers, hold, confirmation, position and release, at a provider that follows the contract."""
    deliverer = ProviderDeliverer(http)
    offers = await deliverer.deliver(AVAILABILITY)
    states = [
        (await deliverer.deliver(effect))["state"]
        for effect in (HOLD, calling("status"), calling("confirm", body={}), calling("status"))
    ]
    place = await deliverer.deliver(calling("position"))
    released = await deliverer.deliver(calling("release"))

    assert ["truck-1"] == [offer["offer_id"] for offer in offers["offers"]]
    assert ["held", "held", "confirmed", "confirmed"] == states
    assert pytest.approx((60.25, 24.90)) == tuple(place["position"])
    assert "released" == released["state"]


async def test_repeating_a_call_changes_nothing(http: httpx2.AsyncClient) -> None:
    """Which is why the worker may try again whatever it did not hear."""
    deliverer = ProviderDeliverer(http)
    first = await deliverer.deliver(HOLD)

    assert first == await deliverer.deliver(HOLD)
    assert first == await deliverer.lookup(HOLD)
    assert Promise.IDEMPOTENT is deliverer.promise


async def test_what_the_provider_refuses_is_refused(http: httpx2.AsyncClient) -> None:
    """The provider's own word for it comes along."""
    deliverer = ProviderDeliverer(http)
    await deliverer.deliver(HOLD)
    other = structs.replace(HOLD, request={**HOLD.request, "hold_id": "h2"})
    with pytest.raises(Refused) as unavailable:
        await deliverer.deliver(other)
    with pytest.raises(Refused) as unknown:
        await deliverer.deliver(calling("confirm", "h9", {}))
    with pytest.raises(Refused) as invalid:
        await deliverer.deliver(calling("availability", None, {"service": "tow", "latest": "soon"}))

    assert ["unavailable", "unknown_hold", "invalid"] == [
        caught.value.reason for caught in (unavailable, unknown, invalid)
    ]
    assert str(unavailable.value).startswith("unavailable: ")


async def test_a_provider_that_takes_no_calls_did_nothing(http: httpx2.AsyncClient) -> None:
    """503 by the contract: try again later; the next call is carried out."""
    deliverer = ProviderDeliverer(http)
    await http.put(f"{BASE}/behaviour", json={"mode": "refusing", "calls": 1})
    with pytest.raises(NotNow, match="503"):
        await deliverer.deliver(HOLD)

    assert "held" == (await deliverer.deliver(HOLD))["state"]


Answer = Callable[[httpx2.Request], httpx2.Response]


def against(answer: Answer, timeout_s: float = 5.0) -> ProviderDeliverer:
    """A deliverer whose calls are answered so."""
    return ProviderDeliverer(httpx2.AsyncClient(transport=httpx2.MockTransport(answer)), timeout_s)


@pytest.mark.parametrize(
    ("call", "method", "path", "sends"),
    [
        ("availability", "POST", "/availability", True),
        ("hold", "PUT", "/holds/h1", True),
        ("confirm", "POST", "/holds/h1/confirm", True),
        ("release", "POST", "/holds/h1/release", True),
        ("status", "GET", "/holds/h1", False),
        ("position", "GET", "/holds/h1/position", False),
    ],
)
@pytest.mark.parametrize("address", [BASE, BASE + "/"])
async def test_calls_are_those_of_the_contract(
    call: str, method: str, path: str, *, sends: bool, address: str
) -> None:
    """Method, path, body, the effect's id as key of the repeat, and the trace."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"ok": True})

    effect = structs.replace(calling(call, body={"a": 1}), address=address, traceparent=TRACE)

    assert {"ok": True} == await against(answer).deliver(effect)

    (request,) = seen

    assert (method, BASE + path) == (request.method, str(request.url))
    assert ("e1", TRACE) == (request.headers["Idempotency-Key"], request.headers["traceparent"])
    assert ({"a": 1} if sends else None) == (json.loads(request.content or b"null"))


@pytest.mark.parametrize("status", [408, 425, 429, 503])
async def test_statuses_that_say_that_nothing_was_done(status: int) -> None:
    """They can be tried again without asking."""
    with pytest.raises(NotNow, match=str(status)):
        await against(lambda _: httpx2.Response(status)).deliver(HOLD)


@pytest.mark.parametrize("status", [500, 502, 504, 599])
async def test_statuses_after_which_nobody_knows(status: int) -> None:
    """A server that failed may have placed the hold before; it must not pass for not done."""
    with pytest.raises(Unsure, match=str(status)):
        await against(lambda _: httpx2.Response(status, json={})).deliver(HOLD)


@pytest.mark.parametrize(
    ("error", "taken_for"),
    [
        (httpx2.ConnectError("refused"), NotNow),
        (httpx2.ConnectTimeout("slow"), NotNow),
        (httpx2.PoolTimeout("busy"), NotNow),
        (httpx2.ReadTimeout("no answer"), Unsure),
        (httpx2.RemoteProtocolError("closed without an answer"), Unsure),
        (httpx2.WriteError("cut"), Unsure),
        (httpx2.UnsupportedProtocol("ftp"), Refused),
    ],
)
async def test_broken_calls(error: Exception, taken_for: type[DeliveryError]) -> None:
    """Before the connection stood nothing was done; after it, nobody knows."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(DeliveryError) as caught:
        await against(answer).deliver(HOLD)

    assert taken_for is type(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"a": NaN}', b'{"a": 1e999}', b"\xff\xfe", b"[" * 100_000]
)
async def test_an_answer_that_is_no_json_says_nothing(body: bytes) -> None:
    """It was answered, so it may have been done; what it says cannot be known."""
    with pytest.raises(Unsure):
        await against(lambda _: httpx2.Response(200, content=body)).deliver(HOLD)


@pytest.mark.parametrize(
    ("answer", "reason", "text"),
    [
        (httpx2.Response(409, json={"reason": "expired", "detail": "late"}), "expired",
         "expired: late"),
        (httpx2.Response(409, json={"reason": None}), "409", "409"),
        (httpx2.Response(422, json=["no", "object"]), "422", "422"),
        (httpx2.Response(302, json={}), "302", "302"),
    ],
)  # fmt: skip
async def test_refusals_in_odd_shapes(answer: httpx2.Response, reason: str, text: str) -> None:
    """Where a refusal has no reason of its own, the status is one."""
    with pytest.raises(Refused) as caught:
        await against(lambda _: answer).deliver(HOLD)

    assert (reason, text) == (caught.value.reason, str(caught.value))


async def test_a_huge_answer_is_not_read_to_its_end() -> None:
    """A hostile provider cannot fill the memory: reading ends soon after the limit."""
    sent = 0

    async def large() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 65_536
            yield b" " * 65_536

    with pytest.raises(Unsure, match="bytes of answer"):
        await against(lambda _: httpx2.Response(200, content=large())).deliver(HOLD)

    assert MAX_ANSWER_BYTES < sent <= MAX_ANSWER_BYTES + 2 * 65_536


async def test_an_answer_that_never_ends_is_given_up() -> None:
    """The limit of time is that of the whole call; a byte now and then does not lengthen it."""

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()
        yield b"}"

    deliverer = against(lambda _: httpx2.Response(200, content=drip()), timeout_s=0.05)
    with pytest.raises(Unsure, match="TimeoutError"):
        await asyncio.wait_for(deliverer.deliver(HOLD), 10)


@pytest.mark.parametrize("request_", [{}, {"call": "destroy"}, {"call": None}])
async def test_a_call_that_the_contract_does_not_know_is_refused(request_: dict[str, Any]) -> None:
    """The caller's mistake; nothing is sent."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        raise AssertionError("nothing may be sent")

    with pytest.raises(Refused) as caught:
        await against(answer).deliver(structs.replace(HOLD, request=request_))

    assert "unknown_call" == caught.value.reason
