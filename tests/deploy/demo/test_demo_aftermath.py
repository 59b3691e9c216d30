"""Aftermath: whom nothing has reached calls, and her invoice comes, by the signed webhook, once."""

from typing import Any

import httpx2
import msgspec
import pytest
from support.api_server import OFFER_KEY, client_of
from support.arrangements import arrangement
from support.fake_services import START, FakeServices

from actors.supervisors.arrangement import Arrangement, LegState, State
from deploy.demo.aftermath import CALLS_S, HELPED_S, INVOICE_CENTS, Aftermath
from deploy.demo.plot import Facts
from deploy.demo.stories.roadside import NO_TRUCK
from deploy.demo.watch import Telling
from gateway.channels import Signer

HER = "customer/c1"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def over(arr: Arrangement) -> Arrangement:
    """The same, ended now."""
    arr.state, arr.ended_at = State.WITH_PERSON, START
    return arr


def aftermath(http: httpx2.AsyncClient, arr: Arrangement | None) -> tuple[Aftermath, Clock]:
    """Of one story."""
    clock = Clock()
    telling = Telling(
        plot=NO_TRUCK, twin_id="vehicle/v1", supervisor_id="roadside/v1", customer=HER, fires_s=0.0,
        facts=Facts(arrangement=arr),
    )  # fmt: skip
    made = Aftermath(
        http, "http://vigil.test", Signer(OFFER_KEY), [telling], clock=clock, sleep=clock.sleep
    )
    return made, clock


async def test_she_calls_and_the_invoice_comes() -> None:
    """Each when it happens, and once, however often it is looked."""
    services = FakeServices()
    arr = over(arrangement())
    async with client_of(services) as http:
        found, clock = aftermath(http, arr)
        await found.look()
        before = len(services.sent)
        clock.now = services.now = START + CALLS_S
        await found.look()
        await found.look()
        called = [it.type for it in services.sent]
        await found.finish()
    data: list[Any] = [it.message.data for it in services.sent]

    assert (0, ["call.received"]) == (before, called)
    assert [(HER, "call.received"), (HER, "help.noted")] == [
        (it.twin_id, it.type) for it in services.sent
    ]
    assert START + HELPED_S == clock.now == data[1]["helped_at"]
    assert (START + CALLS_S, INVOICE_CENTS) == (data[0]["at"], data[1]["cost_cents"])
    assert {f"call-{arr.id}", f"invoice-{arr.id}"} == found.told.keys()


@pytest.mark.parametrize("which", ["nothing yet", "under way", "helped"])
async def test_nothing_is_told_of_who_need_not_call(which: str) -> None:
    """Nor before it is over."""
    services = FakeServices()
    helped = over(arrangement())
    helped.legs["tow"].state = LegState.CONFIRMED
    arr = {"nothing yet": None, "under way": arrangement(), "helped": helped}[which]
    async with client_of(services) as http:
        found, clock = aftermath(http, arr)
        clock.now += 3600.0
        await found.look()
        await found.finish()

    assert [] == services.sent


async def test_what_is_not_taken_is_told_again() -> None:
    """The API is away, refuses, and then takes it."""
    answers: list[int | Exception] = [httpx2.ConnectError("away"), 503, 202, 202]
    bodies: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(msgspec.json.decode(request.content)["events"][0]["id"])
        status = answers.pop(0)
        if isinstance(status, Exception):
            raise status
        return httpx2.Response(status)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        arr = over(arrangement())
        found, clock = aftermath(http, arr)
        clock.now += CALLS_S
        for _ in range(3):
            await found.look()
        await found.finish()

    assert [f"call-{arr.id}"] * 3 + [f"invoice-{arr.id}"] == bodies
