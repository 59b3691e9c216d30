"""Kinds that tests declare are gone after each test, so that another may declare them otherwise."""

from collections.abc import Iterator

import pytest
from support.registry import kinds_as_they_were


@pytest.fixture(autouse=True)
def _kinds_as_they_were() -> Iterator[None]:
    with kinds_as_they_were():
        yield
