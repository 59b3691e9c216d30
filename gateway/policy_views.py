"""What the API says about policies: one set of types, for its answers and for the client.

Without Ray and pydantic, so that the command line, which needs neither, starts at once. Times are
seconds since the epoch, UTC; money is in cents by currency.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class PrecisionView:
    """How many of a policy's decisions were right, at its present level."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    right: int
    n: int
    low: float
    """With a confidence of 95 %."""
    high: float


@dataclass(slots=True)
class BreakerView:
    """The policy has begun too many arrangements, and begins none any more."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    at: float
    case_id: str
    desk: str
    turned_away: int
    """Arrangements that did not begin since."""


@dataclass(slots=True)
class ChangeView:
    """One change of a policy's settings or level."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    at: float
    by: str
    what: str


@dataclass(slots=True)
class PolicyView:
    """One policy; `all` stands for all of them."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    name: str
    exists: bool
    """False: no supervisor has asked it for anything yet, and nobody has set anything."""
    level: str
    """shadow, propose or act."""
    stopped: str | None
    """By whom and why; null: it is not."""
    breaker: BreakerView | None
    precision: PrecisionView
    under_way: int
    """Arrangements that have leave and have not ended."""
    begun: int
    """Arrangements that began within the last hour."""
    given: dict[str, int]
    """Leave -> how often it was given."""
    used_today: dict[str, int]
    """What is reserved and spent of this day, by the clocks of `day_zone`."""
    settings: dict[str, Any]
    changes: list[ChangeView]
    """The last ones, newest first."""
    members: list[str]
    """Of `all`: the policies that there are."""


@dataclass(slots=True)
class Policies:
    """All policies."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[PolicyView]


@dataclass(slots=True)
class EstimateView:
    """One figure, and between what it lies with a confidence of 95 %."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    n: int
    value: float | None
    interval: tuple[float, float] | None
    """Null: of too few."""


@dataclass(slots=True)
class MeasureView:
    """One measure of customers who were treated, and of those held out."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    name: str
    unit: str
    treated: EstimateView
    held_out: EstimateView
    difference: EstimateView
    """Treated less held out."""


@dataclass(slots=True)
class OutcomesView:
    """What a policy changed for customers."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    policy: str
    holdout: float
    """The share of customers that is held out."""
    following: int
    """Arrangements whose outcome is not known yet."""
    unfollowed: int
    calls_avoided: EstimateView
    """Of the treated ones; negative: there were more."""
    measures: list[MeasureView]


@dataclass(slots=True)
class Outcomes:
    """What all policies changed, that have been asked."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[OutcomesView]


@dataclass(slots=True)
class UndoneView:
    """What of an arrangement is being undone, and what cannot be."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    arrangement_id: str
    supervisor: str
    undoing: list[str]
    """Legs that are being given back; the arrangement says what their providers answered."""
    cannot: dict[str, str]
    """Leg, or what else was done -> why it stays."""


@dataclass(slots=True)
class OverriddenView:
    """How an arrangement stands after a person has changed it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    arrangement_id: str
    supervisor: str
    state: str
    """As `actors.supervisors.arrangement.State`."""
