"""What must hold after any run: against a straight replay, against a naive model, and by itself."""

from collections.abc import Iterator

import msgspec
from simulation.world import PARTITIONS, World
from support.model import Model

import actors.cell
import actors.parked
from actors.block import Block, decode_block
from actors.cell import Cell
from actors.keys import open_block
from actors.partition import Partition
from actors.shelf import KIND as SHELF
from actors.store.base import Checkpoint, Head, ReminderRow, TwinRow
from twins.outputs import Effect


class Straight:
    """A partition's log applied once, from beginning to end, with everything in memory."""

    def __init__(self, world: World, number: int) -> None:
        self.partition = Partition(number, PARTITIONS, 1 << 40, world.ring)
        self.partition.verdicts.heed(world.store.verdicts(number))
        for position, stored in enumerate(world.logs[number].messages, 1):
            block = decode_block(stored.body)
            if world.ring is not None:
                open_block(block, world.ring)
            self.partition.needed(block, stored.stamp)
            self.partition.apply(block, stored.body, position, stored.stamp)
        outbox = self.partition.outbox
        self.told = {target: list(pair.waiting) for target, pair in outbox.pairs.items()}
        self.effects: list[Effect] = [it for caused in outbox.effects for it in caused.effects]
        checkpoint = _checkpoint(self.partition)
        self.head: Head = checkpoint.head
        self.rows: dict[str, TwinRow] = {row.id: row for row in checkpoint.twins}
        self.reminders: set[ReminderRow] = set(checkpoint.reminders)


def _checkpoint(partition: Partition) -> Checkpoint:
    """All that changed, when all outputs are acknowledged."""
    outbox = partition.outbox
    for target, pair in outbox.pairs.items():
        for _ in range(len(pair.waiting)):
            outbox.acknowledge(target)
    outbox.accepted(partition.position)
    cut = partition.begin_cut(0, f"LOG_{partition.number}", 0.0)
    cut.step(1 << 30)
    return cut.checkpoint()


def check(world: World) -> None:
    """All that a run must fulfil; the error names the seed."""
    straight = [Straight(world, number) for number in range(PARTITIONS)]
    models = [_model(world, number) for number in range(PARTITIONS)]
    for number in range(PARTITIONS):
        where = f"seed {world.seed}, partition {number}"
        _same_as_straight(world, straight[number], where)
        _same_as_model(straight[number], models[number], where)
        _answers(world, models[number], where)
    _messages(world, straight)
    _effects(world, straight)
    _acknowledged(world, models)
    twins = {
        row.id: Cell.load(row).twin
        for one in straight
        for row in one.rows.values()
        if not row.id.startswith(f"{SHELF}/")
    }
    world.cast.check(twins, f"seed {world.seed}")


def check_replays(world: World) -> None:
    """What must hold where data is sealed, which the naive model cannot read."""
    straight = [Straight(world, number) for number in range(PARTITIONS)]
    for number in range(PARTITIONS):
        _same_as_straight(world, straight[number], f"seed {world.seed}, partition {number}")
    _messages(world, straight)
    _effects(world, straight)


def _model(world: World, number: int) -> Model:
    model = Model(number, PARTITIONS, actors.parked.PART, actors.cell.MAX_SOURCES)
    model.verdicts = {(it.position, it.twin_id, it.event_id) for it in world.store.verdicts(number)}
    for stored in world.logs[number].messages:
        model.apply(stored.body, stored.stamp)
    return model


def _same_as_straight(world: World, straight: Straight, where: str) -> None:
    """What the last owner left in the store is what no crash would have left, byte for byte."""
    number = straight.partition.number
    head = world.store.head(number)
    assert head is not None

    assert straight.rows == world.store.all_twins(number), where
    assert straight.reminders == set(world.store.reminders(number)), where
    # The last acknowledgements may have come after the last checkpoint.
    last = Partition(number, PARTITIONS)
    last.restore(head, [])

    assert straight.head == _checkpoint(last).head, where


