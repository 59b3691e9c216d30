"""Dead letters: what was refused for good, or refused without anybody who could be told.

The stream `DEAD` has subjects `dead.<p>.<kind>.<key>`. Its writes share the disk with the log, so
they are few: one at a time, with a pause, and refusals of one device for one reason that come in
between are counted into one letter. A flood of bad messages costs a letter now and then.
"""

import asyncio
import json
import re

import msgspec
import structlog
from msgspec import Struct, msgpack, structs
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from actors.errors import LogError, StoreError
from actors.keyring import Keyring
from actors.keys import Keys, key_id_of
from actors.log import request
from twins.ids import PART

logger = structlog.get_logger(__name__)

STREAM = "DEAD"
PER_DEVICE = 1000
"""Letters kept of one device; a noisy one must not push out all others."""

PAUSE_S = 0.02
"""Between two letters; the disk is for the log."""

MOST_WAITING = 1000
"""Letters that wait to be written; those of further devices are counted and dropped."""

READ_S = 5.0
"""How long reading may take, in seconds."""

EXISTS = 10058
"""JetStream: the stream is there already, with another configuration."""


class DeadLetter(Struct, array_like=True):
    """One refused message, or several of one device for the same reason."""

    at: float
    """When it was refused, seconds since the epoch, by the gateway's clock."""
    partition: int
    kind: str
    key: str
    type: str
    way: str
    """`nats`, `mqtt` or `inside`."""
    reason: str
    description: str
    size: int
    """Bytes of the message."""
    payload: bytes
    """Its beginning."""
    count: int = 1
    """How many are meant; the payload is the first one's."""


_part = re.compile(PART).fullmatch
_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(DeadLetter).decode
_encode_words = msgpack.Encoder().encode
_decode_words = msgpack.Decoder(tuple[str, bytes]).decode

SEALED = "sealed"
"""Description of a letter that is sealed, and lies in its payload."""


async def create_dead_letters(client: Client, max_bytes: int) -> None:
    """Make the stream when it is missing, and else give it the size that is wanted now."""
    config = {
        "name": STREAM,
        "subjects": ["dead.*.*.*"],
        "retention": "limits",
        "discard": "old",
        "storage": "file",
        "compression": "s2",
        "max_bytes": max_bytes,
        "max_msgs_per_subject": PER_DEVICE,
        "num_replicas": 1,
    }
    body = json.dumps(config).encode()
    answer = await request(client, f"$JS.API.STREAM.CREATE.{STREAM}", body)
    if answer.get("error", {}).get("err_code") == EXISTS:
        answer = await request(client, f"$JS.API.STREAM.UPDATE.{STREAM}", body)
    if "error" in answer:
        raise LogError(f"cannot create {STREAM}: {answer['error'].get('description')}")


