"""What a twin is at one position of the log: the answer of hosts, handles, API and client alike.

Without Ray and pydantic, so that the command line, which needs neither, starts at once.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(slots=True)
class TwinState:
    """A snapshot of one twin."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"use_attribute_docstrings": True}

    id: str
    kind: str
    epoch: int
    """Epoch of the owner that answered."""
    position: int
    """Log position of the twin's partition that the snapshot stands for."""
    now: float
    """Log time at that position."""
    applied: int
    """Events that the twin has handled."""
    digest: int
    """CRC-32 over what it handled, in order."""
    exists: bool
    """False: it never received anything; its state is that of a new one."""
    state: dict[str, Any]
    parked: str | None = None
    """Why the twin is set aside; null when it is not."""
    duplicates: int = 0
    """Events that came again and were recognised."""
    reordered: int = 0
    """Numbers taken after a higher one of the same source."""
    numbered: int = 0
    """Numbers taken, each once: what a sender that counts holds against its own."""
    revision: str = "0"
    """Another one after every event that it handled; `If-Match` names it."""
    changed: int = 0
    """Log position of the last event that reached it."""
