"""The job: reads real logs beside a node, says how far it is, and leaves nothing behind."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from support.feed import inside
from support.history import rule, times
from support.log_server import Bench, until

import actors.backtest.job
import twins.devices
import twins.people
from actors.backtest.job import Backtest, KindSpec, Spec
from actors.backtest.report import Progress, RuleResult
from actors.block import Entry
from actors.errors import BacktestFailed
from actors.log import stream_state, trim
from twins.event import encode_message
from twins.handler import Origin

pytestmark = pytest.mark.cluster

assert twins.devices
assert twins.people, "vehicles mirror what they tell"

HOT = [rule("hot", "coolant_c > 100")]
HOTTER = [rule("hot", "coolant_c > 105")]


def spec(candidate: list[dict[str, Any]] = HOTTER, since: float = 0.0, **more: Any) -> Spec:
    """Another threshold, for all that the log holds."""
    return Spec([KindSpec("vehicle", 4, HOT, candidate)], since, **more)


def reading(number: int, coolant_c: float, car: int = 1) -> Entry:
    """A car's reading."""
    data = {"coolant_c": coolant_c}
    payload = encode_message(data, time=float(number), boot=1, sequence=number)
    return Entry(f"vehicle/v{car}", "telemetry", Origin.DEVICE, payload)


def ticking() -> Iterator[float]:
    """A clock that goes on by half a second at each look."""
    now = 0.0
    while True:
        yield now
        now += 0.5


def counts(found: RuleResult) -> tuple[int, int, int]:
    """(candidate, live, both)."""
    return found.candidate, found.live, found.both


async def test_a_running_node_is_not_touched(client: Client, bench: Bench) -> None:
    """History is replayed beside a partition in service; log, store and twins stay as they are."""
    serving = await bench.serve()
    for number, coolant in enumerate([90, 101, 106, 98, 107], 1):
        position = await bench.write(reading(number, coolant), reading(number, 103, 2))
    await serving.reached(position)
    await serving.checkpoints.take()
    stored = bench.stored(["vehicle/v1", "vehicle/v2"])
    before = await stream_state(client, 0)
    report = await Backtest(client, bench.store, 1, spec()).run()

    assert [(2, 3, 1)] == [counts(rule) for rule in report.rules]
    assert [("vehicle/v1", 3.0), ("vehicle/v1", 5.0)] == times(report.rules[0].first, start=0.0)
    assert (2, 10, 0, 5) == (report.twins, report.events, report.warm_up, report.blocks)
    assert ["log_began_later", "outcomes"] == [one.code for one in report.caveats]
    after = await stream_state(client, 0)
    assert (before.first, before.last, before.bytes) == (after.first, after.last, after.bytes)
    assert stored == bench.stored(["vehicle/v1", "vehicle/v2"])


async def test_all_partitions_are_one_report(client: Client, tmp_path: Path) -> None:
    """Counts add, examples come in the order of time, and each partition is read to its end."""
    bench = Bench(client, tmp_path, partitions=2)
    for number in range(1, 4):
        for partition in (1, 0):
            entry = reading(number, 95 + 10 * (number % 2), 10 + partition)
            await bench.write(entry, partition=partition)
    job = Backtest(client, bench.store, 2, spec([*HOT, rule("dry", "fuel_level_pct < 5")]))
    report = await job.run()
    await bench.close()

    assert [("hot", (4, 4, 4)), ("dry", (0, 0, 0))] == [
        (rule.rule, counts(rule)) for rule in report.rules
    ]
    assert ["vehicle/v11", "vehicle/v10"] * 2 == [one.twin_id for one in report.rules[0].first]
    assert (2, 2) == (report.rules[0].twins_candidate, report.twins)
    assert [("hot", 4, 4)] == [(one.signal, one.candidate, one.live) for one in report.signals]
    assert not report.differs
    progress = job.progress
    assert (2, 6, 6, 6) == (
        progress.partitions_done, progress.blocks, progress.blocks_done, progress.events,
    )  # fmt: skip
    assert 0.0 == progress.eta_s


