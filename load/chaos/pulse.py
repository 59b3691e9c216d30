"""Pulse: how far applied is behind sent while it runs, and how long it was after each fault."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

LOOK_S = 0.2
TIMEOUT_S = 1.0
"""A look that takes longer found nobody: whoever cannot say how far it is counts as not there."""

LATE_S = 1.0
"""Applied may be so much behind sent, in seconds of the load's rate, and still is at full rate."""

HELD_S = 5.0
"""So long it has to stay well to be over: longer than a lease, after which a part may be missed."""

Status = Callable[[], Awaitable[dict[str, Any] | None]]
"""Reads the node's status; None when it does not answer."""


class Beat(Struct):
    """One look."""

    at: float
    """On the clock of the run, in seconds."""
    behind_s: float
    """Infinite: nobody said."""


class Pulse:
    """Looks until it is cancelled.

    Args:
        status: Reads the node's status.
        expected: How many events were caused so far.
        rate: How many are caused a second now.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        status: Status,
        expected: Callable[[], float],
        rate: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._status = status
        self._expected = expected
        self._rate = rate
        self._clock = clock
        self._applied: dict[int, int] = {}
        self.beats: list[Beat] = []
        self.last: dict[str, Any] | None = None
        """The newest status."""

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once."""
        # Before the answer: what is sent while it is asked for is not late.
        expected = self._expected()
        self.last = await self._status()
        behind_s = math.inf
        if self.last is not None:
            for part in self.last["partitions"]:
                number, events = part["partition"], part.get("events")
                if events is not None:
                    # A new owner begins with the checkpoint's count, and applies the rest again.
                    self._applied[number] = max(events, self._applied.get(number, 0))
            behind_s = (expected - sum(self._applied.values())) / self._rate()
        self.beats.append(Beat(self._clock(), behind_s))

    @property
    def fresh(self) -> bool:
        """Whether the last look found all at full rate."""
        return bool(self.beats) and self.beats[-1].behind_s <= LATE_S


class Spell(Struct):
    """A time in which applied was late, or nobody said."""

    since: float
    until: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.until - self.since


def spells(beats: list[Beat], since: float, until: float) -> list[Spell]:
    """The times in which it was late; those less than `HELD_S` apart are one.

    Args:
        beats: All looks, in order.
        since: When a fault was; a spell begins then, if the first look after it is late.
        until: When the next fault was, or the load ended.
    """
    found: list[Spell] = []
    well = since
    for beat in beats:
        if not since < beat.at <= until:
            continue
        if beat.behind_s <= LATE_S:
            if found and found[-1].until == math.inf:
                found[-1].until = beat.at
            well = beat.at
        elif not found or found[-1].until + HELD_S < well:
            found.append(Spell(well, math.inf))
        else:
            found[-1].until = math.inf
    if found and found[-1].until == math.inf:
        found[-1].until = until
    return found


def recovery(beats: list[Beat], fault: float, until: float) -> tuple[float, list[Spell]]:
    """Seconds from a fault until applied was no longer behind, and the spells after that.

    A spell that begins more than `HELD_S` after the fault is another matter than the fault's: a
    busy machine's, say. It is told, and does not count as its recovery.
    """
    found = spells(beats, fault, until)
    if not found or found[0].since > fault + HELD_S:
        return 0.0, found
    return round(found[0].until - fault, 2), found[1:]
