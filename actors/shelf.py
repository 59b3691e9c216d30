"""Shelf: where a full part of what waits for a parked twin lies.

It is a twin like any other to checkpoints, memory and the store, and to nobody else: it handles
nothing, and its id is a digest of its owner's. Emptied, it stays, to be used again.
"""

from typing import ClassVar

from twins.ids import digest
from twins.twin import Twin

KIND = "vigil_shelf"


class Shelf(Twin, kind=KIND):
    """The part itself lies in its book."""

    personal: ClassVar[str | None] = "person"

    owner: str = ""
    """Twin id of whose part it is."""
    person: str | None = None
    """Whose its owner is."""


def shelf_id(owner: str, number: int) -> str:
    """The id of a twin's shelf; it lives in its owner's partition, wherever its id belongs."""
    return f"{KIND}/{digest(owner, KIND, str(number))}{digest(KIND, owner, str(number))}"
