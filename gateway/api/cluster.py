"""ClusterServices: the services of the API, by the cluster itself.

Twins are reached by their handles, events leave by NATS, search and history read the store's files.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

import msgspec
import ray
import structlog
from msgspec import msgpack
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from actors.backtest.actor import BacktestPlan
from actors.backtest.job import Spec
from actors.changes import Change, Changed, Mark, Noticed
from actors.coordinator import NAMESPACE, coordinator
from actors.errors import Unavailable
from actors.handle import node_router, twin
from actors.keyring import Erasure, Keyring
from actors.set_aside import SetAsidePage, read_set_aside
from actors.state import TwinState
from actors.store.base import HistoryIndex, Ownership, Page, Store
from actors.telemetry import KeptSpan, render_metrics
from gateway.api.asking_spans import MEASURED, kept_everywhere
from gateway.api.erasing import Reach
from gateway.api.gateway_replies import MOVED, plain, taken
from gateway.api.inbox import DeviceInbox
from gateway.api.ray_calls import called
from gateway.api.reading import read_history
from gateway.api.replaying import RayReplaying
from gateway.api.services import Ack, Refusal, Replaying, Sender, Told
from gateway.api.travelling import Traveller
from gateway.dead_letters import DeadLetter, read_dead_letters
from gateway.erasing import Eraser
from gateway.exporting import Exporter
from gateway.twin_views import HistoryEvent, TwinThen
from twins.ids import partition_of, split

logger = structlog.get_logger(__name__)

WATCH_S = 10.0
"""For how long hosts are asked to publish changes; asked again after half of it."""

QUEUED = 256
"""Changes that may wait for the reader; beyond it the oldest are dropped, and asked for again."""

LOOK_S = 2.0
"""How long a host may take to say how it is."""

AGAIN_S = 0.05

ALL = 2**31
"""The index gives the lowest positions of a span where it is limited; wanted are the highest."""


_decode_change = msgpack.Decoder(Change).decode


class ClusterServices:
    """See `gateway.api.services.Services`.

    Args:
        client: A connection of Vigil's own user.
        store: For searches.
        history: The index of which blocks hold which twin.
        partitions: How many there are.
        clock: The wall clock, seconds since the epoch.
        backtests: What backtests are told of the cluster; None: there are none here.
        keyring: What persons' data is sealed with; None: nothing is.
    """

    def __init__(
        self,
        client: Client,
        store: Store,
        history: HistoryIndex,
        partitions: int,
        clock: Callable[[], float] = time.time,
        backtests: BacktestPlan | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self._client = client
        self._backtests = backtests
        self._keyring = keyring
        self._eraser: Eraser | None = None
        self._store = store
        self._history = history
        self._partitions = partitions
        self._clock = clock
        self._inbox = DeviceInbox(client)
        self._traveller = Traveller(client, store, history, partitions, keyring)

    async def start(self) -> None:
        """Listen for the gateways' answers; before that nothing may be sent."""
        await self._inbox.start()

    @property
    def clock(self) -> Callable[[], float]:
        """The wall clock, seconds since the epoch."""
        return self._clock

    # -- one twin ----------------------------------------------------------------------------

    async def state(self, twin_id: str, min_position: int | None = None) -> TwinState:
        """A snapshot, by the twin's owner."""
        return await called(twin(twin_id).state.remote(min_position))

    async def ask(self, twin_id: str, name: str, data: Any, event_id: str) -> Any:
        """An answer, through the log."""
        return await called(twin(twin_id).ask.remote(name, data, event_id))

    async def send(
        self, twin_id: str, event_type: str, body: bytes, sender: Sender, timeout_s: float
    ) -> Ack | Refusal:
        """Publish to the gateway and wait for its word.

        In Vigil's own name it is tried again while the partition moves; a device's event is not,
        for it would come behind later ones of its twin: the device itself knows what to repeat.
        """
        kind, key = split(twin_id)
        partition = partition_of(twin_id, self._partitions)
        if sender == "device":
            subject = f"devices.{kind}.{key}.{event_type}"
            return plain(await taken(self._inbox.request(kind, subject, body, timeout_s)))
        subject = f"inside.{partition}.{kind}.{key}.{event_type}"
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while True:
            left_s = max(until - loop.time(), AGAIN_S)
            answer = await taken(self._client.request(subject, body, timeout=left_s))
            if isinstance(answer, Ack) or answer.code != MOVED or loop.time() >= until:
                return plain(answer)
            await asyncio.sleep(AGAIN_S)

    async def history(
        self, twin_id: str, since: float, until: float, limit: int
    ) -> tuple[list[HistoryEvent], bool]:
        """Read the blocks that the index names, newest first, until there are enough."""
        partition = partition_of(twin_id, self._partitions)
        positions = await asyncio.to_thread(
            self._history.positions, partition, twin_id, since, until, ALL
        )
        return await read_history(
            self._client, partition, positions, twin_id, since, until, limit, self._keyring
        )

    async def then(self, twin_id: str, position: int | None, at: float | None) -> TwinThen:
        """By a journey through the log."""
        return await self._traveller.then(twin_id, position, at)

    async def dead_letters(self, kind: str, key: str, most: int) -> list[DeadLetter]:
        """Read the stream; what is a person's is opened."""
        return await read_dead_letters(
            self._client, kind=kind, key=key, most=most, keys=self._keyring
        )

    # -- all twins ---------------------------------------------------------------------------

    async def search(self, where: str, sort: str | None, limit: int, cursor: str | None) -> Page:
        """Search the checkpoints, in a thread."""

        def search() -> Page:
            return self._store.search(where, sort=sort, limit=limit, cursor=cursor)

        return await asyncio.to_thread(search)

    async def count(self, where: str, *, parked: bool = False) -> int:
        """Count in the checkpoints, in a thread."""

        def count() -> int:
            return self._store.count(where, parked=parked)

        return await asyncio.to_thread(count)

    async def set_aside(self, where: str, limit: int, cursor: str | None) -> SetAsidePage:
        """Read the checkpoints, in a thread."""
        return await asyncio.to_thread(
            read_set_aside, self._store, self._partitions, where, limit, cursor
        )

    @property
    def partitions(self) -> int:
        """How many there are."""
        return self._partitions

    async def changed(
        self, partition: int, since: Mark | None, kind: str | None, twin_id: str | None, most: int
    ) -> Changed:
        """Of the partition's host."""
        return await called(node_router().changed.remote(partition, since, kind, twin_id, most))

    async def noticed(
        self, partition: int, kind: str | None, twin_id: str | None, most: int
    ) -> list[Noticed]:
        """Of the partition's host."""
        return await called(node_router().noticed.remote(partition, kind, twin_id, most))

    async def changes(self) -> AsyncGenerator[Told, None]:
        """What hosts publish on `changes.<p>` while they are asked to."""
        queue: asyncio.Queue[Told] = asyncio.Queue(QUEUED)

        async def take(message: Msg) -> None:
            try:
                found = _decode_change(message.data)
            except msgspec.DecodeError as error:
                logger.warning("a change that cannot be read", error=str(error))
                return
            if queue.full():
                queue.get_nowait()
                logger.warning("changes come faster than they are read; the oldest are dropped")
            partition = int(message.subject.rsplit(".", 1)[1])
            queue.put_nowait(Told(partition, found))

        subscription = await self._client.subscribe("changes.*", cb=take)
        watching = asyncio.create_task(self._watch(), name="watch-hosts")
        try:
            while True:
                yield await queue.get()
        finally:
            watching.cancel()
            with suppress(NatsError, OSError):
                await subscription.unsubscribe()

    async def _watch(self) -> None:
        while True:
            try:
                await node_router().watch.remote(WATCH_S)
            except (ray.exceptions.RayError, ValueError) as error:
                logger.warning("hosts do not hear that somebody watches", error=repr(error))
            await asyncio.sleep(WATCH_S / 2)

    # -- persons -----------------------------------------------------------------------------

    async def export(self, person: str) -> AsyncGenerator[dict[str, Any], None]:
        """Her twins as they are, and their events."""
        exporter = Exporter(self._client, self._store, self._history, self._keys, self._partitions)
        twins = await asyncio.to_thread(exporter.twins, person)
        yield {"what": "person", "id": person, "at": self._clock(), "twins": twins}
        for twin_id in twins:
            state = await self.state(twin_id)
            yield {"what": "twin", "twin": twin_id, "now": state.now, "state": state.state}
        for twin_id in twins:
            async for item in exporter.events(person, twin_id):
                yield item

    async def erase(self, person: str) -> Erasure:
        """Erase her in all partitions."""
        self._traveller.stations.clear()
        return await self._erasing.erase(person)

    async def finish_erasures(self) -> None:
        """Go on with erasures that were under way when the API or the node ended."""
        if self._keyring is not None:
            await self._erasing.resume()

    @property
    def _erasing(self) -> Eraser:
        if self._eraser is None:
            reach = Reach(self._client, self._partitions, self.send)
            self._eraser = Eraser(self._keys, self._store, reach, self._partitions)
        return self._eraser

    async def erasures(self, person: str) -> list[Erasure]:
        """Of the keyring."""
        return await asyncio.to_thread(self._keys.erasures, person)

    @property
    def _keys(self) -> Keyring:
        if self._keyring is None:
            raise Unavailable("this API has no keyring; ask the node's own")
        return self._keyring

    # -- the cluster -------------------------------------------------------------------------

    async def status(self) -> dict[str, Any]:
        """Ask the coordinator, and every host; what does not answer is a problem of the status."""
        owners: list[Ownership] = await called(coordinator().owners.remote())
        members: list[dict[str, Any]] = await called(coordinator().members.remote())
        hosts = {owner.host.partition("#")[0] for owner in owners if owner.host}
        gateways = {owner.gateway.partition("#")[0] for owner in owners if owner.gateway}
        names = [*sorted(hosts), *sorted(gateways)]
        found = await asyncio.gather(*(self._statistics(name) for name in names))
        parts: dict[int, dict[str, Any]] = {}
        problems = []
        for name, statistics in zip(names, found, strict=True):
            if statistics is None:
                problems.append(f"{name} does not say how it is")
            elif name in hosts:
                parts |= {part["partition"]: part for part in statistics["partitions"]}
            else:
                problems += stalled(statistics)
        return report(owners, members, parts, problems, self._clock())

    async def backtest(self, spec: Spec) -> Replaying:
        """Begin in a process of its own."""
        if self._backtests is None:
            raise Unavailable("no backtest can be run by this API; ask the node's own")
        return RayReplaying.begin(self._backtests, spec)

    async def spans(self, trace_id: str | None) -> tuple[list[KeptSpan], list[str]]:
        """Ask every gateway, host and effect worker that there is, or should be."""
        return await kept_everywhere(trace_id)

    async def metrics(self) -> dict[str, bytes]:
        """Ask every gateway, host and effect worker; who does not answer is left out."""
        found = ray.util.list_named_actors(all_namespaces=False)
        names = sorted(name for name in found if name.startswith(MEASURED))
        pages = await asyncio.gather(*(self._metrics(name) for name in names))
        named = {name: page for name, page in zip(names, pages, strict=True) if page}
        return {**named, "api": render_metrics()}

    async def _metrics(self, name: str) -> bytes:
        try:
            actor = ray.get_actor(name, namespace=NAMESPACE)
            async with asyncio.timeout(LOOK_S):
                page: bytes = await actor.metrics.remote()
        except (ray.exceptions.RayError, ValueError, TimeoutError) as error:
            logger.debug("no metrics", process=name, error=repr(error))
            return b""
        return page

    async def _statistics(self, name: str) -> dict[str, Any] | None:
        try:
            host = ray.get_actor(name, namespace=NAMESPACE)
            async with asyncio.timeout(LOOK_S):
                found: dict[str, Any] = await host.statistics.remote()
        except (ray.exceptions.RayError, ValueError, TimeoutError) as error:
            logger.debug("no statistics", host=name, error=repr(error))
            return None
        return found


