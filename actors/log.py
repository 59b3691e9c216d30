"""The log: one JetStream stream a partition, the truth of everything.

Streams are called `LOG_<p>` and hold three kinds of subjects: `log.<p>.in` (blocks of gateways),
`log.<p>.from.<q>` (what partition q's twins told), `log.<p>.tick` (time passing). Durable means:
fsynced by the server, which runs with `sync_interval: always`.
"""

import asyncio
import json
from base64 import b64decode
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from actors.block import GENESIS, SEALED_BLOCK, Entry, chain, decode_block, encode_block
from actors.cancelling import cancellable
from actors.errors import LogError, LogFull, LogMissing, Superseded
from actors.keyring import Keyring

logger = structlog.get_logger(__name__)

WRONG_LAST_SEQUENCE = 10071
FULL = {10047, 10077, 10122, 10023}
"""JetStream's codes for: insufficient storage, max bytes, max messages, resources exceeded."""

NO_MESSAGE = 10037
"""JetStream's code for a subject that holds no message."""

NOT_FOUND = "404"
"""The status of a position that holds no message."""

NAME_IN_USE = 10058
"""JetStream's code for a stream that exists with another configuration."""

PARTITIONS = "vigil.partitions"
"""Each stream says in its metadata for how many partitions the log was made."""

ANSWER_S = 2.0
"""How long to wait for the server's answer before asking what came of a block, in seconds."""

AGAIN_S = 0.2
"""Pause before trying again while the server is away, in seconds."""


def stream_name(partition: int) -> str:
    """The stream of a partition."""
    return f"LOG_{partition}"


class StreamState(Struct, frozen=True):
    """What the server says of one stream."""

    first: int
    last: int
    bytes: int
    max_bytes: int
    created: float
    """When the stream was made, seconds since the epoch: made anew, it is another log."""
    now: float
    """The log server's clock when it answered, seconds since the epoch."""


class Stored(Struct, frozen=True):
    """One message as the log holds it."""

    position: int
    stamp: float
    subject: str
    body: bytes


async def _answer(client: Client, subject: str, body: bytes = b"", **headers: str) -> Msg:
    """The server's answer; `LogError` when it cannot be had in time."""
    try:
        with cancellable():
            return await client.request(
                subject,
                body,
                timeout=ANSWER_S,
                headers={name.replace("_", "-"): text for name, text in headers.items()} or None,
            )
    except (NatsError, TimeoutError, OSError) as error:
        raise LogError(f"{subject}: no answer from the log server: {error!r}") from error


async def request(client: Client, subject: str, body: bytes = b"", **headers: str) -> Any:
    """Ask JetStream and return its JSON answer; `LogError` when it cannot be had in time."""
    answer = await _answer(client, subject, body, **headers)
    try:
        return json.loads(answer.data)
    except ValueError as error:
        raise LogError(f"{subject}: an answer that is no JSON: {answer.data[:80]!r}") from error


async def create_streams(client: Client, partitions: int, max_bytes: int) -> None:
    """Create the streams that are missing; those that are there stay as they are.

    Raises `LogError`, and creates nothing, when the log was made for another number.
    """
    made_for = await _made_for(client)
    if made_for not in (None, partitions):
        raise _differs(made_for, partitions)
    for partition in range(partitions):
        config = {
            "name": stream_name(partition),
            "subjects": [
                f"log.{partition}.in",
                f"log.{partition}.from.*",
                f"log.{partition}.tick",
            ],
            "retention": "limits",
            "discard": "new",
            "storage": "file",
            "compression": "s2",
            "max_bytes": max_bytes,
            "max_age": 0,
            "duplicate_window": 1_000_000_000,
            "allow_direct": True,
            "deny_delete": True,
            "num_replicas": 1,
            "metadata": {PARTITIONS: str(partitions)},
        }
        answer = await request(
            client, f"$JS.API.STREAM.CREATE.{config['name']}", json.dumps(config).encode()
        )
        error = answer.get("error")
        if error and error.get("err_code") != NAME_IN_USE:
            raise LogError(f"cannot create {config['name']}: {error.get('description')}")
    count = await _count_streams(client)
    if count != partitions:
        raise _differs(count, partitions)


