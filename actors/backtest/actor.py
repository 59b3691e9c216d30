"""BacktestActor: one backtest as a Ray actor, in a process of its own that gives way to others."""

import asyncio
import os
from collections.abc import Callable

import ray
from msgspec import Struct

from actors.backtest.job import Backtest, Spec
from actors.backtest.report import Progress, Report
from actors.connection import NatsAddress, connect
from actors.keyring import Keyring
from actors.kinds import KindSource, load_kinds
from actors.process import settle
from actors.store.base import Store
from actors.telemetry import Telemetry, configure

NICENESS = 19
"""The lowest priority there is: it runs when nobody else wants to."""


class BacktestPlan(Struct):
    """What a backtest is told of the cluster."""

    nats: NatsAddress
    partitions: int
    kinds: list[KindSource]
    """What declares kinds."""
    make_store: Callable[[], Store]
    telemetry: Telemetry
    make_keyring: Callable[[], Keyring] | None = None


@ray.remote(num_cpus=0, max_restarts=0, max_task_retries=0, max_concurrency=16)
class BacktestActor:
    """Begins at once; it ends with its process, or with whoever made it."""

    def __init__(self, plan: BacktestPlan, spec: Spec) -> None:
        configure(plan.telemetry, "backtest")
        os.nice(NICENESS)
        self._job: Backtest | None = None
        self._task = asyncio.get_running_loop().create_task(self._run(plan, spec))

    async def _run(self, plan: BacktestPlan, spec: Spec) -> Report:
        load_kinds(plan.kinds)
        settle()
        client = await connect(plan.nats, "backtest")
        store = plan.make_store()
        try:
            keyring = None if plan.make_keyring is None else plan.make_keyring()
            self._job = Backtest(client, store, plan.partitions, spec, keys=keyring)
            return await self._job.run()
        finally:
            store.close()
            await client.close()

    async def progress(self) -> Progress:
        """How far it is."""
        return Progress() if self._job is None else self._job.progress

    async def report(self) -> Report:
        """Wait for the report; raises what kept it from being made."""
        return await asyncio.shield(self._task)
