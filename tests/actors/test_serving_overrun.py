"""Serving a partition of whose events one does not come back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.feed import inside, numbered
from support.hanging import Hanger
from support.log_server import Bench, until

from actors.block import decode_block
from actors.errors import AskFailed, NotOwner
from actors.guard import Guard
from actors.serving import Serving
from actors.store.base import Verdict

pytestmark = pytest.mark.cluster

A, B = "hanger/a", "hanger/b"
LATE = {"until": 4e9}


@pytest.fixture(autouse=True)
async def guarded(bench: Bench) -> AsyncIterator[Guard]:
    """The bench's partitions are watched, with little patience."""
    Hanger.begun.clear()
    bench.guard = Guard(0.1)
    bench.guard.start()
    yield bench.guard
    bench.guard.stop()


async def overrun(bench: Bench) -> Serving:
    """A partition that has just condemned an event, at position 2; two more blocks follow."""
    serving = await bench.serve()
    await bench.write(numbered(A, "note", None, 1), numbered(B, "note", None, 1))
    await serving.reached(1)
    await bench.write(
        numbered(B, "loop", {"until": 0}, 2), numbered(A, "loop", LATE, 2),
        numbered(B, "note", None, 3),
    )  # fmt: skip
    await bench.write(numbered(A, "note", None, 3), numbered(B, "note", None, 4))
    await until(lambda: bench.renewed)
    return serving


def as_it_must_be(serving: Serving) -> tuple[str | None, list[list[str]]]:
    """Why A is parked; and what both of them handled."""
    cells = [serving.partition.peek(twin_id) for twin_id in (A, B)]
    reasons = [cell and cell.book.parked and cell.book.parked.reason for cell in cells]

    assert None is reasons[1]
    return reasons[0] or None, [cell.twin.trace for cell in cells if cell]


@pytest.mark.parametrize("how", ["in order", "crash"])
async def test_its_twin_is_parked_and_the_others_go_on(bench: Bench, how: str) -> None:
    """From the checkpoint anew, also when the host ends at once."""
    serving = await overrun(bench)
    await (bench.stop(serving) if how == "in order" else bench.crash(serving))
    begun = list(Hanger.begun)
    again = await bench.serve()
    await asyncio.wait_for(again.reached(3), 10)
    reason, traces = as_it_must_be(again)
    assert reason is not None

    assert [0] == bench.renewed
    assert [Verdict(2, A, f"{A}:1:2", reason)] == bench.store.verdicts(0)
    assert "processor time" in reason
    assert [[f"{A}:1:1"], [f"{B}:1:{n}" for n in (1, 2, 3, 4)]] == traces
    assert begun.count(f"{A}:1:2") == Hanger.begun.count(f"{A}:1:2")


async def test_nothing_of_its_position_leaves_before_the_verdict(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a message of a neighbour before it, nor a checkpoint, nor an answer."""
    told: list[int] = []
    judged: list[list[int]] = []
    condemn = bench.store.condemn

    def condemns(partition: int, host: str, verdict: Verdict) -> None:
        judged.append(list(told))
        condemn(partition, host, verdict)

    monkeypatch.setattr(bench.store, "condemn", condemns)
    serving = bench.make()
    put = serving._put

    async def puts(subject: str, body: bytes) -> int:
        told.append(decode_block(body).position)
        return await put(subject, body)

    monkeypatch.setattr(serving, "_put", puts)
    await serving.start()
    bench._serving.append(serving)
    await bench.write(numbered(B, "loop", {"until": 0}, 1))
    await serving.reached(1)
    await serving.outgoing.drained.wait()
    await serving.checkpoints.take()
    await bench.write(numbered(B, "loop", {"until": 0}, 2), numbered(A, "loop", LATE, 2))
    await until(lambda: bench.renewed)
    before = bench.stored([A, B])
    await serving.checkpoints.take()
    with pytest.raises(NotOwner, match="ask again"):
        await serving.reached(9)

    assert [[1]] == judged
    assert [1] == told
    assert before == bench.stored([A, B])
    assert serving.spoilt


async def test_a_caller_hears_that_its_call_took_too_long(bench: Bench) -> None:
    """As soon as the partition stands there again."""
    serving = await bench.serve()
    position = await bench.write(inside(A, "ask.loop", LATE, "c1"))
    await until(lambda: bench.renewed)
    await bench.stop(serving)
    again = await bench.serve()

    with pytest.raises(AskFailed, match="processor time"):
        await asyncio.wait_for(again.reply("c1", position), 10)


async def test_ending_in_order_leaves_no_note(bench: Bench) -> None:
    """A node that is started and stopped, or condemned something, has not crashed."""
    serving = await overrun(bench)
    noted = bench.store.trial(0)
    await bench.stop(serving)

    assert None is not noted
    assert None is bench.store.trial(0)
