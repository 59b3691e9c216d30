"""A partition and its log: refused where it does not go on from the checkpoint; time passes."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from nats.aio.client import Client
from support import probes
from support.feed import TICK, numbered
from support.log_server import MAX_BYTES, Bench, impatient

import actors.reader
from actors.errors import LogError, LogMissing
from actors.log import create_streams, put, request, stream_state, trim
from actors.store.base import Head, ReminderRow
from gateway.server import NatsServer

assert probes, "importing it registers the kind"

pytestmark = pytest.mark.cluster


def changed(bench: Bench, change: Callable[[Head], Head]) -> None:
    """Let the store have another head than was committed."""
    head = bench.store.head(0)
    assert head is not None
    bench.store.head = lambda _partition: change(head)  # type: ignore[method-assign]  # a damaged store


async def test_refuses_a_log_that_begins_after_the_checkpoint(client: Client, bench: Bench) -> None:
    """What lies between was trimmed away: both positions are named, and nothing is applied."""
    serving = await bench.serve()
    for number in range(1, 4):
        await serving.reached(await bench.write(numbered("probe/p1", "note", {}, number)))
    await bench.stop(serving)
    for number in range(4, 9):
        await bench.write(numbered("probe/p1", "note", {}, number))
    await trim(client, 0, 6)
    with pytest.raises(LogMissing, match=r"begins at 6, after the checkpoint's 3\b"):
        await bench.serve()


async def test_refuses_a_trimmed_log_without_a_checkpoint(client: Client, bench: Bench) -> None:
    """A store that was lost cannot be made again from the rest of a log."""
    for number in range(1, 6):
        await bench.write(numbered("probe/p1", "note", {}, number))
    await trim(client, 0, 4)
    with pytest.raises(LogMissing, match="begins at 4, after the checkpoint's 0"):
        await bench.serve()


async def test_refuses_a_log_that_ends_before_the_checkpoint(bench: Bench) -> None:
    """A log restored from an old copy lacks what the checkpoint holds: both ends are named."""
    serving = await bench.serve()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {}, 1)))
    await bench.stop(serving)
    changed(bench, lambda head: msgspec.structs.replace(head, position=9))
    with pytest.raises(LogMissing, match=r"stands at 9 .* ends at 1\."):
        await bench.serve()


async def test_refuses_a_log_that_was_made_anew(client: Client, bench: Bench) -> None:
    """Its positions mean other events, though they reach as far; both times are named."""
    serving = await bench.serve()
    for number in range(1, 4):
        await serving.reached(await bench.write(numbered("probe/p1", "note", {}, number)))
    await bench.stop(serving)
    await request(client, "$JS.API.STREAM.DELETE.LOG_0")
    await create_streams(client, 2, MAX_BYTES)
    for _ in range(5):
        await put(client, "log.0.tick", TICK)
    made = (await stream_state(client, 0)).created
    changed(bench, lambda head: msgspec.structs.replace(head, created=made - 60.0))
    expected = rf"stands at 3 of a log made at {made - 60:.0f}; .* made at {made:.0f} and ends at 5"
    with pytest.raises(LogMissing, match=expected):
        await bench.serve()


async def test_cannot_begin_without_the_log_server(bench: Bench, server: NatsServer) -> None:
    """Whether the log goes on from the checkpoint must be known first."""
    await server.kill()
    with impatient(), pytest.raises(LogError):
        await bench.serve()


async def ticks(client: Client) -> int:
    """How many ticks lie in the log."""
    body = msgspec.json.encode({"subjects_filter": "log.0.tick"})
    answer = await request(client, "$JS.API.STREAM.INFO.LOG_0", body)
    return int((answer["state"].get("subjects") or {}).get("log.0.tick", 0))


async def test_time_passes_where_nothing_arrives(client: Client, bench: Bench) -> None:
    """A reminder runs by the log's clock, not early, though nobody writes anything; once."""
    serving = await bench.serve()
    due = (await stream_state(client, 0)).now + 0.3
    await bench.write(numbered("probe/p1", "wish", {"name": "wake", "at": due}, 1))
    await asyncio.wait_for(serving.reached(2), 10)
    state = await serving.state("probe/p1", None)
    ((name, fired_at),) = state.state["fired"]

    assert "wake" == name
    assert fired_at >= due
    assert 1 == await ticks(client)


async def test_no_tick_is_written_without_a_reminder(client: Client, bench: Bench) -> None:
    """A quiet partition leaves the log as it is, also one whose reminder is far away."""
    serving = await bench.serve()
    await serving.reached(
        await bench.write(numbered("probe/p1", "wish", {"name": "wake", "at": 4e9}, 1))
    )
    await bench.stop(serving)

    assert 0 == await ticks(client)


async def test_a_reminder_that_fell_due_while_nobody_served_runs_at_once(bench: Bench) -> None:
    """Time went on while the hosts were down, though the log did not."""
    serving = await bench.serve()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {"text": "one"}, 1)))
    await bench.stop(serving)
    changed(bench, lambda head: msgspec.structs.replace(head, now=head.now - 7200.0))
    now = serving.partition.now
    bench.store.reminders = lambda _partition: iter(  # type: ignore[method-assign]  # as two hours ago
        [ReminderRow(now - 3600.0, "probe/p1", "wake")]
    )
    again = await bench.serve()
    await asyncio.wait_for(again.reached(2), 10)
    state = await again.state("probe/p1", None)

    assert ["wake"] == [name for name, _ in state.state["fired"]]


async def test_a_replay_does_not_set_the_clock_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stamps of what lay in the log say when that was, not how late it is now."""
    where = actors.reader._where

    def aged(reply: str) -> tuple[int, float]:
        position, stamp = where(reply)
        return position, stamp - 7200.0 if position == 1 else stamp

    monkeypatch.setattr(actors.reader, "_where", aged)
    due = (await stream_state(bench.client, 0)).now - 3600.0
    await bench.write(numbered("probe/p1", "wish", {"name": "wake", "at": due}, 1))
    serving = await bench.serve()
    await asyncio.wait_for(serving.reached(2), 10)
    state = await serving.state("probe/p1", None)

    assert ["wake"] == [name for name, _ in state.state["fired"]]