def _differs(made_for: int | None, partitions: int) -> LogError:
    return LogError(
        f"the log was made for {made_for} partitions, not {partitions}; "
        "start with the number it was made for"
    )


async def _made_for(client: Client) -> int | None:
    """The number in the first stream, which is made first; None when there is no log yet."""
    answer = await request(client, f"$JS.API.STREAM.INFO.{stream_name(0)}")
    number = answer.get("config", {}).get("metadata", {}).get(PARTITIONS)
    return None if number is None else int(number)


async def _count_streams(client: Client) -> int:
    body = json.dumps({"subject": "log.*.in"}).encode()
    answer = await request(client, "$JS.API.STREAM.NAMES", body)
    return int(answer.get("total", 0))


async def stream_state(client: Client, partition: int) -> StreamState:
    """Ask the server where the log of a partition begins and ends."""
    answer = await request(client, f"$JS.API.STREAM.INFO.{stream_name(partition)}")
    if "error" in answer:
        raise LogMissing(f"partition {partition}: {answer['error'].get('description')}")
    state = answer["state"]
    return StreamState(
        first=state["first_seq"],
        last=state["last_seq"],
        bytes=state["bytes"],
        max_bytes=answer["config"]["max_bytes"],
        created=datetime.fromisoformat(answer["created"]).timestamp(),
        now=datetime.fromisoformat(answer["ts"]).timestamp(),
    )


def stamp_of(text: str) -> float:
    """A stamp of the server (RFC 3339, UTC, to the nanosecond) in seconds since the epoch.

    To the last digit what `actors.reader` makes of the same stamp, which comes there as a number:
    a replay of what is read here must not differ from one of what was delivered.
    """
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return (seconds * 10**9 + int(fraction.ljust(9, "0")[:9] or "0")) / 1e9


async def read(client: Client, partition: int, position: int) -> Stored | None:
    """Read one message by its position; None when it was trimmed.

    Straight from the stream, which answers several at a time, and in bytes: JetStream's API gives
    one after the other, as JSON.
    """
    name = stream_name(partition)
    answer = await _answer(client, f"$JS.API.DIRECT.GET.{name}", b'{"seq":%d}' % position)
    headers = answer.headers or {}
    if "Status" in headers:
        if headers["Status"] == NOT_FOUND:
            return None
        raise LogError(f"{name}: {headers['Status']} {headers.get('Description', '')}")
    stamp = stamp_of(headers["Nats-Time-Stamp"])
    return Stored(int(headers["Nats-Sequence"]), stamp, headers["Nats-Subject"], answer.data)


async def last(client: Client, partition: int, subject: str) -> Stored | None:
    """Read the newest message of a subject; None when there is none."""
    name = stream_name(partition)
    body = json.dumps({"last_by_subj": subject}).encode()
    answer = await request(client, f"$JS.API.STREAM.MSG.GET.{name}", body)
    error = answer.get("error")
    if error is not None:
        if error.get("err_code") == NO_MESSAGE:
            return None
        raise LogError(f"{name}: {error.get('description')}")
    message = answer["message"]
    stamp = stamp_of(message["time"])
    return Stored(message["seq"], stamp, message["subject"], b64decode(message.get("data", "")))


async def trim(client: Client, partition: int, below: int) -> None:
    """Drop all positions below `below`, but never a gateway's newest block (its chain goes on).

    The positions that follow are counted on, also when nothing is left.
    """
    state = await stream_state(client, partition)
    newest = await last(client, partition, f"log.{partition}.in")
    keep = min(below, newest.position if newest else below, state.last + 1)
    # The server takes 0 for "all", and a position beyond the end for the next one to give.
    if keep <= state.first:
        return
    body = json.dumps({"seq": keep}).encode()
    answer = await request(client, f"$JS.API.STREAM.PURGE.{stream_name(partition)}", body)
    if "error" in answer:
        raise LogError(f"cannot trim partition {partition}: {answer['error'].get('description')}")


