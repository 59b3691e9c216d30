"""Serving a partition: from its checkpoint, along its log, to its next checkpoint."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nats.aio.client import Client
from structlog.testing import capture_logs
from support import probes
from support.feed import TICK, inside, numbered
from support.log_server import Bench, until

import actors.reader
import actors.serving
from actors.block import Entry
from actors.errors import LogError, StoreError, UnknownFormat
from actors.log import put, stream_state
from actors.serving import Serving
from gateway.server import NatsServer
from twins.ids import partition_of

assert probes, "importing it registers the kind"

pytestmark = pytest.mark.cluster

KEYS = [f"probe/p{number}" for number in range(6)]


class Story:
    """Blocks with readings, messages, reminders, effects, poison and calls, each event once."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.written = 0

    async def tell(self, blocks: int) -> int:
        """Write the next blocks; returns the position of the last."""
        position = 0
        for _ in range(blocks):
            number = self.written = self.written + 1
            key, other = KEYS[number % 6], KEYS[(number * 5 + 1) % 6]
            position = await self.bench.write(
                numbered(key, "level", {"a": float(number), "at": 1e9 + number}, 4 * number),
                numbered(key, "pass", {"to": other, "text": f"t{number}"}, 4 * number + 1),
                numbered(other, "deed", {"key": f"k{number}"}, 4 * number + 2),
                numbered(KEYS[5], "boom", {"until": 4e9}, number)
                if number == 3
                else numbered(key, "wish", {"name": "wake", "at": 4e9}, 4 * number + 3),
                inside(other, "ask.sum", {"left": number - 4, "right": 1}, f"call-{number}"),
            )
        return position


async def settled(serving: Serving) -> int:
    """Wait until all of the log is applied and all outputs are away; returns the position."""
    async with asyncio.timeout(20):
        while True:
            end = (await stream_state(serving._client, serving.number)).last
            await serving.reached(end)
            await serving.outgoing.drained.wait()
            if (await stream_state(serving._client, serving.number)).last == end:
                return end


async def test_applies_what_is_written(bench: Bench) -> None:
    """Entries reach their twins in order; what they tell comes back through the log."""
    serving = await bench.serve()
    await bench.write(
        numbered("probe/p1", "note", {"text": "one"}, 1),
        numbered("probe/p1", "pass", {"to": "probe/p2", "text": "hello"}, 2),
        numbered("probe/p1", "note", {"text": "three"}, 3),
    )
    end = await settled(serving)
    first = await serving.state("probe/p1", None)
    second = await serving.state("probe/p2", None)

    assert ["one", "probe/p1:0:2", "three"] == [
        note.replace(":1:", ":0:") for note in first.state["trace"]
    ]
    assert [("probe/p1", "hello")] == second.state["heard"]
    assert (2, 3, 1) == (end, serving.from_gateways, first.epoch)


async def test_a_crash_leaves_no_trace(client: Client, bench: Bench, tmp_path: Path) -> None:
    """A host that crashes with and without checkpoints ends where one that never crashed does.

    Twins, reminders, marks, chains, answers, counts, time: byte for byte; and each effect once.
    """
    story = Story(bench)
    serving = await bench.serve()
    for blocks, saves in ((4, True), (3, False), (5, True), (0, False), (6, False)):
        await story.tell(blocks)
        if saves:
            await settled(serving)
            await serving.checkpoints.take()
        await bench.crash(serving)
        serving = await bench.serve()
    end = await settled(serving)
    await bench.stop(serving)
    other = Bench(client, tmp_path / "uncrashed")
    straight = other.make()
    straight._put = lambda _subject, _body: asyncio.sleep(0, 1)  # type: ignore[method-assign]  # the log has them all
    await straight.start()
    await asyncio.wait_for(straight.reached(end), 20)
    await asyncio.wait_for(straight.outgoing.drained.wait(), 20)
    await straight.stop()
    crashed, uncrashed = bench.stored(KEYS), other.stored(KEYS)
    await other.close()

    assert end == crashed[0][0]
    assert uncrashed == crashed
    assert [effect.id for effect in other.accepted] == [effect.id for effect in bench.accepted]
    assert 16 == len(bench.accepted), "a deed a block, and two wait behind the poison"


