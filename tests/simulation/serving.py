"""A host's service of one partition, cut into steps: between any two of them it may crash.

It does what `actors.serving`, `actors.checkpoints` and `actors.outgoing` do, without their loop:
each task is a generator, and each `yield` a moment at which others run, or at which it ends.
"""

from collections.abc import Iterator
from random import Random
from zlib import crc32

from simulation.memory_log import MemoryLog
from simulation.ring import Ring
from simulation.worker import Worker
from support.memory_store import MemoryStore

from actors.block import GENESIS, decode_block, encode_block
from actors.errors import Fenced, Overrun
from actors.keys import open_block
from actors.partition import Partition
from actors.store.base import Ownership, Verdict
from twins.outputs import Reply

TICK = encode_block(0, GENESIS, [])

START = 1_800_000_000.0
"""When the simulated world begins, seconds since the epoch."""

LOOPS_FOR_S, LOOPS_ONE_IN = 300.0, 80
"""For how long after the start one event in how many loops for ever."""


class Clock:
    """The log server's clock: seconds since the epoch, and what it stamps on messages."""

    def __init__(self, chance: Random, start: float) -> None:
        self.now = start
        self._chance = chance

    def stamp(self) -> float:
        """Now, or a little earlier: clocks are set back."""
        back = self._chance.random() < 0.05
        return self.now - (self._chance.random() * 3.0 if back else 0.0)


class Serving:
    """One partition in service by one owner; a zombie when another one has taken over."""

    def __init__(
        self,
        number: int,
        logs: list[MemoryLog],
        store: MemoryStore,
        worker: Worker,
        clock: Clock,
        chance: Random,
        loops: str,
        ring: Ring | None = None,
    ) -> None:
        self._ring = ring
        self.number = number
        self._logs, self._store, self._worker = logs, store, worker
        self._clock, self._chance = clock, chance
        self._loops_in = f"{loops}/"
        self.stopped = False
        self.anew = False
        """Whether an event was condemned, so that it has to begin again from the checkpoint."""
        self.replies: dict[str, Reply] = {}
        """Answers that it could have given, for comparing."""
        epoch = store.ownership(number).epoch
        self.owner = store.assign(epoch, Ownership(number, host=f"h{epoch + 1}"))
        hot_bytes = chance.choice([0, 600, 1500, 4000, 1 << 20])
        self.partition = Partition(number, len(logs), hot_bytes, ring)
        head = store.head(number)
        if head is not None:
            self.partition.restore(head, store.reminders(number))
        if ring is not None and self.partition.position < ring.erased_to.get(number, 0):
            self.partition.renew(len(logs[number].messages) + 1)
        self.partition.verdicts.heed(store.verdicts(number))
        self.partition.verdicts.witness = self._loops
        self._committed = self.partition.position
        self._tasks = {
            "read": self._read(),
            "checkpoint": self._checkpoint(),
            "effects": self._deliver_effects(),
            "tick": self._tick(),
            **{f"send {target}": self._send(target) for target in range(len(logs))},
        }

    @property
    def task_names(self) -> list[str]:
        """What may be stepped."""
        return list(self._tasks)

    @property
    def idle(self) -> bool:
        """Everything is applied, sent, and committed."""
        return (
            self.partition.position == len(self._logs[self.number].messages)
            and self.partition.outbox.size == 0
            and self.partition.dirty == 0
            and self._committed == self.partition.position
        )

    def step(self, task: str) -> None:
        """Let one task go on to its next `yield`."""
        if self.stopped:
            return
        try:
            next(self._tasks[task])
        except Overrun as overrun:
            self._condemn(overrun)
        except Fenced:
            self.stopped = True

    def _loops(self, twin_id: str, event_id: str) -> None:
        """Some events never come back while it is early; it is the same ones wherever they run."""
        early = self.partition.now < START + LOOPS_FOR_S
        if not early or not twin_id.startswith(self._loops_in):
            return
        if not crc32(f"{twin_id} {event_id}".encode()) % LOOPS_ONE_IN:
            raise Overrun(twin_id, event_id, "it loops")

    def _condemn(self, overrun: Overrun) -> None:
        """Write the verdict, and end: what is in memory is worth nothing."""
        self.stopped = True
        verdict = Verdict(
            self.partition.position, overrun.twin_id, overrun.event_id, overrun.reason
        )
        try:
            self._store.condemn(self.number, self.owner.host, verdict)
        except Fenced:
            return
        self.anew = True

    def _read(self) -> Iterator[None]:
        log = self._logs[self.number]
        while True:
            position = self.partition.position + 1
            stored = log.at(position)
            if stored is None:
                yield
                continue
            block = decode_block(stored.body)
            if self._ring is not None:
                open_block(block, self._ring)
            missing = self.partition.needed(block, stored.stamp)
            yield  # a thread reads the store; a checkpoint may be committed and settled meanwhile
            rows = self._store.twins(self.number, missing)
            yield
            self.partition.load(rows)
            self.partition.apply(block, stored.body, position, stored.stamp)
            self.replies.update(self.partition.replies)
            yield

    def _checkpoint(self) -> Iterator[None]:
        while True:
            yield
            if self.partition.position == self._committed or self.partition.renewing:
                continue
            cut = self.partition.begin_cut(self.owner.epoch, f"LOG_{self.number}", 0.0)
            yield
            while not cut.step(self._chance.randint(1, 6)):
                yield
            checkpoint = cut.checkpoint()
            yield
            self._store.commit(checkpoint)
            yield  # committed, and it does not know yet
            self._committed = cut.head.position
            while not self.partition.settle(cut, self._chance.randint(1, 6)):
                yield

    def _send(self, target: int) -> Iterator[None]:
        log = self._logs[target]
        outbox = self.partition.outbox
        while True:
            pair = outbox.pairs.get(target)
            if pair is None or not pair.waiting:
                yield
                continue
            _, body = pair.waiting[0]
            log.append(f"log.{target}.from.{self.number}", body, self._clock.stamp())
            yield  # stored, and it does not know yet
            if self._chance.random() < 0.1:
                continue  # the log's answer was lost
            outbox.acknowledge(target)
            yield

    def _deliver_effects(self) -> Iterator[None]:
        outbox = self.partition.outbox
        while True:
            if not outbox.effects:
                yield
                continue
            batch = list(outbox.effects)
            self._worker.accept([effect for caused in batch for effect in caused.effects])
            yield  # the worker holds them, and it does not know yet
            outbox.accepted(batch[-1].position)
            yield

    def _tick(self) -> Iterator[None]:
        log = self._logs[self.number]
        while True:
            due = self.partition.reminders.next_due()
            if due is not None and due <= self._clock.now:
                position = log.append(f"log.{self.number}.tick", TICK, self._clock.stamp())
                assert position is not None
                if self._chance.random() < 0.1:  # another owner writes it too
                    log.append(f"log.{self.number}.tick", TICK, self._clock.stamp())
                while self.partition.position < position:
                    yield
            yield
