"""One benchmark run on a node of its own: start, load, measure, read the twins back."""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil
from msgspec import Struct

from actors.store.sqlite import SqliteStore
from deploy.node import Node
from deploy.settings import Settings, load_settings
from gateway.auth import device_token
from load.bench.generator import Order, Sent
from load.bench.measure import Held, Usage, groups_of, read_back, usage
from load.bench.report import Cost, Latencies, Report, machine, quantiles
from load.bench.sending import sending

_LOGS = 16 << 30
"""Bytes that all logs together may take."""

Progress = Callable[[str, float], None]
"""Takes (what is going on, share done from 0 to 1)."""


class Plan(Struct):
    """What to measure."""

    rate: float = 20_000.0
    """Messages a second."""
    seconds: float = 120.0
    warmup_s: float = 5.0
    twins: int = 10_000
    readings: int = 1
    seed: int = 1
    partitions: int | None = None
    """None: the default of the settings."""
    name: str = "vigil"
    checkpoint_s: float | None = None


class Window(Struct):
    """What was seen at one end of the measured time."""

    at: float
    applied: int
    checkpoint_s: float
    cpu: Usage
    behind: int


async def run(plan: Plan, progress: Progress, folder: Path | None = None) -> Report:
    """Measure, and return the report. A node's data lies in a temporary folder unless given."""
    if folder is not None:
        return await _run(plan, progress, folder)
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as temporary:
        return await _run(plan, progress, Path(temporary))


