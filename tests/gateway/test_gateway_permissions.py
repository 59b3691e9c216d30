"""What a signed-in device can do on a real server, by NATS and by MQTT, and what it cannot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats.errors
import pytest
from gateway_kit import P, gateway, key_in, landed, until
from mqtt_kit import Session
from nats.aio.client import Client
from nats.aio.msg import Msg

from actors.connection import connect
from gateway.auth import Authenticator, AuthService, device_token
from gateway.secrets import Secrets
from gateway.server import NatsServer
from twins.ids import partition_of

pytestmark = pytest.mark.cluster

KEY, OTHER = key_in(1), key_in(2)
HOSTILE = [
    "log.1.in",
    "log.1.tick",
    f"inside.1.testmeter.{KEY}.calibrated",
    f"ingest.2.testmeter.{KEY}.telemetry",
    f"ingest.1.testmeter.{OTHER}.telemetry",
    f"ingest.2.testmeter.{OTHER}.telemetry",
    f"devices.testmeter.{OTHER}.telemetry",
    "devices.otherkind.m1.telemetry",
    f"commands.testmeter.{KEY}.open",
    f"commands.testmeter.{OTHER}.open",
    f"errors.testmeter.{KEY}",
    "dead.1.testmeter.m1",
    f"_INBOX.testmeter.{OTHER}.x",
    "_INBOX.x",
    "$JS.API.STREAM.PURGE.LOG_1",
    "$JS.API.STREAM.INFO.LOG_1",
    "$JS.ACK.x",
    "$SYS.REQ.USER.AUTH",
    "$MQTT.msgs.ingest.1.x",
]


@asynccontextmanager
async def signed_in(
    server: NatsServer, user: str, token: str, inbox: str
) -> AsyncIterator[tuple[Client, list[str]]]:
    """A NATS client, and what the server complained of."""
    complaints: list[str] = []

    async def complain(error: Exception) -> None:
        complaints.append(str(error))

    client = Client()
    try:
        await client.connect(
            server.url, user=user, password=token, inbox_prefix=inbox, error_cb=complain,
            allow_reconnect=False,
        )  # fmt: skip
        yield client, complaints
    finally:
        await client.close()


@asynccontextmanager
async def everything(server: NatsServer) -> AsyncIterator[list[str]]:
    """The subjects of all that is published, as one of Vigil's own sees them."""
    seen: list[str] = []

    async def note(message: Msg) -> None:
        if not message.subject.startswith(("_INBOX.", "$SYS.")):
            seen.append(message.subject)

    client = await connect(server.address, "ear")
    await client.subscribe(">", cb=note)
    await landed(client)
    try:
        yield seen
    finally:
        await client.close()


@asynccontextmanager
async def auth(server: NatsServer, secrets: Secrets) -> AsyncIterator[None]:
    """Somebody answers the server's questions."""
    client = await connect(server.address, "auth")
    service = AuthService(client, Authenticator(secrets, P))
    await service.start()
    try:
        yield
    finally:
        await client.close()


async def test_a_device_publishes_and_subscribes_to_its_own_alone(
    server: NatsServer, secrets: Secrets
) -> None:
    """Its own subject arrives, mapped to its partition; of all others nothing does."""
    token = device_token(secrets.device_key, f"testmeter/{KEY}")
    inbox = f"_INBOX.testmeter.{KEY}"
    async with (
        auth(server, secrets),
        everything(server) as seen,
        signed_in(server, f"testmeter/{KEY}", token, inbox) as (client, complaints),
    ):
        for subject in HOSTILE:
            await client.publish(subject, b"x")
        await client.publish(f"devices.testmeter.{KEY}.telemetry", b"x")
        await client.flush()
        await until(lambda: seen)
        for subject in (
            ">", "log.>", "log.1.in", "ingest.>", f"ingest.1.testmeter.{KEY}.>", "inside.>",
            f"commands.testmeter.{OTHER}.>", "commands.>", f"devices.testmeter.{OTHER}.errors",
            f"_INBOX.testmeter.{OTHER}.>", "_INBOX.>", "_INBOX.testmeter.fleet.>", "$JS.>",
            "$SYS.>", "dead.>", "errors.>", "changes.>",
        ):  # fmt: skip
            await client.subscribe(subject)
        await landed(client)

        assert [f"ingest.1.testmeter.{KEY}.telemetry"] == seen
        assert len(HOSTILE) == sum("publish" in text for text in complaints)
        assert 17 == sum("subscription" in text for text in complaints)
        complaints.clear()
        for subject in (f"commands.testmeter.{KEY}.>", f"devices.testmeter.{KEY}.errors",
                        f"{inbox}.>"):  # fmt: skip
            await client.subscribe(subject)
        await landed(client)
        assert [] == complaints


