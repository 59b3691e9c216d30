"""The device client against a real gateway: nothing lost, nothing doubled, in order."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gateway_kit import (
    P,
    command,
    data_of,
    entries_of,
    gateway,
    key_in,
    landed,
    make,
    number_of,
    payload,
    until,
)
from msgspec import msgpack
from nats.aio.client import Client

from gateway.auth import Authenticator, AuthService, device_token
from gateway.device import Command, Device
from gateway.fleet import Fleet
from gateway.link import REFUSED
from gateway.secrets import Secrets
from gateway.server import NatsServer
from twins.ids import partition_of

pytestmark = pytest.mark.cluster

KEY = key_in(1)
NOW = 1_800_000_000.0


def once(numbers: list[int]) -> list[int]:
    """Numbers as a twin takes them: each the first time that it comes."""
    return list(dict.fromkeys(numbers))


async def test_a_reading_is_acknowledged(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """The receipt names the log's position; the message carries the device's time and number."""
    async with (
        gateway(server, secrets),
        make(server, secrets, clock=lambda: NOW - 5e8) as device,
    ):
        receipt = await device.send("telemetry", {"flow_l": 1.5})
        many = await device.send_many("telemetry", [{"flow_l": 2.0, "at": 1.0}, {"flow_l": 3.0}])
        first, second = await receipt, await many
    entries = await entries_of(inside, 1)
    message = msgpack.decode(entries[0].payload)

    assert [1, 2] == sorted({first.number, second.number})
    assert first.position is not None
    assert {"flow_l": 1.5} == message["data"]
    assert (NOW - 5e8, int((NOW - 5e8) * 1000), 1) == (
        message["time"], message["boot"], message["sequence"]
    )  # fmt: skip
    assert [{"flow_l": 2.0, "at": 1.0}, {"flow_l": 3.0}] == data_of(entries[1])


async def test_it_waits_for_a_connection(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """What is sent while neither server nor gateway is there arrives when they are."""
    await server.stop()
    async with make(server, secrets) as device:
        for number in range(100):
            await device.send("telemetry", {"flow_l": float(number)})
        pending = device.statistics().messages.pending
        await server.start()
        await until(lambda: inside.is_connected)
        async with gateway(server, secrets):
            async with asyncio.timeout(15):
                await device.settled()

    assert 100 == pending
    assert list(range(1, 101)) == once([number_of(e) for e in await entries_of(inside, 1)])


async def test_nothing_is_lost_or_reordered_while_gateways_change(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """The partition goes to and fro between gateways while the device sends without a pause."""
    one, two = {0: 1, 1: 1, 2: 1, 3: 1}, {0: 1}
    total = 600
    options: dict[str, Any] = {"rate_per_device": 1e5, "burst_per_device": 10_000}
    async with (
        gateway(server, secrets, name="one", serve=one, **options) as first,
        gateway(server, secrets, name="two", serve=two, **options) as second,
        make(server, secrets) as device,
    ):
        await device.link.wait_connected()
        for number in range(total):
            await device.send("telemetry", {"flow_l": float(number)})
            if number in (150, 300, 450):
                epoch = 1 + number // 150
                losing, gaining = (first, second) if number != 300 else (second, first)
                await until(lambda: device.statistics().messages.acknowledged > 0)
                await losing.lose(1)
                await gaining.gain(1, epoch)
                # The simulated coordinator of each must agree with what was done by hand.
                (one if gaining is first else two)[1] = epoch
                (two if gaining is first else one).pop(1, None)
        async with asyncio.timeout(30):
            await device.settled()
        statistics = device.statistics().messages
    numbers = [number_of(entry) for entry in await entries_of(inside, 1)]

    assert list(range(1, total + 1)) == once(numbers)
    assert (total, total, 0, 0) == (
        statistics.sent, statistics.acknowledged, statistics.refused, statistics.dropped
    )  # fmt: skip


async def test_a_crash_of_the_server_loses_nothing(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """SIGKILL of the server in the middle of a stream of messages."""
    total = 300
    async with (
        gateway(server, secrets, rate_per_device=1e5, burst_per_device=10_000),
        make(server, secrets) as device,
    ):
        await device.link.wait_connected()
        for number in range(total):
            await device.send("telemetry", {"flow_l": float(number)})
            if number == total // 2:
                await until(lambda: device.statistics().messages.acknowledged > 20)
                await server.kill()
                await server.start()
        async with asyncio.timeout(20):
            await device.settled()
    await until(lambda: inside.is_connected)

    assert list(range(1, total + 1)) == once([number_of(e) for e in await entries_of(inside, 1)])


async def test_bad_data_is_given_up_and_reported(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """What the gateway refuses for good is reported, and what comes after it goes on."""
    reports: list[tuple[int, str]] = []
    async with (
        gateway(server, secrets),
        make(
            server, secrets, report=lambda item, why: reports.append((item.number, why))
        ) as device,
    ):
        receipts = [
            await device.send("telemetry", {"flow_l": flow})
            for flow in (1.0, 2.0, "much", 4.0, 5.0)
        ]
        results = [await receipt for receipt in receipts]
        refused = device.statistics().messages.refused

    assert [3] == [number for number, _ in reports]
    assert results[2].refusal == reports[0][1]
    assert results[2].position is None
    assert 1 == refused
    assert [1, 2, 4, 5] == once([number_of(e) for e in await entries_of(inside, 1)])


async def test_a_device_that_is_too_fast_slows_down(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """Refusals for now cost time, not messages and not their order."""
    async with (
        gateway(server, secrets, rate_per_device=200.0, burst_per_device=40),
        make(server, secrets) as device,
    ):
        await device.link.wait_connected()
        for number in range(120):
            await device.send("telemetry", {"flow_l": float(number)})
        async with asyncio.timeout(20):
            await device.settled()
        statistics = device.statistics().messages

    assert 120 == statistics.acknowledged
    assert statistics.resent > 0
    assert list(range(1, 121)) == once([number_of(e) for e in await entries_of(inside, 1)])


async def test_what_is_too_large_is_the_callers_fault(server: NatsServer, secrets: Secrets) -> None:
    """It is refused where it is sent, not by the gateway."""
    async with make(server, secrets) as device:
        with pytest.raises(ValueError, match="bytes"):
            await device.send("telemetry", {"note": "x" * 70_000})


async def test_a_store_outlives_the_device(
    server: NatsServer, inside: Client, secrets: Secrets, tmp_path: Path
) -> None:
    """Switched off with messages unsent, it sends them after the next start, before new ones."""
    store = tmp_path / "device.db"
    async with make(server, secrets, store=store) as device:
        for number in range(5):
            await device.send("telemetry", {"flow_l": float(number)})
        first = device.statistics()
    async with gateway(server, secrets), make(server, secrets, store=store) as device:
        for number in range(5, 8):
            await device.send("telemetry", {"flow_l": float(number)})
        async with asyncio.timeout(15):
            await device.settled()
        second = device.statistics()
    entries = await entries_of(inside, 1)

    assert first.boot < second.boot
    assert [float(number) for number in range(8)] == [data_of(e)["flow_l"] for e in entries]
    assert [(first.boot, n) for n in range(1, 6)] + [(second.boot, n) for n in (1, 2, 3)] == [
        (msgpack.decode(e.payload)["boot"], number_of(e)) for e in entries
    ]


async def test_too_many_unsent_drop_the_oldest(server: NatsServer, secrets: Secrets) -> None:
    """The bound holds while there is no gateway, and the caller hears of what is dropped."""
    await server.stop()
    reports: list[int] = []
    async with make(
        server, secrets, limit=100, report=lambda item, _: reports.append(item.number)
    ) as device:
        receipts = [await device.send("telemetry", {}) for _ in range(130)]
        statistics = device.statistics().messages
        dropped = await receipts[0]

    assert list(range(1, 31)) == reports
    assert (100, 30) == (statistics.pending, statistics.dropped)
    assert dropped.refusal is not None


async def test_a_fleet_shares_one_connection(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """Many devices behind one connection: each has its own numbers, order and commands."""
    carried: dict[str, list[str]] = {}

    def handler(key: str) -> Callable[[Command], Any]:
        async def handle(command: Command) -> None:
            carried.setdefault(key, []).append(command.id)

        return handle

    token = device_token(secrets.device_key, "testmeter/*")
    keys = [f"f{number}" for number in range(40)]
    async with gateway(server, secrets), Fleet("testmeter", server.url, token) as fleet:
        await fleet.link.wait_connected()
        for number in range(20):
            for key in keys:
                device = fleet.device(key, handle=handler(key))
                await device.send("telemetry", {"flow_l": float(number)})
        await command(inside, "c-7", key="f7")
        async with asyncio.timeout(20):
            await until(lambda: carried)
            await fleet.settled()
        statistics = fleet.statistics()
    entries = await entries_of(inside)

    assert {"f7": ["c-7"]} == carried
    assert 40 == len(statistics)
    for key in keys:
        mine = [e for e in entries if e.subject == f"testmeter/{key}" and e.type == "telemetry"]
        assert [float(number) for number in range(20)] == once(
            [data_of(entry)["flow_l"] for entry in mine]
        )


async def test_a_wrong_token_is_told(server: NatsServer, inside: Client, secrets: Secrets) -> None:
    """A device that may not sign in keeps its messages, tries on, and says what is wrong."""
    service = AuthService(inside, Authenticator(secrets, P))
    await service.start()
    async with Device(f"testmeter/{KEY}", server.url, "wrong") as device:
        await device.send("telemetry", {})
        await until(
            lambda: device.link.last_error is not None and REFUSED in device.link.last_error
        )
        statistics = device.statistics().messages
    await service.stop()

    assert (1, 0) == (statistics.pending, statistics.sent)


async def test_a_partition_nobody_serves_is_waited_for(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """The server says at once that nobody listens; the device tries until somebody does."""
    service = AuthService(inside, Authenticator(secrets, P))
    await service.start()
    async with make(server, secrets) as device:
        await device.link.wait_connected()
        receipt = await device.send("telemetry", {"flow_l": 1.0})
        await until(lambda: device.statistics().messages.resent > 0)
        async with gateway(server, secrets):
            async with asyncio.timeout(15):
                done = await receipt
        await service.stop()

    assert done.position is not None
    assert partition_of(device.twin_id, P) == 1
    assert payload({}) != b""
    await landed(inside)
