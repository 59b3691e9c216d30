"""Job: reads the logs of all partitions, one after the other, and replays them.

It disturbs nobody: it has a connection and consumers of its own, which live in the server's memory,
acknowledge nothing and go a few seconds after it. It writes neither to the log nor to the store.
One partition's twins are in memory at a time, and there is a bound on that. How much the log is
read ahead is up to the flow control of its consumer. A process of low priority runs it
(`actors.backtest.actor`).
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable
from typing import Any

import psutil
import structlog
from msgspec import Struct
from msgspec.structs import replace
from nats.aio.client import Client

from actors.backtest.base import Base, find_base
from actors.backtest.caveats import Known, caveats
from actors.backtest.contest import Contest
from actors.backtest.replay import EXAMPLES, Part, Replay
from actors.backtest.report import Progress, Report, RuleResult, SignalResult
from actors.backtest.tally import in_stretches, merged_rules, merged_signals, stretch_of
from actors.block import decode_block
from actors.errors import BacktestFailed, LogMissing
from actors.keys import Keys, open_block
from actors.log import read, stream_state
from actors.reader import Reader
from actors.store.base import Store
from twins.rules.ruleset import compile_rules

logger = structlog.get_logger(__name__)

MEASURED_S = 1.0
"""So long it replays before it says how long it will take."""

LOOK_BLOCKS = 64
"""How often it is looked how much memory it takes, in blocks."""

MEMORY_BYTES = 2 << 30


class KindSpec(Struct, frozen=True):
    """What is compared for one kind."""

    kind: str
    version: int
    """Of the live rules."""
    live: list[dict[str, Any]]
    candidate: list[dict[str, Any]]


class Spec(Struct, frozen=True):
    """What to replay."""

    kinds: list[KindSpec]
    since: float
    """Log time, seconds since the epoch."""
    share: float = 1.0
    examples: int = EXAMPLES
    memory_bytes: int = MEMORY_BYTES
    """What its process may take."""

    def contests(self) -> dict[str, Contest]:
        """The rule sets, compiled. Raises `BadRule`."""
        return {
            one.kind: Contest(
                one.kind,
                compile_rules(one.kind, one.live, one.version),
                compile_rules(one.kind, one.candidate),
            )
            for one in self.kinds
        }


class _Share(Struct):
    """One partition's part of the work."""

    number: int
    base: Base
    last: int
    blocks: int
    bytes: int
    oldest: float | None


