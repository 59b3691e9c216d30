"""MQTT devices, on a real server: a PUBACK means stored, and stored means taken."""

from contextlib import suppress

import pytest
from gateway_kit import (
    P,
    data_of,
    entries_of,
    error_of,
    gateway,
    key_in,
    payload,
    until,
    until_it_is,
)
from mqtt_kit import Session
from nats.aio.client import Client

from gateway.auth import Authenticator, AuthService, device_token
from gateway.dead_letters import read_dead_letters
from gateway.mqtt import prepare
from gateway.secrets import Secrets
from gateway.server import NatsServer

pytestmark = pytest.mark.cluster

KEY = key_in(1)
USER = f"testmeter/{KEY}"
TOPIC = f"devices/testmeter/{KEY}"


def session(server: NatsServer, secrets: Secrets) -> Session:
    """The device's MQTT session."""
    return Session(server.mqtt_port, USER, device_token(secrets.device_key, USER))


async def waiting(client: Client) -> int:
    """How many MQTT messages the server keeps."""
    info = await client.jetstream().stream_info("$MQTT_msgs")
    return int(info.state.messages)


async def test_a_puback_means_stored(
    mqtt_server: NatsServer, mqtt_inside: Client, secrets: Secrets
) -> None:
    """What was acknowledged while no gateway took messages is taken when one comes."""
    service = AuthService(mqtt_inside, Authenticator(secrets, P))
    await service.start()
    async with session(mqtt_server, secrets) as device:
        for number in range(5):
            await device.publish(f"{TOPIC}/telemetry", payload({"flow_l": float(number)}))
    kept = await waiting(mqtt_inside)
    await mqtt_server.kill()
    await mqtt_server.start()
    await until(lambda: mqtt_inside.is_connected)
    async with gateway(mqtt_server, secrets, mqtt=True) as core:
        await until(lambda: core.statistics().ways.get("mqtt") == 5)

    assert 5 == kept
    assert [0.0, 1.0, 2.0, 3.0, 4.0] == [
        data_of(entry)["flow_l"] for entry in await entries_of(mqtt_inside, 1)
    ]
    await until_it_is(0, lambda: waiting(mqtt_inside))


async def test_each_message_is_taken_once(
    mqtt_server: NatsServer, mqtt_inside: Client, secrets: Secrets
) -> None:
    """At QoS 1 the copy is dropped, at QoS 0 the copy is all there is; NATS goes on beside."""
    async with gateway(mqtt_server, secrets, mqtt=True) as core:
        async with session(mqtt_server, secrets) as device:
            for number in range(10):
                await device.publish(f"{TOPIC}/telemetry", payload({"flow_l": float(number)}))
            await device.publish(f"{TOPIC}/telemetry", payload({"flow_l": 10.0}), qos=0)
            await device.publish(f"{TOPIC}/free/form", payload({"levels": 2}))
            await device.publish(f"{TOPIC}/free.form", payload({"dots": 1}))
            await until(lambda: core.statistics().taken == 13)
        statistics = core.statistics()
    entries = await entries_of(mqtt_inside, 1)

    assert [float(n) for n in range(10)] == [
        data_of(entry)["flow_l"]
        for entry in entries
        if entry.type == "telemetry" and data_of(entry)["flow_l"] < 10
    ]
    assert ["free.form", "free.form"] == [e.type for e in entries if e.type != "telemetry"]
    assert {"nats": 0, "mqtt": 13, "inside": 0} == statistics.ways
    assert {} == statistics.refused
    await until_it_is(0, lambda: waiting(mqtt_inside))


