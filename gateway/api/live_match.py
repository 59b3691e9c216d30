"""Live match: which twins are in one watcher's filter, so that she hears when one leaves it. Pure.

Nobody tells how a twin was before it changed. So a watcher's twins have to be known: those that
she was shown here, and those that matched when she came. The latter a search finds, once; but it
reads checkpoints, which are a moment old. Until they are as young as her connection, each
twin that changes and does not match is told as one that left, for it may have been among hers.
What changed before, while she was away, is told in the same way. Whoever hears of a twin that
she does not have passes over it.
"""

from collections.abc import Iterable
from typing import Final

from actors.state import TwinState
from actors.store.filter import Filter, matches

MAX_OUTSIDE: Final = 10_000
"""Twins of which it is remembered that they were told to be outside; of more, all are told anew."""


class Match:
    """The twins of one watcher.

    Args:
        where: Her filter, read once; None: every twin matches.
        settled: Whether it is known that none matches, but for those that come to.
    """

    def __init__(self, where: Filter | None, *, settled: bool = False) -> None:
        self._where = where
        self.settled = settled or where is None
        """Whether it is known which twins matched when she came."""
        self._inside: set[str] = set()
        self._outside: set[str] = set()

    def matches(self, state: TwinState) -> bool:
        """Whether a twin is in the filter now."""
        return self._where is None or matches(self._where, state.id, state.state)

    def enter(self, twin_id: str) -> None:
        """Keep that she is shown a twin."""
        if self._where is not None:
            self._inside.add(twin_id)
            self._outside.discard(twin_id)

    def leave(self, twin_id: str) -> bool:
        """Keep that a twin does not match; True where she may have it, and must be told."""
        if twin_id in self._inside:
            self._inside.discard(twin_id)
        elif self.settled or twin_id in self._outside:
            return False
        if not self.settled:
            if len(self._outside) >= MAX_OUTSIDE:
                self._outside.clear()
            self._outside.add(twin_id)
        return True

    def settle(self, found: Iterable[str]) -> None:
        """Take over all twins that matched at a moment after she came."""
        # What was told since is younger than what was found.
        self._inside.update(one for one in found if one not in self._outside)
        self._outside.clear()
        self.settled = True
