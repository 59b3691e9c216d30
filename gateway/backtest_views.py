"""What the API says about backtests: one set of types, for its answers and for the client.

Without Ray and pydantic, as `gateway.rule_views`. Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from actors.backtest.report import KindRules, Progress, Report


class BacktestState(StrEnum):
    """Where a backtest stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class BacktestView:
    """A backtest: how far it is, and what came of it."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"use_attribute_docstrings": True}

    id: str
    state: BacktestState
    started_at: float
    since: float
    share: float
    kinds: list[KindRules]
    progress: Progress = field(default_factory=Progress)
    ended_at: float | None = None
    problem: str | None = None
    """Why it failed, and what to do."""
    report: Report | None = None
    """Once it is done; lists of backtests leave it out."""


@dataclass(slots=True)
class Backtests:
    """Backtests of this API process: the one under way, and the last ones, newest first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"use_attribute_docstrings": True}

    items: list[BacktestView]
