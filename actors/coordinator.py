"""Coordinator: the one Ray actor that says who owns which partition.

It is detached and named, and keeps nothing that the store does not hold: after a crash Ray starts
it again, members go on with their heartbeats, and owners are left where they are.
"""

import time
from collections.abc import Callable

import ray
import structlog

from actors.assignment import Assignment, Orders
from actors.errors import Fenced
from actors.store.base import Ownership, Store

NAME = "coordinator"
NAMESPACE = "vigil"

logger = structlog.get_logger(__name__)


class CoordinatorCore:
    """The coordinator without Ray."""

    def __init__(
        self, store: Store, partitions: int, lease_s: float, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._clock = clock
        owners = [store.ownership(partition) for partition in range(partitions)]
        self.assignment = Assignment(owners, lease_s, clock())

    def heartbeat(
        self, role: str, owner: str, held: list[int], *, draining: bool = False
    ) -> Orders:
        """Take a member's heartbeat, settle what has to move, and return its orders."""
        now = self._clock()
        member = self.assignment.hear(role, owner, set(held), now, draining=draining)
        self.settle(now)
        return self.assignment.orders(member)

    def settle(self, now: float) -> None:
        """Write every change that is due to the store, compare-and-set."""
        for wanted in self.assignment.changes(now):
            try:
                owner = self._store.assign(wanted.epoch, wanted)
            except Fenced:
                # Another coordinator wrote: take its word.
                owner = self._store.ownership(wanted.partition)
            self.assignment.owners[wanted.partition] = owner
            logger.info(
                "owner",
                partition=owner.partition,
                epoch=owner.epoch,
                gateway=owner.gateway,
                host=owner.host,
            )

    def owners(self) -> list[Ownership]:
        """The table, by partition."""
        return [owner for _, owner in sorted(self.assignment.owners.items())]


@ray.remote(max_restarts=-1, max_task_retries=0, num_cpus=0)
class Coordinator:
    """The actor around `CoordinatorCore`."""

    def __init__(self, make_store: Callable[[], Store], partitions: int, lease_s: float) -> None:
        store = make_store()
        store.prepare(partitions)
        self._core = CoordinatorCore(store, partitions, lease_s, time.monotonic)

    def heartbeat(
        self, role: str, owner: str, held: list[int], *, draining: bool = False
    ) -> Orders:
        """See `CoordinatorCore.heartbeat`."""
        return self._core.heartbeat(role, owner, held, draining=draining)

    def owners(self) -> list[Ownership]:
        """See `CoordinatorCore.owners`."""
        return self._core.owners()

    def members(self) -> list[dict[str, object]]:
        """Who is here, for `vigil status`."""
        now = time.monotonic()
        return [
            {
                "role": member.role,
                "owner": member.owner,
                "heard_s_ago": round(now - member.heard, 3),
                "partitions": sorted(member.held),
                "draining": member.draining,
            }
            for member in self._core.assignment.members.values()
        ]


def coordinator() -> "ray.actor.ActorHandle[Coordinator]":
    """The running coordinator, from any Ray process of the cluster."""
    return ray.get_actor(NAME, namespace=NAMESPACE)