async def test_a_fleet_reaches_its_own_kind_alone(server: NatsServer, secrets: Secrets) -> None:
    """A user of a whole kind speaks for all its devices, and for nothing else."""
    token = device_token(secrets.device_key, "testmeter/*")
    inbox = "_INBOX.testmeter.fleet"
    async with (
        auth(server, secrets),
        everything(server) as seen,
        signed_in(server, "testmeter/*", token, inbox) as (client, complaints),
    ):
        for subject in (
            "log.1.in", f"inside.1.testmeter.{KEY}.calibrated", "devices.otherkind.m1.telemetry",
            "$JS.API.STREAM.INFO.LOG_1", f"commands.testmeter.{KEY}.open",
        ):  # fmt: skip
            await client.publish(subject, b"x")
        for key in (KEY, OTHER):
            await client.publish(f"devices.testmeter.{key}.telemetry", b"x")
        await client.flush()
        await until(lambda: len(seen) == 2)

        assert 5 == len(complaints)
        assert {f"ingest.1.testmeter.{KEY}.telemetry", f"ingest.2.testmeter.{OTHER}.telemetry"} == (
            set(seen)
        )


@pytest.mark.parametrize("user", ["testmeter/m0", "testmeter/m1", "vigil", ""])
async def test_nobody_signs_in_without_the_right_token(
    server: NatsServer, secrets: Secrets, user: str
) -> None:
    """Another device's token opens nothing, nor does a device token open Vigil's own door."""
    token = device_token(secrets.device_key, "testmeter/other")
    async with auth(server, secrets):
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
            async with signed_in(server, user, token, "_INBOX"):
                pass


async def test_nobody_signs_in_while_nobody_answers(server: NatsServer, secrets: Secrets) -> None:
    """Without a gateway the server lets no device in."""
    token = device_token(secrets.device_key, "testmeter/m1")

    with pytest.raises((nats.errors.Error, asyncio.TimeoutError)):
        async with signed_in(server, "testmeter/m1", token, "_INBOX.testmeter.m1"):
            pass


async def test_every_gateway_answers_and_one_is_enough(
    server: NatsServer, secrets: Secrets, inside: Client
) -> None:
    """With several gateways devices still sign in, and also when one has gone."""
    assert inside.is_connected
    token = device_token(secrets.device_key, f"testmeter/{KEY}")
    inbox = f"_INBOX.testmeter.{KEY}"
    async with gateway(server, secrets, name="one", serve={0: 1, 1: 1}) as one:
        async with (
            gateway(server, secrets, name="two", serve={2: 1, 3: 1}) as two,
            signed_in(server, f"testmeter/{KEY}", token, inbox) as (client, _),
        ):
            assert client.is_connected
            assert 1 == one.statistics().signed_in + two.statistics().signed_in
        async with signed_in(server, f"testmeter/{KEY}", token, inbox) as (client, _):
            assert client.is_connected


async def test_a_device_may_answer_a_command_and_nothing_more(
    server: NatsServer, secrets: Secrets
) -> None:
    """The reply subject of a command is open to it once; without a command it is not."""
    token = device_token(secrets.device_key, f"testmeter/{KEY}")
    async with auth(server, secrets), everything(server) as seen:
        inside = await connect(server.address, "worker")
        async with signed_in(server, f"testmeter/{KEY}", token, f"_INBOX.testmeter.{KEY}") as (
            client,
            complaints,
        ):

            async def answer(message: Msg) -> None:
                await client.publish(message.reply, b"")
                await client.publish(message.reply, b"twice")

            await client.subscribe(f"commands.testmeter.{KEY}.>", cb=answer)
            await landed(client)
            reply = await inside.request(f"commands.testmeter.{KEY}.open", b"", timeout=5)
            await client.publish("_INBOX.worker.x", b"")
            await client.flush()
            await until(lambda: len(complaints) == 2)
        await inside.close()

    assert b"" == reply.data
    assert [f"commands.testmeter.{KEY}.open"] == seen


