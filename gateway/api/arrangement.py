"""Arrangements as people see them: what the live page and the customer's page show.

A supervisor's state holds the whole bookkeeping; this is the part that means something outside.
"""

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from actors.state import TwinState
from actors.supervisors.arrangement import OUT, Arrangement, Leg, LegState
from actors.supervisors.offer import FOLLOWED, Line, Offer, first_alternative
from gateway.api.models import Answer
from gateway.api.options import OptionView, option_view, why_chosen

MAX_STEPS = 60

_UNSURE = (LegState.HOLDING, LegState.HELD)
_SURE = (LegState.HELD, LegState.CONFIRMING, LegState.CONFIRMED)


class ReturnView(Answer):
    """A hold that is being given back."""

    hold_id: str
    leg: str
    service: str


class LegView(Answer):
    """One thing that is booked."""

    name: str
    """`tow`, `slot`, `rental_2`, …"""
    sort: str
    """`tow`, `ride`, `rental`, `slot`, `cover`, …"""
    what: str
    """For people, in the customer's language once it is offered."""
    by: str
    """Who does it; empty until somebody is chosen."""
    state: str
    """As `actors.supervisors.arrangement.LegState`."""
    alternative: int = 0
    """Which of the alternatives it belongs to, from 1; 0: to all. The customer takes one."""
    price_cents: int | None = None
    """What the customer pays; null before it is offered."""
    cost_cents: int | None = None
    """What it costs; the insurer pays the difference."""
    declinable: bool = False
    eta_s: float | None = None
    """Seconds from acceptance until it is there."""
    starts_at: float | None = None
    ends_at: float | None = None
    reason: str | None = None
    """Why it is out."""
    required: bool = False
    """Without it the arrangement makes no sense."""
    last: bool = False
    """It is a part of what it pays for, and goes with that."""
    service: str | None = None
    """The twin of who does it; null until somebody is chosen."""
    hold_id: str | None = None
    """At its provider."""
    expires_at: float | None = None
    """When the hold lapses; null: it is none, or firm."""
    chosen_because: str | None = None
    """Why it was chosen among all that could be had."""
    options: list[OptionView]
    """What else could be had, the best first."""

    @property
    def out(self) -> bool:
        """Whether it is no part of the arrangement any more."""
        return self.state in OUT

    @property
    def sure(self) -> bool:
        """Whether it is reserved or booked."""
        return self.state in _SURE


class StepView(Answer):
    """One thing that happened."""

    name: str
    """`signal.noticed`, `tow.held`, `offer.sent`, …"""
    at: float
    twin_id: str
    """The twin that it concerns."""
    hold_id: str | None = None
    detail: str | None = None


class TrackView(Answer):
    """Where the vehicle is that is on the way."""

    leg: str
    service: str
    position: tuple[float, float] | None
    """(lat, lon) in degrees."""
    eta_s: float | None
    """Until it arrives, by the provider's estimate when it said so."""
    arrived: bool
    at: float


class ArrangementView(Answer):
    """One arrangement."""

    id: str
    supervisor_id: str
    twin_id: str
    """What it is about: the vehicle."""
    signal: str
    """What started it: `engine.overheating`."""
    state: str
    """As `actors.supervisors.arrangement.State`."""
    opened_at: float
    ended_at: float | None
    ended: bool
    reason: str | None
    now: float
    """Log time of this view."""
    position: tuple[float, float] | None
    """Where help is needed, (lat, lon) in degrees."""
    customer_id: str | None
    language: str
    currency: str | None
    total_cents: int | None
    """The sum of the prices of what is not declined; null before it is offered."""
    expires_at: float | None
    """Until then the offer may be answered."""
    accepted: bool | None
    """What the customer said; null while she has not."""
    alternative: int | None = None
    """Which she took; null while she has not, and where there are none."""
    first: int | None = None
    """Which of the alternatives is put first; null where there are none."""
    followed: bool = False
    """Whether it is to be told once that she has opened the offer: only where she agreed to it."""
    legs: list[LegView]
    track: TrackView | None
    case: str | None
    """Where a person decides: the case's state."""
    steps: list[StepView]
    """The last ones, oldest first."""
    deadlines: dict[str, float]
    """What is waited for -> until when: `offer`, `ask:tow`, `hold:ride`, …"""
    returns: list[ReturnView]
    """What is being given back."""


def is_supervisor(state: TwinState) -> bool:
    """Whether a twin is a supervisor: it has room for an arrangement."""
    return "arrangement" in state.state


def arrangements_of(twin_id: str, state: dict[str, Any], now: float) -> Iterator[ArrangementView]:
    """The arrangement of a supervisor that is open or ended last; nothing for other twins."""
    found = state.get("arrangement")
    if found is not None:
        view = _view(twin_id, found, now)
        if view is not None:
            yield view


