"""Live: what changes in twins, for all who watch, each change once, without a gap.

An item's id says, of every partition, up to where in its log the watcher has seen everything:
position, and what at it. So whoever comes back with one goes on there: hosts know what changed
since (`Serving.changed`), however long that is ago, and whichever API process it was that broke.
While the connection holds, hosts tell as things change; each message says of which positions it
is, and one that does not follow is a gap, which is filled in the same way.

Each watcher has a bounded waiting room in which a twin's newer state replaces its older one. So a
slow reader misses intermediate states, never the last one, and costs bounded memory.

A filter over states is read once, when its watcher comes; see `live_match` for who is told what.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

import structlog
from msgspec import Struct

from actors.changes import Mark
from gateway.api.live_room import Interest, Item, Room
from gateway.api.marks import decode_marks
from gateway.api.pulse import Pulse
from gateway.api.services import Services

STATUS_S: Final = 2.0
"""How often watchers are told the status; it is the heartbeat too."""

PAGE: Final = 2000
"""Changes that are asked of a host at once, to fill a gap."""

FILL_S: Final = 5.0
"""How long a host may take; it is asked again with the next status."""

LOOKS: Final = 8
"""How often it is searched which twins match, where searches fail; one a status."""

logger = structlog.get_logger(__name__)

__all__ = ["Interest", "Item", "LiveHub"]


class _Watcher(Struct, eq=False):
    """One watcher."""

    room: Room
    ready: asyncio.Event


def _stored(status: dict[str, Any], began: Sequence[Mark | None]) -> bool:
    """Whether the checkpoints of all partitions are as young as a connection."""
    stored = {part["partition"]: part.get("committed") for part in status.get("partitions", ())}
    return all(
        mark is not None and (stored.get(partition) or 0) >= mark[0]
        for partition, mark in enumerate(began)
    )


def _told(status: dict[str, Any], watchers: int) -> Item:
    kept = {name: status.get(name) for name in ("at", "healthy", "problems", "totals")}
    return Item("status", {**kept, "watchers": watchers})


class LiveHub:
    """The one feed of this process."""

    def __init__(self, services: Services, pulse: Pulse) -> None:
        self._services = services
        self._pulse = pulse
        self._watchers: set[_Watcher] = set()
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
        """Yield (id, item) until closed; with the id of the last item seen, from there on."""
        partitions = self._services.partitions
        marks = None if last_id is None else decode_marks(last_id, partitions)
        room = Room(interest, partitions, marks)
        watcher = _Watcher(room, asyncio.Event())
        self._watchers.add(watcher)
        try:
            self._start()
            await self._fill(room)
            began, looks = list(room.covered), LOOKS
            yield room.id, Item("hello", {"at": self._services.clock()})
            if last_id is not None and marks is None:
                yield None, Item("lost", {"count": None})
            status_due = 0.0
            loop = asyncio.get_running_loop()
            while True:
                for id_, item in room.take():
                    yield id_, item
                if loop.time() >= status_due:
                    status_due = loop.time() + STATUS_S
                    status = await self._status(room)
                    await self._fill(room)
                    if looks and not room.match.settled and _stored(status, began):
                        looks = await self._settle(room, looks)
                    for id_, item in room.take():
                        yield id_, item
                    yield room.id, _told(status, self.watchers)
                elif room.gaps and not room.failed:
                    await self._fill(room)
                    continue
                try:
                    async with asyncio.timeout_at(status_due):
                        await watcher.ready.wait()
                    watcher.ready.clear()
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

    async def _status(self, room: Room) -> dict[str, Any]:
        room.failed = False
        try:
            status = await self._pulse.status()
        except Exception as error:  # noqa: BLE001 - a cluster in trouble is just what watchers look at
            text = f"the cluster's status cannot be had: {error}"
            return {"at": self._services.clock(), "healthy": False, "problems": [text]}
        # A message that was lost, with nothing after it, shows only here.
        room.compare({part["partition"]: part.get("position") for part in status["partitions"]})
        return status

    async def _fill(self, room: Room) -> None:
        """Ask hosts for what is missing; what cannot be had now is asked for later."""
        try:
            async with asyncio.timeout(FILL_S):
                await asyncio.gather(*(self._fill_one(room, one) for one in sorted(room.gaps)))
        except Exception as error:  # noqa: BLE001 - whatever ails the cluster, viewers wait for it
            room.failed = True
            logger.warning("what changed cannot be had yet", error=repr(error))

    async def _fill_one(self, room: Room, partition: int) -> None:
        interest = room.interest
        while partition in room.gaps:
            since = room.covered[partition]
            room.fill(
                partition,
                await self._services.changed(
                    partition, since, interest.kind, interest.twin_id, PAGE
                ),
            )

    async def _settle(self, room: Room, looks: int) -> int:
        """Look which twins match; returns how often to look again.

        Checkpoints, which a search reads, hold by now all that was there when she came.

        Without an answer she goes on being told of twins that she may not have: more than needed,
        never less.
        """
        interest = room.interest
        if interest.twin_id is not None:
            return 0
        try:
            async with asyncio.timeout(FILL_S):
                page = await self._services.search(interest.search, None, interest.twins, None)
        except Exception as error:  # noqa: BLE001 - whatever ails the store, viewers wait for it
            logger.warning("which twins match cannot be had yet", error=repr(error))
            return looks - 1
        if page.cursor is not None:
            return 0  # more than she is shown: who of them was hers cannot be known
        room.match.settle(one.id for one in page.items)
        return 0

    def _start(self) -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._read(), name="live-feed")

    def _stop_if_idle(self) -> None:
        if not self._watchers and self._pump is not None:
            self._pump.cancel()
            self._pump = None

    async def _read(self) -> None:
        while True:
            try:
                async with aclosing(self._services.changes()) as changes:
                    async for told in changes:
                        for watcher in self._watchers:
                            watcher.room.offer(told.partition, told.change)
                            watcher.ready.set()
                logger.warning("the feed of changes ended; reading it anew")
            except Exception as error:  # noqa: BLE001 - whatever ails the cluster, viewers wait for it
                logger.warning("the feed of changes broke; reading it anew", error=repr(error))
            await asyncio.sleep(self.again_s)
