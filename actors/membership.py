"""Membership: a gateway's or host's side of ownership. Heartbeats out, orders in."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog

from actors.assignment import Orders

logger = structlog.get_logger(__name__)

Beat = Callable[[str, str, list[int], bool], Awaitable[Orders]]
"""Sends (role, owner, held, draining) to the coordinator and returns its orders."""

AGAIN_S = 0.2


class Membership:
    """Keeps a process in step with the coordinator.

    `gain(p, epoch)` is called to begin serving a partition, and again when its epoch moved while
    it stays here; `lose(p)` to end. Calls for one partition never overlap. `held` names a
    partition from the first `gain` until `lose` has returned.

    Invariant: after `lease_valid` turned False nothing of a partition is answered, for somebody
    else may own it by now.
    """

    def __init__(
        self,
        role: str,
        name: str,
        beat: Beat,
        gain: Callable[[int, int], Awaitable[None]],
        lose: Callable[[int], Awaitable[None]],
        *,
        every_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.role = role
        self.owner = f"{name}#{uuid4().hex[:8]}"
        self._beat, self._gain, self._lose = beat, gain, lose
        self._every_s = every_s
        self._clock = clock
        self._held: dict[int, int] = {}
        self._working: dict[int, asyncio.Task[None]] = {}
        self._stale: set[int] = set()
        """Partitions to be let go, though they stay here."""
        self._lease_until = 0.0
        self._draining = False
        self._changed = asyncio.Event()
        self._settled = asyncio.Condition()
        """Notified when the work on a partition has ended."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin the heartbeat, in the running loop."""
        self._task = asyncio.create_task(self._run(), name=f"membership-{self.owner}")

    @property
    def lease_valid(self) -> bool:
        """Whether the last orders still hold."""
        return self._clock() < self._lease_until

    @property
    def held(self) -> list[int]:
        """Partitions served, or being taken up or let go."""
        return sorted(self._held)

    def renew(self, partition: int) -> None:
        """Let go of a partition at the next orders; those after it have it taken up anew."""
        self._stale.add(partition)
        self._changed.set()

    async def drain(self) -> None:
        """Ask to let go of everything, and return when nothing is held."""
        self._draining = True
        self._changed.set()
        async with self._settled:
            await self._settled.wait_for(lambda: not (self._held or self._working))

    async def stop(self) -> None:
        """End the heartbeat; what is held stays as it is."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            sent = self._clock()
            try:
                orders = await self._beat(self.role, self.owner, self.held, self._draining)
            except Exception as error:  # noqa: BLE001 - whatever ails the coordinator, members go on
                logger.warning("no orders", owner=self.owner, error=repr(error))
                await asyncio.sleep(AGAIN_S)
                continue
            self._lease_until = sent + orders.lease_s
            self._follow(orders.serve)
            try:
                async with asyncio.timeout(self._every_s):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _follow(self, serve: dict[int, int]) -> None:
        for partition in list(self._held):
            leaves = partition not in serve or partition in self._stale
            if leaves and partition not in self._working:
                self._stale.discard(partition)
                self._work(partition, self._let_go(partition))
        for partition, epoch in serve.items():
            if partition not in self._working and self._held.get(partition) != epoch:
                self._held[partition] = epoch
                self._work(partition, self._take_up(partition, epoch))

    def _work(self, partition: int, what: Awaitable[None]) -> None:
        async def work() -> None:
            try:
                await what
            finally:
                del self._working[partition]
                self._changed.set()
                async with self._settled:
                    self._settled.notify_all()

        self._working[partition] = asyncio.create_task(work(), name=f"partition-{partition}")

    async def _take_up(self, partition: int, epoch: int) -> None:
        try:
            await self._gain(partition, epoch)
        except Exception:
            logger.exception("cannot serve", partition=partition, epoch=epoch)
            await asyncio.sleep(AGAIN_S)
            self._held.pop(partition, None)

    async def _let_go(self, partition: int) -> None:
        try:
            await self._lose(partition)
        except Exception:
            logger.exception("cannot let go cleanly", partition=partition)
        self._held.pop(partition, None)
