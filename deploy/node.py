"""A node: everything of Vigil on one machine, started, watched and ended by one process.

NATS server, Ray, coordinator, effect workers, hosts, gateways, router, API. The process is the
watchdog: what Ray does not restart itself (the NATS server), it does.
"""

import asyncio
import os
import signal
import socket
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

import ray
import structlog

from actors.connection import connect
from actors.coordinator import NAME as COORDINATOR
from actors.coordinator import NAMESPACE, Coordinator
from actors.effects.worker import EffectPlan, EffectWorker
from actors.handle import router_name
from actors.host import HostPlan, TwinHost
from actors.kinds import load_kinds
from actors.log import create_streams
from actors.router import Router
from actors.store.history import SqliteHistory
from actors.store.sqlite import SqliteStore
from deploy import running
from deploy.errors import StartFailed
from deploy.ray_local import start_ray
from deploy.settings import Settings
from deploy.stage import Progress, silent, stage
from gateway.api.actor import ApiActor, ApiPlan
from gateway.channels import make_channel
from gateway.gateway import Gateway, GatewayPlan
from gateway.secrets import Secrets
from gateway.server import NatsServer

logger = structlog.get_logger(__name__)

LOOPBACK = "127.0.0.1"
WATCH_S = 0.25


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def folder_of(settings: Settings) -> Path:
    """The node's data folder."""
    return settings.node.folder.expanduser().resolve()


