"""Who owns which partition, over heartbeats, deaths and moves."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.assignment import GATEWAY, HOST, Assignment, rendezvous
from actors.store.base import Ownership

LEASE = 3.0
GONE = LEASE + Assignment.MARGIN + 0.1


class Table:
    """An assignment with the store's compare-and-set played by a dictionary."""

    def __init__(self, partitions: int = 8, started: float = 0.0) -> None:
        self.assignment = Assignment([Ownership(p) for p in range(partitions)], LEASE, started)

    def beat(
        self, role: str, owner: str, held: set[int], now: float, *, draining: bool = False
    ) -> dict[int, int]:
        """One heartbeat; returns what the member may serve."""
        member = self.assignment.hear(role, owner, held, now, draining=draining)
        for wanted in self.assignment.changes(now):
            self.assignment.owners[wanted.partition] = Ownership(
                wanted.partition, wanted.epoch + 1, wanted.gateway, wanted.host
            )
        return self.assignment.orders(member).serve


def test_first_member_gets_everything() -> None:
    """A single host serves all partitions from its first heartbeat on, at epoch 1."""
    table = Table()

    assert dict.fromkeys(range(8), 1) == table.beat(HOST, "h0#a", set(), 0.0)


def test_partition_moves_only_after_it_was_let_go() -> None:
    """A second host gets its share only when the first said that it holds it no longer."""
    table = Table()
    table.beat(HOST, "h0#a", set(), 0.0)
    table.beat(HOST, "h0#a", set(range(8)), 0.1)
    wanted = {p for p in range(8) if rendezvous(p, ["h0", "h1"]) == "h1"}

    assert wanted
    assert {} == table.beat(HOST, "h1#a", set(), 0.2)

    kept = set(table.beat(HOST, "h0#a", set(range(8)), 0.3))

    assert kept == set(range(8)) - wanted
    assert {} == table.beat(HOST, "h1#a", set(), 0.4)

    table.beat(HOST, "h0#a", kept, 0.5)

    assert wanted == set(table.beat(HOST, "h1#a", set(), 0.6))


def test_dead_member_is_replaced_after_its_lease() -> None:
    """Nobody takes over within the lease and its margin; right after it somebody does."""
    table = Table()
    table.beat(HOST, "h0#a", set(), 0.0)
    table.beat(HOST, "h0#a", set(range(8)), 0.1)
    table.beat(HOST, "h1#a", set(), 0.2)

    assert {} == table.beat(HOST, "h1#a", set(), LEASE + Assignment.MARGIN)
    assert set(range(8)) == set(table.beat(HOST, "h1#a", set(), GONE + 0.1))


def test_restarted_member_takes_over_from_itself_at_once() -> None:
    """A new incarnation of a name proves that the old one is dead; epochs rise."""
    table = Table()
    table.beat(HOST, "h0#a", set(), 0.0)
    table.beat(HOST, "h0#a", set(range(8)), 0.1)

    assert dict.fromkeys(range(8), 2) == table.beat(HOST, "h0#b", set(), 0.2)


def test_draining_member_loses_all_and_gets_none() -> None:
    """A member that drains is given nothing; alone, its partitions have no owner afterwards."""
    table = Table()
    table.beat(GATEWAY, "g0#a", set(), 0.0)
    table.beat(GATEWAY, "g0#a", set(range(8)), 0.1)

    assert {} == table.beat(GATEWAY, "g0#a", set(range(8)), 0.2, draining=True)

    table.beat(GATEWAY, "g0#a", set(), 0.3, draining=True)

    assert [""] * 8 == [owner.gateway for owner in table.assignment.owners.values()]


def test_owners_of_an_earlier_coordinator_keep_their_partitions() -> None:
    """After the coordinator's restart an owner that was not heard yet has one lease to be heard."""
    owners = [Ownership(p, 5, "g0#a", "h0#a") for p in range(4)]
    assignment = Assignment(owners, LEASE, 100.0)
    assignment.hear(HOST, "h1#x", set(), 100.5)

    assert [] == [change for change in assignment.changes(100.5) if change.host != "h0#a"]

    assignment.hear(HOST, "h1#x", set(), 100.0 + GONE)
    changed = {change.host for change in assignment.changes(100.0 + GONE)}

    assert {"h1#x"} == changed


def test_rendezvous_is_fair_and_moves_little() -> None:
    """256 partitions spread over four hosts within a factor of two; a fifth takes only its own."""
    names = [f"h{index}" for index in range(4)]
    before = {p: rendezvous(p, names) for p in range(256)}
    after = {p: rendezvous(p, [*names, "h4"]) for p in range(256)}
    counts = Counter(before.values())

    assert max(counts.values()) < 2 * min(counts.values())
    assert {"h4"} == {after[p] for p in before if after[p] != before[p]}


_EVENT = st.tuples(
    st.sampled_from(["h0", "h1", "h2"]),
    st.sampled_from(["beat", "beat", "beat", "die", "restart", "drain"]),
    st.floats(0.05, 2.5),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_EVENT, max_size=60))
def test_never_two_owners(events: list[tuple[str, str, float]]) -> None:
    """Whatever comes and goes, no partition is served by two members whose leases both hold."""
    table, now = Table(4), 0.0
    incarnation: Counter[str] = Counter()
    serving: dict[str, tuple[set[int], float]] = {}
    dead: set[str] = set()
    for name, what, pause in events:
        now += pause
        if what == "die":
            dead.add(name)
            continue
        if what == "restart":
            incarnation[name] += 1
            serving.pop(name, None)  # a restarted process has ended the one before
            dead.discard(name)
        if name in dead:
            continue
        held, _ = serving.get(name, (set(), 0.0))
        owner = f"{name}#{incarnation[name]}"
        serve = set(table.beat(HOST, owner, held, now, draining=what == "drain"))
        serving[name] = (serve, now + LEASE)
        valid = [part for part, until in serving.values() if until > now]
        counts = Counter(p for part in valid for p in part)

        assert all(count == 1 for count in counts.values()), (counts, events)
