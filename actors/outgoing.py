"""Outgoing: sends what a partition has caused, until somebody durable holds it.

Messages to other partitions: one in flight a pair. Effects: in the order of their positions.
A repeat after a crash is recognised by its receiver.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from actors.outbox import Outbox
from twins.outputs import Effect

logger = structlog.get_logger(__name__)

Put = Callable[[str, bytes], Awaitable[int]]
"""Writes a body to a subject of the log, trying until it is there."""

Accept = Callable[[list[Effect]], Awaitable[None]]
"""Gives effects to their workers; returns when they hold them durably, raises to be asked again."""

AGAIN_S = 0.2


class Outgoing:
    """The senders of one partition; they end when their queues are empty."""

    def __init__(self, partition: int, outbox: Outbox, put: Put, accept: Accept) -> None:
        self._partition = partition
        self._outbox = outbox
        self._put = put
        self._accept = accept
        self._senders: dict[int, asyncio.Task[None]] = {}
        self._effects: asyncio.Task[None] | None = None
        self.drained = asyncio.Event()
        """Set while the outbox is empty."""
        self._settle()

    def kick(self) -> None:
        """Start senders for what waits."""
        for target, pair in self._outbox.pairs.items():
            if pair.waiting and target not in self._senders:
                self._senders[target] = asyncio.create_task(self._send(target))
        if self._outbox.effects and self._effects is None:
            self._effects = asyncio.create_task(self._send_effects())
        if self._outbox.size:
            self.drained.clear()

    def halt(self) -> list[asyncio.Task[None]]:
        """Send nothing more from now on; returns the senders that are on their way out."""
        tasks = [*self._senders.values(), *([self._effects] if self._effects else [])]
        for task in tasks:
            task.cancel()
        return tasks

    async def stop(self) -> None:
        """End at once; what was not acknowledged stays in the outbox."""
        tasks = self.halt()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, target: int) -> None:
        pair = self._outbox.pairs[target]
        try:
            while pair.waiting:
                _, body = pair.waiting[0]
                try:
                    await self._put(f"log.{target}.from.{self._partition}", body)
                except Exception:
                    logger.exception("message waits", partition=self._partition, target=target)
                    await asyncio.sleep(AGAIN_S)
                    continue
                self._outbox.acknowledge(target)
        finally:
            del self._senders[target]
            self._settle()

    async def _send_effects(self) -> None:
        outbox = self._outbox
        try:
            while outbox.effects:
                batch = list(outbox.effects)
                effects = [effect for caused in batch for effect in caused.effects]
                try:
                    await self._accept(effects)
                except Exception as error:  # noqa: BLE001 - a worker that dies is started again; ask it then
                    logger.warning(
                        "effects wait", partition=self._partition, effects=len(effects),
                        error=repr(error),
                    )  # fmt: skip
                    await asyncio.sleep(AGAIN_S)
                    continue
                outbox.accepted(batch[-1].position)
        finally:
            self._effects = None
            self._settle()

    def _settle(self) -> None:
        # Not when senders were stopped: whoever waits for room must not run on without it.
        if not self._outbox.size:
            self.drained.set()
