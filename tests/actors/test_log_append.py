"""Appending: a gateway's block is in the log once and whole, or surely not."""

import asyncio
import signal

import psutil
import pytest
from nats.aio.client import Client
from support.feed import TICK, numbered
from support.log_server import Wire, blocks_of, impatient, until

from actors.block import Entry
from actors.errors import LogFull, Superseded
from actors.log import Appender, create_streams, put, request, stream_state, trim
from gateway.server import NatsServer

pytestmark = pytest.mark.cluster


def block(number: int, events: int = 3) -> list[Entry]:
    """Entries that no other number's block has."""
    first = number * events
    return [numbered("probe/p1", "note", {}, first + index) for index in range(events)]


async def opened(client: Client, epoch: int = 1) -> Appender:
    """An appender of partition 0 that has found the end of the log."""
    appender = Appender(client, 0)
    await appender.open(epoch)
    return appender


async def test_blocks_lie_in_the_order_of_appending(client: Client) -> None:
    """Positions count up, the chain is whole, and each block holds what was given."""
    appender = await opened(client)
    positions = [await appender.append(block(number)) for number in range(4)]

    assert [1, 2, 3, 4] == positions
    assert [block(number) for number in range(4)] == await blocks_of(client)


async def test_a_new_appender_goes_on_behind_the_last(client: Client) -> None:
    """Ticks and messages of twins in between do not break the gateways' chain."""
    appender = await opened(client)
    await appender.append(block(0))
    await put(client, "log.0.tick", TICK)
    await put(client, "log.0.from.1", TICK)
    later = await opened(client, 2)

    assert 4 == await later.append(block(1))
    assert [block(0), block(1)] == await blocks_of(client)


async def test_an_older_gateway_is_superseded(client: Client) -> None:
    """Once another one has appended, nothing of the older reaches the log, however it tries."""
    older, newer = await opened(client, 1), await opened(client, 2)
    await newer.append(block(0))
    for _ in range(2):
        with pytest.raises(Superseded, match="epoch 1 is over"):
            await older.append(block(1))
    await newer.append(block(2))

    assert [block(0), block(2)] == await blocks_of(client)


async def test_equal_entries_of_another_gateway_are_not_its_own(client: Client) -> None:
    """The epoch is part of a block, so another gateway's equal entries are not taken for ours."""
    older, newer = await opened(client, 1), await opened(client, 2)
    await newer.append(block(0))
    with pytest.raises(Superseded):
        await older.append(block(0))

    assert [block(0)] == await blocks_of(client)


async def test_superseded_names_both_positions(client: Client) -> None:
    """The error says which position it stood at, and which one came."""
    older, newer = await opened(client, 1), await opened(client, 2)
    await newer.append(block(0))
    await newer.append(block(1))
    with pytest.raises(Superseded, match=r"partition 0: position 2 .* after 0"):
        await older.append(block(2))


async def test_opening_again_goes_on(client: Client) -> None:
    """A superseded appender that is opened again appends behind the other's block."""
    older, newer = await opened(client, 1), await opened(client, 2)
    await newer.append(block(0))
    with pytest.raises(Superseded):
        await older.append(block(1))
    await older.open(3)

    assert 2 == await older.append(block(1))


async def test_a_later_epoch_has_the_last_word(client: Client) -> None:
    """Behind a block of a later epoch none of an earlier one opens, and its block is refused."""
    older, newer = await opened(client, 1), await opened(client, 2)
    await newer.append(block(0))
    with pytest.raises(Superseded, match="position 1 is a block of epoch 2; epoch 1 is over"):
        await older.open(1)
    with pytest.raises(Superseded):
        await older.append(block(1))

    assert [block(0)] == await blocks_of(client)


async def test_a_late_block_of_an_earlier_epoch_is_gone_on_behind(client: Client) -> None:
    """What a sleeper still wrote does not end the owner: it opens again, and appends behind it."""
    older, newer = await opened(client, 1), await opened(client, 2)
    await older.append(block(0))
    with pytest.raises(Superseded):
        await newer.append(block(1))
    await newer.open(2)

    assert 2 == await newer.append(block(1))
    assert [block(0), block(1)] == await blocks_of(client)


