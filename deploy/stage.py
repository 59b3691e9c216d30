"""Stages of a start: each says that it began and that it is done, on a bar or in the log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, float], None]
"""Takes (what is being done, the share of it that is done: from 0 to 1)."""


def silent(_what: str, _share: float) -> None:
    """Show nothing."""


@contextmanager
def stage(progress: Progress, what: str) -> Iterator[None]:
    """Tell the progress when a stage begins and when it is done."""
    progress(what, 0.0)
    yield
    progress(what, 1.0)
