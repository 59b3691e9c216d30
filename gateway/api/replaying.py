"""Replaying: a backtest that runs in a Ray actor, as the API sees it."""

from typing import Any, Self

import ray

from actors.backtest.actor import BacktestActor, BacktestPlan
from actors.backtest.job import Spec
from actors.backtest.report import Progress, Report
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
        """Wait for its report."""
        return await called(self._actor.report.remote())

    async def end(self) -> None:
        """End its process, which holds nothing that has to be put away."""
        ray.kill(self._actor)
