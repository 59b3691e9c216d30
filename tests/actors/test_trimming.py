"""Trimming: only what a verified checkpoint holds and history no longer wants leaves the log."""

import asyncio
import sqlite3
from bisect import bisect_right
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client
from structlog.testing import capture_logs
from support import probes
from support.feed import TICK, numbered
from support.log_server import MAX_BYTES, Bench, impatient

import actors.trimming
from actors.errors import LogError, LogMissing, StoreError
from actors.log import Stored, StreamState, create_streams, put, read, request, stream_state
from actors.store.base import Head
from actors.trimming import ROOM, STEPS, Trimmer
from gateway.server import NatsServer

assert probes, "importing it registers the kind"

cluster = pytest.mark.cluster


async def checkpoint_after(bench: Bench, blocks: int, more: int = 0) -> None:
    """Apply so many blocks, make a checkpoint, and write some more that it does not hold."""
    serving = await bench.serve()
    for number in range(1, blocks + 1):
        await serving.reached(await bench.write(numbered("probe/p1", "note", {}, number)))
    await bench.stop(serving)
    for number in range(blocks + 1, blocks + more + 1):
        await bench.write(numbered("probe/p1", "note", {}, number))


def trimmer(bench: Bench, history_s: float = 0.0) -> Trimmer:
    """The trimmer of partition 0."""
    return Trimmer(bench.client, 0, bench.store, bench.history, history_s)


async def ends(client: Client) -> tuple[int, int]:
    """Where the log begins and ends."""
    state = await stream_state(client, 0)
    return state.first, state.last


@cluster
async def test_nothing_goes_without_a_checkpoint(client: Client, bench: Bench) -> None:
    """As long as the log alone holds what happened, all of it stays."""
    for number in range(1, 4):
        await bench.write(numbered("probe/p1", "note", {}, number))

    assert 0 == await trimmer(bench).look()
    assert (1, 3) == await ends(client)


@cluster
async def test_what_the_checkpoint_holds_goes(client: Client, bench: Bench) -> None:
    """Up to its position and not beyond; a second look finds nothing more to do."""
    await checkpoint_after(bench, 5, 3)

    assert 5 == await trimmer(bench).look()
    assert (6, 8) == await ends(client)
    assert 0 == await trimmer(bench).look()


@cluster
async def test_clocks_cannot_trim_past_the_checkpoint(client: Client, bench: Bench) -> None:
    """A log server whose clock was set back an hour stamps the newest blocks as old ones."""
    await checkpoint_after(bench, 5, 3)
    head = bench.store.head(0)
    assert head is not None
    bench.store.head = lambda _: msgspec.structs.replace(head, now=head.now + 3600.0)  # type: ignore[method-assign]  # before it was set back

    assert 5 == await trimmer(bench).look()
    assert (6, 8) == await ends(client)


@cluster
async def test_the_newest_block_of_a_gateway_stays(client: Client, bench: Bench) -> None:
    """Though the checkpoint holds it: the gateway's next block must name it."""
    await checkpoint_after(bench, 5)

    assert 4 == await trimmer(bench).look()
    assert (5, 5) == await ends(client)
    assert 6 == await bench.write(numbered("probe/p1", "note", {}, 6))


@cluster
async def test_a_host_goes_on_from_a_trimmed_log(client: Client, bench: Bench) -> None:
    """The next owner begins at the checkpoint, and applies what follows it."""
    await checkpoint_after(bench, 5, 3)
    await trimmer(bench).look()
    again = await bench.serve()
    await asyncio.wait_for(again.reached(8), 10)
    state = await again.state("probe/p1", None)

    assert 8 == state.applied
    assert (6, 8) == await ends(client)


@cluster
async def test_a_partition_in_service_is_trimmed(client: Client, bench: Bench) -> None:
    """Its own trimmer does it while it reads, by its settings."""
    bench.settings = bench.settings.model_copy(update={"history_s": 0.0})
    serving = await bench.serve()
    for number in range(1, 6):
        await bench.write(numbered("probe/p1", "note", {}, number))
    await serving.reached(5)
    await serving.checkpoints.take()
    gone = await serving.trimmer.look()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {}, 6)))

    assert (4, None) == (gone, serving.reader.error)
    assert (5, 6) == await ends(client)


@cluster
@pytest.mark.parametrize("kept", [1, 2, 4, 6])
async def test_history_is_kept(client: Client, bench: Bench, kept: int) -> None:
    """What was stored within `history_s` of the checkpoint's time stays, though it is held."""
    await checkpoint_after(bench, 6, 2)
    head = bench.store.head(0)
    stored = [await read(client, 0, position) for position in range(1, 7)]
    stamps = [one.stamp for one in stored if one is not None]

    assert sorted(set(stamps)) == stamps
    assert head is not None

    since = (stamps[kept - 1] + stamps[kept - 2]) / 2 if kept > 1 else stamps[0] - 1.0
    gone = await trimmer(bench, head.now - since).look()

    assert (kept - 1, (kept, 8)) == (gone, await ends(client))


