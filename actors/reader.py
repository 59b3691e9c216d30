"""Reading the log: a push consumer of our own, which never skips a position."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from actors.errors import LogError
from actors.log import AGAIN_S, request, stream_name

logger = structlog.get_logger(__name__)

HEARTBEAT_S = 0.5
SILENT_S = 1.6
"""Three heartbeats missed: the consumer is gone (the server was restarted); begin anew."""

Deliver = Callable[[int, float, str, bytes], Awaitable[None]]
"""Takes (position, log server's stamp in seconds, subject, body); may wait: that holds reading."""


class Reader:
    """Delivers every message of one partition's log from a position on, in order, without gap.

    Invariant: `deliver` sees position `next`, then `next + 1`, and so on; a message that is not
    the next one (dropped, or of a consumer before) makes the reader begin again from `next`.
    """

    def __init__(self, client: Client, partition: int, start: int, deliver: Deliver) -> None:
        self._client = client
        self._partition = partition
        self.next = start
        self._deliver = deliver
        self._subscription: Subscription | None = None
        self._generation = 0
        self._consumer = ""
        self._heard = 0.0
        self._delivering = asyncio.Lock()
        self._stopped = False
        self.error: Exception | None = None
        """What `deliver` raised; nothing is delivered after it."""
        self._watch: asyncio.Task[None] | None = None
        self.restarts = 0

    async def start(self) -> None:
        """Begin to deliver."""
        self._watch = asyncio.create_task(self._keep(), name=f"reader-{self._partition}")

    async def stop(self) -> None:
        """Deliver nothing more; returns when no delivery is going on."""
        self._stopped = True
        self._generation += 1
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._close()
        async with self._delivering:
            return

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopped:
            silent = loop.time() - self._heard > SILENT_S
            waiting = self._subscription is not None and self._subscription.pending_msgs > 0
            if self._subscription is None or (
                silent and not waiting and not self._delivering.locked()
            ):
                try:
                    await self._open()
                except (LogError, OSError) as error:
                    logger.debug("reader waits", partition=self._partition, error=str(error))
                    await asyncio.sleep(AGAIN_S)
                    continue
            await asyncio.sleep(AGAIN_S)

    async def _open(self) -> None:
        await self._close()
        self._generation += 1
        self.restarts += 1
        generation = self._generation
        inbox = self._client.new_inbox()

        async def take(message: Msg) -> None:
            if generation == self._generation:
                await self._take(message)

        self._subscription = await self._client.subscribe(
            inbox, cb=take, pending_msgs_limit=65_536, pending_bytes_limit=256 * 1024 * 1024
        )
        name = stream_name(self._partition)
        config = {
            "deliver_subject": inbox,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self.next,
            "ack_policy": "none",
            "idle_heartbeat": int(HEARTBEAT_S * 1e9),
            "flow_control": True,
            "mem_storage": True,
            "num_replicas": 1,
            "inactive_threshold": int(5e9),
        }
        body = json.dumps({"stream_name": name, "config": config}).encode()
        answer = await request(self._client, f"$JS.API.CONSUMER.CREATE.{name}", body)
        if "error" in answer:
            await self._close()
            raise LogError(f"cannot read {name}: {answer['error'].get('description')}")
        self._consumer = answer["name"]
        self._heard = asyncio.get_running_loop().time()

    async def _close(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            try:
                await subscription.unsubscribe()
            except Exception as error:  # noqa: BLE001 - a connection that is closing says many things
                logger.debug("unsubscribe", partition=self._partition, error=str(error))
        self._consumer = ""

    async def _take(self, message: Msg) -> None:
        loop = asyncio.get_running_loop()
        self._heard = loop.time()
        if message.headers and message.headers.get("Status") == "100":
            # Flow control wants its answer; a stalled consumer names the subject in a header.
            stalled = message.headers.get("Nats-Consumer-Stalled")
            answer = message.reply or stalled
            if answer:
                await self._client.publish(answer, b"")
            behind = int(message.headers.get("Nats-Last-Stream", 0))
            if behind >= self.next:
                await self._again(f"heartbeat is at {behind}")
            return
        position, stamp = _where(message.reply)
        if position != self.next:
            if position > self.next:
                await self._again(f"got {position}")
            return
        async with self._delivering:
            try:
                await self._deliver(position, stamp, message.subject, message.data)
            except Exception as error:
                self.error, self._stopped = error, True
                self._generation += 1
                logger.exception("partition stops", partition=self._partition, position=position)
                return
            self.next = position + 1
        self._heard = loop.time()

    async def _again(self, why: str) -> None:
        logger.warning("log skipped", partition=self._partition, next=self.next, why=why)
        self._generation += 1
        await self._close()


def _where(reply: str) -> tuple[int, float]:
    """Stream sequence and stamp (s) from `$JS.ACK…`, of nine parts or in its longer form."""
    parts = reply.split(".")
    shift = 0 if len(parts) == 9 else 2  # noqa: PLR2004 - see the docstring
    return int(parts[5 + shift]), int(parts[7 + shift]) / 1e9
