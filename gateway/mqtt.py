"""MQTT: how messages of MQTT devices reach the intake, so that a PUBACK means stored.

The server keeps an MQTT message of QoS 1 only where a consumer wants it, and acknowledges it in
any case. So each partition has a durable consumer on `$MQTT_msgs`, made before MQTT clients can
connect; the gateway that owns the partition reads it, and acknowledges a message to the server
once its block is durable. The copy that also arrives on `ingest.<p>.>` is dropped.

MQTT has no refusal: what is refused for good is told on `devices/<kind>/<key>/errors`. That
subject cannot be published to, since the server maps `devices.…` to `ingest.…`; but what a stream
republishes is not mapped.
"""

import asyncio
import json
from pathlib import Path
from typing import Protocol

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from actors.cancelling import cancellable
from actors.errors import LogError
from actors.log import AGAIN_S, request

logger = structlog.get_logger(__name__)

MESSAGES = "$MQTT_msgs"
RETAINED = "$MQTT_rmsgs"
PREFIX = "$MQTT.msgs."
ERRORS = "ERRORS"
ERRORS_BYTES = 4 * 1024 * 1024
"""Newest error of each device, in memory."""

ERRORS_KEPT_S = 3600

RETAINED_SHARE = 8
"""Retained messages mean nothing here; they get one part in so many of the space for MQTT."""

ACK_WAIT_S = 5.0
"""A message not acknowledged for so long is delivered again, in seconds."""

BATCH = 256
"""Messages asked for at once."""

EXPIRES_S = 5.0
"""How long the server holds an unfilled request, in seconds; one that was lost is renewed then."""

EXISTS = 10058
MARK = "mqtt-prepared"


def consumer_name(partition: int) -> str:
    """The durable consumer of a partition."""
    return f"vigil_{partition}"


async def _api(client: Client, subject: str, body: dict[str, object]) -> dict[str, object]:
    answer: dict[str, object] = await request(
        client, f"$JS.API.{subject}", json.dumps(body).encode()
    )
    return answer


async def _make(client: Client, subject: str, body: dict[str, object], what: str) -> None:
    error = (await _api(client, subject, body)).get("error")
    if isinstance(error, dict) and error.get("err_code") != EXISTS:
        raise LogError(f"cannot make {what}: {error.get('description')}")


async def prepare(client: Client, partitions: int, max_bytes: int) -> None:
    """Make what must be there before the MQTT listener opens: streams, and a consumer a partition.

    The streams are as the server itself would make them, but bounded: when they are full, MQTT
    publishing fails instead of filling the disk.
    """
    retained = max_bytes // RETAINED_SHARE
    streams: list[dict[str, object]] = [
        {"name": MESSAGES, "subjects": [f"{PREFIX}>"], "retention": "interest",
         "max_bytes": max_bytes - retained},
        {"name": RETAINED, "subjects": ["$MQTT.rmsgs.>"], "retention": "limits",
         "max_bytes": retained, "max_msgs_per_subject": 1},
    ]  # fmt: skip
    for stream in streams:
        stream |= {"storage": "file", "num_replicas": 1, "discard": "new"}
        await _make(client, f"STREAM.CREATE.{stream['name']}", stream, str(stream["name"]))
    for partition in range(partitions):
        name = consumer_name(partition)
        config = {
            "durable_name": name,
            "filter_subject": f"{PREFIX}ingest.{partition}.>",
            "deliver_policy": "all",
            "ack_policy": "explicit",
            "ack_wait": int(ACK_WAIT_S * 1e9),
            "max_ack_pending": 4 * BATCH,
        }
        await _make(
            client,
            f"CONSUMER.DURABLE.CREATE.{MESSAGES}.{name}",
            {"stream_name": MESSAGES, "config": config},
            f"consumer {name}",
        )


async def create_errors(client: Client) -> None:
    """Make the stream that hands errors to MQTT devices, when it is missing."""
    config: dict[str, object] = {
        "name": ERRORS,
        "subjects": ["errors.*.*"],
        "storage": "memory",
        "discard": "old",
        "max_bytes": ERRORS_BYTES,
        "max_msgs_per_subject": 1,
        "max_age": ERRORS_KEPT_S * 10**9,
        "num_replicas": 1,
        "republish": {
            "src": "errors.*.*",
            "dest": "devices.{{wildcard(1)}}.{{wildcard(2)}}.errors",
        },
    }
    await _make(client, f"STREAM.CREATE.{ERRORS}", config, ERRORS)