def _same_as_model(straight: Straight, model: Model, where: str) -> None:
    """States, parked events, counts, messages, effects: as the naive model has them."""
    cells = {
        twin_id: Cell.load(row)
        for twin_id, row in straight.rows.items()
        if not twin_id.startswith(f"{SHELF}/")
    }

    assert model.twins.keys() == cells.keys(), where
    for twin_id, twin in model.twins.items():
        book = cells[twin_id].book

        assert msgspec.json.encode(twin) == straight.rows[twin_id].state, f"{where}, {twin_id}"
        assert len(model.applied.get(twin_id, [])) == book.applied, f"{where}, {twin_id}"
        assert (twin_id in model.aside) == (book.parked is not None), f"{where}, {twin_id}"
    told = {
        target: [
            (position, entry.subject, entry.type, entry.payload)
            for position, body in bodies
            for entry in decode_block(body).entries
        ]
        for target, bodies in straight.told.items()
    }

    assert model.told == told, where
    assert [effect for _, effect in model.effects] == straight.effects, where
    assert (model.repeats, model.refused) == (
        straight.partition.repeats, straight.partition.refused,
    ), where  # fmt: skip


def _answers(world: World, model: Model, where: str) -> None:
    """Whatever an owner, or one that was owner once, answered to a call: it is the one answer."""
    for call, reply in world.replies[model.number].items():
        assert model.replies[call] == (reply.value, reply.error is not None), f"{where}, {call}"
    mine = {call for call, to in world.asked.items() if world.partition_of(to) == model.number}

    assert mine == model.replies.keys(), where


def _blocks(world: World, target: int, source: int) -> Iterator[tuple[Block, bytes]]:
    """What one partition's owners sent to another one, in the order of its log, repeats too."""
    for stored in world.logs[target].messages:
        if stored.subject == f"log.{target}.from.{source}":
            yield decode_block(stored.body), stored.body


def _messages(world: World, straight: list[Straight]) -> None:
    """Every message is in the receiver's log, the first time in order, and always the same one."""
    for target in range(PARTITIONS):
        for source in range(PARTITIONS):
            where = f"seed {world.seed}, from {source} to {target}"
            first = {body: block.position for block, body in _blocks(world, target, source)}
            expected = straight[source].told.get(target, [])

            assert [(position, body) for body, position in first.items()] == expected, where


def _effects(world: World, straight: list[Straight]) -> None:
    """Each effect was executed once, and those of one order in the order of their causes."""
    executed = world.worker.executed
    expected = [effect for one in straight for effect in one.effects]
    where = f"seed {world.seed}"

    assert len(executed) == len({effect.id for effect in executed}), where
    assert sorted(effect.id for effect in expected) == sorted(e.id for e in executed), where
    for one in straight:
        mine = {effect.id for effect in one.effects}
        for order in {effect.order for effect in one.effects}:
            assert [effect for effect in one.effects if effect.order == order] == [
                effect for effect in executed if effect.order == order and effect.id in mine
            ], f"{where}, order {order}"


def _acknowledged(world: World, models: list[Model]) -> None:
    """What a device was told is durable was handled once, or left out by an operator."""
    for device in world.devices:
        model = models[world.partition_of(device.subject)]
        applied = model.applied.get(device.subject, [])
        left_out = model.skipped.get(device.subject, [])
        handled = [*applied, *left_out]
        where = f"seed {world.seed}, {device.subject}, source {device.source}"

        assert len(applied) == len(set(applied)), where
        assert device.acknowledged <= device.abandoned | set(handled), where
        if device.flight == 1:
            mine = [_number(id_) for id_ in applied if id_.startswith(f"{device.subject}:")]

            assert sorted(mine) == mine, where


def _number(event_id: str) -> tuple[int, int]:
    _, boot, sequence = event_id.rsplit(":", 2)
    return int(boot), int(sequence)