class Backtest:
    """One backtest. `run` returns its report; cancel the task that runs it to end it.

    Args:
        client: A connection to the log server of its own.
        store: Of the running node; it is read.
        partitions: How many there are.
        spec: What to replay.
        clock: Monotonic, in seconds.
        memory: How many bytes the process takes.
        keys: What opens sealed events; None: there are none.
    """

    def __init__(
        self,
        client: Client,
        store: Store,
        partitions: int,
        spec: Spec,
        clock: Callable[[], float] = time.monotonic,
        memory: Callable[[], int] = lambda: int(psutil.Process().memory_info().rss),
        keys: Keys | None = None,
    ) -> None:
        self._keys = keys
        self._client = client
        self._store = store
        self._partitions = partitions
        self._spec = spec
        self._contests = spec.contests()
        self._clock = clock
        self._memory = memory
        self._began = 0.0
        self._known: list[Known] = []
        self._rules: list[RuleResult] = []
        self._signals: list[SignalResult] = []
        self._done = (0, 0)
        """Events and bytes of partitions that are done."""
        self.progress = Progress()

    async def run(self) -> Report:
        """Replay all partitions.

        Raises:
            BacktestFailed: It takes more memory than it may, or the log was trimmed below it.
            LogError: The log is away, or not whole.
            StoreError: A checkpoint cannot be read.
        """
        now = 0.0
        shares = []
        for number in range(self._partitions):
            share, at = await self._survey(number)
            shares.append(share)
            now = max(now, at)
        progress = self.progress
        progress.partitions = len(shares)
        progress.blocks = sum(share.blocks for share in shares)
        progress.bytes = sum(share.bytes for share in shares)
        self._began = self._clock()
        parts = []
        for share in shares:
            part = await self._replay(share, now)
            self._rules = merged_rules([self._rules, part.rules], self._spec.examples)
            self._signals = merged_signals([self._signals, part.signals])
            parts.append(replace(part, rules=[], signals=[]))
            progress.partitions_done += 1
            self._done = (progress.events, self._done[1] + share.bytes)
        self._measure()
        progress.eta_s = 0.0
        return self._report(parts, now)

    async def _survey(self, number: int) -> tuple[_Share, float]:
        """What there is to read of one partition, and the log server's time."""
        state = await stream_state(self._client, number)
        base = await asyncio.to_thread(
            find_base, self._store, number, state.first, state.last, self._spec.since
        )
        blocks = max(0, state.last - base.start + 1)
        held = max(1, state.last - state.first + 1)
        oldest = await read(self._client, number, base.start) if blocks else None
        stamp = base.head.now if base.head else oldest.stamp if oldest else None
        share = _Share(number, base, state.last, blocks, state.bytes * blocks // held, stamp)
        return share, state.now

    # -- one partition -----------------------------------------------------------------------

    async def _replay(self, share: _Share, until: float) -> Part:
        spec, base = self._spec, share.base
        verdicts = await asyncio.to_thread(self._store.verdicts, share.number)
        replay = Replay(
            share.number, self._partitions, self._contests, since=spec.since,
            share=spec.share, examples=spec.examples, verdicts=verdicts,
        )  # fmt: skip
        known = Known(share.number, base.whole, base.head is not None, share.oldest, 0)
        self._known.append(known)
        if base.head is not None:
            await self._load(replay, known, base, replay.restore(base.head, base.reminders))
        if share.blocks:
            await self._read(replay, known, share)
        return replay.finish(until)

    async def _read(self, replay: Replay, known: Known, share: _Share) -> None:
        """Give the replay every block of its partition, in order."""
        base, progress = share.base, self.progress
        done = asyncio.Event()

        async def deliver(position: int, stamp: float, _subject: str, body: bytes) -> None:
            if position > share.last:
                return
            block = decode_block(body)
            if self._keys is not None:
                open_block(block, self._keys)  # what cannot be opened never happened
            if not base.whole and (missing := replay.needed(block)):
                await self._load(replay, known, base, missing)
            replay.take(block, body, position, stamp)
            events, taken = self._done
            progress.blocks_done += 1
            progress.events = events + replay.events
            read_share = (position - base.start + 1) / share.blocks
            progress.bytes_done = taken + int(share.bytes * read_share)
            self._measure()
            if not progress.blocks_done % LOOK_BLOCKS:
                self._look()
            if position == share.last:
                done.set()
            # Whoever asks how far it is, or to end, gets a turn between two blocks.
            await asyncio.sleep(0)

        reader = Reader(self._client, share.number, base.start, deliver)
        await reader.start()
        waits = [asyncio.create_task(event.wait()) for event in (done, reader.failed)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await reader.stop()
        if isinstance(reader.error, LogMissing):
            raise BacktestFailed(
                f"partition {share.number}: its log was trimmed while it was replayed, up to "
                f"beyond {reader.next}; begin again, or replay less with a later `since`"
            ) from reader.error
        if reader.error is not None:
            raise reader.error

    async def _load(self, replay: Replay, known: Known, base: Base, ids: list[str]) -> None:
        rows = await asyncio.to_thread(self._store.twins, known.partition, ids)
        known.guessed += sum(base.guessed(row) for row in rows)
        replay.load(base.rows(rows))

    def _measure(self) -> None:
        progress = self.progress
        progress.seconds = self._clock() - self._began
        if progress.seconds >= MEASURED_S and progress.bytes_done:
            rest = progress.bytes - progress.bytes_done
            progress.eta_s = progress.seconds / progress.bytes_done * rest

    def _look(self) -> None:
        used, most = self._memory(), self._spec.memory_bytes
        if used > most:
            raise BacktestFailed(
                f"the twins of one partition take more than the {most / 2**30:.2g} GiB that a "
                "backtest may use; replay a sample of them: --sample 10%"
            )

    # -- the end -----------------------------------------------------------------------------

    def _report(self, parts: list[Part], now: float) -> Report:
        spec, seconds = self._spec, self.progress.seconds
        began = [known.oldest for known in self._known if known.oldest is not None]
        events, warm_up = (sum(part.events for part in parts), sum(part.warm_up for part in parts))
        parked = sorted((twin for part in parts for twin in part.parked), key=lambda twin: twin.now)
        first = max(spec.since, min(began, default=spec.since))
        stretch_s = stretch_of(max(0.0, now - first))
        rules = [
            dataclasses.replace(one, over_time=in_stretches(one.over_time, stretch_s))
            for one in self._rules
        ]
        return Report(
            since=spec.since,
            until=now,
            began=min(began, default=None),
            stretch_s=stretch_s,
            share=spec.share,
            kinds=[contest.about for contest in self._contests.values()],
            rules=rules,
            signals=self._signals,
            parked=parked[: spec.examples],
            parked_twins=sum(part.parked_twins for part in parts),
            caveats=caveats(self._contests, self._known, parts, spec.since, spec.share),
            twins=sum(part.twins for part in parts),
            events=events,
            warm_up=warm_up,
            blocks=sum(part.blocks for part in parts),
            seconds=round(seconds, 3),
            events_per_second=round((events + warm_up) / seconds, 1) if seconds else 0.0,
        )
