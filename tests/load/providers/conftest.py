"""Fixtures of the providers' tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from provider_kit import Clock, client_of, service, small_world

from load.providers.inventory import Inventory


@pytest.fixture
def clock() -> Clock:
    """The providers' clock, at `START`."""
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[FastAPI]:
    """The service of the small world."""
    with service(tmp_path / "providers.db", clock) as running:
        yield running


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the service."""
    async with client_of(app) as calling:
        yield calling


@pytest.fixture
def inventory(tmp_path: Path, clock: Clock) -> Iterator[Inventory]:
    """The truth of the small world, without HTTP."""
    opened = Inventory(small_world(), tmp_path / "inventory.db", clock)
    yield opened
    opened.close()
