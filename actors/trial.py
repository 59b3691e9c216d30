"""Trial: how hosts of a partition fare that begin from one checkpoint. Pure.

A host that ends while it applies what follows a checkpoint leaves a note. The third one that begins
from the same checkpoint notes each event before it is handled; of an event that takes two such
hosts with it, it is the event's fault.
"""

from msgspec import Struct, msgpack

CAREFUL = 3
"""Hosts that begin from one checkpoint before one of them notes what it handles."""

MOST_DEATHS = 2
"""Hosts that may end while they handle one event."""


class Suspect(Struct, array_like=True):
    """An event, at the position at which it is handled."""

    position: int
    twin_id: str
    event_id: str


class Trial(Struct, array_like=True):
    """The note; kept in the store beside the checkpoint."""

    position: int
    """Of the checkpoint."""
    starts: int = 1
    """Hosts that began from it, this one included."""
    suspect: Suspect | None = None
    """What the last host that was careful was handling when it ended."""
    deaths: int = 0
    """Hosts that ended while they handled the suspect, one after the other."""
    handling: Suspect | None = None
    """What is being handled; in a note that is found, it still was."""

    @property
    def careful(self) -> bool:
        """Whether this host notes each event before it is handled."""
        return self.starts >= CAREFUL

    @property
    def guilty(self) -> Suspect | None:
        """The event that has ended hosts often enough."""
        return self.suspect if self.deaths >= MOST_DEATHS else None

    def encode(self) -> bytes:
        """The note."""
        return msgpack.encode(self)


def following(note: bytes | None, position: int) -> Trial:
    """The trial of a host that begins from the checkpoint at a position and found this note."""
    before = msgpack.decode(note, type=Trial) if note is not None else None
    if before is None or before.position != position:
        return Trial(position)
    trial = Trial(position, before.starts + 1, before.suspect, before.deaths)
    if before.handling is not None:
        trial.deaths = before.deaths + 1 if before.handling == before.suspect else 1
        trial.suspect = before.handling
    return trial
