"""Reading the log for one twin's history: blocks are read concurrently, newest first."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import msgpack
from nats.aio.client import Client

from actors import log
from actors.block import Block, Entry, decode_block
from actors.keys import Keys, open_block
from gateway.twin_views import HistoryEvent
from twins.event import Message
from twins.handler import Origin

AT_ONCE = 16
"""Blocks read at a time: at most so many of 512 KB in memory."""

_decode = msgpack.Decoder(Message[Any]).decode


async def read_history(
    client: Client,
    partition: int,
    positions: Sequence[int],
    twin_id: str,
    since: float,
    until: float,
    limit: int,
    keys: Keys | None = None,
) -> tuple[list[HistoryEvent], bool]:
    """The newest `limit` events of a twin among the blocks at `positions` (ascending).

    Only what the log took within the span counts. Returns them oldest first, and whether the span
    has earlier ones. What was trimmed from the log is left out.
    """
    found: list[HistoryEvent] = []
    end = len(positions)
    while end and len(found) <= limit:
        chunk = positions[max(0, end - AT_ONCE) : end]
        end -= len(chunk)
        stored = await asyncio.gather(
            *(log.read(client, partition, position) for position in chunk)
        )
        items = [
            item
            for block in stored
            if block is not None and since <= block.stamp <= until
            for item in entries_of(_opened(block.body, keys), twin_id, block.position, block.stamp)
        ]
        found = items + found
    return found[-limit:], len(found) > limit


def _opened(body: bytes, keys: Keys | None) -> Block:
    """A block; without those entries that nobody can open."""
    block = decode_block(body)
    if keys is not None:
        open_block(block, keys)
    return block


def entries_of(block: Block, twin_id: str, position: int, stamp: float) -> list[HistoryEvent]:
    """A block's events of one twin, in order."""
    return [_item(entry, position, stamp) for entry in block.entries if entry.subject == twin_id]


def _item(entry: Entry, position: int, stamp: float) -> HistoryEvent:
    origins = {origin.value: origin.name.lower() for origin in Origin}
    try:
        message = _decode(entry.payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        # A payload that nobody can read is history, too.
        message = Message(data=None)
    sequence = message.sequence
    id_ = message.id
    if id_ is None and sequence is not None:
        id_ = f"{message.source or entry.subject}:{message.boot or 0}:{sequence}"
    return HistoryEvent(
        position=position,
        at=stamp if message.time is None else message.time,
        taken_at=stamp,
        type=entry.type,
        origin=origins.get(entry.origin, str(entry.origin)),
        data=message.data,
        id=id_,
    )