def settings_of(plan: Plan, folder: Path) -> Settings:
    """The settings of the node measured: the defaults, and no limit on one device's rate."""
    overrides: dict[str, Any] = {
        "node": {"folder": str(folder)},
        # Free ports, and no MQTT: it is not what is measured.
        "nats": {"port": 0, "mqtt_port": None},
        "api": {"port": 0},
        "gateway": {"rate_per_device": 1e6, "burst_per_device": 1_000_000},
    }
    if plan.partitions is not None:
        # Many partitions share what one machine's disk is allowed to take.
        overrides["log"] = {"partitions": plan.partitions, "max_bytes": _LOGS // plan.partitions}
    if plan.checkpoint_s is not None:
        overrides["host"] = {"checkpoint_s": plan.checkpoint_s}
    return load_settings(overrides=overrides)


async def _run(plan: Plan, progress: Progress, folder: Path) -> Report:
    progress("starting a node", 0.0)
    settings = settings_of(plan, folder)
    async with Node(settings) as node:
        order = Order(
            url=node.server.url,
            user="vehicle/*",
            password=device_token(node.secrets.device_key, "vehicle/*"),
            rate=plan.rate,
            seconds=plan.seconds,
            warmup_s=plan.warmup_s,
            twins=plan.twins,
            seed=plan.seed,
            readings=plan.readings,
        )
        async with sending(order, folder) as sender:
            start, end = await _window(node, plan, sender.pid, progress)
            progress("waiting for the last acknowledgements", 0.95)
            sent = await sender.sent()
        progress("reading the twins back", 0.97)
        await _settled(node)
        held = await asyncio.to_thread(_read_back, node, sent, order)
        applied_latency = [
            await host.latency.remote() for name, host in _hosts(node).items() if name
        ]
    progress("measuring memory", 0.99)
    hot = await _hot_bytes()
    progress("done", 1.0)
    return _report(plan, settings, start, end, sent, held, applied_latency, hot)


def _hosts(node: Node) -> dict[str, Any]:
    return {name: actor for name, actor in node.actors.items() if name.startswith("host-")}


async def _statistics(node: Node, prefix: str) -> list[dict[str, Any]]:
    return [
        await actor.statistics.remote()
        for name, actor in node.actors.items()
        if name.startswith(prefix)
    ]


async def _window(
    node: Node, plan: Plan, generator: int, progress: Progress
) -> tuple[Window, Window]:
    loop = asyncio.get_running_loop()
    await asyncio.sleep(plan.warmup_s + 1.0)
    for host in _hosts(node).values():
        await host.latency.remote(reset=True)
    start = await _look(node, generator)
    began = loop.time()
    while (elapsed := loop.time() - began) < plan.seconds - 2.0:
        progress("measuring", 0.05 + 0.9 * elapsed / plan.seconds)
        await asyncio.sleep(min(1.0, plan.seconds - 2.0 - elapsed))
    return start, await _look(node, generator)


async def _look(node: Node, generator: int) -> Window:
    hosts = await _statistics(node, "host-")
    gateways = await _statistics(node, "gateway-")
    effects = await _statistics(node, "effects-")
    named = {
        "nats": [node.server.pid],
        "gateway": [one["pid"] for one in gateways],
        "host": [one["pid"] for one in hosts],
        "effects": [one["pid"] for one in effects],
        "generator": [generator],
    }
    groups = groups_of(psutil.Process(), named)
    groups["generator"] = [generator]
    parts = [part for host in hosts for part in host["partitions"]]
    applied = sum(part["from_gateways"] for part in parts)
    taken = sum(one["taken"] for one in gateways)
    return Window(
        at=asyncio.get_running_loop().time(),
        applied=applied,
        checkpoint_s=sum(part["checkpoint_s"] for part in parts),
        cpu=usage(groups),
        behind=taken - applied,
    )


async def _settled(node: Node) -> None:
    """Wait until all that is in the log is applied and in the store."""
    for _ in range(200):
        positions = [
            (part["position"], part["outbox"])
            for host in await _statistics(node, "host-")
            for part in host["partitions"]
        ]
        await asyncio.sleep(0.3)
        again = [
            (part["position"], part["outbox"])
            for host in await _statistics(node, "host-")
            for part in host["partitions"]
        ]
        if positions == again:
            break
    for host in _hosts(node).values():
        await host.checkpoint.remote()


def _read_back(node: Node, sent: Sent, order: Order) -> Held:
    store = SqliteStore(node.folder / "store")
    try:
        numbers = {
            f"vehicle/{order.prefix}{index}": (acked, last)
            for index, (acked, last) in enumerate(zip(sent.acks, sent.last, strict=True))
            if last
        }
        return read_back(store, numbers, node.settings.log.partitions)
    finally:
        store.close()


async def _hot_bytes() -> float:
    """What a process grows by for each hot twin; measured in one of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "load.bench.memory", stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    return float(msgspec.json.decode(printed)["bytes_per_hot_twin"])


def _report(
    plan: Plan,
    settings: Settings,
    start: Window,
    end: Window,
    sent: Sent,
    held: Held,
    latency: list[bytes],
    hot: float,
) -> Report:
    seconds = end.at - start.at
    applied = end.applied - start.applied
    spent = {
        group: (end.cpu.seconds[group] - start.cpu.seconds[group]) * 1e6 / max(1, applied)
        for group in end.cpu.seconds
    }
    store = (end.checkpoint_s - start.checkpoint_s) * 1e6 / max(1, applied)
    total = sum(value for group, value in spent.items() if group != "generator")
    return Report(
        name=plan.name,
        offered_events_per_second=round(plan.rate, 1),
        sustained_events_per_second=round(applied / seconds, 1),
        latency_ms=Latencies(
            publish_to_applied=quantiles(*latency),
            publish_to_effect=quantiles(sent.effect_latency),
            publish_to_acknowledged=quantiles(sent.ack_latency),
        ),
        cpu_us_per_event=Cost(
            nats=round(spent["nats"], 2),
            gateway=round(spent["gateway"], 2),
            host=round(spent["host"] - store, 2),
            store=round(store, 2),
            effects=round(spent["effects"], 2),
            ray=round(spent["ray"], 2),
            total=round(total, 2),
            generator=round(spent["generator"], 2),
        ),
        bytes_per_hot_twin=hot,
        lost=held.lost,
        duplicated=held.duplicated,
        out_of_order=held.reordered,
        machine=machine(),
        sent=sent.sent,
        acknowledged=sent.acknowledged,
        applied=held.numbered,
        resent=sent.resent,
        refused=sent.refused,
        seconds=round(seconds, 2),
        backlog_start=start.behind,
        backlog_end=end.behind,
        partitions=settings.log.partitions,
        twins=plan.twins,
        readings_per_message=plan.readings,
        notes=[f"{count} x {text}" for text, count in list(sent.refusals.items())[:5]],
    )
