"""BacktestJobs: the backtests of one API process; one at a time, and the last ones' reports.

A backtest reads all logs, so that a second one beside it would only make both slower.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from actors.backtest.job import Spec
from actors.backtest.report import KindRules, Progress
from actors.errors import ActorError
from gateway.api.errors import Conflict, NotFound
from gateway.api.services import Replaying, Services
from gateway.backtest_views import BacktestState, BacktestView

logger = structlog.get_logger(__name__)

KEPT = 8
"""Backtests that have ended and are remembered; the oldest are forgotten."""

LOOK_S = 2.0
"""How long its process may take to say how far it is."""


class _Job:
    """One backtest."""

    def __init__(self, view: BacktestView, running: Replaying) -> None:
        self.view = view
        self.running = running
        self.watching: asyncio.Task[None] | None = None


class BacktestJobs:
    """Begins, watches and ends backtests.

    Args:
        services: What the cluster does for the API.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._jobs: dict[str, _Job] = {}
        self._last = 0
        self._starting = asyncio.Lock()

    async def start(self, spec: Spec, kinds: Sequence[KindRules]) -> BacktestView:
        """Begin one; raises `Conflict` while another is under way."""
        async with self._starting:
            for job in self._jobs.values():
                if job.view.state is BacktestState.RUNNING:
                    raise Conflict(
                        f"backtest {job.view.id} is under way, and there is one at a time; wait "
                        f"for it, or cancel it: POST /v1/backtests/{job.view.id}/cancel"
                    )
            running = await self._services.backtest(spec)
            now = self._services.clock()
            # By the clock: an id of before the API's last start must not name another one.
            self._last = max(self._last + 1, int(now))
            view = BacktestView(
                f"b{self._last}", BacktestState.RUNNING, now, spec.since, spec.share, list(kinds)
            )
            job = self._jobs[view.id] = _Job(view, running)
            job.watching = asyncio.create_task(self._watch(job), name=f"backtest-{view.id}")
            for old in list(self._jobs)[: -KEPT - 1]:
                del self._jobs[old]
        return view

    async def view(self, backtest: str) -> BacktestView:
        """How far one is, or what came of it; raises `NotFound`."""
        job = self._job(backtest)
        if job.view.state is BacktestState.RUNNING:
            progress = await self._look(job)
            if job.view.state is BacktestState.RUNNING:
                job.view.progress = progress
        return job.view

    def views(self) -> list[BacktestView]:
        """All that are remembered, without their reports, newest first."""
        return [replace(job.view, report=None) for job in reversed(self._jobs.values())]

    async def cancel(self, backtest: str) -> BacktestView:
        """End one; one that has ended stays as it is. Raises `NotFound`."""
        job = self._job(backtest)
        if job.view.state is BacktestState.RUNNING:
            self._end(job, BacktestState.CANCELLED)
            await self._stop(job)
        return job.view

    async def close(self) -> None:
        """End all that are under way."""
        for job in list(self._jobs.values()):
            if job.view.state is BacktestState.RUNNING:
                await self.cancel(job.view.id)

    # -- one backtest ------------------------------------------------------------------------

    def _job(self, backtest: str) -> _Job:
        job = self._jobs.get(backtest)
        if job is None:
            known = ", ".join(self._jobs) or "none"
            raise NotFound(
                f"no backtest {backtest}; there are: {known}. The API forgets them when it is "
                "started again, and all but the last few"
            )
        return job

    async def _look(self, job: _Job) -> Progress:
        try:
            async with asyncio.timeout(LOOK_S):
                return await job.running.progress()
        except (TimeoutError, ActorError) as error:
            logger.debug("no progress", backtest=job.view.id, error=repr(error))
            return job.view.progress

    async def _watch(self, job: _Job) -> None:
        try:
            report = await job.running.report()
        except Exception as error:  # noqa: BLE001 - whatever it was, whoever asked for it must hear of it
            logger.warning("backtest failed", backtest=job.view.id, error=repr(error))
            known = isinstance(error, ActorError)
            job.view.problem = str(error) if known else f"{type(error).__name__}: {error}"
            self._end(job, BacktestState.FAILED)
        else:
            job.view.progress = await self._look(job)
            job.view.report = report
            self._end(job, BacktestState.DONE)
        await job.running.end()

    def _end(self, job: _Job, state: BacktestState) -> None:
        if job.view.state is BacktestState.RUNNING:
            job.view.state = state
            job.view.ended_at = self._services.clock()

    async def _stop(self, job: _Job) -> None:
        assert job.watching is not None
        job.watching.cancel()
        await asyncio.gather(job.watching, return_exceptions=True)
        await job.running.end()