@cluster
async def test_a_little_too_much_history_is_not_trimmed(client: Client, bench: Bench) -> None:
    """Verifying reads the whole store; so it waits until a fiftieth of the history has gathered."""
    await checkpoint_after(bench, 6, 2)
    head = bench.store.head(0)
    first = await read(client, 0, 1)
    assert head is not None
    assert first is not None
    age = head.now - first.stamp

    assert 0 == await trimmer(bench, age / 1.01).look()
    assert (1, 8) == await ends(client)
    assert 0 < await trimmer(bench, age / 1.03).look()


@cluster
async def test_history_counts_by_the_logs_own_time(client: Client, bench: Bench) -> None:
    """However late it is by the host's clock: the time of the checkpoint decides."""
    await checkpoint_after(bench, 4, 1)
    head = bench.store.head(0)
    assert head is not None
    bench.store.head = lambda _: msgspec.structs.replace(head, now=head.now - 3600.0)  # type: ignore[method-assign]  # as an hour ago

    assert 0 == await trimmer(bench, 1.0).look()
    assert (1, 5) == await ends(client)


def damage(folder: Path, statement: str) -> None:
    """Alter the store's file behind its back."""
    with sqlite3.connect(folder / "store" / "p-000.db") as db:
        db.execute(statement)
    db.close()


@cluster
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE head SET now = now + 1",
        "UPDATE head SET body = x'00'",
        "UPDATE twins SET state = '{'",
        "UPDATE twins SET position = 77",
    ],
)
async def test_a_checkpoint_that_does_not_verify_keeps_the_log(
    client: Client, bench: Bench, tmp_path: Path, statement: str
) -> None:
    """The log is all that the twins could be made from again; not a block of it goes."""
    await checkpoint_after(bench, 5, 1)
    damage(tmp_path, statement)
    with pytest.raises(StoreError):
        await trimmer(bench).look()

    assert (1, 6) == await ends(client)


@cluster
async def test_another_log_is_not_trimmed(client: Client, bench: Bench) -> None:
    """Positions of a log that was made anew are other blocks, which nobody has applied yet."""
    await checkpoint_after(bench, 4)
    head = bench.store.head(0)
    assert head is not None
    await request(client, "$JS.API.STREAM.DELETE.LOG_0")
    await create_streams(client, 2, MAX_BYTES)
    for _ in range(6):
        await put(client, "log.0.tick", TICK)
    bench.store.head = lambda _: msgspec.structs.replace(head, created=head.created - 60.0)  # type: ignore[method-assign]  # it was made a minute before
    with pytest.raises(LogMissing, match=r"stands at 4 .* ends at 6; nothing is trimmed"):
        await trimmer(bench).look()

    assert (1, 6) == await ends(client)


@cluster
async def test_the_history_index_forgets(client: Client, bench: Bench) -> None:
    """What points below the log's beginning is gone; what points into it is found."""
    serving = await bench.serve()
    for number in range(1, 7):
        await serving.reached(await bench.write(numbered("probe/p1", "note", {}, number)))
        await serving.checkpoints.take()
    await bench.stop(serving)

    assert [1, 2, 3, 4, 5, 6] == bench.history.positions(0, "probe/p1", 0.0, 1e12)

    await trimmer(bench).look()

    assert (6, 6) == await ends(client)
    assert [6] == bench.history.positions(0, "probe/p1", 0.0, 1e12)


@cluster
async def test_without_the_log_server_nothing_is_known(bench: Bench, server: NatsServer) -> None:
    """The error is the log's; the next look tries again."""
    await checkpoint_after(bench, 3)
    await server.kill()
    with impatient(), pytest.raises(LogError):
        await trimmer(bench).look()


async def fill(bench: Bench, blocks: int, more: int = 0) -> None:
    """The same as `checkpoint_after`, with large blocks into a small log: each 9 % of it."""
    await request(bench.client, "$JS.API.STREAM.DELETE.LOG_0")
    await create_streams(bench.client, 2, 100_000)
    serving = await bench.serve()
    for number in range(1, blocks + more + 1):
        entry = numbered("probe/p1", "note", {"text": "x" * 9_000}, number)
        position = await bench.write(entry)
        await serving.reached(position)
        if number == blocks:
            await serving.checkpoints.take()
    await bench.crash(serving)


@cluster
async def test_history_gives_way_before_the_log_is_full(client: Client, bench: Bench) -> None:
    """Beyond 60 % of the limit the oldest blocks go, down to half of it, and the operator knows."""
    await fill(bench, 7)
    with capture_logs() as logs:
        gone = await trimmer(bench, 1e6).look()

    assert (2, (3, 7)) == (gone, await ends(client))
    assert [
        "the log is too small for its history; raise log.max_bytes or lower host.history_s",
        "trimmed",
    ] == [entry["event"] for entry in logs]
    assert 0 == await trimmer(bench, 1e6).look()