async def test_an_mqtt_device_publishes_and_subscribes_to_its_own_alone(
    mqtt_server: NatsServer, secrets: Secrets
) -> None:
    """MQTT acknowledges what is forbidden, and does nothing with it."""
    user = f"testmeter/{KEY}"
    token = device_token(secrets.device_key, user)
    hostile = [
        subject.replace(".", "/")
        for subject in HOSTILE
        if not subject.startswith(("$", "_INBOX.x"))
    ]
    async with auth(mqtt_server, secrets), everything(mqtt_server) as seen:
        async with Session(mqtt_server.mqtt_port, user, token) as session:
            for topic in hostile:
                await session.publish(topic, b"x", qos=1)
            await session.publish(f"devices/testmeter/{KEY}/telemetry", b"x", qos=1)
            granted = [
                await session.subscribe(topic)
                for topic in (
                    f"commands/testmeter/{KEY}/#", f"devices/testmeter/{KEY}/errors",
                    "#", "log/#", "ingest/#", "inside/#", f"commands/testmeter/{OTHER}/#",
                    f"devices/testmeter/{OTHER}/errors",
                )
            ]  # fmt: skip
        await until(lambda: seen)

    mine = f"ingest.1.testmeter.{KEY}.telemetry"
    assert {mine} == {one for one in seen if not one.startswith("$")}
    assert {f"$MQTT.msgs.{mine}"} == {one for one in seen if one.startswith("$MQTT.msgs.")}
    assert [True, True, *[False] * 6] == granted


async def test_an_mqtt_will_reaches_nobody(mqtt_server: NatsServer, secrets: Secrets) -> None:
    """The server does not map wills, so a device's own is lost, and a hostile one is refused."""
    user = f"testmeter/{KEY}"
    token = device_token(secrets.device_key, user)
    async with auth(mqtt_server, secrets), everything(mqtt_server) as seen:
        for ended, topic in enumerate(
            (f"ingest/2/testmeter/{OTHER}/telemetry", f"devices/testmeter/{KEY}/bye", "log/1/in")
        ):
            async with Session(mqtt_server.mqtt_port, user, token, will=(topic, b"bye")) as session:
                session.tear()
                # A session that is over is deleted, after its will was looked at.
                await until(
                    lambda ended=ended: seen.count("$JS.API.STREAM.MSG.DELETE.$MQTT_sess") > ended
                )

    assert [] == [subject for subject in seen if not subject.startswith("$")]


@pytest.mark.parametrize(
    ("mqtt_id", "token_of"), [("testmeter/other", KEY), ("", KEY), (f"testmeter/{KEY}", "other")]
)
async def test_an_mqtt_session_of_another_device_stays_its_own(
    mqtt_server: NatsServer, secrets: Secrets, mqtt_id: str, token_of: str
) -> None:
    """A foreign client id, a made-up one, or a foreign token: the server does not let it in."""
    token = device_token(secrets.device_key, f"testmeter/{token_of}")
    async with auth(mqtt_server, secrets):
        session = Session(mqtt_server.mqtt_port, f"testmeter/{KEY}", token, client_id=mqtt_id)

        with pytest.raises(ConnectionRefusedError):
            await session.__aenter__()


async def test_the_partition_is_the_one_that_ids_say(server: NatsServer) -> None:
    """The server's mapping and `partition_of` agree on every kind of character."""
    found: dict[str, Any] = {}

    async def note(message: Msg) -> None:
        _, partition, kind, key, _ = message.subject.split(".", 4)
        found[f"{kind}/{key}"] = int(partition)

    client = await connect(server.address, "test")
    await client.subscribe("ingest.>", cb=note)
    await landed(client)
    names = [f"k{i}/{'aZ9_-'[i % 5] * (1 + i % 64)}{i}" for i in range(300)]
    for name in names:
        await client.publish(f"devices.{name.replace('/', '.')}.a.b", b"")
    await until(lambda: len(found) == 300)
    await client.close()

    assert {name: partition_of(name, P) for name in names} == found