async def test_a_refused_message_is_told_and_buried(
    mqtt_server: NatsServer, mqtt_inside: Client, secrets: Secrets
) -> None:
    """The device hears of it on its error topic, and nothing of that comes back as an event."""
    async with gateway(mqtt_server, secrets, mqtt=True) as core:
        async with session(mqtt_server, secrets) as device:
            granted = await device.subscribe(f"{TOPIC}/errors")
            await device.publish(f"{TOPIC}/telemetry", b'{"data": {"flow_l": "much"}}')
            await until(lambda: device.messages)
            topic, body, _ = device.messages[0]
        await until(lambda: core.statistics().dead_letters == 1)
        statistics = core.statistics()
        (letter,) = await read_dead_letters(mqtt_inside, kind="testmeter", key=KEY)

    assert granted
    assert f"{TOPIC}/errors" == topic
    assert 20001 == error_of(body)["err_code"]
    assert ("mqtt", "bad_data", 1) == (letter.way, letter.reason, letter.count)
    assert b'{"data": {"flow_l": "much"}}' == letter.payload
    assert 0 == statistics.taken
    assert {"bad_data": 1} == statistics.refused
    await until_it_is(0, lambda: waiting(mqtt_inside))


async def test_the_next_owner_goes_on(
    mqtt_server: NatsServer, mqtt_inside: Client, secrets: Secrets
) -> None:
    """When a partition moves to another gateway, no message is lost, doubled or out of order."""
    async with session_behind(mqtt_server, mqtt_inside, secrets) as device:
        async with gateway(mqtt_server, secrets, name="one", mqtt=True) as one:
            for number in range(20):
                await device.publish(f"{TOPIC}/telemetry", payload({"flow_l": float(number)}))
            await until(lambda: one.statistics().taken >= 5)
        for number in range(20, 40):
            await device.publish(f"{TOPIC}/telemetry", payload({"flow_l": float(number)}))
        serve = dict.fromkeys(range(P), 2)
        async with gateway(mqtt_server, secrets, name="two", mqtt=True, serve=serve) as two:
            await until(lambda: one.statistics().taken + two.statistics().taken == 40)

    assert [float(n) for n in range(40)] == [
        data_of(entry)["flow_l"] for entry in await entries_of(mqtt_inside, 1)
    ]


def session_behind(server: NatsServer, client: Client, secrets: Secrets) -> "Behind":
    """A session that outlives the gateways: somebody else answers who may sign in."""
    return Behind(session(server, secrets), AuthService(client, Authenticator(secrets, P)))


class Behind:
    """See `session_behind`."""

    def __init__(self, device: Session, service: AuthService) -> None:
        self._device, self._service = device, service

    async def __aenter__(self) -> Session:
        await self._service.start()
        return await self._device.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._device.__aexit__(None, None, None)
        await self._service.stop()


async def test_a_full_store_refuses_to_acknowledge(
    mqtt_server: NatsServer, mqtt_inside: Client, secrets: Secrets
) -> None:
    """When there is no room for MQTT messages, there is no PUBACK: nothing is lost in silence."""
    js = mqtt_inside.jetstream()
    config = (await js.stream_info("$MQTT_msgs")).config
    config.max_bytes = 4096
    await js.update_stream(config)
    service = AuthService(mqtt_inside, Authenticator(secrets, P))
    await service.start()
    acknowledged = 0
    async with session(mqtt_server, secrets) as device:
        with suppress(TimeoutError):
            for _ in range(100):
                await device.publish(f"{TOPIC}/telemetry", payload({"note": "x" * 200}), within_s=1)
                acknowledged += 1

    assert 0 < acknowledged < 100
    assert acknowledged == await waiting(mqtt_inside)


async def test_preparing_twice_changes_nothing(
    mqtt_server: NatsServer, mqtt_inside: Client
) -> None:
    """What is there stays; a cluster's job may run at every start."""
    assert mqtt_server.alive
    js = mqtt_inside.jetstream()
    before = await js.stream_info("$MQTT_msgs")
    await prepare(mqtt_inside, P, 64 * 1024 * 1024)
    after = await js.stream_info("$MQTT_msgs")

    assert before.config == after.config
    assert P == after.state.consumer_count
