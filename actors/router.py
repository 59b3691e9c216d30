"""Router: one Ray actor a node. It finds a twin's owner, and mints the ids of calls."""

import asyncio
from typing import Any
from uuid import uuid4

import ray
import structlog
from nats.aio.client import Client

from actors.changes import Changed, Mark, Noticed
from actors.connection import NatsAddress, connect
from actors.coordinator import NAMESPACE, coordinator
from actors.errors import ActorError, AskFailed, AskUnknown, LogError, NotOwner, Unavailable
from actors.log import request
from actors.state import TwinState
from actors.telemetry import Telemetry, configure
from twins.errors import TwinError
from twins.event import encode_message
from twins.ids import partition_of, split

logger = structlog.get_logger(__name__)

PATIENCE_S = 30.0
"""How long a call is tried while ownership moves, in seconds."""

AGAIN_S = 0.1


@ray.remote(max_restarts=-1, max_task_retries=-1, max_concurrency=1000, num_cpus=0)
class Router:
    """Sends calls on twins to the hosts that own them; tries again while ownership moves."""

    def __init__(self, name: str, nats: NatsAddress, partitions: int, telemetry: Telemetry) -> None:
        configure(telemetry, name)
        self._name = name
        self._nats = nats
        self._partitions = partitions
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self._owners: dict[int, str] = {}
        self._hosts: dict[str, Any] = {}

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is None:
                self._client = await connect(self._nats, self._name)
            return self._client

    async def _host(self, partition: int) -> Any:
        owner = self._owners.get(partition)
        if not owner:
            owners = await coordinator().owners.remote()
            self._owners = {item.partition: item.host for item in owners}
            owner = self._owners.get(partition)
            if not owner:
                raise NotOwner(f"partition {partition} has no host now")
        name = owner.split("#", 1)[0]
        if name not in self._hosts:
            self._hosts[name] = ray.get_actor(name, namespace=NAMESPACE)
        return self._hosts[name]

    async def _call(self, partition: int, method: str, *args: Any) -> Any:
        """Call the owner; look it up anew when it is not, no longer or not yet the owner."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while True:
            try:
                host = await self._host(partition)
                return await getattr(host, method).remote(*args)
            except (ActorError, TwinError, ray.exceptions.RayError, ValueError) as error:
                # Ray's disguise of it would show a traceback for a text.
                cause = getattr(error, "cause", error)
                if isinstance(cause, AskFailed | AskUnknown | TwinError):
                    raise cause from None
                self._forget(partition)
                if loop.time() > until:
                    raise Unavailable(
                        f"partition {partition}: nobody answered for {PATIENCE_S:.0f} s "
                        f"({error!r}); see `vigil status`"
                    ) from error
                await asyncio.sleep(AGAIN_S)

    def _forget(self, partition: int) -> None:
        """Look the owner up anew; an actor that was made anew has another handle."""
        owner = self._owners.pop(partition, "")
        self._hosts.pop(owner.split("#", 1)[0], None)

    async def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """A snapshot of a twin."""
        split(twin_id)
        partition = partition_of(twin_id, self._partitions)
        state: TwinState = await self._call(partition, "state", twin_id, min_position)
        return state

    async def ask(
        self, twin_id: str, name: str, data: Any = None, event_id: str | None = None
    ) -> Any:
        """Call a twin's `@ask` method through the log, and return what it answers."""
        event_id = event_id or uuid4().hex
        position = await self.send(twin_id, f"ask.{name}", data, event_id)
        partition = partition_of(twin_id, self._partitions)
        return await self._call(partition, "reply", partition, event_id, position)

    async def send(self, twin_id: str, event_type: str, data: Any, event_id: str) -> int:
        """Write an event of Vigil's own to a twin; returns its log position once it is durable."""
        kind, key = split(twin_id)
        partition = partition_of(twin_id, self._partitions)
        body = encode_message(data, id=event_id)
        client = await self._connected()
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while True:
            try:
                answer = await request(
                    client, f"inside.{partition}.{kind}.{key}.{event_type}", body
                )
            except LogError as error:
                if loop.time() > until:
                    raise Unavailable(
                        f"{twin_id}: no gateway took {event_type}: {error}"
                    ) from error
                await asyncio.sleep(AGAIN_S)
                continue
            refusal = answer.get("error")
            if refusal is None:
                return int(answer["seq"])
            if refusal.get("code", 400) < 500 and refusal.get("code") != 429:  # noqa: PLR2004 - HTTP's classes
                raise AskFailed(f"{twin_id}: {refusal.get('description')}")
            if loop.time() > until:
                raise Unavailable(f"{twin_id}: {refusal.get('description')}")
            await asyncio.sleep(AGAIN_S)

    async def changed(
        self, partition: int, since: Mark | None, kind: str | None, twin_id: str | None, most: int
    ) -> Changed:
        """What changed in a partition behind a mark."""
        changed: Changed = await self._call(
            partition, "changed", partition, since, kind, twin_id, most
        )
        return changed

    async def noticed(
        self, partition: int, kind: str | None, twin_id: str | None, most: int
    ) -> list[Noticed]:
        """The last signals of a partition that its host remembers."""
        noticed: list[Noticed] = await self._call(
            partition, "noticed", partition, kind, twin_id, most
        )
        return noticed

    async def watch(self, seconds: float) -> None:
        """Let every host publish what changes for so long."""
        owners = await coordinator().owners.remote()
        for name in sorted({owner.host.split("#", 1)[0] for owner in owners if owner.host}):
            try:
                await ray.get_actor(name, namespace=NAMESPACE).watch.remote(seconds)
            except (ray.exceptions.RayError, ValueError) as error:
                logger.debug("no watch", host=name, error=repr(error))
