"""Written: what the log holds of each twin, read from the log server with code of its own.

Nothing here is shared with what runs twins: blocks are read as `actors/block.py` says that they
lie there, so that a mistake there is not made here, too.
"""

import asyncio
import json
from typing import Any
from zlib import crc32

import msgpack
from msgspec import Struct, field
from nats.aio.client import Client
from nats.errors import Error as NatsError

from load.chaos.odd import ODD
from load.chaos.promise import Owed

TOGETHER = 64
"""How many messages of a log are asked for at once."""

AGAIN_S = 0.2
TIMEOUT_S = 5.0
_GONE = "404"
_SEALED = 8


class Line(Struct):
    """What the log holds of one twin's device."""

    numbers: list[int] = field(default_factory=list)
    """In the order in which they stand there for the first time."""
    first: dict[int, int] = field(default_factory=dict)
    """Number -> position at which it stands for the first time."""
    digest: int = 0
    """CRC-32 over these payloads, in order: what the twin's has to be."""
    repeats: int = 0

    def take(self, number: int, position: int, payload: bytes) -> None:
        """Take what stands next in the log."""
        if number in self.first:
            self.repeats += 1
            return
        self.first[number] = position
        self.numbers.append(number)
        self.digest = crc32(payload, self.digest)

    @property
    def inversions(self) -> int:
        """How many stand behind a higher one."""
        highest, found = 0, 0
        for number in self.numbers:
            found += number < highest
            highest = max(highest, number)
        return found


class Written(Struct):
    """All logs."""

    lines: dict[str, Line] = field(default_factory=dict)
    """Twin id -> what the log holds of it."""
    ends: dict[int, int] = field(default_factory=dict)
    """Partition -> its last position."""
    owed: dict[str, Owed] = field(default_factory=dict)
    """Twin id of an odd device -> what it has to hold."""
    partition: dict[str, int] = field(default_factory=dict)
    """Twin id -> the partition in whose log it stands."""
    problems: list[str] = field(default_factory=list)

    def block(self, partition: int, position: int, body: bytes) -> None:
        """Take one message of a log."""
        if not body:
            return  # a tick
        array: list[Any] = msgpack.unpackb(body)
        source, entries = array[4], array[7]
        if source != -1:
            return  # from other twins
        for subject, _, origin, payload in entries:
            if origin >= _SEALED:
                self.problems.append(f"partition {partition}, position {position}: sealed entry")
                continue
            message = msgpack.unpackb(payload)
            number = message.get("sequence")
            odd = subject.startswith(ODD)
            if number is None and not odd:
                continue
            known = self.partition.setdefault(subject, partition)
            if known != partition:
                self.problems.append(f"{subject} stands in the logs of {known} and {partition}")
            if odd:
                self.owed.setdefault(subject, Owed()).take(message, payload)
            else:
                self.lines.setdefault(subject, Line()).take(number, position, payload)


async def read_logs(client: Client, partitions: int) -> Written:
    """Read every log from its beginning to where it ends now."""
    written = Written()
    for partition in range(partitions):
        state = (await _ask(client, f"$JS.API.STREAM.INFO.LOG_{partition}", b""))["state"]
        first, last = state["first_seq"], state["last_seq"]
        written.ends[partition] = last
        if first > 1 and last >= first:
            written.problems.append(f"log {partition} begins at {first}: it was trimmed")
        for start in range(first, last + 1, TOGETHER):
            positions = range(start, min(start + TOGETHER, last + 1))
            bodies = await asyncio.gather(*(_get(client, partition, one) for one in positions))
            for position, body in zip(positions, bodies, strict=True):
                if body is None:
                    written.problems.append(f"log {partition} has no position {position}")
                else:
                    written.block(partition, position, body)
    return written


async def _get(client: Client, partition: int, position: int) -> bytes | None:
    """One message of a log; None when it is not there."""
    asked = json.dumps({"seq": position}).encode()
    while True:
        try:
            answer = await client.request(
                f"$JS.API.DIRECT.GET.LOG_{partition}", asked, timeout=TIMEOUT_S
            )
        except NatsError:
            await asyncio.sleep(AGAIN_S)
            continue
        if (answer.headers or {}).get("Status") == _GONE:
            return None
        body: bytes = answer.data
        return body


async def _ask(client: Client, subject: str, body: bytes) -> Any:
    while True:
        try:
            answer = json.loads((await client.request(subject, body, timeout=TIMEOUT_S)).data)
        except NatsError:
            await asyncio.sleep(AGAIN_S)
            continue
        if "error" not in answer:
            return answer
        await asyncio.sleep(AGAIN_S)
