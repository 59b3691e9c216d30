"""Judge: lets a partition apply blocks, so that no event hangs or ends its host for ever.

An event that uses up its time, or has ended hosts before (`actors.trial`), is condemned: the
verdict is durable before any output of its position leaves, and read before a replay.
"""

import asyncio

import structlog

from actors.applied import Applied
from actors.block import Block
from actors.errors import Fenced, Overrun, Spoilt
from actors.guard import Guard, OutOfTime
from actors.partition import Partition
from actors.store.base import Store, Verdict
from actors.trial import Suspect, Trial, following

logger = structlog.get_logger(__name__)

REPLAYING = 2.0
"""How many times as long an event may take in a replay: it may have been in time when it was new,
and its outputs may have left."""

AGAIN_S = 0.2


class Judge:
    """Judges one partition's events.

    Args:
        partition: Restored, and not yet applying.
        store: Holds verdicts and notes.
        owner: This host, as the store names it.
        guard: Watches the thread that applies; None for no limit of time.
    """

    def __init__(self, partition: Partition, store: Store, owner: str, guard: Guard | None) -> None:
        self._partition = partition
        self._store = store
        self._owner = owner
        self._guard = guard
        self._trial = Trial(partition.position)
        self._live_from = 0

    async def open(self, live_from: int) -> None:
        """Read what was judged, and judge what ended the hosts before; then note the start.

        Args:
            live_from: Positions before it were in the log when this host began.
        """
        store, number, verdicts = self._store, self._partition.number, self._partition.verdicts
        self._live_from = live_from
        note = await asyncio.to_thread(store.trial, number)
        trial = following(note, self._partition.position)
        guilty = trial.guilty
        if guilty is not None:
            reason = f"{trial.deaths} processes ended while they handled it"
            await self.condemn(guilty.position, Overrun(guilty.twin_id, guilty.event_id, reason))
            trial = Trial(trial.position)
        await asyncio.to_thread(store.note_trial, number, self._owner, trial.encode())
        verdicts.heed(await asyncio.to_thread(store.verdicts, number))
        self._trial = trial
        if trial.careful:
            logger.warning("handles with care", partition=number, starts=trial.starts)
            verdicts.witness = self._witness

    def apply(self, block: Block, body: bytes, position: int, stamp: float) -> Applied:
        """See `Partition.apply`.

        Raises `Spoilt` when it was broken off: then what the partition has in memory is worth
        nothing. An `Overrun` wants its verdict first.
        """
        partition, guard = self._partition, self._guard
        replaying = position < self._live_from
        if not replaying:
            partition.verdicts.witness = None
        try:
            if guard is not None:
                guard.begin(partition, REPLAYING if replaying else 1.0)
            applied = partition.apply(block, body, position, stamp)
            if guard is not None:
                guard.end()
        except OutOfTime:
            assert guard is not None
            guard.settle()
            event = guard.stopped
            if event is None or event is not partition.running:
                raise Spoilt(f"partition {partition.number}: {position} was broken off") from None
            raise Overrun(
                event.subject, event.id, "it used up the processor time that an event may take"
            ) from None
        except BaseException:
            if guard is not None:
                guard.settle()
            raise
        if self._trial.handling is not None:
            self._trial.handling = None
            self._note()
        return applied

    def _witness(self, twin_id: str, event_id: str) -> None:
        self._trial.handling = Suspect(self._partition.position, twin_id, event_id)
        self._note()

    def _note(self) -> None:
        """Keep the trial, should this process end; not synced, for the machine does not end."""
        number = self._partition.number
        self._store.note_trial(number, self._owner, self._trial.encode(), synced=False)

    async def condemn(self, position: int, overrun: Overrun) -> None:
        """Write a verdict; durable on return. Raises `Fenced` when another host is the owner."""
        number = self._partition.number
        verdict = Verdict(position, overrun.twin_id, overrun.event_id, overrun.reason)
        while True:
            try:
                await asyncio.to_thread(self._store.condemn, number, self._owner, verdict)
            except Fenced:
                # While the event held the loop, the lease may have ended; nobody else took over,
                # and this host may have it again by now.
                ownership = await asyncio.to_thread(self._store.ownership, number)
                if ownership.host not in {"", self._owner}:
                    raise
                await asyncio.sleep(AGAIN_S)
                continue
            logger.error(
                "condemned", partition=number, position=position, twin_id=verdict.twin_id,
                event_id=verdict.event_id, reason=verdict.reason,
            )  # fmt: skip
            return

    async def close(self) -> None:
        """Take the note back: this host ends in order."""
        number = self._partition.number
        try:
            await asyncio.to_thread(self._store.note_trial, number, self._owner, None)
        except Fenced:
            logger.debug("another host has it", partition=number)
