"""What the API says about cases: one set of types, for its answers and for the client.

Without Ray and pydantic, as `policy_views`. Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class CaseView:
    """What a person has to decide."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    desk: str
    state: str
    """waiting, assigned, taken or closed."""
    urgency: str
    subject: str
    reason: str
    skill: str
    opened_at: float
    employee: str | None
    """Who has it."""
    arrangement_id: str | None
    supervisor: str | None
    proposes: bool
    """It has a plan, that is carried out once it is closed with `accept`."""
    verdict: str | None
    note: str | None


@dataclass(slots=True)
class Cases:
    """Cases, the most urgent first, then the oldest."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[CaseView]
    more: bool
    """There are more than are shown."""


@dataclass(slots=True)
class CaseDetail:
    """A case with all that is known."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    case: CaseView
    plan: list[dict[str, Any]]
    """What it proposes, leg by leg."""
    notes: list[str]
    context: dict[str, Any]
    """The arrangement and its facts, or why a rule fired; empty once it is closed."""


@dataclass(slots=True)
class CaseClosed:
    """A case that a person has decided; its desk and supervisor hear of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    state: str
    employee: str
    """In whose name."""
    verdict: str | None