async def put(client: Client, subject: str, body: bytes) -> int:
    """Publish until the log has it, and return its position. It may be stored more than once.

    For what receivers recognise when it comes again: messages of a pair, and ticks.
    """
    while True:
        try:
            answer = await request(client, subject, body)
        except LogError as error:
            logger.debug("log away", subject=subject, error=str(error))
            await asyncio.sleep(AGAIN_S)
            continue
        refusal = answer.get("error")
        if refusal is None:
            return int(answer["seq"])
        logger.warning("log refuses", subject=subject, error=refusal.get("description"))
        await asyncio.sleep(AGAIN_S)


async def _seal(entries: list[Entry], keyring: Keyring) -> tuple[list[Entry], int]:
    """A block's entries, and the key id that it names; whatever waits for the disk in a thread."""
    if keyring.stale():
        await asyncio.to_thread(keyring.refresh)
    if strangers := keyring.strangers(entries):
        await asyncio.to_thread(keyring.look_up, strangers)
    sealed, some = keyring.seal(entries)
    return sealed, SEALED_BLOCK if some else 0


class Appender:
    """Writes a gateway's blocks to one partition: each once, in order, or not at all.

    Invariant: one append at a time. Every block names the one that it follows, so an older
    gateway's block is refused by the server itself. That keeps two gateways from mixing, but does
    not say which of them is the owner; the epoch in the newest block does. So after `Superseded`
    it is opened again: it goes on behind a gateway of an earlier epoch whose last block came late,
    and gives way for good to one of a later epoch.
    """

    def __init__(self, client: Client, partition: int, keyring: Keyring | None = None) -> None:
        self._client = client
        self._keyring = keyring
        self.partition = partition
        self._subject = f"log.{partition}.in"
        self._last = 0
        self._chain = GENESIS
        self._epoch = 0

    async def open(self, epoch: int) -> None:
        """Find the end of the log; until then nothing may be appended.

        Raises `Superseded` when a gateway of a later epoch has written.
        """
        while True:
            try:
                newest = await last(self._client, self.partition, self._subject)
            except LogError as error:
                logger.debug("log away", partition=self.partition, error=str(error))
                await asyncio.sleep(AGAIN_S)
                continue
            break
        if newest is not None and (written := decode_block(newest.body).epoch) > epoch:
            raise Superseded(
                f"partition {self.partition}: position {newest.position} is a block of epoch "
                f"{written}; epoch {epoch} is over"
            )
        self._last = newest.position if newest else 0
        self._chain = chain(newest.body) if newest else GENESIS
        self._epoch = epoch

    async def append(self, entries: list[Entry]) -> int:
        """Write one block and return its position once it is durable.

        While the server is away it tries again for ever; an unknown outcome is looked up in the
        log. Raises `Superseded` when another gateway has appended, `LogFull` at the limit.
        """
        key_id = 0
        if self._keyring is not None:
            entries, key_id = await _seal(entries, self._keyring)
        body = encode_block(self._epoch, self._chain, entries, key_id=key_id)
        while True:
            try:
                answer = await request(
                    self._client,
                    self._subject,
                    body,
                    Nats_Expected_Last_Subject_Sequence=str(self._last),
                )
            except LogError as error:
                logger.debug("log away", partition=self.partition, error=str(error))
                await asyncio.sleep(AGAIN_S)
                continue
            refusal = answer.get("error")
            if refusal is None:
                return self._follow(int(answer["seq"]), body)
            code = refusal.get("err_code")
            if code == WRONG_LAST_SEQUENCE:
                return await self._settle(body)
            if code in FULL:
                raise LogFull(f"partition {self.partition}: {refusal.get('description')}")
            logger.warning("log refuses", partition=self.partition, error=refusal)
            await asyncio.sleep(AGAIN_S)

    def _follow(self, position: int, body: bytes) -> int:
        self._last = position
        self._chain = chain(body)
        return position

    async def _settle(self, body: bytes) -> int:
        """Something was appended since: our own block of a try before, or another gateway's."""
        while True:
            try:
                newest = await last(self._client, self.partition, self._subject)
            except LogError:
                await asyncio.sleep(AGAIN_S)
                continue
            if newest is not None and newest.body == body:
                return self._follow(newest.position, body)
            raise Superseded(
                f"partition {self.partition}: position {newest.position if newest else 0} was "
                f"appended by another gateway after {self._last}; epoch {self._epoch} is over"
            )
