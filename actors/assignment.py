"""Assignment: who should own which partition. Pure; the coordinator gives it time and the store.

Partitions go to members by rendezvous hashing, so that a member that comes or goes moves only its
own share. A partition leaves a living member only once that member said that it let go.
"""

from hashlib import blake2b

from msgspec import Struct

from actors.store.base import Ownership

GATEWAY = "gateway"
HOST = "host"


class Orders(Struct):
    """The coordinator's answer to a heartbeat: serve these partitions and no others."""

    serve: dict[int, int]
    """Partition -> epoch."""
    lease_s: float
    """How long these orders hold, from when the heartbeat was sent."""


class Member(Struct):
    """A gateway or host process."""

    role: str
    owner: str
    """`name#incarnation`; a restarted process is another owner."""
    heard: float
    held: set[int]
    """What it says it serves."""
    told: set[int]
    """What the last orders let it serve."""
    draining: bool = False

    @property
    def name(self) -> str:
        """Its name without the incarnation."""
        return self.owner.split("#", 1)[0]


def rendezvous(partition: int, names: list[str]) -> str:
    """The member of highest weight for this partition; the same for everyone who asks."""
    return max(
        names,
        key=lambda name: (blake2b(f"{name}/{partition}".encode(), digest_size=8).digest(), name),
    )


class Assignment:
    """Members and owners; says what has to change.

    Args:
        owners: The table as the store holds it.
        lease_s: A member not heard for so long, and the margin, is gone.
        started: Monotonic time of the start. Owners of an earlier coordinator's time count as
            alive for one lease from here, so that nobody is cut off by its restart.
    """

    MARGIN = 1.0
    """Seconds on top of a lease before somebody else may take over: clocks differ in rate, and
    orders take time on the way."""

    def __init__(self, owners: list[Ownership], lease_s: float, started: float) -> None:
        self.owners = {owner.partition: owner for owner in owners}
        self.lease_s = lease_s
        self._started = started
        self.members: dict[str, Member] = {}

    def hear(
        self, role: str, owner: str, held: set[int], now: float, *, draining: bool = False
    ) -> Member:
        """Note a heartbeat. A new incarnation replaces the one before it at once: it is dead."""
        name = owner.split("#", 1)[0]
        for other in list(self.members.values()):
            if other.role == role and other.name == name and other.owner != owner:
                del self.members[other.owner]
        member = self.members.get(owner)
        if member is None:
            member = self.members[owner] = Member(role, owner, now, held, set(held), draining)
        member.heard, member.held, member.draining = now, held, draining
        return member

    def alive(self, owner: str, now: float) -> bool:
        """Whether an owner may still be serving."""
        member = self.members.get(owner)
        if member is not None:
            return now - member.heard <= self.lease_s + self.MARGIN
        if not owner:
            return False
        name = owner.split("#", 1)[0]
        replaced = any(member.name == name for member in self.members.values())
        return not replaced and now - self._started <= self.lease_s + self.MARGIN

    def changes(self, now: float) -> list[Ownership]:
        """What the table must become now, with the epochs that stand; the store raises them."""
        for member in list(self.members):
            if not self.alive(member, now):
                del self.members[member]
        wanted = []
        for partition, owner in sorted(self.owners.items()):
            gateway = self._next(GATEWAY, partition, owner.gateway, now)
            host = self._next(HOST, partition, owner.host, now)
            if (gateway, host) != (owner.gateway, owner.host):
                wanted.append(Ownership(partition, owner.epoch, gateway, host))
        return wanted

    def _target(self, role: str, partition: int) -> str:
        names = {
            member.name: member.owner
            for member in self.members.values()
            if member.role == role and not member.draining
        }
        return names[rendezvous(partition, sorted(names))] if names else ""

    def _next(self, role: str, partition: int, owner: str, now: float) -> str:
        target = self._target(role, partition)
        if target == owner or not self.alive(owner, now):
            return target
        member = self.members.get(owner)
        if member is None or partition in member.held or partition in member.told:
            return owner  # it has to let go first
        return target

    def orders(self, member: Member) -> Orders:
        """What a member may serve from now on: what it owns and nobody else should have."""
        serve = {}
        for partition, owner in self.owners.items():
            mine = owner.gateway if member.role == GATEWAY else owner.host
            if mine == member.owner and self._target(member.role, partition) == member.owner:
                serve[partition] = owner.epoch
        member.told = set(serve)
        return Orders(serve, self.lease_s)
