"""In force: the rules that one partition runs, compiled from what its own twin says.

The twin `partition/<p>` (`twins.rulebook.live`) is the truth: told through the log, stored with
checkpoints. This holds what it compiles to. After a restart the twin is asked for with the first
block, so that the rules are those of the checkpoint before anything is applied.
"""

from typing import Any

from actors.cell import Cell
from twins.ids import PARTITION
from twins.rulebook.compiling import rules_of
from twins.rulebook.live import LiveRules
from twins.turn import Hit


class InForce:
    """The compiled rules of one partition.

    Args:
        partition: Its number.
    """

    def __init__(self, partition: int) -> None:
        self.address = f"{PARTITION}/{partition}"
        """The id of the partition's own twin."""
        self.rules: dict[str, Any] = {}
        """Kind -> its rule set; turns read it."""
        self.problems: dict[str, str] = {}
        """Kind -> why its rules do not run, though an earlier code ran them."""
        self.known = True
        """Whether `rules` is what the twin says; after a restart the twin has to be read first."""
        self.versions: dict[str, int] = {}
        """Kind -> what is live."""
        self._shadows: dict[str, bool] = {}

    @property
    def wanted(self) -> bool:
        """Whether the next block needs the twin in memory: to begin with, and for shadows' hits."""
        return not self.known or any(self._shadows.values())

    def take(self, own: Cell | None) -> None:
        """Run what the twin says from now on; None: nobody has told it anything yet."""
        self.known = True
        for kind, live in _twin(own).sets.items() if own else ():
            if self.versions.get(kind, 0) == live.version:
                continue
            self.versions[kind] = live.version
            self._shadows[kind] = any(document.get("shadow") for document in live.documents)
            self.problems.pop(kind, None)
            try:
                self.rules[kind] = rules_of(kind, live.documents, live.version)
            except Exception as error:  # noqa: BLE001 - whatever it is, a partition must not stand still for it
                # The twin's handler has compiled it once: this is another code than then.
                self.rules.pop(kind, None)
                self.problems[kind] = f"version {live.version}: {type(error).__name__}: {error}"

    def note(self, own: Cell, hits: list[Hit]) -> None:
        """Let the twin count what shadow rules saw."""
        for hit in hits:
            _twin(own).saw(hit)
        own.encoded = None  # it is another now than its last event left it


def _twin(own: Cell) -> LiveRules:
    assert isinstance(own.twin, LiveRules), "the kind of partitions is ours"
    return own.twin
