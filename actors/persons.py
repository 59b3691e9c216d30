"""Persons: what a host has to do where blocks hold what is a person's."""

import asyncio

from actors.block import Block
from actors.keyring import Keyring
from actors.keys import open_block, sealed_with
from actors.partition import Partition
from twins.handler import Origin


async def open_sealed(block: Block, keyring: Keyring) -> int:
    """Open what is sealed; returns how much cannot be opened any more, which is left out."""
    if keyring.stale():
        await asyncio.to_thread(keyring.refresh)
    if not block.key_id:
        return 0
    unknown = keyring.unknown(sealed_with(block.entries))
    if unknown:
        await asyncio.to_thread(keyring.fetch, unknown)
    return open_block(block, keyring)


async def note_owners(block: Block, partition: Partition, keyring: Keyring) -> None:
    """Let gateways know whose twins are that came to somebody, or to somebody else.

    Links come with messages, not with readings.
    """
    changed: dict[str, str | None] = {}
    for entry in block.entries:
        if entry.origin == Origin.DEVICE:
            continue
        cell = partition.peek(entry.subject)
        if cell is None or cell.twin.kind.personal in (None, "id"):
            continue
        person = cell.twin.whose
        if keyring.person_of(entry.subject) != person:
            changed[entry.subject] = person
    if changed:
        await asyncio.to_thread(keyring.belong, changed)
