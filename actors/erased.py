"""Erased: what becomes of one twin when its person is erased.

`vigil.erase` reaches every twin of hers through the log, at one position. Its state is that of a
new one from then on, and its book keeps only what recognises repeats. What comes later and is
sealed with the key that is being thrown away is refused: so a replay that cannot open it any more
does the same as one that still could. With another key, a new life begins.
"""

from msgspec import Struct, msgpack

from actors.cell import Book, Cell
from twins.event import Message
from twins.handler import Handler, Origin

ERASE = "vigil.erase"
"""Type of the event, of Vigil's own parts alone."""


class Erase(Struct):
    """Data of `vigil.erase`."""

    person: str
    """Twin id of whom. A twin that is somebody else's by now stays as it is."""
    key_id: int
    """Of her key, which is thrown away afterwards."""


def _take(_twin: object, _word: Erase) -> None:
    """The partition itself takes it, for any twin."""


HANDLER = Handler(ERASE, _take, Origin.INSIDE)
"""What gateways check such an event by."""

decode_erase = msgpack.Decoder(Message[Erase]).decode


def erase(cell: Cell, key_id: int) -> None:
    """Make a twin new; its marks stay, and so do its counts."""
    old = cell.book
    cell.twin = cell.twin.kind.new(cell.twin.key)
    cell.twin.erased = key_id
    cell.encoded = None
    cell.book = Book(
        applied=old.applied,
        digest=old.digest,
        duplicates=old.duplicates,
        below=old.below,
        reordered=old.reordered,
        own=old.own,
        others=old.others,
        ids=old.ids,
        numbered=old.numbered,
        open=b"",
    )


def erase_parts(cell: Cell, person: str) -> bool:
    """Drop a person's records from a twin that is nobody's; False where it is no such twin."""
    twin = cell.twin
    if not twin.kind.cls.parts:
        return False
    for name, attribute in twin.kind.cls.parts.items():
        records = getattr(twin, name)
        for record_id in [key for key, one in records.items() if getattr(one, attribute) == person]:
            del records[record_id]
    cell.encoded = None
    return True
