"""Crashing: a fleet of which a partition crashes, and is taken over by another host.

    fleet = Crashing(4, Crash(at=17, sent=True))

What was in its memory is gone; the new owner begins with the last checkpoint and reads the log
from there, so that it sends again what was sent already: messages, which their receivers have to
recognise, and effects, which are carried out again under the ids that they had.
"""

from random import Random

from msgspec import Struct
from support.memory_store import MemoryStore

from actors.block import decode_block
from actors.partition import Partition
from actors.store.base import Ownership
from actors.testing import Fleet
from actors.testing.fleet import _Shard
from twins.ids import split
from twins.kind import kind_of
from twins.outputs import Effect, Target

CHECKPOINTS = 0.1
"""After so many steps, by chance, the partition that made one makes a checkpoint."""


class Crash(Struct, frozen=True):
    """One crash."""

    at: int
    """After this step: a message of some partition's log that was applied, counted from 1."""
    sent: bool
    """Whether what it caused had left by then."""


class Crashing(Fleet):
    """A fleet in which nothing is left to chance but when checkpoints are made.

    Args:
        partitions: How many; a power of two.
        crash: When; None: never. At 0: after every step.
        seed: Draws the checkpoints.
    """

    def __init__(self, partitions: int, crash: Crash | None = None, seed: int = 0) -> None:
        super().__init__(partitions)
        self.crash = crash
        self.steps = 0
        """Messages that were applied, at all partitions; what is read again does not count."""
        self.entries: list[list[tuple[str, str]]] = []
        """(twin, type) of all that each step was about."""
        self.again = 0
        """Effects that were carried out again."""
        self.read_again = 0
        """Messages that new owners applied again."""
        self._checkpoints = Random(f"checkpoints {seed}")
        self._store = MemoryStore()
        self._owners = {
            number: self._store.assign(0, Ownership(number)) for number in range(partitions)
        }
        self._ledger: dict[str, bool] = {}
        """Id of each effect that was taken -> whether it was carried out."""

    def twin(self, twin_id: str) -> object:
        """The twin as it is, from memory or from the store."""
        shard = self._shard(twin_id)
        if shard.partition.peek(twin_id) is None:
            for row in self._store.twins(shard.partition.number, [twin_id]):
                kind = kind_of(split(twin_id)[0])
                return kind.restore(row.state, row.schema)
        return super().twin(twin_id)

    def _apply(self, shard: _Shard, body: bytes) -> None:
        entries = decode_block(body).entries
        self.entries.append([(entry.subject, entry.type) for entry in entries])
        super()._apply(shard, body)

    def _load(self, partition: Partition, missing: list[str]) -> None:
        partition.load(self._store.twins(partition.number, missing))

    def _pass_on(self, shard: _Shard) -> None:
        self.steps += 1
        crash = self.crash
        now = crash is not None and crash.at in (0, self.steps)
        early, late = (self._checkpoints.random() < CHECKPOINTS for _ in range(2))
        if early:
            self._checkpoint(shard.partition)
        if now and crash is not None and not crash.sent:
            self._take_over(shard)
        super()._pass_on(shard)
        if late:
            self._checkpoint(shard.partition)
        if now and crash is not None and crash.sent:
            self._take_over(shard)
            super()._pass_on(shard)

    def _checkpoint(self, partition: Partition) -> None:
        cut = partition.begin_cut(self._owners[partition.number].epoch, "LOG", 0.0)
        cut.step(1 << 30)
        self._store.commit(cut.checkpoint())
        partition.settle(cut, 1 << 30)

    def _take_over(self, shard: _Shard) -> None:
        """Begin again with the checkpoint, and read the log from there to its end."""
        number = shard.partition.number
        partition = shard.partition = Partition(number, len(self._shards), 1 << 30)
        head = self._store.head(number)
        if head is not None:
            partition.restore(head, self._store.reminders(number))
        for position in range(partition.position + 1, len(shard.log) + 1):
            body, stamp = shard.log[position - 1]
            block = decode_block(body)
            self._load(partition, partition.needed(block, stamp))
            partition.apply(block, body, position, stamp)
            self.read_again += 1

    # -- effects -----------------------------------------------------------------------------

    def caused(self, effects: list[Effect]) -> None:
        """Take effects; one that was carried out before is carried out again, as if nobody knew.

        So a worker does that crashed before it had noted the outcome. What a person was sent is
        in its ledger by then: a second message would be one too many.
        """
        for effect in effects:
            carried_out = self._ledger.get(effect.id)
            if carried_out is None:
                self._ledger[effect.id] = False
                super().caused([effect])
            elif carried_out and effect.target is not Target.CHANNEL:
                self.again += 1
                super()._carry_out(effect.order, effect)

    def _carry_out(self, order: str, effect: Effect) -> None:
        self._ledger[effect.id] = True
        super()._carry_out(order, effect)
