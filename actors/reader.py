"""Reading the log: a push consumer of our own, which never skips a position."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from actors.errors import LogError, LogMissing
from actors.log import AGAIN_S, StreamState, request, stream_name, stream_state

logger = structlog.get_logger(__name__)

HEARTBEAT_S = 0.5
SILENT_S = 1.6
"""Three heartbeats missed: the consumer is gone (the server was restarted); begin anew."""

PENDING_MESSAGES = 65_536
PENDING_BYTES = 256 * 1024 * 1024
"""What may wait for `deliver` in memory; the client drops what comes beyond, and it is read anew.
Flow control keeps the server far below."""

Deliver = Callable[[int, float, str, bytes], Awaitable[None]]
"""Takes (position, log server's stamp in seconds, subject, body); may wait: that holds reading."""


class Reader:
    """Delivers every message of one partition's log from a position on, in order, without gap.

    Invariant: `deliver` sees position `next`, then `next + 1`, and so on; a message that is not
    the next one (dropped, or of a consumer before) makes the reader begin again from `next`.
    A log that is no longer the one it began with, or does not hold `next`, ends it.
    """

    def __init__(self, client: Client, partition: int, start: int, deliver: Deliver) -> None:
        self._client = client
        self._partition = partition
        self.next = start
        self._deliver = deliver
        self._subscription: Subscription | None = None
        self._generation = 0
        self._heard = 0.0
        self._delivering = asyncio.Lock()
        self._stopped = False
        self._created: float | None = None
        self.error: Exception | None = None
        """What `deliver` raised, or `LogMissing`; nothing is delivered after it."""
        self.failed = asyncio.Event()
        """Set when there is an `error`."""
        self._watch: asyncio.Task[None] | None = None
        self.restarts = 0
        """How often it began to read, the first time included."""

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
                except (LogError, NatsError, OSError) as error:
                    logger.debug("reader waits", partition=self._partition, error=str(error))
                    await asyncio.sleep(AGAIN_S)
                    continue
            await asyncio.sleep(AGAIN_S)

    async def _open(self) -> None:
        await self._close()
        missing = self._missing(await stream_state(self._client, self._partition))
        if missing is not None:
            self._fail(missing)
            return
        try:
            await self._subscribe()
        except (LogError, NatsError, OSError):
            # It may deliver already. Closing would cut that off: applied, and then read again.
            self._generation += 1
            async with self._delivering:
                await self._close()
            raise
        self.restarts += 1
        self._heard = asyncio.get_running_loop().time()

    def _missing(self, state: StreamState) -> LogMissing | None:
        """Why this log does not go on where we stand; the server would let us wait for ever."""
        self._created = self._created or state.created
        again = abs(state.created - self._created) > 1.0
        if not again and state.first <= self.next <= state.last + 1:
            return None
        what = "was made anew" if again else "is not whole"
        return LogMissing(
            f"partition {self._partition}: the log {what}: it holds positions {state.first} to "
            f"{state.last}, and {self.next} comes next. Restore the log that was read so far"
        )

    async def _subscribe(self) -> None:
        self._generation += 1
        generation = self._generation
        inbox = self._client.new_inbox()

        async def take(message: Msg) -> None:
            if generation == self._generation:
                await self._take(message)

        self._subscription = await self._client.subscribe(
            inbox,
            cb=take,
            pending_msgs_limit=PENDING_MESSAGES,
            pending_bytes_limit=PENDING_BYTES,
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
            raise LogError(f"cannot read {name}: {answer['error'].get('description')}")

    async def _close(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            try:
                await subscription.unsubscribe()
            except Exception as error:  # noqa: BLE001 - a connection that is closing says many things
                logger.debug("unsubscribe", partition=self._partition, error=str(error))

    async def _take(self, message: Msg) -> None:
        loop = asyncio.get_running_loop()
        self._heard = loop.time()
        if message.headers and "Status" in message.headers:
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
            except Exception as error:  # noqa: BLE001 - whatever it is, what follows it must wait
                self._fail(error)
                await self._close()
                return
            self.next = position + 1
        self._heard = loop.time()

    def _fail(self, error: Exception) -> None:
        """Nothing more is delivered."""
        self.error, self._stopped = error, True
        self._generation += 1
        self.failed.set()
        logger.error(
            "partition stops", partition=self._partition, position=self.next, exc_info=error
        )

    async def _again(self, why: str) -> None:
        logger.warning("log skipped", partition=self._partition, next=self.next, why=why)
        self._generation += 1
        await self._close()


def _where(reply: str) -> tuple[int, float]:
    """Stream sequence and stamp (s) from `$JS.ACK…`, of nine parts or in its longer form."""
    parts = reply.split(".")
    shift = 0 if len(parts) == 9 else 2  # noqa: PLR2004 - nine parts: without domain and account
    return int(parts[5 + shift]), int(parts[7 + shift]) / 1e9
