"""Replaying: what the API hears of a backtest's process that ends too early."""

from types import SimpleNamespace
from typing import Any

import pytest
import ray

from actors.errors import BacktestFailed
from gateway.api.replaying import RayReplaying


def dying(error: Exception) -> RayReplaying:
    """A process whose call ends so."""

    async def report() -> Any:
        raise error

    return RayReplaying(SimpleNamespace(report=SimpleNamespace(remote=report)))


async def test_a_process_that_was_killed_is_a_failure_with_a_remedy() -> None:
    """Out of memory, say: what to do is told, not what Ray calls it."""
    with pytest.raises(BacktestFailed, match=r"its process ended .*--sample 10%"):
        await dying(ray.exceptions.RayActorError()).report()


async def test_what_it_raised_is_told_as_it_is() -> None:
    """On purpose, in the process itself."""
    error = BacktestFailed("the log was trimmed")
    task = ray.exceptions.RayTaskError("report", "", error)
    with pytest.raises(BacktestFailed, match="the log was trimmed"):
        await dying(task).report()
