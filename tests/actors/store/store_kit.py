"""What the tests of stores share: the implementations, and rows to write."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from actors.store.base import Head, HistoryIndex, Store, TwinRow
from actors.store.history import SqliteHistory
from actors.store.sqlite import SqliteStore

PARTITIONS = 4
Opener = Callable[[str], Store]
HistoryOpener = Callable[[str], HistoryIndex]
SPAWN = multiprocessing.get_context("spawn")
"""Children start afresh, as the processes of a cluster do."""


def open_sqlite(place: str) -> Store:
    """Open the store at a place, in whichever process."""
    return SqliteStore(Path(place))


def open_sqlite_history(place: str) -> HistoryIndex:
    """Open the history at a place, in whichever process."""
    return SqliteHistory(Path(place))


def twin(twin_id: str, position: int = 1, *, key_id: int = 0, **state: Any) -> TwinRow:
    """A row of a twin."""
    return TwinRow(twin_id, position, 1, key_id, msgspec.json.encode(state), b"book")


def head(position: int = 1, epoch: int = 1, *, partition: int = 0, now: float = 1000.0) -> Head:
    """A head."""
    return Head(partition, epoch, position, now, f"log-{partition}", 500.0, b"body")
