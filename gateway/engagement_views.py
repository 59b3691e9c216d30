"""What the API says about engagement learning: one set of types, for its answers and the client.

Without Ray and pydantic, so that the command line, which needs neither, starts at once. Times are
seconds since the epoch, UTC; worth is between 0 and 1 a contact.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from gateway.policy_views import ChangeView, EstimateView

_DOCUMENTED: dict[str, Any] = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class ArmView:
    """What is known of one option in one segment."""

    # For pydantic, which the API describes it by; it reads this where it is used.
    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    segment: str
    """`all`: of everybody."""
    dimension: str
    """channel, time, wording or offer."""
    arm: str
    n: int
    """Contacts."""
    rate: float
    """What they were worth on average."""
    low: float
    """With a confidence of 95 %."""
    high: float
    counts: float
    """How many contacts it counts as by now, since older ones count less."""


@dataclass(slots=True)
class LearnerView:
    """What was learned of how one sort of message is told best; `all` is the switch for all."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    name: str
    exists: bool
    """False: nothing of this sort has been told yet, and nobody has set anything."""
    learning: bool
    """False: it is switched off, here or for all; everybody is told by the fixed policy."""
    given: dict[str, int]
    """How often advice was learned, explored, control, off."""
    explored: float | None
    """The share of exploration in what was not off; null: of nothing."""
    did: dict[str, int]
    """How often persons did what."""
    learned: EstimateView
    """Worth of contacts that followed what was learned."""
    control: EstimateView
    """Worth of contacts that followed the fixed policy, to compare with."""
    uplift: EstimateView
    """The first less the second."""
    arms: list[ArmView]
    """By segment and dimension, the best first."""
    settings: dict[str, Any]
    changes: list[ChangeView]
    """The last ones, newest first."""
    members: list[str]
    """Of `all`: what there is."""


@dataclass(slots=True)
class Learners:
    """All that learn, and `all`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _DOCUMENTED

    items: list[LearnerView]