async def tell_error(client: Client, kind: str, key: str, reply: bytes) -> None:
    """Publish a refusal to `devices/<kind>/<key>/errors`; it reaches whoever listens now."""
    await client.publish(f"errors.{kind}.{key}", reply)


def is_prepared(store_dir: Path, partitions: int) -> bool:
    """Whether a store holds what MQTT needs. The mark lies in the store, and goes with it."""
    mark = store_dir / MARK
    return mark.exists() and mark.read_text().strip() == str(partitions)


def mark_prepared(store_dir: Path, partitions: int) -> None:
    """Note that `prepare` has succeeded."""
    (store_dir / MARK).write_text(f"{partitions}\n")


class Gate(Protocol):
    """Where messages go: `gateway.gate.PartitionGate`."""

    async def take_mqtt(self, message: Msg) -> None:
        """Take one message and acknowledge it once it is durable. May wait for room."""


class MqttReader:
    """Reads the MQTT messages of one owned partition.

    Invariant: one request for a batch at a time, and the next only when all of the batch went
    through the gate; so a full intake holds the reading, and the server keeps the rest.
    """

    def __init__(self, client: Client, partition: int, gate: Gate) -> None:
        self._client = client
        self._partition = partition
        self._gate = gate
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{MESSAGES}.{consumer_name(partition)}"
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._left = 0
        self._busy = False
        self._stopped = False

    async def start(self) -> None:
        """Begin to read."""
        self._inbox = self._client.new_inbox()
        self._subscription = await self._client.subscribe(self._inbox, cb=self._take)
        self._task = asyncio.create_task(self._run(), name=f"mqtt-{self._partition}")

    async def stop(self, within_s: float) -> None:
        """Read nothing more; what was delivered and not taken goes back at once."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._subscription is not None:
            try:
                draining = self._subscription.drain()  # type: ignore[no-untyped-call]  # nats-py has no types here
                async with asyncio.timeout(within_s):
                    await draining
            except Exception as error:  # noqa: BLE001 - whatever is left is delivered again
                logger.debug("mqtt", partition=self._partition, error=repr(error))

    async def _run(self) -> None:
        await self._let_others_end()
        body = json.dumps({"batch": BATCH, "expires": int(EXPIRES_S * 1e9)}).encode()
        while True:
            self._over.clear()
            self._left = BATCH
            try:
                with cancellable():
                    await self._client.publish(self._next, body, reply=self._inbox)
            except Exception as error:  # noqa: BLE001 - the connection comes back, or the gateway ends
                logger.debug("mqtt", partition=self._partition, error=repr(error))
                await asyncio.sleep(AGAIN_S)
                continue
            await self._batch()

    async def _batch(self) -> None:
        """Wait until the batch is over, or was lost with the server."""
        while True:
            try:
                async with asyncio.timeout(EXPIRES_S + 1.0):
                    await self._over.wait()
            except TimeoutError:
                if self._busy:
                    continue
            return

    async def _let_others_end(self) -> None:
        """Wait for what a gateway that ended left unacknowledged: it comes first, in order."""
        while True:
            try:
                info = await _api(
                    self._client, f"CONSUMER.INFO.{MESSAGES}.{consumer_name(self._partition)}", {}
                )
            except LogError:
                await asyncio.sleep(AGAIN_S)
                continue
            if info.get("num_ack_pending"):
                await asyncio.sleep(ACK_WAIT_S)
            return

    async def _take(self, message: Msg) -> None:
        if message.headers is not None and "Status" in message.headers:
            # No messages, request timeout, server shutdown: this request is over.
            self._over.set()
            return
        if self._stopped:
            await self._client.publish(message.reply, b"-NAK")
            return
        self._busy = True
        try:
            await self._gate.take_mqtt(message)
        finally:
            self._busy = False
        self._left -= 1
        if self._left <= 0:
            self._over.set()
