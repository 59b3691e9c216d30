"""Kinds that tests declare: gone after each test, so that another may declare them otherwise."""

from collections.abc import Iterator

import pytest

from twins.documents import DECLARED
from twins.kind import KINDS


@pytest.fixture(autouse=True)
def _kinds_as_they_were() -> Iterator[None]:
    kinds, declared = dict(KINDS), dict(DECLARED)
    yield
    for registry, before in ((KINDS, kinds), (DECLARED, declared)):
        registry.clear()
        registry.update(before)  # type: ignore[attr-defined]  # of the same registry
