"""The naive way, for comparison: one Ray actor, so one process, for each twin.

The same sender and messages; a bridge takes them from the NATS server, calls the twin's actor and
acknowledges when the call returned. Nothing is durable: what dies is lost. It shows what a process
a twin costs, beside what Vigil costs on the same input.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import ray
from hdrh.histogram import HdrHistogram
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg

from actors.connection import NatsAddress, connect
from actors.kinds import load_kinds
from deploy.node import free_port
from deploy.ray_local import actor, start_ray
from deploy.settings import load_settings
from gateway.secrets import Secrets
from gateway.server import NatsServer
from load.bench.generator import Order
from load.bench.measure import groups_of, usage
from load.bench.report import Cost, Latencies, Report, machine, quantiles
from load.bench.run import Plan, Progress
from load.bench.sending import Sending, sending
from twins.event import Event
from twins.kind import kind_of


class Counts(Struct):
    """What one naive twin did."""

    applied: int
    repeats: int
    reordered: int
    pid: int
    rss: int
    signals: int


@ray.remote(num_cpus=0, max_restarts=0)
class NaiveTwin:
    """A vehicle as a process."""

    def __init__(self, key: str) -> None:
        load_kinds(["twins.devices"])
        kind = kind_of("vehicle")
        self._twin = kind.new(key)
        self._handler = kind.handler("telemetry")
        self._high = 0
        self._taken: set[int] = set()
        self._counts = Counts(0, 0, 0, 0, 0, 0)

    def receive(self, payload: bytes) -> bool:
        """Handle one message; True when the twin noticed something."""
        message = self._handler.decode(payload)
        number, at = message.sequence, message.time
        assert number is not None, "the generator numbers its messages"
        assert at is not None, "and stamps them"
        if number in self._taken:
            self._counts.repeats += 1
            return False
        self._taken.add(number)
        if number < self._high:
            self._counts.reordered += 1
        self._high = max(self._high, number)
        event = Event(str(number), "telemetry", self._twin.id, at, "", message.data)
        turn = self._twin.receive(event)
        self._counts.applied += 1
        self._counts.signals += len(turn.signals)
        return bool(turn.signals)

    def counts(self) -> Counts:
        """What it did so far."""
        process = psutil.Process()
        self._counts.pid, self._counts.rss = process.pid, process.memory_info().rss
        return self._counts


class Bridge:
    """Takes messages, calls actors, acknowledges."""

    def __init__(self, client: Client, twins: dict[str, Any]) -> None:
        self._client = client
        self._twins = twins
        self.applied = 0
        self.latency = HdrHistogram(1, 60_000_000, 3)
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, message: Msg) -> None:
        """Give a message to its twin; an actor keeps the order of one caller's calls."""
        key = message.subject.split(".")[3]
        reference = self._twins[key].receive.remote(message.data)
        task = asyncio.create_task(self._finish(reference, message, key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, reference: Any, message: Msg, key: str) -> None:
        noticed = await reference
        self.applied += 1
        sent = msgspec.msgpack.decode(message.data)["time"]
        self.latency.record_value(max(1, min(60_000_000, int((time.time() - sent) * 1e6))))
        await self._client.publish(message.reply, b'{"stream":"NAIVE","seq":1}')
        if noticed:
            await self._client.publish(f"commands.vehicle.{key}.warn_driver", b"\x80")


async def run(plan: Plan, progress: Progress) -> Report:
    """Measure the naive way; `plan.twins` processes are started."""
    with tempfile.TemporaryDirectory(prefix="vigil-naive-") as temporary:
        return await _run(plan, progress, Path(temporary))


async def _run(plan: Plan, progress: Progress, folder: Path) -> Report:
    settings = load_settings(overrides={"node": {"folder": str(folder)}})
    secrets = Secrets.load(folder)
    server = NatsServer(
        folder / "nats", port=free_port(), mqtt_port=None, partitions=1, secrets=secrets,
        settings=settings.nats,
    )  # fmt: skip
    progress("starting the NATS server and Ray", 0.0)
    await server.start()
    start_ray(settings)
    try:
        return await _measure(plan, progress, folder, server, secrets)
    finally:
        ray.shutdown()
        await server.stop()


async def _measure(
    plan: Plan, progress: Progress, folder: Path, server: NatsServer, secrets: Secrets
) -> Report:
    keys = [f"b{index}" for index in range(plan.twins)]
    twins: dict[str, Any] = {}
    for done, key in enumerate(keys):
        progress(f"starting process {done + 1} of {len(keys)}", 0.2 * done / len(keys))
        twins[key] = actor(NaiveTwin).remote(key)
        await twins[key].counts.remote()
    client = await connect(
        NatsAddress(server.url, secrets.internal_user, secrets.internal_password), "bridge"
    )
    bridge = Bridge(client, twins)
    await client.subscribe("ingest.0.>", cb=bridge.take)
    # As Vigil itself: who else may sign in is for a gateway to say, and there is none.
    order = Order(
        url=server.url, user=secrets.internal_user, password=secrets.internal_password,
        rate=plan.rate, seconds=plan.seconds, warmup_s=plan.warmup_s, twins=plan.twins,
        seed=plan.seed, scenes=0,
    )  # fmt: skip
    async with sending(order, folder) as sender:
        report = await _window(plan, progress, server, twins, bridge, sender)
    await client.close()
    return report


async def _window(
    plan: Plan, progress: Progress, server: NatsServer, twins: dict[str, Any], bridge: Bridge,
    sender: Sending,
) -> Report:  # fmt: skip
    counts = [await twin.counts.remote() for twin in twins.values()]
    me = psutil.Process()
    named = {
        "nats": [server.pid],
        "gateway": [me.pid],
        "host": [count.pid for count in counts],
        "generator": [sender.pid],
    }
    await asyncio.sleep(plan.warmup_s + 1.0)
    bridge.latency.reset()
    loop = asyncio.get_running_loop()
    began, applied = loop.time(), bridge.applied
    before = usage({**groups_of(me, named), "generator": [sender.pid]})
    while (elapsed := loop.time() - began) < plan.seconds - 2.0:
        progress("measuring", 0.2 + 0.75 * elapsed / plan.seconds)
        await asyncio.sleep(0.5)
    after = usage({**groups_of(me, named), "generator": [sender.pid]})
    seconds, applied = loop.time() - began, bridge.applied - applied
    sent = await sender.sent()
    counts = [await twin.counts.remote() for twin in twins.values()]
    spent = {
        group: round((after.seconds[group] - before.seconds[group]) * 1e6 / max(1, applied), 2)
        for group in after.seconds
    }
    taken = sum(count.applied for count in counts)
    return Report(
        name="naive",
        offered_events_per_second=plan.rate,
        sustained_events_per_second=round(applied / seconds, 1),
        latency_ms=Latencies(
            publish_to_applied=quantiles(bridge.latency.encode()),
            publish_to_effect=quantiles(sent.effect_latency),
            publish_to_acknowledged=quantiles(sent.ack_latency),
        ),
        cpu_us_per_event=Cost(
            nats=spent["nats"], gateway=spent["gateway"], host=spent["host"], store=0.0,
            effects=0.0, ray=spent["ray"],
            total=round(sum(v for k, v in spent.items() if k != "generator"), 2),
            generator=spent["generator"],
        ),
        bytes_per_hot_twin=round(sum(count.rss for count in counts) / len(counts), 0),
        lost=max(0, sent.acknowledged - taken),
        duplicated=max(0, taken - sent.sent),
        out_of_order=sum(count.reordered for count in counts),
        machine=machine(),
        sent=sent.sent,
        acknowledged=sent.acknowledged,
        applied=taken,
        resent=sent.resent,
        refused=sent.refused,
        seconds=round(seconds, 2),
        backlog_start=0,
        backlog_end=0,
        partitions=1,
        twins=plan.twins,
        readings_per_message=1,
        notes=["nothing is durable: a process that dies loses its twin"],
    )  # fmt: skip
