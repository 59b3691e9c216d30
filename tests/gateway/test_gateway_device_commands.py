"""Commands to the device client: carried out once, and reported."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from gateway_kit import (
    NOW,
    command,
    data_of,
    entries_of,
    gateway,
    key_in,
    make,
    until,
)
from msgspec import msgpack
from nats.aio.client import Client

from gateway.device import Command, Device
from gateway.errors import CommandRefused
from gateway.secrets import Secrets
from gateway.server import NatsServer

pytestmark = pytest.mark.cluster

KEY = key_in(1)


def progress(entries: list[Any]) -> list[dict[str, Any]]:
    """What the device told of commands."""
    return [data_of(entry) for entry in entries if entry.type == "command.progress"]


async def heard(device: Device, count: int) -> None:
    """Wait until the device told the twin so often."""
    await until(lambda: device.statistics().messages.acknowledged >= count)


async def test_commands_are_carried_out_once_and_reported(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """A repeated command is recognised; how far it came is told as events."""
    carried: list[Command] = []

    async def handle(command: Command) -> str | None:
        carried.append(command)
        return "opened"

    async with gateway(server, secrets), make(server, secrets, handle=handle) as device:
        await device.link.wait_connected()
        for _ in range(3):
            await command(inside, "c1")
            await heard(device, 2)
        await heard(device, 4)

    assert [("c1", "open", {"valve": 1})] == [(c.id, c.name, c.data) for c in carried]
    told = progress(await entries_of(inside, 1))
    assert [
        {"id": "c1", "state": "delivered"},
        {"id": "c1", "state": "done", "detail": "opened"},
    ] == told[:2]
    assert {"done"} == {one["state"] for one in told[2:]}


async def test_a_trace_goes_through_the_device(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """A reading carries the trace that it was sent with, a command's progress the command's."""
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    asked = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"

    async def handle(_: Command) -> None:
        return None

    async with gateway(server, secrets), make(server, secrets, handle=handle) as device:
        await device.link.wait_connected()
        await device.send("telemetry", {"flow_l": 1.0}, traceparent=parent)
        await device.send("telemetry", {"flow_l": 2.0})
        body = msgpack.encode({"id": "c1", "name": "open", "traceparent": asked})
        await inside.request(f"commands.testmeter.{KEY}.open", body, timeout=5)
        await heard(device, 4)
        entries = await entries_of(inside, 1)
    carried = [
        (entry.type, msgpack.decode(entry.payload).get("traceparent")) for entry in entries[:4]
    ]

    assert [
        ("telemetry", parent),
        ("telemetry", None),
        ("command.progress", asked),
        ("command.progress", asked),
    ] == carried


@pytest.mark.parametrize(
    ("error", "state"), [(CommandRefused("too hot"), "refused"), (OSError("stuck"), "failed")]
)
async def test_a_refused_command_may_come_again_a_failed_one_not(
    server: NatsServer, inside: Client, secrets: Secrets, error: Exception, state: str
) -> None:
    """What the device will not do now, it may do later under the same id."""
    times = 0

    async def handle(_: Command) -> None:
        nonlocal times
        times += 1
        raise error

    async with gateway(server, secrets), make(server, secrets, handle=handle) as device:
        await device.link.wait_connected()
        await command(inside, "c1")
        await heard(device, 2)
        await command(inside, "c1")
        await heard(device, 3)
        told = progress(await entries_of(inside, 1))

    assert ["delivered", state] == [one["state"] for one in told][:2]
    assert (2 if state == "refused" else 1) == times


async def test_an_expired_command_is_not_carried_out(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """A command that comes too late by the device's clock fails."""
    async with gateway(server, secrets), make(server, secrets, clock=lambda: NOW) as device:
        await device.link.wait_connected()
        await command(inside, "late", expires_at=NOW - 1)
        await until(lambda: device.statistics().messages.sent == 1)
        commands = device.statistics().commands

    assert 0 == commands


async def test_a_command_cut_off_by_a_restart_is_not_repeated(
    server: NatsServer, inside: Client, secrets: Secrets, tmp_path: Path
) -> None:
    """Nobody knows whether it was done; the device says so instead of doing it again."""
    begun, times = asyncio.Event(), 0

    async def handle(_: Command) -> None:
        nonlocal times
        times += 1
        begun.set()
        await asyncio.Event().wait()

    async with gateway(server, secrets):
        for _ in range(2):
            async with make(server, secrets, store=tmp_path / "device.db", handle=handle) as device:
                await device.link.wait_connected()
                await command(inside, "c1")
                await begun.wait()
                async with asyncio.timeout(10):
                    await device.settled()
    told = progress(await entries_of(inside, 1))

    assert 1 == times
    assert ["delivered", "failed"] == [one["state"] for one in told]
    assert "not known" in told[1]["detail"]
