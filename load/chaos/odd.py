"""Odd devices: they repeat, shuffle and come hours late, or send what no handler survives.

No client of ours runs in them: each message is a plain NATS request, repeated until it is
acknowledged or refused for good.
"""

import asyncio
import json
import random
from typing import Any

import msgpack
from msgspec import Struct, field
from nats.aio.client import Client
from nats.errors import Error as NatsError

TIMEOUT_S = 2.0
AGAIN_S = 0.3
NOT_NOW = (409, 429)
"""Refusals that say to try again, beside those of the server's own (500 and above)."""

ODD = "vehicle/odd-"
"""What the ids of those that shuffle begin with."""

SPAN = 24
"""A message comes at most so many places before or after its own: less than the 32 ids, and the 64
numbers, within which repeats are promised to be known."""

LATE = 0.1
"""Share of the readings that come `LATE_S` after they were measured."""

LATE_S = 3 * 3600.0
FORGOTTEN = 5
"""Messages that a numbered device sends once more when all is over."""

COUNT = 120
"""Messages of one bout of one device."""

CLASSES = ("numbered", "named", "nameless")
"""With boot and sequence, with an id, with neither."""


class Said(Struct):
    """What one odd device sent, and what it was told."""

    payloads: set[bytes] = field(default_factory=set)
    """All that it sent, each once."""
    acknowledged: set[bytes] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    sendings: int = 0


class Odd:
    """All odd devices of a run.

    Args:
        clients: Kind -> a connection that is signed in for all devices of it.
        chance: Of what they do.
        now: Seconds since the epoch, when the run began.
    """

    def __init__(self, clients: dict[str, Client], chance: random.Random, now: float) -> None:
        self._clients = clients
        self._chance = chance
        self._now = now
        self._numbers = 0
        self.said: dict[str, Said] = {}
        """Twin id -> book."""

    async def shuffle(self, bout: int) -> int:
        """One bout of a device of each class; returns how many messages were sent."""
        ids = {name: f"{ODD}{name}-{bout}" for name in CLASSES}
        await asyncio.gather(*(self._bout(id_, name) for name, id_ in ids.items()))
        return sum(self.said[id_].sendings for id_ in ids.values())

    async def _bout(self, twin_id: str, class_: str) -> None:
        messages = self._messages(class_)
        for payload in shuffled(messages, self._chance):
            await self.send(twin_id, "telemetry", payload)
        if class_ == "numbered":
            # Long known, and below the window by now: once for ever.
            for payload in self._chance.sample(messages[: COUNT // 3], FORGOTTEN):
                await self.send(twin_id, "telemetry", payload)

    def _messages(self, class_: str) -> list[bytes]:
        """Readings in the order in which they were measured; some are sent hours later."""
        found = []
        for index in range(COUNT):
            self._numbers += 1
            late_s = LATE_S if self._chance.random() < LATE else 0.0
            message: dict[str, Any] = {
                "data": {"speed_kmh": self._numbers % 200 + 0.5, "rpm": float(self._numbers)},
                "time": self._now + index * 0.01 - late_s,
            }
            if class_ == "numbered":
                message |= {"boot": 7, "sequence": index + 1}
            elif class_ == "named":
                message["id"] = f"m{index}"
            found.append(msgpack.packb(message))
        return found

    async def poison(self, twin_id: str, type_: str) -> None:
        """Something harmless, something that is not, and something harmless."""
        for number, name in enumerate(("note", type_, "note"), 1):
            payload = msgpack.packb({"data": None, "boot": 1, "sequence": number})
            await self.send(twin_id, name, payload)

    @property
    def caused(self) -> int:
        """Events that all of it comes to."""
        return sum(len(said.acknowledged) for said in self.said.values())

    async def send(self, twin_id: str, type_: str, payload: bytes) -> None:
        """Send one message until something final is said about it."""
        said = self.said.setdefault(twin_id, Said())
        said.sendings += 1
        said.payloads.add(payload)
        kind, _, key = twin_id.partition("/")
        client, subject = self._clients[kind], f"devices.{kind}.{key}.{type_}"
        while True:
            try:
                answer = await client.request(subject, payload, timeout=TIMEOUT_S)
                told = json.loads(answer.data) if answer.data else {"error": {"code": 503}}
            except (NatsError, OSError):
                await asyncio.sleep(AGAIN_S)
                continue
            error = told.get("error")
            if error is None:
                said.acknowledged.add(payload)
                return
            if error["code"] < 500 and error["code"] not in NOT_NOW:  # noqa: PLR2004 - HTTP's classes
                said.refused.append(str(error.get("description", "")))
                return
            await asyncio.sleep(AGAIN_S)


def shuffled(messages: list[bytes], chance: random.Random) -> list[bytes]:
    """Each at least once, none farther from its place than `SPAN`, a third of them again."""
    places = []
    for index, message in enumerate(messages):
        places.append((index + chance.uniform(0, SPAN / 2), message))
        if chance.random() < 1 / 3:
            places.append((index + chance.uniform(0, SPAN / 2), message))
    return [message for _, message in sorted(places)]
