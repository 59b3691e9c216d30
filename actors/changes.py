"""Changes: what watchers are told of a partition, on `changes.<p>`, while somebody watches.

Each message says of which positions it tells all: (`after`, `position`]. Whoever finds that one
does not follow another has missed something, and asks the host for it (`Serving.changed`).
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Final

import msgspec
import structlog
from msgspec import Struct
from nats.aio.client import Client
from nats.errors import Error as NatsError

from actors.applied import Applied
from actors.cancelling import cancellable
from actors.state import TwinState
from twins.outputs import Signal

logger = structlog.get_logger(__name__)

CHANGES_S = 0.25
"""How often watchers are told what changed."""

CHANGES_AT_ONCE = 400
"""Most twins in one message to watchers, which must stay below the server's limit; the others
follow in the next, as they are then."""

KEPT_SIGNALS = 4096
"""Signals of a partition that its host remembers, for watchers who come back."""

Mark = tuple[int, str]
"""A place among what changed in a partition: position, and what at it (`key_of`)."""

END: Final = "~"
"""Behind everything of a position: no id holds it."""


class Noticed(Struct, array_like=True, frozen=True):
    """A signal, and where in the log it was noticed."""

    position: int
    signal: Signal


class Change(Struct, frozen=True):
    """What changed at the positions (`after`, `position`]; where it is too much, some of it."""

    after: int
    position: int
    states: list[TwinState]
    """A twin that changed several times stands here once, as it is now."""
    signals: list[Noticed]


class Changed(Struct, frozen=True):
    """What changed since a mark."""

    until: Mark
    """All of it up to here; where there is more, it goes on behind."""
    states: list[TwinState] = []
    signals: list[Noticed] = []
    lost: bool = False
    """Something of the time before cannot be known any more."""


def key_of(item: TwinState | Noticed) -> Mark:
    """Where an item stands: by position, signals first, then twins by their ids."""
    if isinstance(item, Noticed):
        return item.position, f"!{item.signal.id}"
    return item.changed, item.id


def cut_changed(
    states: list[TwinState], signals: list[Noticed], since: Mark, until: Mark, most: int, *,
    lost: bool,
) -> Changed:  # fmt: skip
    """The first `most` of what changed behind a mark, and how far that is.

    A twin at the very mark is told again: something that belongs to it may have been missed.
    """
    found: list[TwinState | Noticed] = [
        *(one for one in states if key_of(one) >= (since[0], since[1].removesuffix(END) or END)),
        *signals,
    ]
    found.sort(key=key_of)
    if len(found) > most:
        found = found[:most]
        until = key_of(found[-1])
    return Changed(
        until,
        [one for one in found if isinstance(one, TwinState)],
        [one for one in found if isinstance(one, Noticed)],
        lost,
    )


class Changes:
    """Collects what changed, and publishes it.

    Args:
        client: Connection to the server.
        partition: Its number.
        state: A twin as it is now.
    """

    def __init__(
        self, client: Client, partition: int, state: Callable[[str], Awaitable[TwinState]]
    ) -> None:
        self._client = client
        self._partition = partition
        self._state = state
        self._watched_until = 0.0
        self._changed: OrderedDict[str, int] = OrderedDict()
        """Twin -> position at which it changed first since it was told; ascending."""
        self._waiting: list[Noticed] = []
        self._noted = 0
        self._told = 0
        """All up to here has been published, since somebody watches."""
        self._signals: deque[Noticed] = deque(maxlen=KEPT_SIGNALS)
        self._signals_after = 0
        """All signals behind this position are in `_signals`."""

    def begin(self, position: int) -> None:
        """The partition stands here, and goes on from it."""
        self._noted = self._told = self._signals_after = position

    def watch(self, seconds: float) -> None:
        """Publish for so long; call again to go on."""
        now = time.monotonic()
        if now >= self._watched_until:
            self._changed.clear()
            self._waiting.clear()
            self._told = self._noted
        self._watched_until = now + seconds

    def note(self, applied: Applied) -> None:
        """Something was applied."""
        position = self._noted = applied.position
        if applied.signals:
            noticed = [Noticed(position, signal) for signal in applied.signals]
            room = KEPT_SIGNALS - len(self._signals)
            if len(noticed) > room:
                last = min(len(noticed) - room, len(self._signals))
                self._signals_after = self._signals[last - 1].position if last else position
            self._signals.extend(noticed)
        if time.monotonic() < self._watched_until:
            for twin_id in applied.touched:
                self._changed.setdefault(twin_id, position)
            if applied.signals:
                self._waiting.extend(noticed)

    def signals(self, since: Mark) -> tuple[list[Noticed], bool]:
        """The signals behind a mark, and whether all of them are still known."""
        found = [one for one in self._signals if key_of(one) > since]
        return found, since[0] >= self._signals_after

    def newest(self, kind: str | None, twin_id: str | None, most: int) -> list[Noticed]:
        """The last signals that are remembered, oldest first; of one kind or twin where named."""
        found = (
            one
            for one in reversed(self._signals)
            if twin_id in (None, one.signal.twin_id)
            and (kind is None or one.signal.twin_id.startswith(f"{kind}/"))
        )
        return list(islice(found, most))[::-1]

    async def keep(self) -> None:
        """Publish until cancelled."""
        while True:
            await asyncio.sleep(CHANGES_S)
            if not self._changed and not self._waiting:
                continue
            body = msgspec.msgpack.encode(await self._take())
            try:
                with cancellable():
                    await self._client.publish(f"changes.{self._partition}", body)
            except (NatsError, OSError) as error:
                logger.warning("watchers miss", partition=self._partition, error=repr(error))

    async def _take(self) -> Change:
        after, noted = self._told, self._noted
        ids = [
            self._changed.popitem(last=False)[0]
            for _ in range(min(len(self._changed), CHANGES_AT_ONCE))
        ]
        signals, self._waiting = self._waiting, []
        # What waits for the next message changed first there; all before that is told.
        left = next(iter(self._changed.values()), None)
        self._told = max(after, noted if left is None else left - 1)
        return Change(after, self._told, [await self._state(one) for one in ids], signals)
