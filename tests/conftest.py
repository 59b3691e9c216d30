"""What holds for all tests: the same examples in every run, and no test's logging in another."""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

settings.register_profile("vigil", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("vigil")


@pytest.fixture(autouse=True, scope="session")
def _no_maps_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Which maps of streets somebody has fetched here is nothing that a test depends on.

    Pictures are another thing: with `VIGIL_PICTURES` they show a real town, where there is one.
    """
    if "VIGIL_PICTURES" in os.environ:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A part configures its process' logging when it starts; here the next test shares it."""
    config, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**config)
    root.handlers[:] = handlers
    root.setLevel(level)
