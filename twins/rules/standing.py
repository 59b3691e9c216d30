"""Standing: how a rule stands with one twin, down to the part of its condition that is false.

Found out by `why`; this is what the API answers and the client reads, so it needs nothing else.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True, kw_only=True)
class Part:
    """One part of a condition."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    text: str
    """As it is written."""
    holds: bool | None = None
    """Whether it is true; null: it is no condition."""
    value: Any = None
    """Of a field or an operator; null: unknown."""
    detail: str = ""
    """How far it has come: `4 of 10 steps`."""
    parts: list["Part"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Standing:
    """How a rule stands with a twin; times are seconds since the epoch, UTC."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    rule: str
    version: int
    twin_id: str
    state: str
    """`well`; `pending`: it holds and has not fired yet; `open`: it has fired and is not cleared;
    `spent`: it fired or was passed over, and fires again only after it has ceased to hold."""
    words: str
    """Why it has not fired, or that it has."""
    shadow: bool = False
    holds: bool = False
    """Whether `when` holds now."""
    since: float | None = None
    """Since when, by event time."""
    severity: str | None = None
    """While it is open."""
    context: Part | None = None
    when: Part | None = None
    waits_until: float | None = None
    """Until when it has to hold (`for`), by event time."""
    limited_until: float | None = None
    """Until when `every` or `at_most` forbid it, by log time."""
    suppressed_by: str | None = None
    """An open rule that forbids it."""
    last: float | None = None
    """When it last fired, as far as that is remembered, by log time."""
