"""Turns: in which order trucks were given, against how urgent each call was and how long it waited.

What the policy promises: first is who has the most points, her urgency (0 to 100) and one for each
minute of waiting. Whoever has been told a time goes back only for a case that is 10 points worse;
and one that cannot pass her cannot pass those before her, either.
"""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Final

from msgspec import Struct

from deploy.demo.truths.arrivals import WAIT, Caller
from deploy.demo.truths.truth import Truth
from deploy.demo.truths.world import Booked

NAME: Final = "turns"

MINUTE_S: Final = 60.0
TOLD: Final = 10.0
"""So many points more another one needs to go before somebody who was told a time."""

REACH_S: Final = 5.0
"""A call that came so shortly before a truck was given may not have reached the queue by then."""

BLUR: Final = 0.1
"""Points; nobody's clock is exact to the second."""


class Case(Struct, kw_only=True, frozen=True):
    """A call, and how bad it is."""

    caller: Caller
    urgency: float
    """Points, by what the car has said."""

    def points(self, at: float) -> float:
        """How much it was her turn then."""
        return self.urgency + max(0.0, at - self.caller.called_at) / MINUTE_S

    def told(self, at: float) -> bool:
        """Whether she had been told a time by then."""
        return any(each.what == WAIT and each.at < at for each in self.caller.promises)


def compare(cases: Sequence[Case], booked: Sequence[Booked]) -> Truth:
    """Hold the order of trucks against the calls.

    Args:
        cases: All who called for the same trucks.
        booked: What their company has given, to whomever.
    """
    taken = _taken(cases, booked)
    served = [(at, case) for case in cases if (at := taken.get(case.caller.customer_id))]
    served.sort(key=lambda each: each[0])
    problems, compared = [], 0
    for at, case in served:
        rivals = [
            other
            for other in cases
            if other is not case
            and other.caller.called_at < at - REACH_S
            and taken.get(other.caller.customer_id, inf) > at
        ]
        compared += len(rivals)
        problems += list(_passed(case, rivals, at))
    if not compared:
        problems.append("no two waited for one truck, so no order was shown")
    return Truth(
        name=NAME,
        says="trucks were given in this order: "
        + "; ".join(
            f"{case.urgency:g} points, waited {at - case.caller.called_at:.1f} s"
            for at, case in served
        ),
        figures={
            "compared": compared,
            "served": [
                {
                    "customer_id": case.caller.customer_id,
                    "urgency": case.urgency,
                    "called_at": case.caller.called_at,
                    "given_at": at,
                }
                for at, case in served
            ],
        },
        problems=tuple(problems),
    )


def _taken(cases: Sequence[Case], booked: Sequence[Booked]) -> dict[str, float]:
    """Customer -> when a truck was taken for her that she kept."""
    customers = {case.caller.customer_id for case in cases}
    return {
        each.customer_id: each.held_at
        for each in booked
        if each.live and each.customer_id in customers
    }


def _passed(case: Case, rivals: Sequence[Case], at: float) -> Iterator[str]:
    """Of those who waited, too, who should have been before her."""
    mine = case.points(at)
    for other in rivals:
        hers = other.points(at)
        more = TOLD if case.told(at) else -TOLD if other.told(at) else 0.0
        if hers <= mine + more + BLUR:
            continue
        if any(mine <= third.points(at) <= hers for third in rivals if third is not other):
            continue  # she could not pass the third one
        yield (
            f"{case.caller.customer_id} had a truck with {mine:.1f} points, while "
            f"{other.caller.customer_id} waited with {hers:.1f}"
        )
