"""Commands to devices: said to be sent only when the server passed them to somebody."""

import asyncio
from typing import Any

import pytest
from msgspec import msgpack, structs
from nats.aio.client import Client
from nats.aio.msg import Msg
from support.log_server import Wire, until

from actors.effects.deliverer import NotNow, Promise
from actors.effects.device import DeviceDeliverer
from gateway.server import NatsServer
from twins.outputs import Effect, Target

pytestmark = pytest.mark.cluster

COMMAND = Effect(
    "e1", "vehicle/v1", "command", Target.DEVICE, "vehicle/v1", "vehicle/v1",
    {"id": "c1", "name": "unlock_trunk", "data": {"side": "left"}, "expires_at": 4e9},
)  # fmt: skip
SUBJECT = "commands.vehicle.v1.unlock_trunk"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Device:
    """Takes its commands, and answers them when it can."""

    def __init__(self, client: Client, *, answers: bool = True) -> None:
        self._client = client
        self._answers = answers
        self.commands: list[tuple[str, Any]] = []

    async def open(self) -> "Device":
        """Listen; the second flush makes sure that the server knows."""
        await self._client.subscribe("commands.vehicle.v1.>", cb=self._take)
        await self._client.flush()
        await self._client.flush()
        return self

    async def _take(self, message: Msg) -> None:
        self.commands.append((message.subject, msgpack.decode(message.data)))
        if self._answers:
            await self._client.publish(message.reply, b"")


async def test_a_connected_device_gets_the_command(client: Client) -> None:
    """As it was caused, in MessagePack, on the subject of its name; the answer says heard."""
    device = await Device(client).open()
    outcome = await DeviceDeliverer(client).deliver(COMMAND)

    assert {"sent": True, "heard": True} == outcome
    assert [(SUBJECT, COMMAND.request)] == device.commands


async def test_the_trace_goes_along(client: Client) -> None:
    """The device can say which message caused the command; the effect itself stays as it is."""
    device = await Device(client).open()
    traced = structs.replace(COMMAND, traceparent=TRACE)
    await DeviceDeliverer(client).deliver(traced)

    assert [{**COMMAND.request, "traceparent": TRACE}] == [data for _, data in device.commands]
    assert "traceparent" not in COMMAND.request


async def test_nobody_listens(client: Client) -> None:
    """A device that is not connected gets nothing, and nobody says that it did."""
    with pytest.raises(NotNow, match="vehicle/v1 is not connected"):
        await DeviceDeliverer(client).deliver(COMMAND)


async def test_another_device_is_not_this_one(client: Client) -> None:
    """Somebody else's subscription does not count as this device's."""
    device = await Device(client).open()
    with pytest.raises(NotNow):
        await DeviceDeliverer(client).deliver(structs.replace(COMMAND, address="vehicle/v2"))

    assert [] == device.commands


async def test_a_device_that_cannot_answer(client: Client) -> None:
    """An MQTT device never answers: the command was passed on, and nobody claims that it heard."""
    device = await Device(client, answers=False).open()
    outcome = await DeviceDeliverer(client, timeout_s=0.05).deliver(COMMAND)

    assert {"sent": True, "heard": False} == outcome
    assert 1 == len(device.commands)


async def test_sending_again_is_harmless(client: Client) -> None:
    """The device knows the command by its id, which is the same in every copy."""
    device = await Device(client).open()
    deliverer = DeviceDeliverer(client)
    await deliverer.deliver(COMMAND)
    await deliverer.lookup(COMMAND)

    assert ["c1", "c1"] == [data["id"] for _, data in device.commands]
    assert Promise.IDEMPOTENT is deliverer.promise


async def test_without_a_connection_nothing_is_sent(client: Client, server: NatsServer) -> None:
    """What would only lie in this process' buffer must not be called sent."""
    await server.kill()
    await until(lambda: not client.is_connected)
    with pytest.raises(NotNow, match="no connection"):
        await DeviceDeliverer(client).deliver(COMMAND)


async def test_a_connection_that_breaks_meanwhile_proves_nothing(
    client: Client, wired: Client, wire: Wire
) -> None:
    """The command was swallowed on the way; silence then is not the silence of an MQTT device."""
    device = await Device(client).open()
    wire.deaf = True
    delivering = asyncio.create_task(DeviceDeliverer(wired, timeout_s=1.0).deliver(COMMAND))
    await asyncio.sleep(0)
    await wire.cut()
    with pytest.raises(NotNow, match="connection"):
        await asyncio.wait_for(delivering, 10)

    assert [] == device.commands


@pytest.mark.parametrize("name", ["", "un lock", "a..b"])
async def test_a_name_that_is_no_subject_is_an_error(client: Client, name: str) -> None:
    """It never reaches the server, where it might be somebody else's subject."""
    request = {**COMMAND.request, "name": name}
    with pytest.raises(Exception, match=r".") as caught:
        await DeviceDeliverer(client, timeout_s=0.05).deliver(
            structs.replace(COMMAND, request=request)
        )

    assert not isinstance(caught.value, AssertionError)
