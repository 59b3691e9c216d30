"""The coordinator without Ray: what it writes to the store, and what it takes from there."""

import pytest
from support.memory_store import MemoryStore

from actors.assignment import GATEWAY, HOST
from actors.coordinator import CoordinatorCore
from actors.errors import Fenced
from actors.store.base import Ownership

LEASE_S = 3.0
PARTITIONS = 4


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Contested(MemoryStore):
    """A store into which another coordinator writes just before this one does."""

    def __init__(self) -> None:
        super().__init__()
        self.rival: Ownership | None = None

    def assign(self, expected_epoch: int, owner: Ownership) -> Ownership:
        """Let the rival write first."""
        rival, self.rival = self.rival, None
        if rival is not None:
            super().assign(expected_epoch, rival)
        return super().assign(expected_epoch, owner)


@pytest.fixture
def store() -> Contested:
    """What all coordinators of a cluster share."""
    return Contested()


@pytest.fixture
def clock() -> Clock:
    """Their clock."""
    return Clock()


@pytest.fixture
def core(store: Contested, clock: Clock) -> CoordinatorCore:
    """The first coordinator of a new cluster."""
    return CoordinatorCore(store, PARTITIONS, LEASE_S, clock)  # type: ignore[arg-type]  # the part of a store that it needs


def later(store: Contested, clock: Clock) -> CoordinatorCore:
    """A coordinator that Ray started again."""
    return CoordinatorCore(store, PARTITIONS, LEASE_S, clock)  # type: ignore[arg-type]  # the part of a store that it needs


def owners(store: MemoryStore) -> list[tuple[str, str]]:
    """(gateway, host) of each partition, as the store has it."""
    found = [store.ownership(partition) for partition in range(PARTITIONS)]
    return [(owner.gateway, owner.host) for owner in found]


def test_a_new_cluster_has_no_owners(core: CoordinatorCore) -> None:
    """Before anybody was heard the table is empty, at epoch 0."""
    assert [Ownership(partition) for partition in range(PARTITIONS)] == core.owners()


def test_members_get_everything_there_is(core: CoordinatorCore, store: Contested) -> None:
    """One gateway and one host own all; the store says so, and orders name its epochs."""
    gateway = core.heartbeat(GATEWAY, "g0#a", [])
    host = core.heartbeat(HOST, "h0#a", [])

    assert [("g0#a", "h0#a")] * PARTITIONS == owners(store)
    assert dict.fromkeys(range(PARTITIONS), 1) == gateway.serve
    assert dict.fromkeys(range(PARTITIONS), 2) == host.serve
    assert LEASE_S == host.lease_s
    assert [store.ownership(partition) for partition in range(PARTITIONS)] == core.owners()


def test_heartbeats_without_change_write_nothing(core: CoordinatorCore, store: Contested) -> None:
    """The epoch rises with ownership, not with time."""
    core.heartbeat(HOST, "h0#a", [])
    for _ in range(3):
        core.heartbeat(HOST, "h0#a", list(range(PARTITIONS)))

    assert [1] * PARTITIONS == [store.ownership(partition).epoch for partition in range(PARTITIONS)]


def test_a_silent_host_loses_its_partitions_after_its_lease(
    core: CoordinatorCore, clock: Clock, store: Contested
) -> None:
    """Another member's heartbeat moves them, not before the lease and its margin are over."""
    core.heartbeat(HOST, "h0#a", [])
    core.heartbeat(HOST, "h0#a", list(range(PARTITIONS)))
    clock.now += LEASE_S
    core.heartbeat(HOST, "h1#a", [])

    assert ["h0#a"] * PARTITIONS == [host for _, host in owners(store)]

    clock.now += 1.01
    orders = core.heartbeat(HOST, "h1#a", [])

    assert ["h1#a"] * PARTITIONS == [host for _, host in owners(store)]
    assert list(range(PARTITIONS)) == sorted(orders.serve)


def test_a_draining_host_is_left_once_it_let_go(core: CoordinatorCore, store: Contested) -> None:
    """It keeps what it holds until it says that it holds nothing; then another one gets it."""
    everything = list(range(PARTITIONS))
    core.heartbeat(HOST, "h0#a", [])
    core.heartbeat(HOST, "h0#a", everything)
    core.heartbeat(HOST, "h1#a", [])
    orders = core.heartbeat(HOST, "h0#a", everything, draining=True)

    assert {} == orders.serve
    assert {"h0#a"} == {host for _, host in owners(store)}

    core.heartbeat(HOST, "h0#a", [], draining=True)

    assert {"h1#a"} == {host for _, host in owners(store)}


def test_a_restarted_coordinator_leaves_owners_where_they_are(
    core: CoordinatorCore, store: Contested, clock: Clock
) -> None:
    """It reads the table, and cuts nobody off for whom it has not yet waited a lease."""
    core.heartbeat(HOST, "h0#a", [])
    core.heartbeat(HOST, "h0#a", list(range(PARTITIONS)))
    clock.now += 50.0
    again = later(store, clock)
    again.heartbeat(HOST, "h1#a", [])

    assert ["h0#a"] * PARTITIONS == [host for _, host in owners(store)]

    orders = again.heartbeat(HOST, "h0#a", list(range(PARTITIONS)))

    assert set(orders.serve) <= set(range(PARTITIONS))
    assert {1} == set(orders.serve.values())


def test_what_another_coordinator_wrote_counts(
    core: CoordinatorCore, store: Contested, clock: Clock
) -> None:
    """The loser of a compare-and-set takes the winner's word, and orders nothing against it."""
    store.rival = Ownership(0, gateway="", host="h9#z")
    orders = core.heartbeat(HOST, "h0#a", [])

    assert "h9#z" == store.ownership(0).host
    assert "h9#z" == core.owners()[0].host
    assert [1, 2, 3] == sorted(orders.serve)

    clock.now += LEASE_S + 1.01
    orders = core.heartbeat(HOST, "h0#a", [1, 2, 3])

    assert {0: 2, 1: 1, 2: 1, 3: 1} == orders.serve


def test_a_stale_epoch_is_refused_by_the_store(core: CoordinatorCore, store: Contested) -> None:
    """The store itself is the fence: a coordinator that slept cannot write over what came since."""
    core.heartbeat(HOST, "h0#a", [])
    with pytest.raises(Fenced):
        store.assign(0, Ownership(0, host="h9#z"))

    assert "h0#a" == store.ownership(0).host
