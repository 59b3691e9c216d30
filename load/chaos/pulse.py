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
        rate: How many are caused a second.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self,
        status: Status,
        expected: Callable[[], float],
        rate: float,
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
            behind_s = (expected - sum(self._applied.values())) / self._rate
        self.beats.append(Beat(self._clock(), behind_s))

    @property
    def fresh(self) -> bool:
        """Whether the last look found all at full rate."""
        return bool(self.beats) and self.beats[-1].behind_s <= LATE_S


def recovery(beats: list[Beat], fault: float, until: float) -> float:
    """Seconds from a fault until applied was no longer behind, and stayed so.

    Args:
        beats: All looks, in order.
        fault: When it was.
        until: When the next fault was, or the load ended; that is the answer if it never was back.
    """
    after = [beat for beat in beats if fault < beat.at <= until]
    late = [index for index, beat in enumerate(after) if beat.behind_s > LATE_S]
    if not late:
        return 0.0
    back = late[-1] + 1
    return round((after[back].at if back < len(after) else until) - fault, 2)
