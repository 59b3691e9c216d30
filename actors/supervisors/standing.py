"""Standing: what an arrangement keeps beside its legs, of holds, persons and vehicles."""

from msgspec import Struct


class Return(Struct, kw_only=True, omit_defaults=True):
    """A hold that is being given back."""

    leg: str
    service: str
    firm: bool = False
    """A confirmation was asked for: it does not lapse by itself."""
    lapses_at: float = 0.0
    """When it lapses by itself, unless it is firm."""
    tries: int = 1
    cents: int = 0
    """What is still to be paid if it is firm and cannot be given back."""
    why: str | None = None
    """What the provider said when it did not work."""


class CaseView(Struct, kw_only=True, omit_defaults=True):
    """The person's case, as the supervisor last heard of it."""

    id: str
    desk: str
    reason: str
    state: str = "opened"
    employee: str | None = None


class Verdict(Struct, kw_only=True, omit_defaults=True):
    """What the customer said."""

    accept: bool
    declined: list[str]
    answered_by: str
    at: float
    alternative: int | None = None
    """Which she took; None: there were none."""


class Track(Struct, kw_only=True, omit_defaults=True):
    """Where the vehicle is that is on the way."""

    leg: str
    service: str
    position: tuple[float, float] | None = None
    eta_s: float | None = None
    arrived: bool = False
    at: float = 0.0
    """By the provider's clock."""
