"""Offer: what a customer is asked, in one message, and what she says.

The message goes by the customer's twin, as every message to her. The channel's worker reads it as
a `Notice`, and puts a signed link to the offer into it. The answer comes from the API as
`offer.answered`.
"""

from collections.abc import Iterable

from msgspec import Struct, structs

from actors.supervisors.arrangement import Arrangement, Leg
from twins.people.messages import Letter
from twins.units import Cents, Currency, Seconds, Short, Time, Token


class Line(Struct, kw_only=True, omit_defaults=True):
    """One thing that is offered, with its price."""

    leg: Token
    alternative: int = 0
    """Which of the alternatives it belongs to, from 1; 0: to all."""
    what: Short
    """In the customer's language."""
    by: Short = ""
    """Who does it."""
    price_cents: Cents
    """What the customer pays for it."""
    cost_cents: Cents
    """What it costs; the insurer pays the difference."""
    declinable: bool = True
    eta_s: Seconds | None = None
    """Seconds from acceptance until it is there."""
    starts_at: Time | None = None
    ends_at: Time | None = None


class Offer(Struct, kw_only=True, omit_defaults=True):
    """All of it: accept it with one tap, decline it, or decline some lines.

    Where there are alternatives, the tap takes one of them.
    """

    supervisor: Short
    """The twin that takes the answer."""
    arrangement_id: Token
    customer: Short
    language: Short
    currency: Currency
    lines: list[Line]
    total_cents: Cents
    """The sum of the lines' prices; of alternatives, with the first."""
    expires_at: Time
    """After that everything is given back."""
    first: int = 0
    """Which alternative is put first, and counts where she names none; 0: that of lowest number."""


class Notice(Letter, kw_only=True, omit_defaults=True):
    """A message that may carry an offer."""

    offer: Offer | None = None  # type: ignore[assignment]  # narrower than the base field: msgspec reads it with this type


class OfferAnswer(Struct, kw_only=True, omit_defaults=True):
    """What the customer, or an employee on her behalf, said: `offer.answered`.

    It is read leniently: a garbled name means nothing, and must not set the supervisor aside.
    """

    arrangement_id: str
    accept: bool
    declined: list[str] = []
    """Names of the legs that she does not want. Names that are not offered mean nothing."""
    answered_by: str
    until: float | None = None
    """When the offer ends that she has seen; an answer to an older one means nothing."""
    alternative: int | None = None
    """Which she takes, where there are alternatives; one that is not offered means the first."""


HERSELF = frozenset({"customer", "her"})
"""What stands in `answered_by` where she has answered herself; her twin's id does, too."""


def another(answered_by: str, customer: str) -> str:
    """Who answered for her, an employee on the telephone say; empty: she did herself."""
    if answered_by in HERSELF or answered_by == customer:
        return ""
    return answered_by[:200] or "unknown"


class OfferOpened(Struct, kw_only=True):
    """Her browser has opened an offer's page: `offer.opened`."""

    arrangement_id: Token
    until: Time
    """When the offer ends that she has seen."""


FOLLOWED = "followed"
"""Fact of an arrangement: when the offer ends of which it is still to be told that it was opened;
it is not there where she does not let that be learned."""


def first_alternative(alternatives: Iterable[int], first: int = 0) -> int:
    """The one that counts where nobody has chosen; 0 where there are none.

    Args:
        alternatives: Numbers of those that are left.
        first: Which is put first, as long as it is left.
    """
    numbers = {number for number in alternatives if number}
    return first if first in numbers else min(numbers, default=0)


def put_first(offer: Offer) -> dict[str, Offer]:
    """The same offer with each of the other alternatives first: `2 first`, `3 first`."""
    numbers = sorted({line.alternative for line in offer.lines if line.alternative})
    variants = {}
    for number in numbers[1:]:
        lines = sorted(offer.lines, key=lambda line: line.alternative not in (0, number))
        total = sum(line.price_cents for line in lines if line.alternative in (0, number))
        variants[f"{number} first"] = structs.replace(
            offer, lines=lines, total_cents=total, first=number
        )
    return variants


def without(offer: Offer, sort: str, arr: Arrangement) -> dict[str, Offer]:
    """The same offer without its legs of one sort: `no rental`; none, where nothing else is left.

    Args:
        offer: Its lines.
        sort: Which legs it shall lack.
        arr: Whose legs they are.
    """
    lines = [line for line in offer.lines if arr.legs[line.leg].sort_name != sort]
    if not lines or len(lines) == len(offer.lines):
        return {}
    first = first_alternative((line.alternative for line in lines), offer.first)
    total = sum(line.price_cents for line in lines if line.alternative in (0, first))
    return {f"no {sort}": structs.replace(offer, lines=lines, total_cents=total)}


def priced(
    legs: list[Leg],
    what: dict[str, str],
    *,
    covered: list[str],
    cover: Leg | None,
    deductible_cents: int,
) -> list[Line]:
    """The lines of these legs, with what the insurer pays deducted.

    Of all that is covered together the customer pays the deductible, and never more than it costs.
    The deductible is a line of its own (the cover's), so that declining another line can only make
    the total smaller; where alternatives differ in it, one for each of them.

    Args:
        legs: What is held, without the cover.
        what: Sort of leg -> its name in the customer's language.
        covered: Legs that the insurer pays for.
        cover: The insurer's leg; None if nothing is covered.
        deductible_cents: What the customer pays of the covered ones together.
    """
    lines: list[Line] = []
    costs = {leg.alternative: 0 for leg in legs if leg.alternative} or {0: 0}
    for leg in legs:
        is_covered = cover is not None and leg.name in covered
        if is_covered:
            for alternative in costs:
                if leg.alternative in (0, alternative):
                    costs[alternative] += leg.price_cents
        lines.append(_line(leg, what, 0 if is_covered else leg.price_cents, leg.price_cents))
    if cover is not None:
        own = {alternative: min(deductible_cents, cents) for alternative, cents in costs.items()}
        if len(set(own.values())) == 1:
            own = {0: next(iter(own.values()))}
        lines += [
            structs.replace(
                _line(cover, what, cents, cents), alternative=alternative, declinable=False
            )
            for alternative, cents in sorted(own.items())
        ]
    return lines


def _line(leg: Leg, what: dict[str, str], price_cents: int, cost_cents: int) -> Line:
    assert leg.choice is not None
    return Line(
        leg=leg.name,
        alternative=leg.alternative,
        what=what.get(leg.sort_name, leg.sort_name),
        by=leg.choice.name or leg.choice.offer.title,
        price_cents=price_cents,
        cost_cents=cost_cents,
        eta_s=leg.eta_s,
        starts_at=leg.starts_at,
        ends_at=leg.ends_at,
    )
