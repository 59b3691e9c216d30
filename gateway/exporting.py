"""Exporting: all that Vigil holds of one person, item by item.

Her twins as they are, and their events as far as the log holds them: of a device, those that were
sealed with her key, which are those of the time in which it was hers.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
from msgspec import msgpack
from nats.aio.client import Client

from actors import log
from actors.block import decode_block
from actors.keyring import Keyring
from actors.keys import Opened, open_block
from actors.shelf import KIND as SHELF
from actors.store.base import HistoryIndex, Store
from gateway.erasing import named
from twins.event import Message
from twins.handler import Origin
from twins.ids import partition_of

AT_ONCE = 16
"""Blocks read at a time."""

ALL = 2**31
FOREVER = (-1e12, 1e12)

_decode = msgpack.Decoder(Message[Any]).decode


class Exporter:
    """Exports persons; it only reads.

    Args:
        client: A connection of Vigil's own user.
        store: With the node's keyring.
        history: The index of which blocks hold which twin.
        keyring: Of the node.
        partitions: How many there are.
    """

    def __init__(
        self,
        client: Client,
        store: Store,
        history: HistoryIndex,
        keyring: Keyring,
        partitions: int,
    ) -> None:
        self._client = client
        self._store = store
        self._history = history
        self._keyring = keyring
        self._partitions = partitions

    def twins(self, person: str) -> list[str]:
        """Her twins, herself first."""
        key_ids = self._keyring.key_ids(person)
        found = set(named(self._store, person))
        for partition in range(self._partitions):
            found.update(self._store.sealed(partition, key_ids))
        hers = sorted(twin for twin in found if not twin.startswith(f"{SHELF}/"))
        return [person, *(twin for twin in hers if twin != person)]

    async def events(self, person: str, twin_id: str) -> AsyncIterator[dict[str, Any]]:
        """Her events of one twin, oldest first, as far as the log still holds them."""
        key_ids = set(await asyncio.to_thread(self._keyring.key_ids, person))
        partition = partition_of(twin_id, self._partitions)
        positions = await asyncio.to_thread(
            self._history.positions, partition, twin_id, *FOREVER, ALL
        )
        for at in range(0, len(positions), AT_ONCE):
            chunk = positions[at : at + AT_ONCE]
            blocks = await asyncio.gather(
                *(log.read(self._client, partition, position) for position in chunk)
            )
            for stored in blocks:
                for item in self._items(stored, twin_id, person == twin_id, key_ids):
                    yield item

    def _items(
        self, stored: log.Stored | None, twin_id: str, all_of_it: bool, key_ids: Iterable[int]
    ) -> list[dict[str, Any]]:
        if stored is None:
            return []  # trimmed
        block = decode_block(stored.body)
        open_block(block, self._keyring)
        items = []
        for entry in block.entries:
            if entry.subject != twin_id:
                continue
            if not all_of_it and not (type(entry) is Opened and entry.key_id in key_ids):
                continue
            try:
                message = _decode(entry.payload)
            except (msgspec.DecodeError, ValueError, RecursionError):
                message = Message(data=None)
            items.append(
                {
                    "what": "event",
                    "twin": twin_id,
                    "type": entry.type,
                    "at": stored.stamp if message.time is None else message.time,
                    "taken_at": stored.stamp,
                    "origin": Origin(entry.origin).name.lower(),
                    "position": stored.position,
                    "id": message.id,
                    "source": message.source,
                    "data": message.data,
                }
            )
        return items
