"""Cooler: an air conditioner as it stands in the hall, hour by hour, with a meter of its own. Pure.

It is the world's side of the story `hvac`: what it has delivered stands on its meter, whatever
becomes of the readings that it sends.
"""

from random import Random
from typing import Final

HOURS: Final = 24
HOUR_WH: Final = (130, 300)
"""What it uses in an hour: the least and the most, in Wh."""

FADE_A_DAY: Final = 0.012
"""Of its rated efficiency, which a filter that clogs costs it each day."""


class Cooler:
    """One air conditioner.

    Args:
        seed: Draws how hard it has to work.
        rated_ratio: Cold delivered per energy used while its filter is clean.
        clean_days: After so many its filter begins to clog.
    """

    def __init__(self, seed: str, rated_ratio: float, clean_days: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - weather; guards nothing
        self._rated_ratio = rated_ratio
        self._clean_days = clean_days
        self._heat_wh = 0.0
        """All heat that it has taken out of the rooms."""
        self.meter_wh = 0
        """The same in whole Wh, as its meter counts."""
        self.delivered: dict[str, int] = {}
        """By day, as its meter has counted in its hours."""

    def run_day(self, day: str) -> tuple[int, int]:
        """Let it run for a day; returns Wh used and Wh delivered, as it reports them."""
        fades = FADE_A_DAY * max(0, len(self.delivered) - self._clean_days)
        ratio, used, before = self._rated_ratio * (1.0 - fades), 0, self.meter_wh
        self.delivered[day] = 0
        for _ in range(HOURS):
            hour_wh = self._chance.randint(*HOUR_WH)
            used += hour_wh
            self._heat_wh += hour_wh * ratio
            counted = int(self._heat_wh) - self.meter_wh
            self.meter_wh += counted
            self.delivered[day] += counted
        return used, self.meter_wh - before
