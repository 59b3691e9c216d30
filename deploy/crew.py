"""Crew: the Ray actors of a node. Made, counted in, added to, and ended in the right order."""

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

import ray
import structlog
from msgspec import Struct

from actors.connection import NatsAddress
from actors.coordinator import NAME as COORDINATOR
from actors.coordinator import NAMESPACE, Coordinator
from actors.effects.worker import EffectPlan, EffectWorker
from actors.handle import router_name
from actors.host import HostPlan, TwinHost
from actors.keyring import Keyring
from actors.kinds import KindSource
from actors.router import Router
from actors.store.history import SqliteHistory
from actors.store.sqlite import SqliteStore
from deploy.errors import StartFailed
from deploy.settings import Settings
from gateway.activity import ActivityLog
from gateway.api.actor import ApiActor, ApiPlan
from gateway.calendars import make_calendar
from gateway.channels import make_channels
from gateway.credentials import Credentials
from gateway.gateway import Gateway, GatewayPlan
from gateway.secrets import Secrets

logger = structlog.get_logger(__name__)

LOOK_S = 0.05
HOST, GATEWAY, API = "host", "gateway", "api"


class Place(Struct):
    """Where a crew works."""

    folder: Path
    address: NatsAddress
    secrets: Secrets
    mqtt: bool
    api_port: int
    api_url: str
    operator_token: str
    kinds: list[KindSource]


def open_store(folder: Path) -> SqliteStore:
    """The store of a node's folder, with its keyring."""
    return SqliteStore(folder / "store", Keyring(folder / "keys"))


