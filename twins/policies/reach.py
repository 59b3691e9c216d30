"""Reach: how many arrangements a policy begins within an hour, and the breaker on it.

One bad rule must not send ten thousand trucks: the one too many opens the breaker. From then on
nothing begins, and a person is asked, once; it closes by a person's word.
"""

from msgspec import Struct

HOUR_S = 3600.0


class Broken(Struct, kw_only=True, omit_defaults=True):
    """The breaker is open."""

    at: float
    case_id: str
    desk: str
    turned_away: int = 0
    """Arrangements that did not begin since."""


class Reach(Struct, kw_only=True, omit_defaults=True):
    """When arrangements began, as far as that counts."""

    begun: list[float] = []
    """Log times within the last hour, oldest first."""
    broken: Broken | None = None

    def full(self, per_hour: int, now: float) -> bool:
        """Whether one more would be too many."""
        while self.begun and self.begun[0] <= now - HOUR_S:
            del self.begun[0]
        return len(self.begun) >= per_hour

    def begin(self, now: float) -> None:
        """One more has begun."""
        self.begun.append(now)

    def close(self) -> Broken | None:
        """Close the breaker; what began before does not count any more. Returns what was open."""
        broken, self.broken = self.broken, None
        if broken is not None:
            self.begun = []
        return broken
