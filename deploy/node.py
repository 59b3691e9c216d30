"""A node: everything of Vigil on one machine, started, watched and ended by one process.

NATS server, Ray, coordinator, effect workers, hosts, gateways, router, API. What Ray does not
restart itself (the NATS server), this process does. Where Ray itself has ended it ends, too, to be
started again by whoever watches it (`deploy.watchdog`).
"""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import ray
import structlog

from actors.connection import connect
from actors.keyring import Keyring
from actors.kinds import gather_kinds, load_kinds
from actors.log import create_streams
from actors.store.sqlite import SqliteStore
from deploy import running
from deploy.crew import Crew, Place
from deploy.errors import DeployError
from deploy.kept_kinds import keep_kinds
from deploy.ray_local import dead, start_ray, take_back_signals
from deploy.renewal import prove
from deploy.settings import Settings
from deploy.stage import Progress, silent, stage
from gateway.activity import ActivityLog
from gateway.credentials import Credentials
from gateway.secrets import Secrets
from gateway.server import NatsServer
from twins.errors import TwinError

logger = structlog.get_logger(__name__)

LOOPBACK = "127.0.0.1"
WATCH_S = 0.25
BROKEN = 70
"""Exit code of a node that cannot go on (EX_SOFTWARE of sysexits.h)."""


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
        self.crew: Crew
        self.broken = asyncio.Event()
        """Set when Ray itself has ended: nothing is served any more, and only a new node helps."""
        self._watches: list[asyncio.Task[None]] = []

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
        kinds = gather_kinds(settings.node.kinds)
        load_kinds(kinds)
        keep_kinds(self.folder)
        partitions = settings.log.partitions
        store = SqliteStore(self.folder / "store")
        store.prepare(partitions)
        store.close()
        keyring = Keyring(self.folder / "keys")
        keyring.prepare()
        keyring.close()
        credentials = Credentials(self.folder / "access")
        credentials.prepare()
        credentials.close()
        activity = ActivityLog(self.folder / "access")
        activity.prepare()
        activity.close()
        with stage(progress, "NATS server"):
            await self._start_nats(partitions)
        with stage(progress, "Ray"):
            await asyncio.to_thread(start_ray, settings)
            self._stack.push_async_callback(asyncio.to_thread, ray.shutdown)
            take_back_signals()
        with stage(progress, "coordinator, hosts and gateways"):
            place = Place(
                folder=self.folder,
                address=self.address,
                secrets=self.secrets,
                mqtt=self.server.mqtt_port is not None,
                api_port=self.api_port,
                api_url=self.api_url,
                operator_token=self.operator_token,
                kinds=kinds,
            )
            self.crew = Crew(settings, place)
            self._stack.push_async_callback(self._end_crew)
            self.crew.start()
            await self.crew.ready()
        await self._tell()
        self._watches = [
            asyncio.create_task(self._keep_nats()),
            asyncio.create_task(self._watch_ray()),
        ]
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

    @property
    def actors(self) -> dict[str, Any]:
        """The actors by name."""
        return self.crew.actors

    @property
    def operator_token(self) -> str:
        """What operators sign in with."""
        chosen = self.settings.api.operator_token
        return chosen.get_secret_value() if chosen else self.secrets.operator_token

    @property
    def api_url(self) -> str:
        """Where the API listens."""
        return f"http://{LOOPBACK}:{self.api_port}"

    async def _tell(self) -> None:
        self.running = running.Running(
            pid=os.getpid(),
            api_url=self.api_url,
            operator_token=self.operator_token,
            nats_url=self.server.url,
            mqtt_url=self.server.mqtt_url,
            partitions=self.settings.log.partitions,
            started_at=time.time(),
            privacy_token=self.secrets.privacy_token,
        )
        running.write(self.folder, self.running)
        self._stack.callback(running.remove, self.folder)

    # -- while it runs -----------------------------------------------------------------------

    async def _keep_nats(self) -> None:
        """Start the NATS server again when it has ended, and when it is stuck and need not be."""
        stuck = False
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                if not self.server.alive:
                    logger.warning("NATS server ended; starting it again")
                    await self.server.start()
                elif await asyncio.to_thread(self.server.stuck):
                    if not stuck:
                        logger.error("the NATS server could not write; is the disk full?")
                    stuck = True
                    if await asyncio.to_thread(self.server.has_room):
                        logger.warning("there is room again; starting the NATS server anew")
                        await self.server.stop()
                        await self.server.start()
                else:
                    stuck = False
            except Exception:
                logger.exception("NATS server does not start; trying again")

    async def _watch_ray(self) -> None:
        """Notice that Ray has ended. All of its actors end with it, and nothing would tell."""
        while True:
            await asyncio.sleep(WATCH_S)
            if ended := dead():
                logger.error("Ray has ended", processes=ended)
                self.broken.set()
                return

    async def renew(self, read: Callable[[], Settings]) -> None:
        """Take over the kinds of the settings as they are now; all else stays as it is.

        What came of it stands in the run file, for whoever asked for it.
        """
        now = self.running
        now.renewals += 1
        now.renewed, now.problem = [], None
        try:
            kinds = gather_kinds(read().node.kinds)
            await prove(kinds, self.folder)
            now.renewed = await self.crew.renew(kinds)
        except (DeployError, TwinError) as error:
            now.problem = str(error)
        except Exception as error:
            logger.exception("not renewed")
            now.problem = f"{type(error).__name__}: {error}"
        logger.info("renewed", members=now.renewed, problem=now.problem)
        running.write(self.folder, now)

    # -- end ---------------------------------------------------------------------------------

    async def _end_watch(self) -> None:
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)

    async def _end_crew(self) -> None:
        with stage(self._progress, "last checkpoints"):
            await self.crew.end()


async def run(
    settings: Settings, progress: Progress = silent, again: Callable[[], Settings] | None = None
) -> None:
    """Run a node until SIGTERM or SIGINT. At SIGUSR1 it takes over the kinds anew.

    Where Ray has ended, the process ends at once with `BROKEN`, and leaves its run file: whoever
    watches it knows by that that it was up.

    Args:
        settings: Of the node.
        progress: Told how far the start is.
        again: Reads the settings once more; None: they are what they are.
    """
    ended, renewal = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, renewal.set)
    async with Node(settings, progress) as node:

        async def renew() -> None:
            while True:
                await renewal.wait()
                renewal.clear()
                await node.renew(again or (lambda: settings))

        async def break_off() -> None:
            await node.broken.wait()
            if not ended.is_set():
                # No good order: every call to Ray would wait for what is not there. What matters
                # is durable, and Ray's other processes end with this one.
                os._exit(BROKEN)

        renewing = asyncio.create_task(renew())
        breaking = asyncio.create_task(break_off())
        await ended.wait()
        for task in (renewing, breaking):
            task.cancel()
        await asyncio.gather(renewing, breaking, return_exceptions=True)
