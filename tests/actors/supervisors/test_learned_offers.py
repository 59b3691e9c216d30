"""Offers of real supervisors are experiments, for who allows it: what she says is learned."""

from collections.abc import Callable
from typing import Any

import pytest
from support.drawn import SEEDS, Drawn

from actors.testing import FakeProvider
from twins.people.consents import ConsentSaid

LEARNER = "engagement/offer_service"


def told(seed: int, customer: Callable[[Any], Any], *, allows: bool = True) -> Drawn:
    """Lamps go on, one after the other; each owner has two channels, and is offered a service."""
    drawn = Drawn(seed)
    garage = drawn.company("dealer", FakeProvider("slot", drawn.offers(1)), position=[60.0, 25.0])
    rental = drawn.company(
        "rental_depot", FakeProvider("rental", drawn.offers(30)), position=[60.1, 25.1]
    )
    desk = drawn.desk("workshop", rental_depots=[{"id": rental, "position": [60.1, 25.1]}])
    drawn.fleet.customer = customer
    for _ in range(3):
        owner, car = drawn.person(), f"vehicle/{drawn.key()}"
        ways = [{"channel": name, "address": drawn.key()} for name in ("sms", "email")]
        drawn.fleet.tell(owner, "configured", {"channels": ways})
        if allows:
            said = ConsentSaid(purpose="learning", given=True, how="form", text_version="1")
            drawn.fleet.tell(owner, "consent.said", said)
        drawn.fleet.tell(car, "configured", {"owner": owner, "dealer": garage, "desk": desk})
        drawn.fleet.measure(car, {"engine_light": True, "fault_code": "P0420"}, "fault")
        drawn.fleet.advance(300.0)
    return drawn


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("accept", "what"), [(True, "accepted"), (False, "declined")])
def test_what_she_answers_is_learned(seed: int, *, accept: bool, what: str) -> None:
    """By the story's own learner; the first person is told before it has joined."""
    drawn = told(seed, lambda _: {"accept": accept, "alternative": 1})
    learner = drawn.fleet.twin(LEARNER)

    assert {what: 2} == learner.did, f"seed {seed}"
    assert (1, 3) == (learner.given["off"], sum(learner.given.values()))
    assert 2 == sum(known.n for known in learner.segments[""]["channel"].values())
    assert drawn.fleet.replay().states() == drawn.fleet.states()


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_does_not_allow_it_is_no_experiment(seed: int) -> None:
    """Nobody is even asked for advice."""
    drawn = told(seed, lambda _: {"accept": True, "alternative": 1}, allows=False)

    assert {} == drawn.fleet.twin(LEARNER).given
    assert 3 == len([notice for notice in drawn.fleet.notices if notice.get("offer")])