async def test_stopping_leaves_a_checkpoint_of_all_that_was_applied(bench: Bench) -> None:
    """The next owner begins where this one ended, and reads nothing again."""
    serving = await bench.serve()
    await Story(bench).tell(3)
    end = await settled(serving)
    await bench.stop(serving)
    head = bench.store.head(0)
    again = await bench.serve()

    assert end == (head and head.position)
    assert (end, end + 1) == (again.partition.position, again.reader.next)
    assert 0 == again.from_gateways


async def test_twins_are_read_from_the_store_when_they_are_needed(bench: Bench) -> None:
    """After a restart memory is empty; the first event of a twin finds its state."""
    serving = await bench.serve()
    await bench.write(numbered("probe/p1", "note", {"text": "before"}, 1))
    await settled(serving)
    await bench.stop(serving)
    again = await bench.serve()

    assert (0, 0) == again.partition.hot

    await again.reached(await bench.write(numbered("probe/p1", "note", {"text": "after"}, 2)))
    state = await again.state("probe/p1", None)

    assert ["before", "after"] == state.state["trace"]


async def test_an_unreadable_block_stops_the_partition(client: Client, bench: Bench) -> None:
    """What cannot be read must not be passed over; the error is kept, the rest waits."""
    serving = await bench.serve()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {"text": "one"}, 1)))
    await put(client, "log.0.from.7", b"\xc1 no block")
    await put(client, "log.0.tick", TICK)
    await asyncio.wait_for(serving.reader.failed.wait(), 10)

    assert isinstance(serving.reader.error, UnknownFormat)
    assert 1 == serving.partition.position


@pytest.mark.parametrize("payload", [b"", b"\xc1", msgspec.msgpack.encode({"time": float("nan")})])
async def test_a_poison_payload_does_not_stop_the_partition(bench: Bench, payload: bytes) -> None:
    """It parks its twin, and nobody else notices."""
    serving = await bench.serve()
    await bench.write(
        Entry("probe/p1", "note", 0, payload), numbered("probe/p2", "note", {"text": "well"}, 1)
    )
    await serving.reached(await bench.write(numbered("probe/p2", "note", {"text": "on"}, 2)))
    poisoned = await serving.state("probe/p1", None)
    neighbour = await serving.state("probe/p2", None)

    assert poisoned.parked is not None
    assert ["well", "on"] == neighbour.state["trace"]
    assert serving.reader.error is None


async def test_messages_between_partitions_count_once(
    client: Client, tmp_path: Path, server: NatsServer
) -> None:
    """Sender and receiver crash, and the server too; each message is heard once, in order."""
    del server
    bench = Bench(client, tmp_path / "pair", partitions=2)
    here, there = "probe/p0", "probe/p1"
    numbers = {name: partition_of(name, 2) for name in (here, there)}

    assert {0, 1} == set(numbers.values())

    source, target = await bench.serve(numbers[here]), await bench.serve(numbers[there])
    for number in range(1, 31):
        await bench.write(
            numbered(here, "pass", {"to": there, "text": f"t{number}"}, number),
            partition=numbers[here],
        )
        if number % 7 == 0:
            await bench.crash(source)
            source = await bench.serve(numbers[here])
        if number % 11 == 0:
            await target.checkpoints.take()
            await bench.crash(target)
            target = await bench.serve(numbers[there])
    await settled(source)
    await settled(target)
    state = await target.state(there, None)
    await bench.close()

    assert [(here, f"t{number}") for number in range(1, 31)] == state.state["heard"]


