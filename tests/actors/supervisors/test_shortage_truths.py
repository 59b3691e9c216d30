"""Shortage, held against the world: whoever calls when, by the companies' books.

The comparisons are those of the demo, on towns and calls that are drawn at random.
"""

import pytest
from support.scenes.shortage import HERE, MINUTE_S, THERE, Town, town

from actors.supervisors.estimates import towed_s
from actors.supervisors.following import FOLLOW_S
from deploy.demo.truths import arrivals, turns
from deploy.demo.truths.arrivals import Bounds
from twins.services.dispatch import NEWS_S, PAUSE_S


def busy(seed: int, off: float) -> tuple[Town, float]:
    """A town where more call than there are trucks; all have had one.

    Args:
        seed: Draws all of it.
        off: Jobs take so much more, or less, than is reckoned, of what they usually take.
    """
    here = town(seed)
    usual_s = towed_s(here.trucks.offers[0]["eta_s"], HERE, THERE)
    here.trucks.job_s = usual_s * here.drawn.uniform(1.0 - off, 1.0 + off)
    for _ in range(2 * len(here.trucks.offers) + here.drawn.randint(1, 4)):
        here.strands()
        here.drawn.fleet.advance(here.drawn.choice((0.0, 1.0, 20 * MINUTE_S)) * here.drawn.random())
    here.run()
    return here, usual_s


@pytest.mark.parametrize("seed", range(3))
def test_trucks_are_given_by_urgency_and_waiting(seed: int) -> None:
    """Whoever calls when, and however much sooner or later trucks are free."""
    here, _ = busy(seed, 0.5)
    truth = turns.compare(here.cases(), here.trucks.booked())

    assert () == truth.problems


@pytest.mark.parametrize("seed", range(3))
def test_trucks_come_when_they_were_said_to(seed: int) -> None:
    """Jobs are off by a tenth: so far, or as little as is no news, a promise may be off."""
    here, usual_s = busy(seed, 0.1)
    wait_s = NEWS_S + 0.1 * usual_s + 2 * PAUSE_S + FOLLOW_S
    bounds = Bounds(wait_s=wait_s, coming_s=2.0, misled_s=float("inf"))
    callers = [case.caller for case in here.cases()]
    truth = arrivals.compare(callers, here.trucks.booked(), bounds)

    assert () == truth.problems
    assert truth.figures["wait"]["promises"] > 0
