"""The log's streams: made once, read by position, trimmed; and what is put until it is there."""

import asyncio

import pytest
from nats.aio.client import Client
from support.feed import TICK, numbered
from support.log_server import MAX_BYTES, impatient

from actors.errors import LogError, LogMissing
from actors.log import Appender, create_streams, last, put, read, request, stream_state, trim
from gateway.server import NatsServer

pytestmark = pytest.mark.cluster


async def append(client: Client, count: int = 1, partition: int = 0) -> Appender:
    """Append so many blocks of one small event."""
    appender = Appender(client, partition)
    await appender.open(1)
    for number in range(1, count + 1):
        await appender.append([numbered("probe/p1", "note", {}, number)])
    return appender


async def test_streams_are_made_once(client: Client) -> None:
    """Making them again, with whatever limits, leaves what they hold and how they were made."""
    await append(client, 3)
    before = await stream_state(client, 0)
    await create_streams(client, 2, MAX_BYTES)
    await create_streams(client, 2, MAX_BYTES // 2)
    after = await stream_state(client, 0)

    assert (3, MAX_BYTES, before.created) == (after.last, after.max_bytes, after.created)


@pytest.mark.parametrize("partitions", [1, 4])
async def test_another_number_of_partitions_is_refused(client: Client, partitions: int) -> None:
    """The number of partitions is fixed; the refusal names the one asked for."""
    with pytest.raises(LogError, match=rf"partitions, not {partitions}"):
        await create_streams(client, partitions, MAX_BYTES)


async def test_a_log_that_is_not_there_is_missing(client: Client) -> None:
    """Asking for the state of a stream that was never made says so, with the partition."""
    with pytest.raises(LogMissing, match="partition 7"):
        await stream_state(client, 7)


async def test_reads_by_position_and_by_subject(client: Client) -> None:
    """Each message comes back with its position, subject, body and a stamp that does not fall."""
    await append(client, 2)
    await put(client, "log.0.tick", TICK)
    found = [await read(client, 0, position) for position in (1, 2, 3)]
    state = await stream_state(client, 0)

    assert ["log.0.in", "log.0.in", "log.0.tick"] == [one.subject for one in found if one]
    assert [1, 2, 3] == [one.position for one in found if one]
    stamps = [one.stamp for one in found if one]

    assert sorted(stamps) == stamps
    assert state.created <= stamps[0]
    assert stamps[-1] <= state.now

    newest = await last(client, 0, "log.0.in")

    assert found[1] == newest
    assert TICK == (found[2].body if found[2] else b"")


async def test_what_is_not_there_reads_as_none(client: Client) -> None:
    """A position that is not given yet, or a subject that nobody wrote, is no error."""
    await append(client, 1)

    assert None is await read(client, 0, 2)
    assert None is await last(client, 0, "log.0.tick")


async def test_reading_a_missing_stream_is_an_error(client: Client) -> None:
    """A stream that is not there must not look like one without messages."""
    with pytest.raises(LogError, match="LOG_7"):
        await read(client, 7, 1)


async def test_an_answer_that_is_no_json_is_an_error_of_the_log(client: Client) -> None:
    """Whoever answers nonsense is treated like a server that does not answer."""

    async def babble(message: object) -> None:
        await client.publish(message.reply, b"\xff")  # type: ignore[attr-defined]  # a message of nats-py, which has no types

    await client.subscribe("babble", cb=babble)
    with pytest.raises(LogError, match="no JSON"):
        await request(client, "babble")


async def test_no_answer_is_an_error_of_the_log(client: Client) -> None:
    """Where nobody listens, the error names the subject."""
    with pytest.raises(LogError, match=r"nobody\.here"):
        await request(client, "nobody.here")


async def test_trim_drops_what_lies_below(client: Client) -> None:
    """Positions below go, the rest stays, and the gateway's chain goes on."""
    appender = await append(client, 5)
    await trim(client, 0, 4)
    state = await stream_state(client, 0)

    assert (4, 5) == (state.first, state.last)
    assert None is await read(client, 0, 3)
    assert 6 == await appender.append([numbered("probe/p1", "note", {}, 6)])


@pytest.mark.parametrize("below", [6, 9, 1000])
async def test_trim_keeps_the_newest_block_of_a_gateway(client: Client, below: int) -> None:
    """However much shall go, the block that the next one must name stays, and so does the chain."""
    appender = await append(client, 5)
    for _ in range(3):
        await put(client, "log.0.tick", TICK)
    await trim(client, 0, below)
    state = await stream_state(client, 0)

    assert (5, 8) == (state.first, state.last)
    assert 9 == await appender.append([numbered("probe/p1", "note", {}, 6)])

    again = Appender(client, 0)
    await again.open(2)

    assert 10 == await again.append([numbered("probe/p1", "note", {}, 7)])


async def test_trim_of_all_goes_on_counting(client: Client) -> None:
    """Where no gateway wrote, everything may go; the next position is the one that was next."""
    for _ in range(4):
        await put(client, "log.0.tick", TICK)
    await trim(client, 0, 100)

    assert 5 == (await stream_state(client, 0)).first
    assert 5 == await put(client, "log.0.tick", TICK)


@pytest.mark.parametrize("below", [-1, 0, 1])
async def test_trim_of_nothing_drops_nothing(client: Client, below: int) -> None:
    """Zero is no "everything", though the server would take it so."""
    for _ in range(3):
        await put(client, "log.0.tick", TICK)
    await trim(client, 0, below)
    state = await stream_state(client, 0)

    assert (1, 3) == (state.first, state.last)


async def test_trim_of_an_empty_log_is_no_error(client: Client) -> None:
    """There is nothing to drop, and the first position is 1 as before."""
    await trim(client, 0, 10)

    assert 1 == await put(client, "log.0.tick", TICK)


async def test_put_waits_for_the_server(client: Client, server: NatsServer) -> None:
    """What is put while the server is away is there when it is back, and its position is right."""
    await put(client, "log.0.tick", TICK)
    await server.kill()
    with impatient():
        waiting = asyncio.create_task(put(client, "log.0.tick", b"late"))
        await server.start()
        position = await asyncio.wait_for(waiting, 10)
    stored = await read(client, 0, position)

    assert b"late" == (stored.body if stored else None)


async def test_put_waits_for_room(server: NatsServer, client: Client) -> None:
    """A full log takes it once somebody has trimmed it; until then it is asked again."""
    del server
    body = b"x" * 1_000_000
    while "error" not in await request(client, "log.1.from.0", body):
        pass
    waiting = asyncio.create_task(put(client, "log.1.from.0", body))
    end = (await stream_state(client, 1)).last
    await trim(client, 1, end)

    assert end + 1 == await asyncio.wait_for(waiting, 10)
