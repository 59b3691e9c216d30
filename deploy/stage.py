"""Stages of a start: each says that it began and that it is done, on a bar or in the log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, bool], None]
"""Takes (what is being done, whether it is done)."""


def silent(_what: str, _done: bool) -> None:
    """Show nothing."""


@contextmanager
def stage(progress: Progress, what: str) -> Iterator[None]:
    """Tell the progress when a stage begins and when it is done."""
    progress(what, False)
    yield
    progress(what, True)
