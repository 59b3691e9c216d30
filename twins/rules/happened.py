"""Happened: what rules did in a test, and what came of it.

Found out by `testing`; this is what the API answers and the client reads, so it needs nothing else.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that rules did in a test."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    at: float
    """Event time, seconds since the test began."""
    signal: str | None = None
    rule: str | None = None
    severity: str | None = None
    shadow: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTestResult:
    """What came of one test."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    test: str
    kind: str
    passed: bool
    lines: list[str]
    """What was expected (`-`), what happened (`+`), and what is both, in order."""
    happened: list[Happened]
