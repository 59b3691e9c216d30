"""A gateway on a real server: from a device's message to the log and back."""

import asyncio
import json
from typing import Any

import nats
import nats.js.errors
import pytest
from gateway_kit import (
    P,
    data_of,
    entries_of,
    error_of,
    gateway,
    key_in,
    landed,
    make_log,
    number_of,
    payload,
    until,
    until_it_is,
)
from msgspec import msgpack
from nats.aio.client import Client

from actors.block import GENESIS, Entry, chain, decode_block
from actors.connection import connect
from actors.errors import LogError
from actors.log import Appender, read, request
from gateway.auth import device_token
from gateway.core import check_mapping
from gateway.dead_letters import read_dead_letters
from gateway.errors import MappingDiffers
from gateway.secrets import Secrets
from gateway.server import NatsServer
from twins.handler import Origin

pytestmark = pytest.mark.cluster

KEY = key_in(1)


async def quiet(_: Exception) -> None:
    """Broken connections are wanted here."""


async def device(server: NatsServer, secrets: Secrets, key: str = KEY) -> Client:
    """Any NATS client, signed in as a device."""
    return await nats.connect(
        server.url,
        user=f"testmeter/{key}",
        password=device_token(secrets.device_key, f"testmeter/{key}"),
        inbox_prefix=f"_INBOX.testmeter.{key}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.05,
        error_cb=quiet,
    )


