"""A block whose handlers tell more than the log server takes in one message."""

import asyncio
from pathlib import Path

import pytest
from nats.aio.client import Client
from support import probes
from support.feed import numbered
from support.log_server import Bench, until

from actors.serving import Serving
from twins.ids import partition_of

assert probes, "importing it registers the kind"

pytestmark = pytest.mark.cluster

HERE, THERE = "probe/p0", "probe/p1"
COUNT, LENGTH = 40, 60_000
"""2.4 MB; the server takes 1 MB."""


async def words_of(target: Serving, position: int) -> list[str]:
    """The first word of each message that was heard up to a position."""
    state = await target.state(THERE, position)
    return [text.split()[0] for _, text in state.state["heard"]]


@pytest.mark.parametrize("stored", range(5))
async def test_it_wedges_nothing_and_is_heard_once(
    client: Client, tmp_path: Path, stored: int
) -> None:
    """Whoever crashes after whichever of its messages: the rest follows, and what comes after."""
    bench = Bench(client, tmp_path, partitions=2)
    here, there = (partition_of(twin_id, 2) for twin_id in (HERE, THERE))
    source = await bench.serve(here)
    put, reached = source.outgoing._put, asyncio.Event()
    left = stored

    async def stops(subject: str, body: bytes) -> int:
        nonlocal left
        if left == 0:
            reached.set()
            await asyncio.Event().wait()
        left -= 1
        return await put(subject, body)

    source.outgoing._put = stops
    flood = {"to": THERE, "count": COUNT, "length": LENGTH}
    await bench.write(numbered(HERE, "flood", flood, 1), partition=here)
    await asyncio.wait_for(reached.wait(), 10)
    if stored % 2:
        await source.checkpoints.take()
    await bench.crash(source)
    source = await bench.serve(here)
    after = {"to": THERE, "text": "after"}
    position = await bench.write(numbered(HERE, "pass", after, 2), partition=here)
    await asyncio.wait_for(source.reached(position), 10)
    await asyncio.wait_for(source.outgoing.drained.wait(), 10)
    target = await bench.serve(there)
    last = await bench.write(numbered(THERE, "note", {}, 1), partition=there)
    heard = await asyncio.wait_for(words_of(target, last), 10)
    await bench.close()

    assert [*map(str, range(COUNT)), "after"] == heard


async def test_too_many_bytes_pause_reading(client: Client, bench: Bench) -> None:
    """While the log takes nothing, memory stays bounded; then all of it leaves."""
    bench.settings = bench.settings.model_copy(update={"outbox_bytes": 2_000_000})
    serving = await bench.serve()
    put, go = serving.outgoing._put, asyncio.Event()

    async def waits(subject: str, body: bytes) -> int:
        await go.wait()
        return await put(subject, body)

    serving.outgoing._put = waits
    for number in range(3):
        flood = {"to": THERE, "count": COUNT, "length": LENGTH}
        await bench.write(numbered(HERE, "flood", flood, number))
    await until(lambda: serving.reader._subscription is not None
                and serving.reader._subscription.delivered >= 3)  # fmt: skip
    await client.flush()

    assert 1 == serving.partition.position

    go.set()
    last = 3 + 3 * 5
    heard = await asyncio.wait_for(words_of(serving, last), 10)

    assert [str(number) for _ in range(3) for number in range(COUNT)] == heard
