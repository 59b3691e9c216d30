"""What the API says about bulk jobs: one set of types, for its answers and for the client.

Without Ray and pydantic, as `policy_views`. Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class BulkPreview:
    """What a job would do; nothing was done."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    where: str
    operation: str
    count: int
    """Twins that the filter finds."""
    sample: list[str]
    """Some of them."""
    as_of: float


@dataclass(slots=True)
class BulkView:
    """One job, as far as it has come."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    where: str
    operation: str
    by: str
    state: Literal["running", "done", "cancelled", "failed"]
    expected: int
    """Twins that the filter found when it began."""
    succeeded: int
    failed: int
    pages: int
    """Pages of results; `results` reads them, from 0."""
    rate: float
    """Twins a second, at most."""
    begun_at: float
    ended_at: float | None
    problem: str = ""


@dataclass(slots=True)
class BulkJobList:
    """The jobs, the last begun first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[BulkView]
    as_of: float


@dataclass(slots=True)
class BulkResult:
    """What came of one twin."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    twin_id: str
    problem: str | None
    """Why it was not done; null: it was."""


@dataclass(slots=True)
class BulkResults:
    """A page of results, in the order of the twins' ids."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    id: str
    page: int
    items: list[BulkResult]
    more: bool
    """There is a page behind it."""


@dataclass(slots=True)
class ImportedRow:
    """What came of one row."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    line: int
    """From 1."""
    twin_id: str | None
    problem: str | None = None
    token: str | None = None
    """With which its device signs in; only where tokens were asked for."""


@dataclass(slots=True)
class Imported:
    """What came of all rows; those that are right are there, whatever the others are."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    rows: list[ImportedRow]
    succeeded: int
    failed: int