class DeadLetters:
    """Writes letters in the background.

    Args:
        client: Connected as one of Vigil's own parts.
        keep_bytes: How much of a payload is kept.
        keyring: What letters of persons' twins are sealed with; None: nothing is.
    """

    def __init__(self, client: Client, keep_bytes: int, keyring: Keyring | None = None) -> None:
        self._client = client
        self._keyring = keyring
        self._keep = keep_bytes
        self._waiting: dict[tuple[str, str, str], DeadLetter] = {}
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.written = 0
        self.dropped = 0
        """Refusals that were not kept, because too many waited."""

    def start(self) -> None:
        """Begin to write, in the running loop."""
        self._task = asyncio.create_task(self._run(), name="dead-letters")

    async def stop(self) -> None:
        """Write nothing more; what waits is lost."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def note(self, letter: DeadLetter) -> None:
        """Keep a refused message; it is written soon."""
        which = (letter.kind, letter.key, letter.reason)
        waiting = self._waiting.get(which)
        if waiting is not None:
            waiting.count += letter.count
            return
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += letter.count
            return
        letter.payload = letter.payload[: self._keep]
        self._waiting[which] = letter
        self._some.set()

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                which = next(iter(self._waiting))
                await self._write(self._waiting.pop(which))
                await asyncio.sleep(PAUSE_S)

    async def _write(self, letter: DeadLetter) -> None:
        # What is no id can be no part of a subject of ours either; the letter has it as it was.
        kind, key = (part if _part(part) else "_" for part in (letter.kind, letter.key))
        subject = f"dead.{letter.partition}.{kind}.{key}"
        try:
            if self._keyring is not None:
                letter = await asyncio.to_thread(seal_letter, letter, self._keyring)
            answer = await request(self._client, subject, _encode(letter))
        except (LogError, StoreError, NatsError, ValueError) as error:
            self.dropped += letter.count
            logger.warning("dead letter lost", subject=subject, error=str(error))
            return
        if "error" in answer:
            self.dropped += letter.count
            logger.warning("dead letter lost", subject=subject, error=answer["error"])
            return
        self.written += 1

    def __len__(self) -> int:
        """Letters that wait to be written."""
        return len(self._waiting)


def seal_letter(letter: DeadLetter, keyring: Keyring) -> DeadLetter:
    """The letter as it is kept: where its twin is somebody's, what it says is sealed."""
    twin_id = f"{letter.kind}/{letter.key}"
    key = keyring.key_of(twin_id)
    if key is None:
        return letter
    words = _encode_words((letter.description, letter.payload))
    return structs.replace(letter, description=SEALED, payload=key.seal(words, twin_id.encode()))


def open_letter(letter: DeadLetter, keys: Keys) -> DeadLetter:
    """The letter as it was; nothing but its address where the key is gone."""
    if letter.description != SEALED:
        return letter
    key = keys.get(key_id_of(letter.payload))
    if key is None:
        return structs.replace(letter, payload=b"")
    words = _decode_words(key.open(letter.payload, f"{letter.kind}/{letter.key}".encode()))
    return structs.replace(letter, description=words[0], payload=words[1])


async def read_dead_letters(
    client: Client,
    *,
    kind: str = "*",
    key: str = "*",
    most: int = 100,
    keys: Keys | None = None,
) -> list[DeadLetter]:
    """The newest letters, oldest of them first; of one kind or device where they are named.

    With `keys`, those of persons' twins come opened.

    Raises `LogError` when the server does not answer in time.
    """
    inbox = client.new_inbox()
    found: list[DeadLetter] = []
    end = asyncio.get_running_loop().create_future()
    pending = 0

    async def take(message: Msg) -> None:
        nonlocal pending
        try:
            letter = _decode(message.data)
            found.append(letter if keys is None else open_letter(letter, keys))
        except msgspec.DecodeError:
            logger.warning("not a dead letter", subject=message.subject)
        del found[:-most]
        pending -= 1
        if pending <= 0 and not end.done():
            end.set_result(None)

    filter_subject = f"dead.*.{kind}.{key}"
    everything = (kind, key) == ("*", "*")
    start = 1
    if everything:
        info = await request(client, f"$JS.API.STREAM.INFO.{STREAM}")
        start = max(1, int(info.get("state", {}).get("last_seq", 0)) - most + 1)
    config = {
        "deliver_subject": inbox,
        "deliver_policy": "by_start_sequence",
        "opt_start_seq": start,
        "filter_subject": filter_subject,
        "ack_policy": "none",
        "mem_storage": True,
        "inactive_threshold": int(READ_S * 1e9),
    }
    subscription = await client.subscribe(inbox, cb=take)
    try:
        body = json.dumps({"stream_name": STREAM, "config": config}).encode()
        answer = await request(client, f"$JS.API.CONSUMER.CREATE.{STREAM}", body)
        if "error" in answer:
            raise LogError(f"cannot read {STREAM}: {answer['error'].get('description')}")
        # What was delivered meanwhile has made `pending` negative.
        pending += int(answer.get("num_pending", 0)) + int(answer["delivered"]["consumer_seq"])
        if pending > 0:
            async with asyncio.timeout(READ_S):
                await end
    except TimeoutError:
        raise LogError(f"{STREAM}: {pending} letters did not come in time") from None
    finally:
        await subscription.unsubscribe()
    return found
