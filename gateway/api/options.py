"""Options: what could be had for a part of an arrangement, and why one of them was chosen."""

from collections.abc import Callable, Sequence
from typing import Final

from actors.supervisors.arrangement import Leg, Option
from gateway.api.models import Answer
from twins.services.messages import Offered


class OptionView(Answer):
    """What else could be had for a leg."""

    service: str
    offer_id: str
    name: str
    price_cents: int
    currency: str
    eta_s: float | None = None
    """Seconds from acceptance until it is there."""
    starts_at: float | None = None


def option_view(option: Option) -> OptionView:
    """An option as the API shows it."""
    offer = option.offer
    return OptionView(
        service=option.service, offer_id=offer.offer_id, name=option.name or offer.title,
        price_cents=offer.price_cents, currency=offer.currency, eta_s=offer.eta_s,
        starts_at=offer.starts_at,
    )  # fmt: skip


_Measure = tuple[str, Callable[[Offered], float | None], Callable[[float], str]]

_MEASURES: Final[Sequence[_Measure]] = (
    ("soonest", lambda offer: offer.eta_s, lambda value: f"{value / 60:.0f} min"),
    ("earliest", lambda offer: offer.starts_at, lambda _: ""),
    ("cheapest", lambda offer: offer.price_cents, lambda value: f"{value / 100:.2f}"),
)
"""What a choice may be first in, how that is measured, and said."""


def why_chosen(leg: Leg) -> str | None:
    """Why a leg's choice stands before all else that could be had; None: nothing is chosen."""
    if leg.choice is None:
        return None
    offer, others = leg.choice.offer, [option.offer for option in leg.options]
    if not others:
        return "the only one that was free and fits"
    count = len(others) + 1
    for what, measure, say in _MEASURES:
        mine, theirs = measure(offer), [measure(other) for other in others]
        known = [value for value in theirs if value is not None]
        if mine is None or len(known) < len(others) or mine >= min(known):
            continue
        beside = f": {say(mine)}, the next {say(min(known))}" if say(mine) else ""
        return f"the {what} of {count}{beside}"
    return f"the first of {count} by its policy's order"
