"""Gateway: the Ray actor that takes messages of devices. All it does is in `gateway.core`."""

import asyncio
import os

import ray
import structlog

from actors.assignment import Orders
from actors.coordinator import coordinator
from actors.process import settle
from actors.telemetry import configure, kept_spans, render_metrics
from gateway.core import GatewayCore, GatewayPlan, plain

__all__ = ["Gateway", "GatewayPlan"]

logger = structlog.get_logger(__name__)


@ray.remote(max_restarts=-1, max_task_retries=0, num_cpus=0)
class Gateway:
    """The actor around `GatewayCore`; its calls run on one asyncio loop."""

    def __init__(self, name: str, plan: GatewayPlan) -> None:
        configure(plan.telemetry, name)
        settle()

        async def beat(role: str, owner: str, held: list[int], draining: bool) -> Orders:
            orders: Orders = await coordinator().heartbeat.remote(
                role, owner, held, draining=draining
            )
            return orders

        self._core = GatewayCore(name, plan, beat, broken=_end)
        self._started = asyncio.get_running_loop().create_task(self._core.start())
        self._started.add_done_callback(_tell)

    async def ready(self) -> int:
        """How many partitions it serves."""
        await self._started
        return len(self._core.partitions)

    async def statistics(self) -> dict[str, object]:
        """`GatewayStatistics` as plain values."""
        await self._started
        return plain(self._core.statistics())

    async def metrics(self) -> bytes:
        """This process' metrics, Prometheus' text."""
        return render_metrics()

    async def spans(self, trace_id: str | None = None) -> bytes:
        """The spans that this process keeps, of one trace or all; see `decode_spans`."""
        return kept_spans(trace_id)

    async def drain(self) -> None:
        """Let go of every partition; see `GatewayCore.drain`."""
        await self._started
        await self._core.drain()


def _tell(started: "asyncio.Task[None]") -> None:
    """Say it where operators look, when a gateway cannot start; its callers get the error, too."""
    if not started.cancelled() and started.exception() is not None:
        logger.error("cannot start", exc_info=started.exception())


def _end() -> None:
    """End the process; Ray starts it again, with a new connection."""
    logger.error("ending, to be started again")
    os._exit(1)
