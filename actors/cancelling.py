"""Cancelling: a task that is told to end hears it, whatever it waits for.

Before Python 3.12 `asyncio.wait_for` swallows a cancellation that comes together with what it waits
for (gh-86296), and whoever then waits for the task's end waits for ever. So we use
`asyncio.timeout`; nats-py does not, and its calls in tasks that are cancelled stand in
`cancellable`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cancellable() -> Iterator[None]:
    """Raise `CancelledError` at the end when the task was cancelled inside, swallowed or not."""
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    try:
        yield
    finally:
        if task.cancelling() > before:
            raise asyncio.CancelledError
