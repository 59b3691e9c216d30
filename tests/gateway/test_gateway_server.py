"""The NATS server's process."""

import asyncio
import errno
import os
import stat
from pathlib import Path

import pytest
from gateway_kit import P, free_port

from actors.connection import connect
from gateway.errors import ServerFailed
from gateway.nats_config import write_config
from gateway.secrets import Secrets
from gateway.server import LOG, NatsServer

pytestmark = pytest.mark.cluster


def make(folder: Path, secrets: Secrets, port: int | None = None) -> NatsServer:
    """A server that is not started."""
    return NatsServer(
        folder, port=port or free_port(), mqtt_port=None, partitions=P, secrets=secrets
    )


def test_the_configuration_is_for_its_owner_alone(tmp_path: Path, secrets: Secrets) -> None:
    """It holds the internal password, and listens on the loopback interface only."""
    path = write_config(
        tmp_path / "nats",
        port=4222,
        mqtt_port=1883,
        store_dir=tmp_path / 'a "quoted" folder',
        partitions=16,
        secrets=secrets,
    )
    text = path.read_text()

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert "sync_interval: always" in text
    assert 'listen: "127.0.0.1:4222"' in text
    assert 'listen: "127.0.0.1:1883"' in text
    assert '"ingest.{{partition(16,1,2)}}.{{wildcard(1)}}.{{wildcard(2)}}.>"' in text
    assert "0.0.0.0" not in text  # noqa: S104 - that is what must not be there
    assert secrets.issuer_seed not in text


async def test_what_is_stored_outlives_a_crash(server: NatsServer) -> None:
    """After SIGKILL it starts again on the same port, with all that it acknowledged."""
    client = await connect(server.address, "test")
    js = client.jetstream()
    await js.add_stream(name="S", subjects=["s"])
    ack = await js.publish("s", b"kept")
    first = server.pid
    await server.kill()
    died = server.alive
    await server.start()
    while not client.is_connected:
        await asyncio.sleep(0.01)
    kept = await js.get_msg("S", ack.seq)
    await client.close()

    assert not died
    assert first != server.pid
    assert b"kept" == kept.data


async def test_starting_twice_is_one_server(server: NatsServer) -> None:
    """A server that runs is left alone."""
    pid = server.pid
    await server.start()

    assert pid == server.pid


async def test_a_server_left_behind_is_ended(tmp_path: Path, secrets: Secrets) -> None:
    """When whoever started it was killed, the next start takes its place, on the same port."""
    left = make(tmp_path / "nats", secrets)
    await left.start()
    fresh = make(tmp_path / "nats", secrets, left.port)
    await fresh.start()
    client = await connect(fresh.address, "test")
    await client.close()
    alive = left.alive
    await fresh.stop()

    assert not alive
    assert not fresh.alive


async def test_another_program_of_that_number_is_left_alone(
    tmp_path: Path, secrets: Secrets
) -> None:
    """A process id that meanwhile belongs to somebody else ends nobody."""
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats" / "nats.pid").write_text(f"{os.getppid()}\n")
    server = make(tmp_path / "nats", secrets)
    await server.start()
    await server.stop()

    os.kill(os.getppid(), 0)


async def test_a_server_that_does_not_start_says_why(
    server: NatsServer, tmp_path: Path, secrets: Secrets
) -> None:
    """A port that is taken: the error has the server's last words."""
    second = make(tmp_path / "second", secrets, server.port)

    with pytest.raises(ServerFailed, match="address already in use"):
        await second.start()
    assert server.alive


async def test_devices_can_not_come_in_before_mqtt_is_prepared(
    mqtt_server: NatsServer, secrets: Secrets
) -> None:
    """Each partition has its consumer when the MQTT listener is there, and after a restart."""
    client = await connect(mqtt_server.address, "test")
    js = client.jetstream()
    info = await js.stream_info("$MQTT_msgs")
    filters = sorted(
        [str(consumer.config.filter_subject) for consumer in await js.consumers_info("$MQTT_msgs")]
    )
    await client.close()
    await mqtt_server.stop()
    await mqtt_server.start()

    assert [f"$MQTT.msgs.ingest.{p}.>" for p in range(P)] == filters
    assert 0 < (info.config.max_bytes or 0)
    assert mqtt_server.alive
    assert secrets.internal_user == mqtt_server.address.user


def test_a_server_that_could_not_write_is_known_by_its_words(
    tmp_path: Path, secrets: Secrets
) -> None:
    """However its log file grows; and it stays so until the server starts anew."""
    one = make(tmp_path, secrets)
    log = tmp_path / LOG
    said = []
    for words in (
        b"[1] [INF] Server is ready\n",
        b"[1] [ERR] JetStream stream 'VIGIL > LOG_6' critical wr",
        b"ite error: no space left on device\n",
        b"[1] [INF] all is well\n",
    ):
        with log.open("ab") as file:
            file.write(words)
        said.append(one.stuck())

    assert [False, False, True, True] == said


def test_room_is_tried(tmp_path: Path, secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes nothing has none; nothing of the trial stays."""
    one = make(tmp_path / "nats", secrets)
    one.folder.mkdir()
    roomy = one.has_room()

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, "fsync", full)

    assert (True, False) == (roomy, one.has_room())
    assert [] == list(one.folder.iterdir())
