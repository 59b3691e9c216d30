"""Pulse: the cluster's status, asked once for all who want it, with rates from two looks."""

import asyncio
from typing import Any

from msgspec import Struct

from gateway.api.services import Services

FRESH_S = 1.0
"""A status younger than this is given out again, so that many viewers cost one look a second."""

SPAN_S = 5.0
"""Rates are taken over about so many seconds."""


class _Look(Struct):
    at: float
    """By the event loop's clock, which never jumps."""
    events: int


class Pulse:
    """The status, cached for a second."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = asyncio.Lock()
        self._status: dict[str, Any] = {}
        self._asked = float("-inf")
        self._looks: list[_Look] = []

    async def status(self) -> dict[str, Any]:
        """How the cluster is, at most a second old; raises what `Services.status` raises."""
        loop = asyncio.get_running_loop()
        async with self._lock:
            if loop.time() - self._asked >= FRESH_S:
                status = await self._services.status()
                self._asked = loop.time()
                totals = {**status.get("totals", {})}
                totals["events_per_s"] = self._rate(self._asked, int(totals.get("events", 0)))
                self._status = {**status, "totals": totals}
            return self._status

    def _rate(self, now: float, events: int) -> float | None:
        looks = self._looks
        if looks and events < looks[-1].events:
            looks.clear()  # a host is away or replays: a difference would be no rate
        looks.append(_Look(now, events))
        while len(looks) > 2 and now - looks[1].at >= SPAN_S:  # noqa: PLR2004 - two looks make a rate
            del looks[0]
        first = looks[0]
        if now <= first.at:
            return None
        return (events - first.events) / (now - first.at)
