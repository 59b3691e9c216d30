"""Appending: a gateway's way into the log of a partition, fenced by epochs.

The log's server refuses a block that does not name the one before it. That keeps two gateways from
mixing, but does not say which of them is the owner; the epoch in the newest block does.
"""

import asyncio

from nats.aio.client import Client

from actors.block import Entry, decode_block
from actors.errors import LogError, Superseded
from actors.log import AGAIN_S, Appender, last


class FencedAppender:
    """An `Appender` that gives way to later epochs, and to them only.

    After `Superseded` the caller opens it again: it goes on behind a gateway of an earlier epoch
    whose last block came late, and raises `Superseded` for good behind one of a later epoch.
    """

    def __init__(self, client: Client, partition: int) -> None:
        self._client = client
        self._partition = partition
        self._appender = Appender(client, partition)

    async def open(self, epoch: int) -> None:
        """Find the end of the log; raises `Superseded` when a later epoch has written."""
        await self._appender.open(epoch)
        newest = await self._newest_epoch()
        if newest > epoch:
            raise Superseded(
                f"partition {self._partition}: the log holds a block of epoch {newest}; "
                f"epoch {epoch} is over"
            )

    async def _newest_epoch(self) -> int:
        # Read after the end was found: an owner of a later epoch that writes after this look
        # makes the next append fail, and then this look is taken again.
        while True:
            try:
                newest = await last(self._client, self._partition, f"log.{self._partition}.in")
            except LogError:
                await asyncio.sleep(AGAIN_S)
                continue
            return -1 if newest is None else decode_block(newest.body).epoch

    async def append(self, entries: list[Entry]) -> int:
        """Write one block; see `Appender.append`."""
        return await self._appender.append(entries)
