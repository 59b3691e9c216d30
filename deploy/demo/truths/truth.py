"""Truth: what came of holding a claim of Vigil's against the world."""

from typing import Any

from msgspec import Struct


class Truth(Struct, kw_only=True, frozen=True):
    """One claim, compared."""

    name: str
    """Which claim: `bill`, `slots`, …"""
    says: str
    """In one line, for people: the figures of both sides."""
    figures: dict[str, Any] = {}
    """The same for programs."""
    problems: tuple[str, ...] = ()
    """Where both sides differ, a sentence each; empty: they agree."""

    @property
    def holds(self) -> bool:
        """Whether both sides agree."""
        return not self.problems