async def test_a_full_log_refuses_whole_blocks(client: Client, server: NatsServer) -> None:
    """At the limit nothing of a block is stored; after trimming the same appender goes on."""
    del server
    await request(client, "$JS.API.STREAM.DELETE.LOG_0")
    await create_streams(client, 2, 100_000)
    appender = await opened(client)
    big = [Entry("probe/p1", "note", 0, b"x" * 40_000)]
    positions = [await appender.append(big), await appender.append(big)]
    for _ in range(2):
        with pytest.raises(LogFull, match="partition 0"):
            await appender.append(big)

    assert [1, 2] == positions
    assert [big, big] == await blocks_of(client)

    await trim(client, 0, 2)

    assert 3 == await appender.append(big)


async def test_an_answer_that_was_lost_counts_once(
    client: Client, wired: Client, wire: Wire
) -> None:
    """Stored, and the connection breaks before the answer: the block is found, not repeated."""
    appender = await opened(wired)
    await appender.append(block(0))
    wire.mute = True
    with impatient():
        waiting = asyncio.create_task(appender.append(block(1)))
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while (await stream_state(client, 0)).last < 2:
            pass
    await wire.cut()

    assert 2 == await asyncio.wait_for(waiting, 10)
    assert 3 == await asyncio.wait_for(appender.append(block(2)), 10)
    assert [block(0), block(1), block(2)] == await blocks_of(client)


async def test_a_block_that_was_lost_is_sent_again(
    client: Client, wired: Client, wire: Wire
) -> None:
    """Never stored, and nobody knows: it is sent again, and is there once."""
    appender = await opened(wired)
    await appender.append(block(0))
    wire.deaf = True
    sent = wired.stats["out_msgs"]
    with impatient():
        waiting = asyncio.create_task(appender.append(block(1)))
        await until(lambda: wired.stats["out_msgs"] >= sent + 2)
        await wire.cut()

        assert 2 == await asyncio.wait_for(waiting, 10)
    assert [block(0), block(1)] == await blocks_of(client)


async def test_a_late_copy_of_a_block_is_refused_by_the_server(
    client: Client, wired: Client, wire: Wire, server: NatsServer
) -> None:
    """A server that stood still takes the first of several copies, and none of the others."""
    del wire
    appender = await opened(wired)
    process = psutil.Process(server.pid)
    process.send_signal(signal.SIGSTOP)
    sent = wired.stats["out_msgs"]
    try:
        with impatient():
            waiting = asyncio.create_task(appender.append(block(0)))
            await until(lambda: wired.stats["out_msgs"] >= sent + 3)
    finally:
        process.send_signal(signal.SIGCONT)

    assert 1 == await asyncio.wait_for(waiting, 10)
    assert 2 == await asyncio.wait_for(appender.append(block(1)), 10)
    assert [block(0), block(1)] == await blocks_of(client)


async def test_killed_servers_lose_and_double_nothing(client: Client, server: NatsServer) -> None:
    """`kill -9` of the server while blocks are on their way, three times: each is there once."""
    appender = await opened(client)
    total, done = 90, 0
    reached: dict[int, asyncio.Event] = {at: asyncio.Event() for at in (20, 45, 70)}

    async def write() -> None:
        nonlocal done
        for number in range(total):
            await appender.append(block(number))
            done = number + 1
            if done in reached:
                reached[done].set()

    with impatient():
        writing = asyncio.create_task(write())
        for event in reached.values():
            await asyncio.wait_for(event.wait(), 20)
            await server.kill()
            await server.start()
        await asyncio.wait_for(writing, 20)

    assert [block(number) for number in range(total)] == await blocks_of(client)


async def test_opening_waits_for_the_server(client: Client, server: NatsServer) -> None:
    """The end of the log is asked for until it is known; nothing can be appended before."""
    await (await opened(client)).append(block(0))
    await server.kill()
    with impatient():
        opening = asyncio.create_task(opened(client, 2))
        await server.start()
        appender = await asyncio.wait_for(opening, 10)

    assert 2 == await appender.append(block(1))


async def test_partitions_do_not_disturb_one_another(client: Client) -> None:
    """Each partition's blocks are a chain of their own."""
    here, there = await opened(client), Appender(client, 1)
    await there.open(9)
    await here.append(block(0))
    await there.append(block(1))

    assert (2, 2) == (await here.append(block(2)), await there.append(block(3)))
    assert [block(1), block(3)] == await blocks_of(client, 1)
