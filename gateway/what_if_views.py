"""What the API says about an incident that is played once more: one set of types.

Without Ray and pydantic, as `policy_views`. Times are seconds since the epoch, UTC.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class WhatIfStep:
    """One step of the real run, of the simulated one, or of both."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    name: str
    twin_id: str
    real_at: float | None = None
    """Null: it did not happen."""
    simulated_at: float | None = None
    """Null: it would not have happened."""
    real_detail: str | None = None
    simulated_detail: str | None = None


@dataclass(slots=True)
class WhatIfLeg:
    """What became of one thing that is booked."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    name: str
    state: str
    service: str | None
    price_cents: int | None
    eta_s: float | None
    """Seconds from confirmation until it is there."""
    starts_at: float | None
    reason: str | None
    """Why it is out."""


@dataclass(slots=True)
class WhatIfPlace:
    """Where the vehicle was that was followed."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    at: float
    leg: str
    service: str
    position: tuple[float, float] | None
    """(lat, lon) in degrees; null: nobody knows."""
    eta_s: float | None
    arrived: bool


@dataclass(slots=True)
class WhatIfRun:
    """How one of both runs ended."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    state: str | None
    """As `actors.supervisors.arrangement.State`; null: nothing was arranged."""
    reason: str | None
    began_at: float | None
    ended_at: float | None
    stopped: str | None
    """Why the run ends before the arrangement does."""
    legs: list[WhatIfLeg]
    track: list[WhatIfPlace]


@dataclass(slots=True)
class WhatIfRule:
    """When another rule would have noticed it, by the device's history."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    kind: str
    rules: list[str]
    """Those that were given, in the place of published ones of the same names."""
    signal: str
    real_at: float
    """When it really came."""
    present_at: float | None
    """When the rules that are published now raise it in the replay: the same, or null where they
    do not, or not then."""
    candidate_at: float | None
    """When the other rule does; null: not at all between `since` and `until`."""
    since: float
    """From when on the history was replayed."""
    trimmed: bool
    """There were more events before that than are replayed at a time."""
    until: float
    readings: int
    """Events that were replayed."""
    at_least: bool
    """It holds from the first event on, and may have come earlier."""
    others: int
    """How often the other rule raises the signal before that, since the last real one: each would
    have begun something of its own, which is not played."""


@dataclass(slots=True)
class WhatIfView:
    """The same incident, as it was and as it would have been."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    arrangement_id: str
    supervisor_id: str
    change: dict[str, Any]
    """What is otherwise, as it was asked for."""
    real: WhatIfRun
    simulated_run: WhatIfRun
    steps: list[WhatIfStep]
    """Both runs side by side, in their order."""
    exact: bool
    """Whether replaying the log without a change gives the steps that were recorded."""
    caveat: str | None
    """Why it does not."""
    assumed: list[str] = field(default_factory=list)
    """What nobody was asked in truth, and is assumed."""
    unanswered: list[str] = field(default_factory=list)
    """What nobody was asked in truth, and nobody can say."""
    rule: WhatIfRule | None = None
    """Where another rule was given: when its signal came."""
    simulated: Literal[True] = True
    """Nothing of it happened, and nothing of it left Vigil."""