async def test_a_trimmed_log_says_what_it_cannot_know(client: Client, bench: Bench) -> None:
    """History begins later than asked, windows empty, and twins are those of today."""
    serving = await bench.serve()
    await bench.write(inside("vehicle/v1", "configured", {"description": "red"}, "c1"))
    for number, coolant in enumerate([90, 101, 90, 107], 1):
        position = await bench.write(reading(number, coolant))
    await serving.reached(position)
    await bench.stop(serving)
    await trim(client, 0, 4)
    red = [rule("hot", "coolant_c > 105 and description == 'red'")]
    mean = rule("mean", "avg(coolant_c, 6h) > 104")
    report = await Backtest(client, bench.store, 1, spec([*red, mean], since=1.0)).run()

    assert [(1, 1, 1), (0, 0, 0)] == [counts(rule) for rule in report.rules]
    assert ["history_begins_later", "twins_of_today", "windows_begin_empty", "outcomes"] == [
        one.code for one in report.caveats
    ]
    assert "6h" in report.caveats[2].text


async def test_how_long_it_takes_is_said_after_a_first_second(client: Client, bench: Bench) -> None:
    """By what a second showed and how much there is to read; before it, nothing is guessed."""
    for number in range(1, 13):
        await bench.write(reading(number, 90))
    job = Backtest(client, bench.store, 1, spec(), clock=ticking().__next__)
    seen: list[Progress] = []

    class Noting(actors.backtest.job.Replay):
        """Notes the progress before each block."""

        def take(self, *arguments: Any) -> None:
            """Note it, and go on."""
            found = job.progress
            seen.append(Progress(*(getattr(found, name) for name in Progress.__slots__)))
            super().take(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actors.backtest.job, "Replay", Noting)
        await job.run()

    assert [None, None] == [one.eta_s for one in seen[:2]]
    assert [5.0, 4.5] == pytest.approx([one.eta_s for one in seen[2:4]], abs=0.02)
    assert [0, 1, 2, 3] == [one.blocks_done for one in seen[:4]]
    assert seen[11].bytes_done == seen[11].bytes * 11 // 12
    assert seen[0].bytes > 0


async def test_it_can_be_ended(client: Client, bench: Bench) -> None:
    """A cancelled job reads no more and leaves no consumer behind."""
    for number in range(1, 400):
        await bench.write(reading(number, 90))
    job = Backtest(client, bench.store, 1, spec())
    task = asyncio.create_task(job.run())
    await until(lambda: job.progress.blocks_done)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    done = job.progress.blocks_done
    await client.flush()

    assert done == job.progress.blocks_done < 399


async def test_memory_is_bounded(
    client: Client, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than it may take ends it, with what to ask for instead."""
    monkeypatch.setattr(actors.backtest.job, "LOOK_BLOCKS", 2)
    sizes = iter([10, 10, 11])
    for number in range(1, 10):
        await bench.write(reading(number, 90))
    job = Backtest(client, bench.store, 1, spec(memory_bytes=10), memory=lambda: next(sizes))
    with pytest.raises(BacktestFailed, match="--sample 10%"):
        await job.run()

    assert 6 == job.progress.blocks_done


async def test_a_log_that_is_trimmed_under_it_is_no_report(
    client: Client, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a history is none; it says so."""
    for number in range(1, 5):
        await bench.write(reading(number, 90))

    async def late(*arguments: Any) -> Any:
        """Read the oldest block, and then lose it."""
        found = await real(*arguments)
        await trim(client, 0, 3)
        return found

    real = actors.backtest.job.read
    monkeypatch.setattr(actors.backtest.job, "read", late)
    with pytest.raises(BacktestFailed, match="trimmed while it was replayed"):
        await Backtest(client, bench.store, 1, spec()).run()


async def test_an_empty_log_is_a_report(client: Client, bench: Bench) -> None:
    """Nothing happened, so nothing fired."""
    report = await Backtest(client, bench.store, 1, spec()).run()

    assert (0, 0, None) == (report.blocks, report.twins, report.began)
    assert [(0, 0, 0)] == [counts(rule) for rule in report.rules]
