"""People: what would become of each of them, with Vigil's help and without: both are drawn.

In the world only one of the two ever happens. Here both are known, so what a policy changes is
known too: for each person, and on average (`effects`).
"""

from collections.abc import Sequence
from random import Random
from statistics import fmean
from typing import Final

from msgspec import Struct

MINUTE_S: Final = 60.0

ANSWERS_AFTER_S: Final = 20.0
"""How long she looks at an offer before she taps."""

ANSWER: Final = 0.5
"""Share of persons who answer a survey, whatever became of them."""

ACCEPT: Final = 0.9
CALL_ALONE, CALL_HELPED = 0.7, 0.15
"""Shares of persons who call the hotline."""


class Life(Struct, frozen=True, kw_only=True):
    """What becomes of a person after her car has overheated."""

    calls_after_s: float | None
    """When she calls the hotline, seconds after the signal; None: she does not."""
    minutes: float
    """From the signal until help is there."""
    cents: int
    """What the help costs, in EUR."""
    score: int | None
    """What she answers to how satisfied she is, 0 to 10; None: nothing."""


class Person(Struct, frozen=True, kw_only=True):
    """One customer."""

    number: int
    accepts: bool
    """Whether she takes what she is offered; where she does not, it goes on as without."""
    eta_s: float
    """How long the truck takes to her once it is confirmed."""
    cents: int
    """What it costs."""
    alone: Life
    """Without help of Vigil: she finds a truck by herself, or calls the hotline for one."""
    helped: Life
    """With it."""

    @property
    def treated(self) -> Life:
        """What becomes of her where the policy acts."""
        return self.helped if self.accepts else self.alone


def population(seed: int, count: int) -> list[Person]:
    """Draw so many; the first ones are the same, however many there are."""
    return [_person(Random(f"population {seed} {number}"), number) for number in range(count)]


def _person(draw: Random, number: int) -> Person:
    eta_s, cents = draw.uniform(240.0, 900.0), draw.randrange(12_000, 20_000)
    answers = draw.random() < ANSWER
    alone = Life(
        calls_after_s=draw.uniform(300.0, 3600.0) if draw.random() < CALL_ALONE else None,
        minutes=min(600.0, draw.lognormvariate(4.4, 0.5)),
        cents=draw.randrange(16_000, 32_000),
        score=_score(draw, 4.5) if answers else None,
    )
    helped = Life(
        calls_after_s=draw.uniform(300.0, 3600.0) if draw.random() < CALL_HELPED else None,
        minutes=(ANSWERS_AFTER_S + eta_s) / MINUTE_S,
        cents=cents,
        score=_score(draw, 7.5) if answers else None,
    )
    accepts = draw.random() < ACCEPT
    return Person(
        number=number, accepts=accepts, eta_s=eta_s, cents=cents, alone=alone, helped=helped
    )


def _score(draw: Random, mean: float) -> int:
    return min(10, max(0, round(draw.gauss(mean, 2.0))))


def effects(people: Sequence[Person]) -> dict[str, float]:
    """What helping these persons changes on average, by the name of the measure.

    Helped less not helped, each of them; units are those of `twins.policies.comparison`.
    """
    lives = [(person.treated, person.alone) for person in people]
    answered = [
        (one.score - other.score) * _STEP
        for one, other in lives
        if one.score is not None and other.score is not None
    ]
    return {
        "had to call": fmean(
            (one.calls_after_s is not None) - (other.calls_after_s is not None)
            for one, other in lives
        ),
        "minutes to help": fmean(one.minutes - other.minutes for one, other in lives),
        "cost": fmean(one.cents - other.cents for one, other in lives),
        "satisfaction": fmean(answered),
    }


_STEP: Final = 0.4
"""She answers from 0 to 10; policies compare from 1 to 5."""