def arrangement_of(state: TwinState, arrangement_id: str) -> ArrangementView | None:
    """One arrangement of a supervisor, open or remembered; None when it knows it no more."""
    past = state.state.get("past")
    for found in (state.state.get("arrangement"), *(past if isinstance(past, list) else ())):
        if isinstance(found, dict) and found.get("id") == arrangement_id:
            return _view(state.id, found, state.now)
    return None


def _view(supervisor_id: str, found: Any, now: float) -> ArrangementView | None:
    """Read one; None where a supervisor of another make keeps something else under the name."""
    try:
        arr = msgspec.convert(found, Arrangement)
        offer = None if arr.offer is None else msgspec.convert(arr.offer, Offer)
        position = _position(arr.cause.data.get("position"))
    except msgspec.ValidationError:
        return None
    lines: dict[str, list[Line]] = {}
    for line in offer.lines if offer is not None else ():
        lines.setdefault(line.leg, []).append(line)
    # A cover has one line for each alternative in which it costs another sum.
    legs = [_leg(leg, line) for leg in arr.legs.values() for line in lines.get(leg.name, [None])]
    total, first = None, 0
    if offer is not None:
        left = [leg for leg in legs if not leg.out]
        first = first_alternative((leg.alternative for leg in left), offer.first)
        total = sum(leg.price_cents or 0 for leg in left if leg.alternative in (0, first))
    track = arr.track
    return ArrangementView(
        id=arr.id,
        supervisor_id=supervisor_id,
        twin_id=arr.cause.twin_id,
        signal=arr.cause.name,
        state=arr.state.value,
        opened_at=arr.opened_at,
        ended_at=arr.ended_at,
        ended=arr.ended,
        reason=arr.reason,
        now=now,
        position=position,
        customer_id=offer.customer if offer is not None else None,
        language=offer.language if offer is not None else "en",
        currency=offer.currency if offer is not None else None,
        total_cents=total,
        expires_at=offer.expires_at if offer is not None else None,
        accepted=None if arr.verdict is None else arr.verdict.accept,
        alternative=None if arr.verdict is None else arr.verdict.alternative,
        first=first or None,
        followed=offer is not None and arr.facts.get(FOLLOWED) == offer.expires_at,
        legs=legs,
        track=None if track is None else TrackView.model_validate(track),
        case=None if arr.case is None else arr.case.state,
        steps=[StepView.model_validate(step) for step in arr.steps[-MAX_STEPS:]],
        deadlines=arr.deadlines,
        returns=[
            ReturnView(hold_id=hold_id, leg=back.leg, service=back.service)
            for hold_id, back in arr.returns.items()
        ],
    )


def _leg(leg: Leg, line: Line | None) -> LegView:
    choice = leg.choice
    by = "" if choice is None else choice.name or choice.offer.title
    return LegView(
        name=leg.name,
        sort=leg.sort_name,
        what=leg.sort_name if line is None else line.what,
        by=by,
        state=leg.state.value,
        alternative=leg.alternative if line is None else line.alternative,
        price_cents=None if line is None else line.price_cents,
        cost_cents=None if line is None else line.cost_cents,
        declinable=line is not None and line.declinable,
        eta_s=leg.eta_s,
        starts_at=leg.starts_at,
        ends_at=leg.ends_at,
        reason=leg.reason,
        required=leg.required,
        last=leg.last,
        service=leg.service,
        hold_id=leg.hold_id,
        expires_at=leg.expires_at if leg.state in _UNSURE else None,
        chosen_because=why_chosen(leg),
        options=[option_view(each) for each in leg.options],
    )


def recommended(view: ArrangementView) -> dict[int, str]:
    """Which alternative is recommended, and why; nothing, where there is no reason but its place.

    That is the one put first, if it is the only one to begin so soon (`soonest`), or the only one
    to cost her so little (`cheapest`).
    """
    legs = [leg for leg in view.legs if leg.price_cents is not None and not leg.out]
    others = sorted({leg.alternative for leg in legs if leg.alternative} - {view.first or 0})
    if view.first is None or not others:
        return {}

    def begins(number: int) -> float:
        times = [leg.starts_at for leg in legs if leg.alternative == number]
        return min((at for at in times if at is not None), default=math.inf)

    def costs(number: int) -> int:
        return sum(leg.price_cents or 0 for leg in legs if leg.alternative == number)

    if begins(view.first) < min(map(begins, others)):
        return {view.first: "soonest"}
    if costs(view.first) < min(map(costs, others)):
        return {view.first: "cheapest"}
    return {}


def _position(value: Any) -> tuple[float, float] | None:
    return None if value is None else msgspec.convert(value, tuple[float, float])


class Arrangements(Answer):
    """The newest arrangement of each supervisor."""

    items: list[ArrangementView]
    """The last opened first."""
    as_of: float
    """The state of the oldest checkpoint searched; about 2 s ago in normal running."""
    cursor: str | None = None
    """With it the next page is asked for; null: there is none."""
