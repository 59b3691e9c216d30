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
    take_by: float | None
    """When it goes to somebody else, if nobody takes it; null: it stays, or was taken."""
    escalations: int
    """How often it went on because nobody took it in time."""
    customer_id: str | None
    """Whose it is."""
    value_cents: int | None
    """What she has brought and is expected to bring, in her currency; null: nobody knows."""
    arrangement_id: str | None
    supervisor: str | None
    proposes: bool
    """It has a plan, that is carried out once it is closed with `accept`."""
    verdict: str | None
    note: str | None


@dataclass(slots=True)
class Cases:
    """Cases, the most urgent first; of these the most valuable customer's, then the oldest."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[CaseView]
    more: bool
    """There are more than are shown."""


@dataclass(slots=True)
class Colleague:
    """An employee to whom a case may be handed over."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    name: str
    skills: list[str]
    on_shift: bool
    lead: bool
    cases: int
    """How many she has."""


@dataclass(slots=True)
class LetterView:
    """What was written to the customer of a case, and what became of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    message_id: str
    subject: str
    by: str
    at: float
    settled_at: float | None
    """Null: it is on its way, or waits until she may be told."""
    channel: str | None
    """What carried it; null: she was not told, or not yet."""
    reason: str | None
    """Why she was not told."""


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
    tried: list[str]
    """Whom it was given to, in order."""
    letters: list[LetterView]
    """What was written to the customer, the last one last."""
    colleagues: list[Colleague]
    """Of its desk, those who can do it first."""


@dataclass(slots=True)
class CaseClosed:
    """A case that a person has decided; its desk and supervisor hear of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    state: str
    employee: str
    """In whose name."""
    verdict: str | None


@dataclass(slots=True)
class CaseLies:
    """Where a case lies."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    state: str
    employee: str | None
    """Who has it."""
    desk: str | None = None
    """The other desk that it has gone to, if it has."""


@dataclass(slots=True)
class Written:
    """A message to a customer, as her twin has it; it tells later whether she was reached."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    customer_id: str
    message_id: str


@dataclass(slots=True)
class KnownPerson:
    """Who writes or calls, and what concerns her now."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    customer_id: str
    name: str
    language: str
    value_cents: int
    currency: str
    devices: list[str]
    cases: list[CaseView]
    """Those that are open, the most urgent first."""
    also: list[str]
    """Others who claim the same address: perhaps one person under two names."""
