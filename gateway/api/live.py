"""Live: one feed of changes, fanned out to all who watch.

While anybody watches, one task reads `Services.changes`; each watcher has a bounded waiting room
in which a twin's newer state replaces its older one. So a slow reader misses intermediate states,
never the last one, and costs bounded memory.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import structlog
from msgspec import Struct

from actors.state import TwinState
from actors.store.filter import Filter, matches
from gateway.api.arrangement import arrangements_of, is_supervisor
from gateway.api.pulse import Pulse
from gateway.api.services import Change, Services
from twins.outputs import Signal

KEPT = 4096
"""How many of the last items are kept, for those who come back with `Last-Event-ID`."""

STATUS_S = 2.0
"""How often watchers are told the status; it is the heartbeat too."""

MAX_WAITING_SIGNALS = 1000

logger = structlog.get_logger(__name__)


class Interest(Struct, frozen=True):
    """What a watcher wants to see."""

    kind: str | None = None
    twin_id: str | None = None
    where: Filter | None = None
    """Over states; signals pass by kind and twin alone."""
    twins: int = 1000
    """At most so many different twins (supervisors not counted): the first that change."""

    def wants(self, item: TwinState | Signal) -> bool:
        """Whether an item is to be shown."""
        twin_id = item.twin_id if isinstance(item, Signal) else item.id
        if self.twin_id is not None and twin_id != self.twin_id:
            return False
        if self.kind is not None and twin_id.partition("/")[0] != self.kind:
            return False
        if self.where is not None and isinstance(item, TwinState):
            return matches(self.where, item.id, item.state)
        return True


class Item(Struct, frozen=True):
    """One thing for a watcher."""

    event: str
    """`change`, `arrangement`, `signal`, `status`, `lost` or `hello`."""
    data: Any
    number: int | None = None
    """Rises within one run of the feed; None for what cannot be asked for again."""


class _Watcher:
    """One watcher's waiting room."""

    def __init__(self, interest: Interest) -> None:
        self._interest = interest
        self._states: OrderedDict[str, tuple[int, TwinState]] = OrderedDict()
        self._signals: deque[tuple[int, Signal]] = deque()
        self._known: set[str] = set()
        self._lost = 0
        self.ready = asyncio.Event()

    def offer(self, number: int, item: TwinState | Signal) -> None:
        """Let an item in, if it is wanted."""
        if not self._interest.wants(item):
            return
        if isinstance(item, Signal):
            if len(self._signals) >= MAX_WAITING_SIGNALS:
                self._signals.popleft()
                self._lost += 1
            self._signals.append((number, item))
        else:
            if item.id not in self._known and not is_supervisor(item):
                if len(self._known) >= self._interest.twins:
                    self._lost += 1
                    return
                self._known.add(item.id)
            self._states.pop(item.id, None)
            self._states[item.id] = (number, item)
        self.ready.set()

    def take(self) -> list[Item]:
        """All that waits, in the order of its numbers."""
        states, self._states = self._states, OrderedDict()
        signals, self._signals = self._signals, deque()
        lost, self._lost = self._lost, 0
        self.ready.clear()
        items = [Item("signal", signal, number) for number, signal in signals]
        for number, state in states.values():
            items.append(Item("change", state, number))
            items += [
                Item("arrangement", view, number)
                for view in arrangements_of(state.id, state.state, state.now)
            ]
        items.sort(key=lambda item: item.number or 0)
        if lost:
            items.append(Item("lost", {"count": lost}))
        return items


class LiveHub:
    """The one feed of this process."""

    def __init__(self, services: Services, pulse: Pulse) -> None:
        self._services = services
        self._pulse = pulse
        self._watchers: set[_Watcher] = set()
        self._kept: deque[tuple[int, TwinState | Signal]] = deque(maxlen=KEPT)
        self._number = 0
        self._run = ""
        self._pump: asyncio.Task[None] | None = None
        self.again_s = 1.0
        """Pause before the feed of changes is read anew after it broke, in seconds."""

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    async def watch(
        self, interest: Interest, last_id: str | None = None
    ) -> AsyncGenerator[tuple[str | None, Item], None]:
        """Yield (id, item) until closed; goes on after `last_id` as far as that is still kept."""
        watcher = _Watcher(interest)
        self._watchers.add(watcher)
        try:
            self._start()
            yield None, Item("hello", {"at": self._services.clock(), "run": self._run})
            if last_id is not None and not self._resume(watcher, last_id):
                yield None, Item("lost", {"count": None})
            status_due = 0.0
            loop = asyncio.get_running_loop()
            while True:
                if loop.time() >= status_due:
                    status_due = loop.time() + STATUS_S
                    yield None, await self._status()
                for item in watcher.take():
                    number = item.number
                    yield (None if number is None else f"{self._run}.{number}"), item
                try:
                    async with asyncio.timeout_at(status_due):
                        await watcher.ready.wait()
                except TimeoutError:
                    continue
        finally:
            self._watchers.discard(watcher)
            self._stop_if_idle()

    async def close(self) -> None:
        """End the feed."""
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    async def _status(self) -> Item:
        try:
            status = await self._pulse.status()
        except Exception as error:  # noqa: BLE001 - a cluster in trouble is just what watchers look at
            text = f"the cluster's status cannot be had: {error}"
            return Item("status", {"healthy": False, "problems": [text]})
        kept = {name: status.get(name) for name in ("at", "healthy", "problems", "totals")}
        return Item("status", {**kept, "watchers": self.watchers})

    def _resume(self, watcher: _Watcher, last_id: str) -> bool:
        run, _, text = last_id.rpartition(".")
        if run != self._run or not text.isascii() or not text.isdigit():
            return False
        number = int(text)
        first = self._kept[0][0] if self._kept else self._number + 1
        if number > self._number or number + 1 < first:
            return False
        for kept, item in self._kept:
            if kept > number:
                watcher.offer(kept, item)
        return True

    def _start(self) -> None:
        if self._pump is None or self._pump.done():
            # What happened while nobody watched is missing; so ids of another run do not go on.
            self._run = uuid4().hex[:8]
            self._kept.clear()
            self._pump = asyncio.create_task(self._read(), name="live-feed")

    def _stop_if_idle(self) -> None:
        if not self._watchers and self._pump is not None:
            self._pump.cancel()
            self._pump = None

    def _spread(self, change: Change) -> None:
        items: list[TwinState | Signal] = [*change.signals, *change.states]
        for item in items:
            self._number += 1
            self._kept.append((self._number, item))
            for watcher in self._watchers:
                watcher.offer(self._number, item)

    async def _read(self) -> None:
        while True:
            try:
                async with aclosing(self._services.changes()) as changes:
                    async for change in changes:
                        self._spread(change)
                logger.warning("the feed of changes ended; reading it anew")
            except Exception as error:  # noqa: BLE001 - whatever ails the cluster, viewers wait for it
                logger.warning("the feed of changes broke; reading it anew", error=repr(error))
            await asyncio.sleep(self.again_s)
