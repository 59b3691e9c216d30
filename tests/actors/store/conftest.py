"""Fixtures of the stores' tests. A new implementation is added to the two lists of parameters."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_kit import PARTITIONS, HistoryOpener, Opener, open_sqlite, open_sqlite_history

from actors.store.base import HistoryIndex, Ownership, Store


@pytest.fixture(params=[pytest.param(open_sqlite, id="sqlite")])
def opener(request: pytest.FixtureRequest) -> Opener:
    """How to open the implementation under test; it can be sent to another process."""
    opener: Opener = request.param
    return opener


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Where the store is: empty at first."""
    return str(tmp_path)


@pytest.fixture
def store(opener: Opener, place: str) -> Iterator[Store]:
    """A prepared store of four partitions; partition 0 has epoch 1."""
    store = opener(place)
    store.prepare(PARTITIONS)
    store.assign(0, Ownership(0, gateway="g1", host="h1"))
    yield store
    store.close()


@pytest.fixture(params=[pytest.param(open_sqlite_history, id="sqlite")])
def history_opener(request: pytest.FixtureRequest) -> HistoryOpener:
    """How to open the implementation of the history index under test."""
    opener: HistoryOpener = request.param
    return opener


@pytest.fixture
def history(history_opener: HistoryOpener, place: str) -> Iterator[HistoryIndex]:
    """A history index with nothing noted."""
    history = history_opener(place)
    yield history
    history.close()
