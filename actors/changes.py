"""Changes: what watchers are told of a partition, on `changes.<p>`, while somebody watches."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from actors.applied import Applied
from actors.cancelling import cancellable
from actors.state import TwinState

logger = structlog.get_logger(__name__)

CHANGES_S = 0.25
"""How often watchers are told what changed."""

CHANGES_AT_ONCE = 400
"""Most twins in one message to watchers, which must stay below the server's limit; the others
follow in the next, as they are then."""


class Changes:
    """Collects what changed, and publishes it.

    Args:
        client: Connection to the server.
        partition: Its number.
        state: A twin as it is now, if it is in memory.
    """

    def __init__(
        self, client: Client, partition: int, state: Callable[[str], TwinState | None]
    ) -> None:
        self._client = client
        self._partition = partition
        self._state = state
        self._watched_until = 0.0
        self._changed: OrderedDict[str, None] = OrderedDict()
        self._signals: list[Any] = []

    def watch(self, seconds: float) -> None:
        """Publish for so long; call again to go on."""
        self._watched_until = time.monotonic() + seconds

    def note(self, applied: Applied) -> None:
        """Something was applied."""
        if time.monotonic() < self._watched_until:
            self._changed.update(dict.fromkeys(applied.touched))
            self._signals.extend(applied.signals)

    async def keep(self) -> None:
        """Publish until cancelled."""
        while True:
            await asyncio.sleep(CHANGES_S)
            changed = [
                self._changed.popitem(last=False)[0]
                for _ in range(min(len(self._changed), CHANGES_AT_ONCE))
            ]
            signals, self._signals = self._signals, []
            if not changed and not signals:
                continue
            states = [state for it in changed if (state := self._state(it)) is not None]
            body = msgspec.msgpack.encode({"states": states, "signals": signals})
            try:
                with cancellable():
                    await self._client.publish(f"changes.{self._partition}", body)
            except (NatsError, OSError) as error:
                logger.warning("watchers miss", partition=self._partition, error=repr(error))