async def test_a_full_outbox_pauses_reading(client: Client, bench: Bench) -> None:
    """Memory stays bounded while nobody takes effects; then it goes on by itself."""
    bench.settings = bench.settings.model_copy(update={"outbox_limit": 3})
    bench.accepting.clear()
    serving = await bench.serve()
    for number in range(1, 11):
        await bench.write(numbered("probe/p1", "deed", {"key": str(number)}, number))
    await asyncio.wait_for(serving.reached(4), 10)
    await until(lambda: serving.reader._subscription is not None
                and serving.reader._subscription.delivered >= 10)  # fmt: skip
    await client.flush()

    assert (4, 4) == (serving.partition.position, serving.partition.outbox.size)

    bench.accepting.set()
    await asyncio.wait_for(serving.reached(10), 10)
    await asyncio.wait_for(serving.outgoing.drained.wait(), 10)

    assert [str(number) for number in range(1, 11)] == [effect.key for effect in bench.accepted]


async def test_a_paused_partition_can_be_handed_over(bench: Bench) -> None:
    """Its checkpoint holds the outputs that nobody took; the next owner sends them, and goes on."""
    bench.settings = bench.settings.model_copy(update={"outbox_limit": 2})
    bench.accepting.clear()
    serving = await bench.serve()
    for number in range(1, 7):
        await bench.write(numbered("probe/p1", "deed", {"key": str(number)}, number))
    await asyncio.wait_for(serving.reached(3), 10)
    await asyncio.wait_for(bench.stop(serving), 10)

    assert [] == bench.accepted

    bench.accepting.set()
    again = await bench.serve()

    assert 3 == again.partition.position

    await asyncio.wait_for(again.reached(6), 10)
    await asyncio.wait_for(again.outgoing.drained.wait(), 10)

    assert [str(number) for number in range(1, 7)] == [effect.key for effect in bench.accepted]


async def test_checkpoints_are_made_by_themselves(client: Client, tmp_path: Path) -> None:
    """After `checkpoint_s`, and before it when `checkpoint_twins` have changed."""
    timely = Bench(client, tmp_path / "timely", checkpoint_s=0.2)
    serving = await timely.serve()
    position = await timely.write(numbered("probe/p1", "note", {}, 1))
    await until(lambda: position == serving.checkpoints.committed)
    await timely.close()
    many = Bench(client, tmp_path / "many", checkpoint_s=8.0, checkpoint_twins=3)
    serving = await many.serve()
    position = await many.write(*(numbered(key, "note", {}, 7) for key in KEYS[:3]))
    await until(lambda: position == serving.checkpoints.committed, within_s=6.0)
    await many.close()

    assert position == (await stream_state(client, 0)).last


async def test_the_epoch_may_move_while_it_serves(bench: Bench) -> None:
    """When the gateway changes, the host stays; snapshots and checkpoints name the new epoch."""
    serving = await bench.serve()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {}, 1)))
    owner = bench.store.assign(1, msgspec.structs.replace(bench.owners[0], gateway="g1#1"))
    serving.move_to(owner.epoch)
    state = await serving.state("probe/p1", None)
    await bench.stop(serving)
    head = bench.store.head(0)

    assert (2, 2, 1) == (state.epoch, head and head.epoch, head and head.position)


async def test_what_kills_a_task_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition without checkpoints must not look like a healthy one."""

    async def die(_serving: Serving) -> None:
        raise ValueError("bug")

    monkeypatch.setattr(Serving, "_keep_checkpoints", die)
    with capture_logs() as logs:
        await bench.serve()
        await until(lambda: logs)

    assert [("task died", 0, "checkpoints-0")] == [
        (entry["event"], entry["partition"], entry["task"]) for entry in logs
    ]


async def test_the_log_is_trimmed_now_and_then(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that fails is no end of looking."""
    monkeypatch.setattr(actors.serving, "TRIM_S", 0.0)
    troubles: list[Exception] = [StoreError("damaged"), LogError("away"), OSError("disk")]
    looks = asyncio.Event()

    async def look() -> int:
        if troubles:
            raise troubles.pop(0)
        looks.set()
        await asyncio.Event().wait()
        return 0

    serving: Any = bench.make()
    await serving.start()
    serving.trimmer.look = look
    await asyncio.wait_for(looks.wait(), 10)
    await serving.stop()

    assert [] == troubles
