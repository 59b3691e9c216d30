"""Applied: what applying one block did."""

from msgspec import Struct

from actors.block import Entry
from twins.outputs import Effect, Signal
from twins.record import Firing
from twins.rulebook.messages import VersionApplied, VersionRefused


class Applied(Struct):
    """What applying one block did."""

    position: int
    events: int = 0
    """Events that a handler took, parked ones not among them."""
    repeats: int = 0
    refused: int = 0
    """Entries whose kind or type this code does not know, or whose sender may not send them."""
    touched: list[str] = []
    """Twins of the block's entries and reminders, each once."""
    tells: dict[int, list[Entry]] = {}
    effects: list[Effect] = []
    signals: list[Signal] = []
    firings: list[Firing] = []
    """Rules that fired, those in the shadow as well."""
    parked: list[str] = []
    rules: list[VersionApplied | VersionRefused] = []
    """What came of rules that were published here."""