@cluster
async def test_history_that_fits_is_kept(client: Client, bench: Bench) -> None:
    """Up to 60 % of the limit nothing goes that is young."""
    await fill(bench, 6)
    with capture_logs() as logs:
        gone = await trimmer(bench, 1e6).look()

    assert (0, (1, 6), []) == (gone, await ends(client), logs)


@cluster
async def test_a_full_log_keeps_what_no_checkpoint_holds(client: Client, bench: Bench) -> None:
    """However full it is: nothing acknowledged is dropped, gateways refuse."""
    await fill(bench, 1, 8)

    assert 1 == await trimmer(bench, 1e6).look()
    assert (2, 9) == await ends(client)


@cluster
async def test_a_full_log_keeps_all_where_the_checkpoint_does_not_verify(
    client: Client, bench: Bench, tmp_path: Path
) -> None:
    """It is the only thing that the twins could be made from again."""
    await fill(bench, 7)
    damage(tmp_path, "UPDATE twins SET position = 77")
    with pytest.raises(StoreError):
        await trimmer(bench, 1e6).look()

    assert (1, 7) == await ends(client)


@cluster
async def test_a_full_log_of_one_block_keeps_it(client: Client, bench: Bench) -> None:
    """The newest block of a gateway stays, though it alone is too large."""
    await request(client, "$JS.API.STREAM.DELETE.LOG_0")
    await create_streams(client, 2, 100_000)
    serving = await bench.serve()
    for _ in range(2):
        await put(client, "log.0.tick", TICK)
    await serving.reached(
        await bench.write(numbered("probe/p1", "note", {"text": "x" * 60_000}, 1))
    )
    await bench.stop(serving)

    assert 2 == await trimmer(bench, 1e6).look()
    assert (3, 3) == await ends(client)


class Sizes:
    """A log that has nothing but sizes."""

    def __init__(self, sizes: list[int], max_bytes: int) -> None:
        self.sizes, self.max_bytes = sizes, max_bytes
        self.first = 1
        self.trimmed: list[int] = []
        """What was left after each trimming, in bytes."""

    async def trim(self, _client: object, _partition: int, below: int) -> None:
        """See `actors.log.trim`."""
        self.first = below
        self.trimmed.append(sum(self.sizes[below - 1 :]))

    async def stream_state(self, _client: object, _partition: int) -> StreamState:
        """See `actors.log.stream_state`."""
        held = sum(self.sizes[self.first - 1 :])
        return StreamState(self.first, len(self.sizes), held, self.max_bytes, 0.0, 0.0)

    async def read(self, _client: object, _partition: int, position: int) -> Stored:
        """See `actors.log.read`."""
        return Stored(position, 0.0, "log.0.in", b"")


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=60), st.floats(0.05, 2.0), st.data())
def test_a_log_gives_way_no_more_than_it_must(
    sizes: list[int], share: float, data: st.DataObject
) -> None:
    """Whatever its blocks weigh: down to half of the limit or to the checkpoint, but for a step."""
    position = data.draw(st.integers(0, len(sizes)))
    head = Head(0, 1, position, 0.0, "LOG_0", 0.0, b"")
    log = Sizes(sizes, max(1, int(sum(sizes) * share)))
    room = ROOM * log.max_bytes
    giving = Trimmer(None, 0, None, None, 0.0)  # type: ignore[arg-type]  # it asks for sizes alone

    async def give_way() -> StreamState:
        return await giving._give_way(head, await log.stream_state(None, 0))

    with pytest.MonkeyPatch.context() as patch:
        for name in ("trim", "stream_state", "read"):
            patch.setattr(actors.trimming, name, getattr(log, name))
        after = asyncio.run(give_way())

    assert after.bytes <= room or after.first == position + 1
    assert after.first <= position + 1
    assert all(left > room for left in log.trimmed[:-1])
    assert len(log.trimmed) <= STEPS


class Stamps:
    """A log that has nothing but stamps; `None` where a position was trimmed meanwhile."""

    def __init__(self, stamps: list[float | None]) -> None:
        self.stamps = stamps
        self.reads = 0

    async def read(self, _client: object, _partition: int, position: int) -> Stored | None:
        """See `actors.log.read`."""
        self.reads += 1
        stamp = self.stamps[position - 1]
        return None if stamp is None else Stored(position, stamp, "log.0.in", b"")


@given(
    st.lists(st.integers(0, 50), max_size=60).map(sorted),
    st.integers(0, 5),
    st.integers(-1, 51),
)
def test_the_first_block_of_the_history_is_found(
    stamps: list[int], trimmed: int, over: int
) -> None:
    """It is the first that is younger, for any stamps that rise, and is found in few reads."""
    log = Stamps([None] * trimmed + [float(stamp) for stamp in stamps])
    finder = Trimmer(None, 0, None, None, 0.0)  # type: ignore[arg-type]  # it asks the stamps alone
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actors.trimming, "read", log.read)
        found = asyncio.run(finder._first_after(float(over), 1, len(log.stamps) + 1))

    assert trimmed + bisect_right(stamps, over) + 1 == found
    assert log.reads <= len(log.stamps).bit_length()
