"""The world of the simulation: partitions, hosts, gateways, devices, and what befalls them.

A seed decides everything. `run` does so many random steps, then lets all come to rest without any
further fault; afterwards the logs, the store and the ledger are there to be checked.
"""

from random import Random
from typing import Any

from simulation.cast import Cast
from simulation.intake import Gateway
from simulation.memory_log import MemoryLog
from simulation.ring import Ring
from simulation.senders import Lane, Numbered
from simulation.serving import START, Clock, Serving
from simulation.worker import Worker
from support.memory_store import MemoryStore

from actors.block import Entry
from actors.cell import Cell
from actors.keys import Opened, open_effect
from twins.event import encode_message
from twins.handler import Origin
from twins.ids import partition_of
from twins.outputs import Effect, Reply
from twins.twin import Twin

PARTITIONS = 4
LONGEST_REST = 10_000
"""Rounds after which a world that does not come to rest never will."""


Sender = Numbered | Lane


class World:
    """One simulated cluster.

    Args:
        seed: Decides everything.
        cast: Who plays.
        naps: How often, at rest, time is let pass to the next reminder. With kinds that remind
            themselves for ever, some are due then; else all are over.
        ring: What persons' data is sealed with; None: nothing is.
    """

    start = START

    def __init__(
        self, seed: int, cast: Cast, naps: int = 1_000_000, ring: Ring | None = None
    ) -> None:
        self.ring = ring
        self.seed, self.cast = seed, cast
        self._naps = naps
        self.chance = chance = Random(seed)
        self.clock = Clock(chance, START)
        self.logs = [MemoryLog(number) for number in range(PARTITIONS)]
        self.store = MemoryStore()
        self.lanes: dict[str, Lane] = {}
        self.worker = Worker(self._carry_out, chance)
        self.counts: dict[str, int] = {}
        self.asked: dict[str, str] = {}
        """Call -> whom."""
        self.replies: list[dict[str, Reply]] = [{} for _ in range(PARTITIONS)]
        self._zombie_gateways: list[Gateway] = []
        self._zombies: list[Serving] = []
        self._gateways = [self._gateway(number) for number in range(PARTITIONS)]
        self.servings = [self._serve(number) for number in range(PARTITIONS)]
        self.devices = cast.enter(self)

    def count(self, what: str) -> None:
        """Note that something befell."""
        self.counts[what] = self.counts.get(what, 0) + 1

    # -- running -----------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Let so much happen, and then come to rest."""
        self.act(steps)
        self._rest()

    def act(self, steps: int) -> None:
        """Let so much happen."""
        actions: list[tuple[float, Any]] = [
            (8, self._create), (14, self._send), (2, self._send_again), (1, self._speak),
            (10, self._gateway_step), (14, self._serve_some), (4, self._work), (2, self._wait),
            (0.8, self._operate), (0.5, self._ask), (0.15, self._reboot),
            (2.0, self._crash_host), (0.6, self._crash_process), (0.8, self._take_over),
            (1.0, self._crash_gateway), (0.5, self._replace_gateway), (0.3, self._end_zombie),
        ]  # fmt: skip
        weights, does = zip(*actions, strict=True)
        for do in self.chance.choices(does, weights, k=steps):
            do()

    def _rest(self) -> None:
        """No more faults: everything that was begun comes to its end."""
        self._zombies.clear()
        self._zombie_gateways.clear()
        for _ in range(LONGEST_REST):
            self.cast.finish(self)
            for sender in self._senders():
                for number in sender.waiting():
                    self._transmit(sender, number)
            for number in range(PARTITIONS):
                while not self._gateways[number].idle:
                    self._step_gateway(number)
            for serving in self.servings:
                for task in serving.task_names * 3:
                    serving.step(task)
            self._begin_anew()
            self.worker.step()
            if self._quiet() and not self._wake():
                return
        raise AssertionError(f"seed {self.seed}: no rest; {self._what_moves()}")

    def _quiet(self) -> bool:
        return (
            self.worker.idle
            and all(gateway.idle for gateway in self._gateways)
            and all(serving.idle for serving in self.servings)
            and not any(sender.waiting() for sender in self._senders())
        )

    def _wake(self) -> bool:
        """Let time pass to the next reminder, and resume who is parked; False when all is done."""
        dues = [serving.partition.reminders.next_due() for serving in self.servings]
        due = min((at for at in dues if at is not None), default=None)
        if due is not None and self._naps > 0:
            self._naps -= 1
            self.clock.now = max(self.clock.now, due)
            return True
        parked = self.parked()
        self.clock.now += 100.0
        for twin_id in parked:
            self.say(twin_id, "vigil.resume")
        return bool(parked)

    def parked(self) -> list[str]:
        """Twins set aside, as the store has it."""
        return [
            row.id
            for number in range(PARTITIONS)
            for row in self.store.all_twins(number).values()
            if Cell.load(row).book.parked is not None
        ]

    def twins(self) -> dict[str, Twin]:
        """All twins, as the store has them."""
        rows = [
            row for number in range(PARTITIONS) for row in self.store.all_twins(number).values()
        ]
        return {row.id: Cell.load(row).twin for row in rows}

    def _what_moves(self) -> str:
        return (
            f"worker idle {self.worker.idle}, "
            f"gateways idle {[gateway.idle for gateway in self._gateways]}, "
            f"hosts idle {[serving.idle for serving in self.servings]}, "
            f"waiting {[len(sender.waiting()) for sender in self._senders()]}, "
            f"parked {self.parked()}"
        )

    # -- who sends ---------------------------------------------------------------------------

    def _senders(self) -> list[Sender]:
        return [*self.devices, *self.lanes.values()]

    def publish(self, entry: Entry) -> None:
        """Have a message on its way that has an id, or only its content, and no number."""
        if entry.subject not in self.lanes:
            self.lanes[entry.subject] = Lane(entry.subject, self.chance)
        self.lanes[entry.subject].add(entry)

    def say(self, twin_id: str, event_type: str, data: Any = None) -> str:
        """One of Vigil's own parts speaks to a twin; returns the id."""
        self.count(event_type)
        id_ = f"{event_type} {self.counts[event_type]}"
        payload = encode_message(data, id=id_)
        self.publish(Entry(twin_id, event_type, Origin.INSIDE, payload))
        return id_

    def ask(self, twin_id: str, name: str, data: Any) -> None:
        """Somebody calls a twin; what it answers is checked at the end."""
        self.asked[self.say(twin_id, f"ask.{name}", data)] = twin_id

    def _carry_out(self, effect: Effect) -> None:
        """Execute an effect; its outcome goes back to its twin."""
        opened, key = open_effect(effect, self.ring)
        assert opened is not None
        effect = opened
        outcome = self.cast.carry_out(self, effect)
        name = "done" if outcome.reason is None else "failed"
        payload = encode_message(outcome, id=f"{effect.id}.{name}")
        event_type = f"{effect.name}.{name}"
        entry = Entry(effect.twin_id, event_type, Origin.INSIDE, payload)
        if key is not None:
            entry = Opened(effect.twin_id, event_type, Origin.INSIDE, payload, key_id=key.id)
        self.publish(entry)

    def _transmit(self, sender: Sender, number: int) -> None:
        entry, ack = sender.message(number)
        self._gateways[self.partition_of(entry.subject)].offer(entry, ack)

    @staticmethod
    def partition_of(twin_id: str) -> int:
        """Where a twin lives."""
        return partition_of(twin_id, PARTITIONS)

    # -- what happens ------------------------------------------------------------------------

    def _speak(self) -> None:
        self.cast.speak(self)

    def _create(self) -> None:
        self.chance.choice(self.devices).create()

    def _send(self) -> None:
        sender = self.chance.choice(self._senders())
        waiting = sender.waiting()
        if waiting:
            self._transmit(sender, self.chance.choice(waiting))

    def _send_again(self) -> None:
        entry = self.chance.choice(self._senders()).again()
        if entry is not None:
            self.count("sent again")
            self._gateways[self.partition_of(entry.subject)].offer(entry, lambda _position: None)

    def _reboot(self) -> None:
        self.count("reboot")
        self.chance.choice(self.devices).reboot()

    def _wait(self) -> None:
        self.clock.now += self.chance.choice([0.01, 0.5, 3.0, 10.0]) * self.cast.pace

    def _work(self) -> None:
        self.worker.step()

    def _operate(self) -> None:
        parked = self.parked()
        if parked:
            skip = self.chance.random() < 0.3
            self.say(self.chance.choice(parked), "vigil.skip" if skip else "vigil.resume")

    def _ask(self) -> None:
        self.ask(*self.cast.question(self))

    # -- gateways ----------------------------------------------------------------------------

    def _gateway(self, number: int) -> Gateway:
        return Gateway(self.logs[number], self.clock, self.chance, self.store.commits, self.ring)

    def _gateway_step(self) -> None:
        if self._zombie_gateways and self.chance.random() < 0.2:
            self.chance.choice(self._zombie_gateways).step()
            return
        number = self.chance.randrange(PARTITIONS)
        for _ in range(self.chance.randint(1, 5)):
            self._step_gateway(number)

    def _step_gateway(self, number: int) -> None:
        self._gateways[number].step()
        if self._gateways[number].superseded:
            # An old one wrote its last block after this one had looked: look again.
            self.count("gateway superseded")
            self._gateways[number] = self._gateway(number)

    def _crash_gateway(self) -> None:
        self.count("gateway crash")
        number = self.chance.randrange(PARTITIONS)
        self._gateways[number] = self._gateway(number)

    def _replace_gateway(self) -> None:
        self.count("zombie gateway")
        number = self.chance.randrange(PARTITIONS)
        self._zombie_gateways.append(self._gateways[number])
        self._gateways[number] = self._gateway(number)

    # -- hosts -------------------------------------------------------------------------------

    def _serve(self, number: int) -> Serving:
        return Serving(
            number,
            self.logs,
            self.store,
            self.worker,
            self.clock,
            self.chance,
            self.cast.loops,
            self.ring,
        )

    def _serve_some(self) -> None:
        zombie = self._zombies and self.chance.random() < 0.3
        serving = self.chance.choice(self._zombies if zombie else self.servings)
        tasks = serving.task_names
        for task in self.chance.choices(tasks, [12, 8, 2, 2] + [2] * PARTITIONS,
                                        k=self.chance.randint(1, 40)):  # fmt: skip
            serving.step(task)
        self.replies[serving.number].update(serving.replies)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """A host that condemned an event goes on from its checkpoint."""
        for number, serving in enumerate(self.servings):
            if serving.anew:
                self.count("condemned")
                self.servings[number] = self._serve(number)

    def _crash_host(self) -> None:
        self.count("host crash")
        number = self.chance.randrange(PARTITIONS)
        self.servings[number] = self._serve(number)

    def _crash_process(self) -> None:
        self.count("process crash")
        for number in range(PARTITIONS):
            self.servings[number] = self._serve(number)

    def _take_over(self) -> None:
        """Another host takes over, and the old one does not know it yet."""
        self.count("zombie host")
        number = self.chance.randrange(PARTITIONS)
        self._zombies.append(self.servings[number])
        self.servings[number] = self._serve(number)

    def _end_zombie(self) -> None:
        if self._zombies:
            self._zombies.pop(self.chance.randrange(len(self._zombies)))
        if self._zombie_gateways:
            self._zombie_gateways.pop(0)
