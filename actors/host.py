"""Host: the Ray actor that owns partitions and runs their twins."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

import psutil
import ray
import structlog
from msgspec import Struct

from actors.assignment import HOST, Orders
from actors.changes import Changed, Mark, Noticed
from actors.connection import NatsAddress, connect
from actors.coordinator import coordinator
from actors.effects.sink import EffectSink
from actors.errors import NotOwner
from actors.guard import Guard, exit_when_stuck
from actors.host_metrics import observe_host
from actors.keyring import Keyring
from actors.kinds import KindSource, load_kinds
from actors.latency import Latency
from actors.membership import Membership
from actors.process import settle
from actors.serving import Resources, Serving
from actors.settings import HostSettings
from actors.state import TwinState
from actors.store.base import HistoryIndex, Store
from actors.telemetry import Telemetry, configure, instruments, kept_spans, render_metrics
from twins.ids import partition_of

logger = structlog.get_logger(__name__)


class HostPlan(Struct):
    """What a host is told when it is made; the same for all hosts of a cluster."""

    nats: NatsAddress
    partitions: int
    settings: HostSettings
    kinds: list[KindSource]
    make_store: Callable[[], Store]
    make_history: Callable[[], HistoryIndex]
    effect_workers: list[str]
    telemetry: Telemetry
    make_keyring: Callable[[], Keyring] | None = None
    """What persons' data is sealed with; None: nothing is sealed."""


class HostCore:
    """The host without Ray."""

    def __init__(self, name: str, plan: HostPlan, beat: Any, accept: Any) -> None:
        self.name = name
        self._plan = plan
        self._accept = accept
        self.serving: dict[int, Serving] = {}
        settings = plan.settings
        self.membership = Membership(
            HOST, name, beat, self._gain, self._lose, every_s=settings.heartbeat_s
        )
        self._resources: Resources | None = None
        self._guard = Guard(settings.handler_s)

    async def start(self) -> None:
        """Connect, and begin to take orders."""
        plan = self._plan
        load_kinds(plan.kinds)
        self._resources = Resources(
            client=await connect(plan.nats, self.name),
            store=plan.make_store(),
            history=plan.make_history(),
            settings=plan.settings,
            partitions=plan.partitions,
            owner=self.membership.owner,
            accept=self._accept,
            guard=self._guard,
            renew=self.membership.renew,
            keyring=None if plan.make_keyring is None else plan.make_keyring(),
        )
        self._guard.start()
        observe_host(self.serving)
        self.membership.start()

    async def _gain(self, partition: int, epoch: int) -> None:
        serving = self.serving.get(partition)
        if serving is not None:
            serving.move_to(epoch)
            return
        assert self._resources is not None
        serving = Serving(partition, epoch, self._resources)
        await serving.start()
        self.serving[partition] = serving
        instruments.partitions_moved.add(1, {"role": HOST})
        logger.info(
            "serves", host=self.name, partition=partition, epoch=epoch,
            position=serving.partition.position,
        )  # fmt: skip

    async def _lose(self, partition: int) -> None:
        serving = self.serving.pop(partition, None)
        if serving is not None:
            await serving.stop()

    async def drain(self) -> None:
        """Let go of every partition with a last checkpoint, and end the heartbeat."""
        await self.membership.drain()
        await self.membership.stop()
        await asyncio.to_thread(self._guard.stop)

    def of(self, twin_id: str) -> Serving:
        """The partition of a twin, if this host may answer for it; else `NotOwner`."""
        return self.at(partition_of(twin_id, self._plan.partitions))

    def at(self, partition: int) -> Serving:
        """A partition, if this host may answer for it; else `NotOwner`."""
        serving = self.serving.get(partition)
        if serving is None or serving.spoilt or not self.membership.lease_valid:
            raise NotOwner(f"{self.name} does not own partition {partition} now; ask again")
        return serving

    def statistics(self) -> dict[str, Any]:
        """Counts of all partitions served, for status and benchmark."""
        parts = []
        for number, serving in sorted(self.serving.items()):
            partition = serving.partition
            twins, size = partition.hot
            parts.append(
                {
                    "partition": number,
                    "epoch": serving.epoch,
                    "position": partition.position,
                    "committed": serving.checkpoints.committed,
                    "now": partition.now,
                    "lag_s": serving.lag_s,
                    "events": partition.events,
                    "from_gateways": serving.from_gateways,
                    "repeats": partition.repeats,
                    "refused": partition.refused,
                    "hot_twins": twins,
                    "hot_bytes": size,
                    "dirty": partition.dirty,
                    "outbox": partition.outbox.size,
                    "reminders": len(partition.reminders),
                    "rules": partition.in_force.versions,
                    "rules_problems": partition.in_force.problems,
                    "reader_restarts": serving.reader.restarts,
                    "checkpoint_s": serving.checkpoints.seconds,
                    "checkpoint_twins": serving.checkpoints.twins,
                    "error": repr(serving.reader.error) if serving.reader.error else None,
                }
            )
        process = psutil.Process()
        times = process.cpu_times()
        return {
            "name": self.name,
            "owner": self.membership.owner,
            "pid": os.getpid(),
            "cpu_s": times.user + times.system,
            "rss": process.memory_info().rss,
            "partitions": parts,
        }

    def latency(self, *, reset: bool) -> bytes:
        """All partitions' histograms added up, encoded; optionally begin anew."""
        total = Latency()
        for serving in self.serving.values():
            total.histogram.add(serving.latency.histogram)
            if reset:
                serving.latency.reset()
        return total.encoded()


