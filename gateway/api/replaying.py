"""Replaying: a backtest that runs in a Ray actor, as the API sees it."""

from typing import Any, Self

import ray

from actors.backtest.actor import BacktestActor, BacktestPlan
from actors.backtest.job import Spec
from actors.backtest.report import Progress, Report
from actors.errors import BacktestFailed, Unavailable
from gateway.api.ray_calls import called


class RayReplaying:
    """See `gateway.api.services.Replaying`. The actor ends with this process, too."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    @classmethod
    def begin(cls, plan: BacktestPlan, spec: Spec) -> Self:
        """Start a process that begins at once."""
        actor: Any = BacktestActor
        return cls(actor.remote(plan, spec))

    async def progress(self) -> Progress:
        """How far it is."""
        return await called(self._actor.progress.remote())

    async def report(self) -> Report:
        """Wait for its report; raises what kept it from being made."""
        try:
            return await called(self._actor.report.remote())
        except Unavailable as error:
            raise BacktestFailed(
                "its process ended before it was done: it was killed, the machine had no memory "
                "left for it, or the cluster ended; begin again, or replay a sample: --sample 10%"
            ) from error

    async def end(self) -> None:
        """End its process, which holds nothing that has to be put away."""
        ray.kill(self._actor)
