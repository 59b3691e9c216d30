"""Ways: in which order a person's channels are tried: as she likes, and as it has worked.

Her own order counts like `PRIOR` contacts by each channel, of which fewer were answered the later
she named it. What really happened is added, each contact worth half of it after `HALF_S`. So one
failure changes nothing, several put a channel back, and after some months her order is as it was.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

PRIOR: Final = 6.0
"""How many contacts her own order counts for."""

HALF_S: Final = 30 * 86_400.0
"""After so many seconds a contact counts half."""

_FIRST: Final = 0.6
_LATER: Final = 0.85
"""The share answered that is taken for granted: by the first channel, and how much less by each."""

What = Literal["answered", "ignored", "failed"]


class Worked(Struct, kw_only=True, omit_defaults=True):
    """What came of contacts by one channel, as of `at`."""

    good: float = 0.0
    """Those that she answered."""
    all: float = 0.0
    at: float = 0.0

    def _left(self, now: float) -> float:
        return float(0.5 ** (max(0.0, now - self.at) / HALF_S))

    def note(self, what: What, now: float) -> None:
        """Add one contact."""
        left = self._left(now)
        self.good = self.good * left + (what == "answered")
        self.all = self.all * left + 1.0
        self.at = max(self.at, now)

    def counts(self, now: float) -> tuple[float, float]:
        """(answered, all), as much as they count now."""
        left = self._left(now)
        return self.good * left, self.all * left


def in_order(ways: Iterable[str], worked: Mapping[str, Worked], now: float) -> list[str]:
    """The ways, the best first; without any contact in her own order.

    Args:
        ways: In her order, each once.
        worked: Way -> what came of it.
        now: Log time.
    """

    def score(item: tuple[int, str]) -> tuple[float, int]:
        place, way = item
        good, all_ = worked[way].counts(now) if way in worked else (0.0, 0.0)
        return -(PRIOR * _FIRST * _LATER**place + good) / (PRIOR + all_), place

    return [way for _, way in sorted(enumerate(dict.fromkeys(ways)), key=score)]
