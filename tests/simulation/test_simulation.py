"""A simulated cluster under thousands of crashes: nothing lost, nothing done twice.

A failing seed is named in the error; `VIGIL_SEED=<seed> pytest tests/simulation` runs it alone.
"""

import os
from collections import Counter

import pytest
from simulation.checks import check
from simulation.meters import Meters
from simulation.ruled import BOOK, RuledMeters
from simulation.world import PARTITIONS, World

import actors.outbox
import actors.parked
from actors.block import FURTHER, decode_block
from actors.cell import Cell
from actors.shelf import KIND as SHELF
from twins.rulebook import LiveRules, Rulebook

SEEDS = 100
STEPS = 3000
CRASHES = ("host crash", "process crash", "zombie host", "gateway crash", "zombie gateway")

# A run in which these never befall would show nothing.
BEFALLS = [
    *CRASHES, "gateway superseded", "sent again", "reboot", "vigil.resume", "vigil.skip",
    "ask.recent", "ask.what", "fenced commit", "effect", "poison", "shelf", "further message",
    "condemned",
]  # fmt: skip


def run(seed: int, steps: int = STEPS, cast: type[Meters] = Meters) -> World:
    """One run, checked."""
    world = World(seed, cast())
    with pytest.MonkeyPatch.context() as patch:
        # Bounds so low that much waits on shelves, and much is told in several messages.
        patch.setattr(actors.parked, "PART", (1, 2, 5, 64)[seed % 4])
        patch.setattr(actors.outbox, "MAX_EVENTS", (2, 1024, 1, 3)[seed % 4])
        try:
            world.run(steps)
            check(world)
        except BaseException as error:
            error.add_note(f"seed {seed}: repeat it with VIGIL_SEED={seed} pytest tests/simulation")
            raise
    world.counts["shelf"] = sum(
        row.id.startswith(f"{SHELF}/")
        for number in range(PARTITIONS)
        for row in world.store.all_twins(number).values()
    )
    world.counts["further message"] = sum(
        decode_block(stored.body).format == FURTHER for log in world.logs for stored in log.messages
    )
    world.counts["fenced commit"] = world.store.fenced
    world.counts["effect"] = len(world.worker.executed)
    return world


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thousands_of_crashes_leave_no_trace() -> None:
    """Hosts, gateways and whole processes end at any moment, and some go on as zombies.

    Afterwards every state and every output is, byte for byte, that of a straight replay of the
    same logs; it is what a naive model makes of them; and each acknowledged event, each message,
    each effect and each reminder counted exactly once, in order.
    """
    chosen = os.environ.get("VIGIL_SEED")
    seeds = range(SEEDS) if chosen is None else [int(chosen)]
    counts: Counter[str] = Counter()
    for seed in seeds:
        counts.update(run(seed).counts)
    if chosen is not None:
        return

    assert sum(counts[crash] for crash in CRASHES) > 20_000
    assert [] == [what for what in BEFALLS if counts[what] < SEEDS // 4]


def test_a_few_crashes_leave_no_trace() -> None:
    """The same, short enough to run with every change."""
    for seed in range(1000, 1008):
        run(seed, 1500)


def test_rules_change_in_the_midst_of_crashes() -> None:
    """Two people publish, go back and overrule each other while all that may befall befalls.

    Each partition takes every version up once, at one position, which a replay takes for the
    same; at rest one version is live everywhere.
    """
    versions, hits, by_version = [], 0, Counter[int]()
    for seed in range(2000, 2012):
        world = run(seed, 1500, RuledMeters)
        (row,) = world.store.twins(world.partition_of(BOOK), [BOOK])
        book = Cell.load(row).twin

        assert isinstance(book, Rulebook)

        versions.append(book.version)
        for twin_id, twin in world.twins().items():
            if isinstance(twin, LiveRules):
                hits += sum(one.count for kind in twin.hits.values() for one in kind.values())
            if twin_id.startswith("sim_meter/") and twin.record is not None:
                by_version.update(one.version for one in twin.record.firings)

    assert min(versions) >= 1
    assert hits > 0
    assert len(by_version) > 2
    assert sum(versions) > 25


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_rules_change_through_thousands_of_crashes() -> None:
    """The same, at length."""
    chosen = os.environ.get("VIGIL_SEED")
    for seed in range(2100, 2150) if chosen is None else [int(chosen)]:
        run(seed, STEPS, RuledMeters)


def test_a_run_is_decided_by_its_seed() -> None:
    """The same seed gives the same logs, byte for byte; another one gives others."""
    logs = []
    for seed in (5, 5, 6):
        world = World(seed, Meters())
        world.run(600)
        logs.append([log.messages for log in world.logs])

    assert logs[0] == logs[1]
    assert logs[0] != logs[2]
