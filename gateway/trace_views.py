"""What the API says about traces: one set of types, for its answers and for the client.

Without Ray and pydantic, as `policy_views`. Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class SpanView:
    """One stage of a message's way."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    span_id: str
    parent_id: str | None
    name: str
    """`take`, `append`, `log`, `apply`, `effect`, `call`; `docs/api.md` says what each is."""
    process: str
    began: float
    """By the clock of the process' machine."""
    ended: float
    attributes: dict[str, str | int | float | bool]
    error: str | None


@dataclass(slots=True)
class TraceSummary:
    """One trace, in a line."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    began: float
    seconds: float
    """From the beginning of its first stage to the end of its last one."""
    twin_id: str | None
    """Whose message it began with, as far as is still known."""
    type: str | None
    names: list[str]
    """Its stages, each once, in the order in which they began."""
    spans: int
    processes: list[str]
    slow: bool
    """It is kept because it took so long; its sender had not asked for a trace."""
    failed: bool


@dataclass(slots=True)
class Traces:
    """The traces that are still kept."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[TraceSummary]
    total: int
    """How many are kept; `items` may be fewer."""
    unreachable: list[str]
    """Processes that did not answer: what they keep is missing here."""


@dataclass(slots=True)
class TraceView:
    """One trace with its stages, by their beginnings."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    began: float
    seconds: float
    spans: list[SpanView]
    slow: bool
    unreachable: list[str]
    """Processes that did not answer: stages that they keep are missing here."""