@ray.remote(max_restarts=-1, max_task_retries=0, num_cpus=0)
class TwinHost:
    """The actor around `HostCore`; its calls run on one asyncio loop."""

    def __init__(self, name: str, plan: HostPlan) -> None:
        configure(plan.telemetry, name)
        settle()

        async def beat(role: str, owner: str, held: list[int], draining: bool) -> Orders:
            orders: Orders = await coordinator().heartbeat.remote(
                role, owner, held, draining=draining
            )
            return orders

        self._core = HostCore(name, plan, beat, EffectSink(plan.effect_workers).accept)
        loop = asyncio.get_running_loop()
        self._started = loop.create_task(self._core.start())
        self._alive = loop.create_task(exit_when_stuck(plan.settings.stuck_s))

    async def ready(self) -> int:
        """How many partitions it serves."""
        await self._started
        return len(self._core.serving)

    async def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """A snapshot of a twin."""
        await self._started
        serving = self._core.of(twin_id)
        answer = await serving.state(twin_id, min_position)
        self._core.of(twin_id)  # the lease must still hold when it answers
        return answer

    async def reply(self, partition: int, event_id: str, position: int) -> Any:
        """The answer to an `ask`, once it is applied."""
        return await self._core.at(partition).reply(event_id, position)

    async def reached(self, partition: int, position: int) -> int:
        """Wait until a partition stands at a position; returns where it stands."""
        serving = self._core.at(partition)
        await serving.reached(position)
        return serving.partition.position

    async def changed(
        self, partition: int, since: Mark | None, kind: str | None, twin_id: str | None, most: int
    ) -> Changed:
        """See `Serving.changed`."""
        await self._started
        changed = await self._core.at(partition).changed(since, kind, twin_id, most)
        self._core.at(partition)  # the lease must still hold when it answers
        return changed

    async def noticed(
        self, partition: int, kind: str | None, twin_id: str | None, most: int
    ) -> list[Noticed]:
        """The last signals of a partition that are remembered, oldest first."""
        await self._started
        return self._core.at(partition).changes.newest(kind, twin_id, most)

    async def watch(self, seconds: float) -> None:
        """Publish changes of all partitions for so long."""
        for serving in self._core.serving.values():
            serving.changes.watch(seconds)

    async def statistics(self) -> dict[str, Any]:
        """See `HostCore.statistics`."""
        return self._core.statistics()

    async def latency(self, *, reset: bool = False) -> bytes:
        """See `HostCore.latency`."""
        return self._core.latency(reset=reset)

    async def metrics(self) -> bytes:
        """This process' metrics, Prometheus' text."""
        return render_metrics()

    async def spans(self, trace_id: str | None = None) -> bytes:
        """The spans that this process keeps, of one trace or all; see `decode_spans`."""
        return kept_spans(trace_id)

    async def checkpoint(self) -> None:
        """Make a checkpoint of every partition now."""
        for serving in list(self._core.serving.values()):
            await serving.checkpoints.take()

    async def settle(self) -> dict[int, int]:
        """Let every partition settle; returns the positions of their checkpoints."""
        served = dict(self._core.serving)
        heads = await asyncio.gather(*(serving.settle() for serving in served.values()))
        return dict(zip(served, heads, strict=True))

    async def drain(self) -> None:
        """See `HostCore.drain`."""
        await self._core.drain()