def stalled(gateway: dict[str, Any]) -> list[str]:
    """What is wrong with the logs that a gateway writes, by its statistics."""
    intakes = [gate["intake"] for gate in gateway["partitions"]]
    return [
        f"partition {intake['partition']}: its log has not answered for "
        f"{intake['stalled_s']:.0f} s, so devices are refused; is the log server's disk full?"
        for intake in intakes
        if intake["stalled_s"]
    ]


def report(
    owners: list[Ownership],
    members: list[dict[str, Any]],
    parts: dict[int, dict[str, Any]],
    problems: list[str],
    now: float,
) -> dict[str, Any]:
    """The status, of what coordinator and hosts said; its shape is `models.Status`."""
    partitions = []
    problems = list(problems)
    for owner in owners:
        part = parts.get(owner.partition, {})
        number = owner.partition
        partitions.append(
            {**part, "partition": number, "epoch": owner.epoch, "gateway": owner.gateway,
             "host": owner.host}
        )  # fmt: skip
        for role, name in (("gateway", owner.gateway), ("host", owner.host)):
            if not name:
                problems.append(f"partition {number} has no {role}")
        if part.get("error"):
            problems.append(f"partition {number}: {part['error']}")
        for kind, text in part.get("rules_problems", {}).items():
            problems.append(f"partition {number} runs no published rules of {kind}: {text}")
    names = ("events", "repeats", "refused", "hot_twins", "hot_bytes", "outbox")
    totals: dict[str, Any] = {
        name: sum(part.get(name) or 0 for part in partitions) for name in names
    }
    totals["lag_s"] = max((part["lag_s"] for part in partitions if "lag_s" in part), default=None)
    return {
        "at": now,
        "healthy": not problems,
        "problems": problems,
        "totals": totals,
        "partitions": partitions,
        "members": members,
    }
