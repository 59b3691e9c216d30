"""Marks: how far a watcher has seen the logs of all partitions, as the id of an event.

    120,88:vehicle/v17,77,12

Of each partition, in their order, the position up to which everything was seen; behind a colon
stands what at it was seen last, where that is not all.
"""

import re
from collections.abc import Sequence

from actors.changes import END, Mark

_MARK = re.compile(r"([0-9]{1,18})(?::([!A-Za-z0-9_/~-]{1,200}))?")


def encode_marks(marks: Sequence[Mark]) -> str:
    """The marks of all partitions as one text."""
    return ",".join(f"{position}" if key == END else f"{position}:{key}" for position, key in marks)


def decode_marks(text: str, partitions: int) -> list[Mark] | None:
    """The marks; None for a text that is none, or of another number of partitions."""
    found = [_MARK.fullmatch(one) for one in text.split(",")]
    if len(found) != partitions:
        return None
    marks = [(int(one[1]), one[2] or END) for one in found if one is not None]
    return marks if len(marks) == partitions else None
