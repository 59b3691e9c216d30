"""A backup of a running cluster, brought back after somebody in it was erased.

What is taken is what there is at one moment: logs, and checkpoints that lie behind them. Her key is
gone; so a replay leaves out what was hers, and does not make again what that had caused.
"""

import os

import pytest
from simulation.ring import Ring
from simulation.streets import CARS, Streets
from simulation.worker import Worker
from simulation.world import PARTITIONS, World

from actors.errors import Gap
from actors.keys import open_effect
from twins.outputs import Effect

SEEDS = range(4000, 4012)
BEFORE, AFTER = 1500, 700
NAPS = 300
HERS = tuple(f"customer/c{number}" for number in range(1, len(CARS)))
"""Who is erased: all but one."""
FURTHER = 40
"""So many positions the cluster had gone on, when she was erased."""


class Keeping(Worker):
    """What comes again is as it was first: another one is known by its id, and dropped."""

    def accept(self, effects: list[Effect]) -> None:
        """Hold those that are new."""
        super().accept([effect for effect in effects if effect.id not in self.held])


class Restored(World):
    """A world that is brought back from what it was."""

    def restore(self) -> None:
        """Throw their keys away; all begin anew from their checkpoints."""
        assert self.ring is not None
        for person in HERS:
            self.ring.throw(person)
        self._zombies.clear()
        self._zombie_gateways.clear()
        for number in range(PARTITIONS):
            # The store shows no row whose key is gone.
            for row in list(self.store.all_twins(number)):
                if any(self.ring.is_hers(row, person) for person in HERS):
                    self.store.drop(number, row)
            self._gateways[number] = self._gateway(number)
        self.servings = [self._serve(number) for number in range(PARTITIONS)]

    def _take_over(self) -> None:
        """An owner that does not know yet that it is none any more is not covered here."""
        self._crash_host()

    def _carry_out(self, effect: Effect) -> None:
        if open_effect(effect, self.ring)[0] is not None:
            super()._carry_out(effect)


def live(seed: int, *, renewed: bool) -> World:
    """A life, a backup of it, and the life after that."""
    ring = Ring({car: f"customer/c{number}" for number, car in enumerate(CARS, 1)})
    world = Restored(seed, Streets(), NAPS, ring)
    world.worker = Keeping(world._carry_out, world.chance)
    for number, serving in enumerate(world.servings):
        serving.stopped = True
        world.servings[number] = world._serve(number)
    try:
        world.act(BEFORE)
        if renewed:
            ring.erased_to = {
                number: len(log.messages) + FURTHER for number, log in enumerate(world.logs)
            }
        world.restore()
        world.run(AFTER)
    except BaseException as error:
        error.add_note(f"seed {seed}: repeat it with VIGIL_SEED={seed} pytest tests/simulation")
        raise
    return world


def seeds() -> list[int]:
    """All, or the one that was chosen."""
    chosen = os.environ.get("VIGIL_SEED")
    return list(SEEDS) if chosen is None else [int(chosen)]


def test_the_cluster_goes_on() -> None:
    """Under crashes as before: every message arrives, and all that was sent is applied."""
    for world in live_all(renewed=True):
        for source in world.servings:
            sent = {target: pair.before for target, pair in source.partition.outbox.pairs.items()}
            arrived = {
                target: world.servings[target].partition._chains.marks[source.number]
                for target in sent
            }

            assert sent == arrived, world.seed
        assert set(CARS) <= world.twins().keys(), world.seed


def live_all(*, renewed: bool) -> list[World]:
    """All seeds."""
    return [live(seed, renewed=renewed) for seed in seeds()]


def test_without_new_chains_it_would_stop() -> None:
    """What was sent before does not fit to what is sent after; its reader says what to do."""
    with pytest.raises(Gap, match="restore all partitions"):
        live_all(renewed=False)