async def test_an_ordinary_client_publishes_durably(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """`js.publish` of any NATS client works, and its acknowledgement names the log's position."""
    async with gateway(server, secrets):
        client = await device(server, secrets)
        js = client.jetstream()
        first = await js.publish(f"devices.testmeter.{KEY}.telemetry", payload({"flow_l": 1.0}))
        second = await js.publish(
            f"devices.testmeter.{KEY}.telemetry", b'{"data": {"flow_l": 2.0}, "id": "e2"}'
        )
        await client.close()
    stored = await read(inside, 1, second.seq)

    assert ("LOG_1", 1) == (first.stream, first.seq)
    assert ("LOG_1", 2) == (second.stream, second.seq)
    assert stored is not None
    (entry,) = decode_block(stored.body).entries
    assert Entry(
        f"testmeter/{KEY}", "telemetry", Origin.DEVICE,
        msgpack.encode({"data": {"flow_l": 2.0}, "id": "e2"}),
    ) == entry  # fmt: skip


async def test_a_refusal_is_an_api_error(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """An ordinary client sees code and reason; the dead letters have the message."""
    async with gateway(server, secrets) as core:
        client = await device(server, secrets)
        with pytest.raises(nats.js.errors.APIError) as caught:
            await client.jetstream().publish(f"devices.testmeter.{KEY}.telemetry", b"\xc1")
        await client.close()
        await until(lambda: core.statistics().dead_letters == 1)
        (letter,) = await read_dead_letters(inside)
        refused = core.statistics().refused

    assert (400, 20001) == (caught.value.code, caught.value.err_code)
    assert (1, "testmeter", KEY, b"\xc1") == (
        letter.partition, letter.kind, letter.key, letter.payload
    )  # fmt: skip
    assert {"bad_data": 1} == refused


async def test_blocks_are_chained_and_carry_the_epoch(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """Each block names the hash of the one before, across a restart of the gateway."""
    for epoch in (3, 4):
        async with gateway(server, secrets, serve={1: epoch}):
            client = await device(server, secrets)
            for number in range(2):
                await client.jetstream().publish(
                    f"devices.testmeter.{KEY}.telemetry", payload({"flow_l": float(number)})
                )
            await client.close()
    stored = [await read(inside, 1, position) for position in (1, 2, 3, 4)]
    bodies = [one.body for one in stored if one is not None]

    assert [3, 3, 4, 4] == [decode_block(body).epoch for body in bodies]
    assert [GENESIS, *[chain(body) for body in bodies[:-1]]] == [
        decode_block(body).previous for body in bodies
    ]


async def test_many_messages_become_few_blocks(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """A crowd's messages are all acknowledged, in far fewer blocks."""
    async with gateway(server, secrets, rate_per_device=1e6, burst_per_device=10_000) as core:
        client = await device(server, secrets)
        answers: list[Any] = []

        async def note(message: Any) -> None:
            answers.append(json.loads(message.data))

        await client.subscribe(f"_INBOX.testmeter.{KEY}.mine.*", cb=note)
        for number in range(2000):
            await client.publish(
                f"devices.testmeter.{KEY}.telemetry",
                payload({"flow_l": 1.0}, boot=1, sequence=number),
                reply=f"_INBOX.testmeter.{KEY}.mine.{number}",
            )
        await until(lambda: len(answers) == 2000)
        await client.close()
        statistics = core.statistics()

    assert {"LOG_1"} == {answer.get("stream") for answer in answers}
    assert 2000 == statistics.taken
    assert statistics.blocks < 500
    assert 0 == statistics.pending
    assert list(range(2000)) == [number_of(entry) for entry in await entries_of(inside, 1)]


async def test_vigils_own_parts_ask_inside(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """A request on `inside` is answered once durable, or with an error."""
    async with gateway(server, secrets):
        subject = f"inside.1.testmeter.{KEY}"
        answer = await request(inside, f"{subject}.calibrated", payload({"by": "us"}))
        refusal = await request(inside, f"{subject}.nosuchtype", payload({}))
        elsewhere = await request(
            inside, f"inside.2.testmeter.{KEY}.calibrated", payload({"by": "us"})
        )
    (entry,) = await entries_of(inside, 1)

    assert {"stream": "LOG_1", "seq": 1} == answer
    assert 20004 == refusal["error"]["err_code"]
    assert 20008 == elsewhere["error"]["err_code"]
    assert (Origin.INSIDE, {"by": "us"}) == (entry.origin, data_of(entry))


async def test_a_hostile_reply_subject_is_never_published_to(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """A device cannot make the gateway write into the log, or answer in another's inbox."""
    seen: list[str] = []

    async def note(message: Any) -> None:
        seen.append(message.subject)

    for subject in ("log.2.in", "_INBOX.testmeter.other.x", "inside.>"):
        await inside.subscribe(subject, cb=note)
    await landed(inside)
    async with gateway(server, secrets) as core:
        client = await device(server, secrets)
        for reply in (
            "log.2.in",
            "_INBOX.testmeter.other.x",
            f"inside.1.testmeter.{KEY}.calibrated",
        ):
            for body in (payload({"flow_l": 1.0}), b"\xc1"):
                await client.publish(f"devices.testmeter.{KEY}.telemetry", body, reply=reply)
        await client.jetstream().publish(
            f"devices.testmeter.{KEY}.telemetry", payload({"flow_l": 2.0})
        )
        await client.close()
        taken = core.statistics().taken
    await landed(inside)

    assert [] == seen
    assert 4 == taken
    assert [] == await entries_of(inside, 2)


async def test_a_restart_of_the_server_loses_nothing(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """What was acknowledged before a crash is there; the gateway goes on by itself after it."""
    subject = f"devices.testmeter.{KEY}.telemetry"
    async with gateway(server, secrets) as core:
        client = await device(server, secrets)
        await client.jetstream().publish(subject, payload({"flow_l": 1.0}))
        await client.close()
        await server.kill()
        await server.start()
        for one in (inside, core._client, core._edge):
            await until(lambda one=one: one.is_connected)
            await landed(one)
        client = await device(server, secrets)
        await client.jetstream().publish(subject, payload({"flow_l": 2.0}))
        await client.close()
        partitions = core.partitions

    assert list(range(P)) == partitions
    assert [1.0, 2.0] == [data_of(entry)["flow_l"] for entry in await entries_of(inside, 1)]


async def test_a_gateway_waits_for_the_server(server: NatsServer, secrets: Secrets) -> None:
    """Started before the server, it serves as soon as the server is there."""
    await server.stop()

    async def serve() -> list[int]:
        async with gateway(server, secrets) as core:
            return core.partitions

    serving = asyncio.create_task(serve())
    # The first attempts to connect fail: nobody listens there.
    await asyncio.sleep(0)
    await server.start()
    client = await connect(server.address, "test")
    await make_log(client)
    partitions = await asyncio.wait_for(serving, 15)
    await client.close()

    assert list(range(P)) == partitions


async def test_a_connection_closed_for_good_is_told(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """The NATS client gives up on some errors; then the process must be started anew."""
    assert inside.is_connected
    broken = asyncio.Event()
    async with gateway(server, secrets) as core:
        core._broken = broken.set
        await core._edge.close()
        await asyncio.wait_for(broken.wait(), 10)

    assert broken.is_set()


async def test_a_later_gateway_fences_an_earlier_one(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """A gateway that does not know that it lost a partition writes nothing more into it."""
    async with gateway(server, secrets, name="old", serve={1: 1}) as old:
        subject = f"inside.1.testmeter.{KEY}.calibrated"
        await request(inside, subject, payload({"n": 1}))
        new = Appender(inside, 1)
        await new.open(2)
        await new.append([Entry(f"testmeter/{KEY}", "calibrated", 2, payload({"n": 2}))])
        refusal = await request(inside, subject, payload({"n": 3}))
        again = await request(inside, subject, payload({"n": 4}))
        refused = old.statistics().refused

    assert [20105, 20105] == [refusal["error"]["err_code"], again["error"]["err_code"]]
    assert {"moved": 2} == refused
    assert [1, 2] == [data_of(entry)["n"] for entry in await entries_of(inside, 1)]


async def test_a_late_block_of_an_earlier_gateway_is_followed(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """The owner goes on behind what the one before it wrote at the last moment."""
    async with gateway(server, secrets, serve={1: 5}):
        subject = f"inside.1.testmeter.{KEY}.calibrated"
        late = Appender(inside, 1)
        await late.open(4)
        await late.append([Entry(f"testmeter/{KEY}", "calibrated", 2, payload({"n": 1}))])
        answer = await request(inside, subject, payload({"n": 2}))

    assert {"stream": "LOG_1", "seq": 2} == answer
    assert [1, 2] == [data_of(entry)["n"] for entry in await entries_of(inside, 1)]


async def test_a_full_log_refuses_and_recovers(server: NatsServer, secrets: Secrets) -> None:
    """Before the log is full devices are told so; once it was trimmed they are taken again."""
    inside = await connect(server.address, "test")
    await make_log(inside, 64 * 1024)
    async with gateway(server, secrets):
        subject = f"inside.1.testmeter.{KEY}.calibrated"
        answers = [
            await request(inside, subject, payload({"n": number, "x": chr(65 + number) * 4000}))
            for number in range(40)
        ]
        # What was taken compresses well on the disk; the look at the log settles what it holds.
        refused = [answer for answer in answers if "error" in answer]
        await inside.jetstream().purge_stream("LOG_1", keep=1)
        while "error" in (answer := await request(inside, subject, payload({"n": 99}))):
            await asyncio.sleep(0.05)
    await inside.close()

    assert {20104} == {answer["error"]["err_code"] for answer in refused}
    assert 0 < len(refused) < 40
    assert "seq" in answer


async def test_a_partition_that_is_lost_is_not_served(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """After it let go, nobody answers there, and its totals stay in the statistics."""
    async with gateway(server, secrets) as core:
        subject = f"inside.1.testmeter.{KEY}.calibrated"
        await request(inside, subject, payload({}))
        await core.lose(1)

        with pytest.raises(LogError):
            await request(inside, subject, payload({}))
        assert 1 == core.statistics().taken
        assert [0, 2, 3] == core.partitions


async def test_a_partition_gained_again_goes_on(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """Lost and gained, and given a new epoch while it stays: the log goes on."""
    async with gateway(server, secrets) as core:
        subject = f"inside.1.testmeter.{KEY}.calibrated"
        await request(inside, subject, payload({"n": 1}))
        await core.lose(1)
        await core.gain(1, 2)
        await landed(core._client)
        await request(inside, subject, payload({"n": 2}))
        await core.gain(1, 3)
        await request(inside, subject, payload({"n": 3}))
        (gate,) = [gate for gate in core.statistics().partitions if gate.intake.partition == 1]
    epochs = [decode_block(one.body).epoch for position in (1, 2, 3)
              if (one := await read(inside, 1, position)) is not None]  # fmt: skip

    assert [1, 2, 3] == epochs
    assert (3, 3) == (gate.intake.epoch, gate.intake.position)


async def test_a_server_of_another_number_of_partitions_is_found_out(
    server: NatsServer, inside: Client
) -> None:
    """A gateway does not start on a server whose mapping differs from its own."""
    assert server.alive
    await check_mapping(inside, P)

    with pytest.raises(MappingDiffers, match="the number that the cluster was made for"):
        await check_mapping(inside, 2 * P)


async def test_a_flood_of_bad_messages_costs_few_letters(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """Refusals of one device for one reason are counted together; none is forgotten."""
    async with gateway(server, secrets, rate_per_device=1e6, burst_per_device=10_000) as core:
        client = await device(server, secrets)
        for _ in range(500):
            await client.publish(f"devices.testmeter.{KEY}.telemetry", b"\xc1" * 5000)
        await until(lambda: core.statistics().refused == {"bad_data": 500})
        await client.close()

        async def told() -> int:
            found = await read_dead_letters(inside, kind="testmeter", key=KEY, most=1000)
            return sum(letter.count for letter in found)

        await until_it_is(500, told)
        letters = await read_dead_letters(inside, kind="testmeter", key=KEY, most=1000)

    assert len(letters) < 100
    assert {5000} == {letter.size for letter in letters}
    assert {2048} == {len(letter.payload) for letter in letters}


async def test_the_newest_dead_letters_are_read(
    server: NatsServer, inside: Client, secrets: Secrets
) -> None:
    """Of all, or of one device, at most as many as asked for, the newest last."""
    async with gateway(server, secrets) as core:
        keys = [key_in(1, f"k{number}-") for number in range(5)]
        for key in keys:
            answer = await inside.request(f"inside.1.testmeter.{key}.nosuchtype", payload({}))
            assert error_of(answer.data)
        await until(lambda: core.statistics().dead_letters == 5)
        newest = await read_dead_letters(inside, most=2)
        one = await read_dead_letters(inside, kind="testmeter", key=keys[1])
        none = await read_dead_letters(inside, kind="testmeter", key="nobody")

    assert keys[3:] == [letter.key for letter in newest]
    assert [keys[1]] == [letter.key for letter in one]
    assert [] == none