class Node:
    """One machine's Vigil. `async with Node(settings) as node:` runs it."""

    def __init__(self, settings: Settings, progress: Progress = silent) -> None:
        self.settings = settings
        self.folder = folder_of(settings)
        self.api_port = settings.api.port or free_port()
        self._progress = progress
        self._stack = AsyncExitStack()
        self.secrets: Secrets
        self.server: NatsServer
        self.running: running.Running
        self.actors: dict[str, Any] = {}
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # -- start -------------------------------------------------------------------------------

    async def _start(self) -> None:
        settings, progress = self.settings, self._progress
        self._stack.enter_context(running.Lock(self.folder))
        load_kinds(settings.node.kinds)
        partitions = settings.log.partitions
        make_store = partial(SqliteStore, self.folder / "store")
        store = make_store()
        store.prepare(partitions)
        store.close()
        with stage(progress, "NATS server"):
            await self._start_nats(partitions)
        with stage(progress, "Ray"):
            await asyncio.to_thread(start_ray, settings)
            self._stack.push_async_callback(asyncio.to_thread, ray.shutdown)
        with stage(progress, "coordinator, hosts and gateways"):
            self._make_actors(make_store)
            self._stack.push_async_callback(self._end_actors)
            await self._ready()
        await self._tell()
        self._watch = asyncio.create_task(self._keep_nats())
        self._stack.push_async_callback(self._end_watch)

    async def _start_nats(self, partitions: int) -> None:
        settings = self.settings
        folder = self.folder / "nats"
        self.secrets = Secrets.load(self.folder)
        mqtt_port = settings.nats.mqtt_port
        self.server = NatsServer(
            folder,
            port=settings.nats.port or free_port(),
            mqtt_port=mqtt_port if mqtt_port is None else mqtt_port or free_port(),
            partitions=partitions,
            secrets=self.secrets,
            settings=settings.nats,
        )
        await self.server.start()
        self._stack.push_async_callback(self.server.stop)
        self.address = self.server.address
        client = await connect(self.address, "node")
        try:
            await create_streams(client, partitions, int(settings.log.max_bytes))
        finally:
            await client.close()

    def _make_actors(self, make_store: Any) -> None:
        settings = self.settings
        partitions = settings.log.partitions
        workers = [f"effects-{index}" for index in range(settings.effects.workers)]
        telemetry = settings.telemetry

        def named(name: str) -> dict[str, Any]:
            return {
                "name": name,
                "namespace": NAMESPACE,
                "lifetime": "detached",
                "get_if_exists": True,
            }

        self.actors[COORDINATOR] = (
            actor(Coordinator)
            .options(**named(COORDINATOR))
            .remote(make_store, partitions, settings.host.lease_s)
        )
        plan = EffectPlan(
            nats=self.address,
            partitions=partitions,
            settings=settings.effects,
            folder=self.folder / "effects",
            functions=settings.node.functions,
            make_channel=partial(
                make_channel, self.secrets.offer_key, settings.api.public_url or self.api_url
            ),
            telemetry=telemetry,
        )
        for name in workers:
            self.actors[name] = actor(EffectWorker).options(**named(name)).remote(name, plan)
        host_plan = HostPlan(
            nats=self.address,
            partitions=partitions,
            settings=settings.host,
            kinds=settings.node.kinds,
            make_store=make_store,
            make_history=partial(SqliteHistory, self.folder / "history"),
            effect_workers=workers,
            telemetry=telemetry,
        )
        for index in range(settings.host.count):
            name = f"host-{index}"
            self.actors[name] = (
                actor(TwinHost).options(**named(name), max_concurrency=1000).remote(name, host_plan)
            )
        gateway_plan = GatewayPlan(
            nats=self.address,
            partitions=partitions,
            settings=settings.gateway,
            kinds=settings.node.kinds,
            secrets=self.secrets,
            mqtt=self.server.mqtt_port is not None,
            telemetry=telemetry,
        )
        for index in range(settings.gateway.count):
            name = f"gateway-{index}"
            self.actors[name] = (
                actor(Gateway)
                .options(**named(name), max_concurrency=100)
                .remote(name, gateway_plan)
            )
        router = router_name(ray.get_runtime_context().get_node_id())
        self.actors["router"] = (
            actor(Router)
            .options(**named(router))
            .remote(router, self.address, partitions, telemetry)
        )
        api_plan = ApiPlan(
            nats=self.address,
            partitions=partitions,
            port=self.api_port,
            operator_token=self.operator_token,
            secrets=self.secrets,
            kinds=settings.node.kinds,
            make_store=make_store,
            make_history=partial(SqliteHistory, self.folder / "history"),
            telemetry=telemetry,
        )
        self.actors["api"] = (
            actor(ApiActor).options(**named("api"), max_concurrency=1000).remote(api_plan)
        )

    @property
    def operator_token(self) -> str:
        """What operators sign in with."""
        chosen = self.settings.api.operator_token
        return chosen.get_secret_value() if chosen else self.secrets.operator_token

    @property
    def api_url(self) -> str:
        """Where the API listens."""
        return f"http://{LOOPBACK}:{self.api_port}"

    async def _ready(self) -> None:
        """Wait until every partition is served by a gateway and a host, and the API answers."""
        patience = time.monotonic() + self.settings.node.start_s
        partitions = self.settings.log.partitions
        hosts = [actor for name, actor in self.actors.items() if name.startswith("host-")]
        gateways = [actor for name, actor in self.actors.items() if name.startswith("gateway-")]
        await asyncio.gather(*(actor.ready.remote() for actor in (*hosts, *gateways)))
        while time.monotonic() < patience:
            served = [
                sum(await asyncio.gather(*(actor.ready.remote() for actor in group)))
                for group in (hosts, gateways)
            ]
            if all(count >= partitions for count in served):
                await self.actors["api"].ready.remote()
                return
            await asyncio.sleep(WATCH_S / 5)
        raise StartFailed(
            f"after {self.settings.node.start_s:.0f} s hosts serve {served[0]} and gateways "
            f"{served[1]} of {partitions} partitions; the processes' logs are in Ray's session "
            "folder, see `ray logs`"
        )

    async def _tell(self) -> None:
        self.running = running.Running(
            pid=os.getpid(),
            api_url=self.api_url,
            operator_token=self.operator_token,
            nats_url=self.server.url,
            mqtt_url=self.server.mqtt_url,
            partitions=self.settings.log.partitions,
            started_at=time.time(),
        )
        running.write(self.folder, self.running)
        self._stack.callback(running.remove, self.folder)

    # -- while it runs -----------------------------------------------------------------------

    async def _keep_nats(self) -> None:
        """Start the NATS server again when it has ended."""
        while True:
            await asyncio.sleep(WATCH_S)
            if not self.server.alive:
                logger.warning("NATS server ended; starting it again")
                try:
                    await self.server.start()
                except Exception:
                    logger.exception("NATS server does not start; trying again")

    # -- end ---------------------------------------------------------------------------------

    async def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def _end_actors(self) -> None:
        """Gateways first, so that nothing new comes; hosts then apply and checkpoint all of it."""
        with stage(self._progress, "last checkpoints"):
            for prefix in ("api", "gateway-", "host-"):
                draining = [
                    asyncio.ensure_future(_quiet(handle.drain.remote()))
                    for name, handle in self.actors.items()
                    if name.startswith(prefix)
                ]
                if draining:
                    await asyncio.wait(draining, timeout=self.settings.node.stop_s)
            for handle in self.actors.values():
                ray.kill(handle)


def actor(cls: Any) -> Any:
    """A class that `ray.remote` decorated, which type checkers still take for the plain one."""
    return cls


async def _quiet(reference: Any) -> None:
    try:
        await reference
    except Exception as error:  # noqa: BLE001 - at the end nobody is left to care
        logger.warning("does not end cleanly", error=repr(error))


async def run(settings: Settings, progress: Progress = silent) -> None:
    """Run a node until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with Node(settings, progress):
        await ended.wait()
