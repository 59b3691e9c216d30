"""Wire: a NATS client for very many small messages, which takes and sends them in batches.

nats-py handles messages one by one: a regular expression, a queue and a task switch for each that
arrives, an encoded command and a flush for each that leaves. That is most of what a device message
costs a gateway (docs/decisions/006). `BatchClient` is nats-py's client in all that is rare
(signing in, reconnecting, requests, errors) and does the two frequent things itself.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError, OutboundBufferLimitError, ProtocolError
from nats.protocol.parser import Parser

Arrived: TypeAlias = tuple[bytes, bytes, bytes, bytes]
"""One message: (subject, reply subject, headers as they came, payload); `b""` where there is none.
No subject holds white space."""

TakeBatch: TypeAlias = Callable[[list[Arrived]], Awaitable[None]]
"""Takes what one read of the socket brought for one subscription, in order. Nothing further is
read until it returns: whoever waits in it holds the whole connection, its pings included."""

_CRLF = b"\r\n"
_MSG = b"MSG"
_HMSG = b"HMSG"
_PARTS = {_MSG: (4, 5), _HMSG: (5, 6)}
"""Words of a control line, without and with a reply subject."""


class BatchClient(Client):
    """A NATS client whose batch subscriptions get many messages at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: dict[bytes, tuple[Subscription, TakeBatch]] = {}
        """Subscription id, as it stands on the wire -> who takes its messages."""
        self._ps = BatchParser(self)

    async def subscribe_batches(self, subject: str, take: TakeBatch) -> Subscription:
        """Let `take` have every message of a subject from now on, until the subscription drains."""

        async def take_one(message: Msg) -> None:
            # What comes between the subscription and the line below it.
            headers = "".join(
                f"{name}: {value}\r\n" for name, value in (message.headers or {}).items()
            )
            await take(
                [(message.subject.encode(), message.reply.encode(), headers.encode(), message.data)]
            )

        subscription = await self.subscribe(subject, cb=take_one)
        number = subscription._id  # noqa: SLF001 - it is what the wire calls the subscription
        self.batches[b"%d" % number] = subscription, take
        return subscription

    async def publish_same(self, subjects: list[bytes], body: bytes) -> None:
        """Publish one body to many subjects, in order.

        Raises nats-py's `ConnectionClosedError`, and `OutboundBufferLimitError` while the server is
        away and what waits for it is too much.
        """
        tail = b"  %d\r\n%b\r\n" % (len(body), body)
        await self._send(b"PUB " + (tail + b"PUB ").join(subjects) + tail, len(subjects))

    async def publish_all(self, messages: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Publish many (subject, reply subject, payload), in order; see `publish_same`."""
        commands = [
            b"PUB %b %b %d\r\n%b\r\n" % (subject, reply, len(payload), payload)
            for subject, reply, payload in messages
        ]
        await self._send(b"".join(commands), len(commands))

    async def _send(self, commands: bytes, count: int) -> None:
        if not count:
            return
        if self.is_closed:
            raise ConnectionClosedError
        waiting = len(commands) + self._pending_data_size
        if not self.is_connected and waiting > self._max_pending_size:
            raise OutboundBufferLimitError
        self.stats["out_msgs"] += count
        self.stats["out_bytes"] += len(commands)
        await self._send_command(commands)
        if self._flush_queue is not None and self._flush_queue.empty():
            await self._flush_pending()

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        super()._remove_sub(sid, max_msgs)
        self.batches.pop(b"%d" % sid, None)


class BatchParser(Parser):
    """Splits what a read brought into frames: batches for their takers, the rest for nats-py.

    Invariant: frames take effect in the order in which they came; a batch is delivered before any
    frame behind it that is not its own.
    """

    def __init__(self, client: BatchClient) -> None:
        super().__init__(client)
        self._client = client

    def reset(self) -> None:
        """Forget the half of a frame that a lost connection left."""
        super().reset()
        self._rest = b""

    async def parse(self, data: bytes = b"") -> None:
        """Take over what was read; a frame that is not whole yet waits for the next read.

        Raises nats-py's `ProtocolError` for what is no NATS; the client connects anew.
        """
        try:
            await self._parse(data)
        except (ValueError, IndexError) as error:
            raise ProtocolError from error

    async def _parse(self, data: bytes) -> None:
        buffer = self._rest + data if self._rest else data
        batches, taker = self._client.batches, None
        batch: list[Arrived] = []
        at, end, find = 0, len(buffer), buffer.find
        while at < end:
            line = find(_CRLF, at)
            if line < 0:
                break
            words = buffer[at:line].split(b" ")
            word = words[0]
            if word in _PARTS:
                body = line + 2
                after = body + int(words[-1]) + 2
                if after > end:
                    break
                found = batches.get(words[2])
                if found is not None:
                    if found is not taker:
                        if taker is not None:
                            await self._hand_over(taker, batch)
                        taker, batch = found, []
                    batch.append(_arrived(words, buffer, body, after - 2))
                    at = after
                    continue
            else:
                after = line + 2
            if taker is not None:
                await self._hand_over(taker, batch)
                taker, batch = None, []
            # Cleared first: what nats-py makes of a frame may be a reset.
            self._rest = b""
            await super().parse(buffer[at:after])
            at = after
        self._rest = buffer[at:]
        if taker is not None:
            await self._hand_over(taker, batch)

    async def _hand_over(self, taker: tuple[Subscription, TakeBatch], batch: list[Arrived]) -> None:
        subscription, take = taker
        subscription._received += len(batch)  # noqa: SLF001 - as nats-py itself counts
        self._client.stats["in_msgs"] += len(batch)
        await take(batch)


def _arrived(words: list[bytes], buffer: bytes, body: int, end: int) -> Arrived:
    plain, answered = _PARTS[words[0]]
    if len(words) == answered:
        reply = words[3]
    elif len(words) == plain:
        reply = b""
    else:
        raise ProtocolError
    if words[0] == _MSG:
        return words[1], reply, b"", buffer[body:end]
    split = body + int(words[-2])
    return words[1], reply, buffer[body:split], buffer[split:end]
