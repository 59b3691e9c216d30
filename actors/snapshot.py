"""Snapshot: a twin of a partition, as others read it."""

import msgspec

from actors.cell import Cell
from actors.state import TwinState
from twins.ids import split
from twins.kind import kind_of
from twins.operated import revision_of


def snapshot(cell: Cell, epoch: int, position: int, now: float) -> TwinState:
    """A twin as it is at a position of its partition."""
    book, twin = cell.book, cell.twin
    return TwinState(
        id=cell.id,
        kind=twin.kind.name,
        epoch=epoch,
        position=position,
        now=now,
        applied=book.applied,
        digest=book.digest,
        exists=True,
        state=msgspec.to_builtins(twin),
        parked=book.parked.reason if book.parked else None,
        duplicates=book.duplicates,
        reordered=book.reordered,
        numbered=book.numbered,
        revision=revision_of(book.applied, twin.erased),
        changed=cell.position,
    )


def new_twin(twin_id: str, epoch: int, position: int, now: float) -> TwinState:
    """A twin that never received anything."""
    kind, key = split(twin_id)
    twin = kind_of(kind).new(key)
    return TwinState(
        twin_id, kind, epoch, position, now, 0, 0, exists=False, state=msgspec.to_builtins(twin)
    )
