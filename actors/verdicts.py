"""Verdicts: which events a partition parks without handling them.

What an event needs of time and memory is in no log, so a host that cannot let it go on writes a
verdict beside the checkpoint; read before a replay, it makes every replay park the same event.
"""

from collections.abc import Callable, Iterable

from actors.store.base import Verdict


class Verdicts:
    """The verdicts on one partition's events."""

    def __init__(self) -> None:
        self.witness: Callable[[str, str], None] | None = None
        """Told (twin, event) before each one is handled, where the host wants to know."""
        self.active = False
        """Whether `on` has to be asked before an event of this position is handled."""
        self.everywhere: dict[tuple[str, str], str] = {}
        """(twin, event) -> why, at whichever position: for replays that number anew."""
        self._all: dict[int, dict[tuple[str, str], str]] = {}
        self._here: dict[tuple[str, str], str] = {}

    def heed(self, verdicts: Iterable[Verdict]) -> None:
        """Add some; before their positions are applied."""
        for it in verdicts:
            self._all.setdefault(it.position, {})[it.twin_id, it.event_id] = it.reason

    def begin(self, position: int) -> None:
        """A position is going to be applied."""
        self._here = self._all.get(position, self.everywhere)
        self.active = bool(self._here) or self.witness is not None

    def on(self, twin_id: str, event_id: str) -> str | None:
        """Why an event is parked here; None when it may be handled, as the witness then knows."""
        reason = self._here.get((twin_id, event_id))
        if reason is None and self.witness is not None:
            self.witness(twin_id, event_id)
        return reason