class Crew:
    """All actors of one node, by name: `coordinator`, `host-0`, `gateway-0`, `effects-0`, `api`."""

    def __init__(self, settings: Settings, place: Place) -> None:
        self._settings = settings
        self._place = place
        self._partitions = settings.log.partitions
        self.actors: dict[str, Any] = {}
        self._renewals = 0
        self._workers = [f"effects-{index}" for index in range(settings.effects.workers)]
        self._keyring = partial(Keyring, place.folder / "keys")
        self._credentials = partial(Credentials, place.folder / "access")
        self._activity = partial(
            ActivityLog, place.folder / "access", settings.access.activity_days
        )
        self._store = partial(open_store, place.folder)
        self._history = partial(SqliteHistory, place.folder / "history")

    # -- start -------------------------------------------------------------------------------

    def start(self) -> None:
        """Make the actors; they are at work when `ready` returns."""
        settings, place = self._settings, self._place
        self._make(
            COORDINATOR, Coordinator, 100, self._store, self._partitions, settings.host.lease_s
        )
        effects = EffectPlan(
            nats=place.address,
            partitions=self._partitions,
            settings=settings.effects,
            folder=place.folder / "effects",
            functions=settings.node.functions,
            make_channels=partial(
                make_channels,
                place.secrets.offer_key,
                settings.api.public_url or place.api_url,
                settings.channels,
            ),
            make_calendar=partial(
                make_calendar, frozenset(map(str.lower, settings.people.calendar_hosts))
            ),
            telemetry=settings.telemetry,
            make_keyring=self._keyring,
        )
        for name in self._workers:
            self._make(name, EffectWorker, 1000, name, effects)
        for _ in range(settings.host.count):
            self.add(HOST)
        for _ in range(settings.gateway.count):
            self.add(GATEWAY)
        router = router_name(ray.get_runtime_context().get_node_id())
        self.actors["router"] = self._named(
            router, Router, 1000, router, place.address, self._partitions, settings.telemetry
        )
        self._add_api()

    def _add_api(self) -> None:
        settings, place = self._settings, self._place
        plan = ApiPlan(
            nats=place.address,
            partitions=self._partitions,
            port=place.api_port,
            operator_token=place.operator_token,
            secrets=place.secrets,
            kinds=place.kinds,
            make_store=self._store,
            make_history=self._history,
            telemetry=settings.telemetry,
            rules=settings.rules,
            people=settings.people,
            channels=settings.channels,
            streets=settings.streets,
            make_keyring=self._keyring,
            access=settings.access,
            make_credentials=self._credentials,
            make_activity=self._activity,
            public_url=settings.api.public_url,
        )
        # Nobody finds it by name, and the name of one that just ended may still be taken.
        self.actors[API] = self._named(f"{API}-{self._renewals}", ApiActor, 1000, plan)

    def add(self, role: str) -> str:
        """Start one more host or gateway; partitions move to it by themselves. Returns its name."""
        index = 0
        while (name := f"{role}-{index}") in self.actors:
            index += 1
        if role == HOST:
            self._make(name, TwinHost, 1000, name, self._host_plan())
        else:
            self._make(name, Gateway, 100, name, self._gateway_plan())
        return name

    async def renew(self, kinds: list[KindSource]) -> list[str]:
        """Replace hosts, gateways and the API by others that have these kinds.

        Hosts come first, so that what gateways then let in is known where it arrives. Partitions
        are handed over as when members come and go; only the API does not answer for a moment.

        Returns:
            The names of those that began.
        """
        self._place.kinds = kinds
        self._renewals += 1
        begun = []
        for role in (HOST, GATEWAY):
            old = [name for name in self.actors if name.startswith(f"{role}-")]
            new = [self.add(role) for _ in old]
            await asyncio.gather(*(self.actors[name].ready.remote() for name in new))
            for name in old:
                await self.remove(name)
            begun += new
        await self.remove(API)
        self._add_api()
        await self.ready()
        return [*begun, API]

    async def remove(self, name: str) -> None:
        """Let a host or gateway hand its partitions over, and end it."""
        handle = self.actors.pop(name)
        await handle.drain.remote()
        ray.kill(handle)

    def _make(self, name: str, cls: Any, calls: int, *arguments: Any) -> None:
        self.actors[name] = self._named(name, cls, calls, *arguments)

    def _named(self, name: str, cls: Any, calls: int, *arguments: Any) -> Any:
        # The coordinator's calls run one by one, in a thread; the others have a loop.
        more: dict[str, Any] = {} if cls is Coordinator else {"max_concurrency": calls}
        if self._renewals:
            # A process of its own: one that Ray kept in reserve may have imported older code.
            more["runtime_env"] = {"env_vars": {"VIGIL_RENEWAL": str(self._renewals)}}
        return cls.options(
            name=name, namespace=NAMESPACE, lifetime="detached", get_if_exists=True, **more
        ).remote(*arguments)

    def _host_plan(self) -> HostPlan:
        settings, place = self._settings, self._place
        return HostPlan(
            nats=place.address,
            partitions=self._partitions,
            settings=settings.host,
            kinds=place.kinds,
            make_store=self._store,
            make_history=self._history,
            effect_workers=self._workers,
            telemetry=settings.telemetry,
            make_keyring=self._keyring,
        )

    def _gateway_plan(self) -> GatewayPlan:
        settings, place = self._settings, self._place
        return GatewayPlan(
            nats=place.address,
            partitions=self._partitions,
            settings=settings.gateway,
            kinds=place.kinds,
            secrets=place.secrets,
            mqtt=place.mqtt,
            telemetry=settings.telemetry,
            make_keyring=self._keyring,
        )

    def of(self, role: str) -> list[Any]:
        """The handles of a role."""
        return [handle for name, handle in self.actors.items() if name.startswith(f"{role}-")]

    async def ready(self) -> None:
        """Wait until every partition is served by a gateway and a host, and the API answers."""
        patience = time.monotonic() + self._settings.node.start_s
        served: dict[str, int] = {}
        while time.monotonic() < patience:
            for role in (HOST, GATEWAY):
                counts = await asyncio.gather(*(one.ready.remote() for one in self.of(role)))
                served[role] = sum(counts)
            if all(count >= self._partitions for count in served.values()):
                await self.actors[API].ready.remote()
                return
            await asyncio.sleep(LOOK_S)
        raise StartFailed(
            f"after {self._settings.node.start_s:.0f} s hosts serve {served.get(HOST, 0)} and "
            f"gateways {served.get(GATEWAY, 0)} of {self._partitions} partitions; the processes' "
            "logs are in Ray's session folder, see `ray logs`"
        )

    # -- end ---------------------------------------------------------------------------------

    async def end(self) -> None:
        """API and gateways first, so that nothing new comes; hosts then checkpoint all of it."""
        for group in ([self.actors.get(API)], self.of(GATEWAY), self.of(HOST)):
            draining = [
                asyncio.ensure_future(_quiet(handle.drain.remote()))
                for handle in group
                if handle is not None
            ]
            if draining:
                await asyncio.wait(draining, timeout=self._settings.node.stop_s)
        for handle in self.actors.values():
            ray.kill(handle)
        self.actors.clear()


async def _quiet(reference: Any) -> None:
    try:
        await reference
    except Exception as error:  # noqa: BLE001 - at the end nobody is left to care
        logger.warning("does not end cleanly", error=repr(error))
