"""Offers of real supervisors are experiments, for who allows it: what she says is learned."""

from collections.abc import Callable
from typing import Any

import pytest
from support.drawn import SEEDS, Drawn

from actors.supervisors.arrangement import Arrangement, LegState
from actors.testing import FakeProvider
from twins.people.consents import ConsentSaid

LEARNER = "engagement/offer_service"


def told(
    seed: int,
    customer: Callable[[Any], Any],
    *,
    allows: bool = True,
    best: str | None = None,
    cars: int = 3,
) -> Drawn:
    """Lamps go on, one after the other; each owner has two channels, and is offered a service.

    Args:
        seed: What chance is drawn from.
        customer: What they say.
        allows: Whether they let it be learned.
        best: What is known already to be the best offer.
        cars: How many.
    """
    drawn = Drawn(seed)
    if best is not None:
        drawn.fleet.tell(LEARNER, "configured", {"exploration": 0.0, "control": 0.0})
    drawn.company("dealer", FakeProvider("slot", drawn.offers(1)), position=[60.0, 25.0])
    rental = drawn.company(
        "rental_depot", FakeProvider("rental", drawn.offers(30)), position=[60.1, 25.1]
    )
    drawn.desk("workshop", rental_depots=[{"id": rental, "position": [60.1, 25.1]}])
    drawn.fleet.customer = customer
    light(drawn, cars, allows=allows, best=best)
    return drawn


def light(drawn: Drawn, cars: int, *, allows: bool = True, best: str | None = None) -> None:
    """Let the lamps of so many more cars go on."""
    known = drawn.fleet.states()
    [garage], [desk] = ([id_ for id_ in known if id_.startswith(kind)]
                        for kind in ("dealer/", "desk/"))  # fmt: skip
    for _ in range(cars):
        owner, car = drawn.person(), f"vehicle/{drawn.key()}"
        ways = [{"channel": name, "address": drawn.key()} for name in ("sms", "email")]
        drawn.fleet.tell(owner, "configured", {"channels": ways})
        if allows:
            said = ConsentSaid(purpose="learning", given=True, how="form", text_version="1")
            drawn.fleet.tell(owner, "consent.said", said)
        drawn.fleet.tell(car, "configured", {"owner": owner, "dealer": garage, "desk": desk})
        drawn.fleet.measure(car, {"engine_light": True, "fault_code": "P0420"}, "fault")
        drawn.fleet.advance(300.0)
        if best is not None:
            teach(drawn, best)


def teach(drawn: Drawn, best: str) -> None:
    """This offer is always accepted, others never."""
    for number in range(60):
        for name in {"plain": 0, "2 first": 0, "3 first": 0, best: 0}:
            drawn.fleet.tell(LEARNER, "engagement.tried", {
                "contact": f"{drawn.key()}{number}", "segment": "any.sms", "how": "learned",
                "taken": {"offer": name}, "what": "accepted" if name == best else "ignored",
                "after_s": 1.0,
            })  # fmt: skip


def open_or_past(drawn: Drawn) -> list[Arrangement]:
    """The arrangement of each car, in the order of their lamps."""
    found = [
        state.arrangement
        for id_ in drawn.fleet.states()
        if id_.startswith("service/") and (state := drawn.fleet.twin(id_)).arrangement
    ]
    return sorted(found, key=lambda arr: arr.opened_at)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("taken", [None, 1])
def test_the_alternative_that_is_put_first_is_learned(seed: int, *, taken: int | None) -> None:
    """Its lines come first, it counts where she names none, and what she did is credited to it."""
    shown = []

    def customer(offer: Any) -> Any:
        shown.append(offer)
        return {"accept": True} if taken is None else {"accept": True, "alternative": taken}

    drawn = told(seed, customer, best="3 first")
    first, last = open_or_past(drawn)[0], open_or_past(drawn)[-1]
    offer, verdict = shown[-1], last.verdict
    total = sum(line["price_cents"] for line in offer["lines"] if line["alternative"] == 3)

    assert (3, 3, total) == (offer["lines"][0]["alternative"], offer["first"], offer["total_cents"])
    assert verdict is not None
    assert (taken or 3) == verdict.alternative, f"seed {seed}"
    assert LegState.CONFIRMED is last.legs[f"slot_{taken or 3}"].state
    assert "first" not in shown[0]  # before anything was learned
    assert first.verdict is not None
    assert 1 == first.verdict.alternative
    assert 3 * 60 + 2 == drawn.fleet.twin(LEARNER).segments[""]["offer"]["3 first"].n
    assert drawn.fleet.replay().states() == drawn.fleet.states()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_story_has_two_wordings(seed: int) -> None:
    """Both are learned of; each is one that the story has."""
    drawn = told(seed, lambda _: {"accept": True})
    arms = drawn.fleet.twin(LEARNER).segments[""]["wording"]
    subjects = {notice["subject"] for notice in drawn.fleet.notices if notice.get("offer")}

    assert arms.keys() <= {"plain", "short"}
    assert 2 == sum(known.n for known in arms.values())
    assert subjects <= {"Your engine light is on: choose an appointment",
                        "Engine light: which time suits you?"}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_appointments_without_rentals_are_offered(seed: int) -> None:
    """What the other offer lacks is given back when it is chosen, and nothing else."""
    shown = []
    drawn = told(seed, lambda offer: shown.append(offer) or {"accept": True}, best="no rental")
    last = open_or_past(drawn)[-1]
    legs = {name: leg.state for name, leg in last.legs.items()}

    assert {"slot_1", "slot_2", "slot_3"} == {line["leg"] for line in shown[-1]["lines"]}
    assert shown[-1]["lines"][0]["price_cents"] == shown[-1]["total_cents"]
    assert (LegState.CONFIRMED, LegState.RELEASED) == (legs["slot_1"], legs["rental_1"])
    assert "not offered" == last.legs["rental_1"].reason
    assert last.returns == {}
    assert drawn.fleet.replay().states() == drawn.fleet.states()


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_every_offer_of_the_story_is_tried_and_none_when_it_is_off(seed: int) -> None:
    """The floor of exploration takes each; the switch ends it at once; a replay takes the same."""
    shown: list[Any] = []
    drawn = told(seed, shown.append, cars=1)
    drawn.fleet.tell(LEARNER, "configured", {"exploration": 0.5, "control": 0.0})
    light(drawn, 24)
    drawn.fleet.advance(7200.0)
    arms = drawn.fleet.twin(LEARNER).segments[""]["offer"]
    drawn.fleet.tell("engagement/all", "configured", {"learning": False})
    shown.clear()
    light(drawn, 3)

    assert {"plain", "2 first", "3 first", "no rental"} == arms.keys()
    assert 24 == sum(known.n for known in arms.values())
    assert [(6, 0)] * 3 == [(len(offer["lines"]), offer.get("first", 0)) for offer in shown]
    assert 24 == sum(known.n for known in drawn.fleet.twin(LEARNER).segments[""]["offer"].values())
    assert drawn.fleet.replay().states() == drawn.fleet.states()


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
@pytest.mark.parametrize("allows", [True, False])
def test_what_she_opens_is_learned_once_if_she_allows_it(seed: int, *, allows: bool) -> None:
    """The page tells it, as often as it likes; a page of an older offer tells nothing."""
    drawn = told(seed, lambda _: None, allows=allows)
    last = open_or_past(drawn)[-1]
    opened = {"arrangement_id": last.id, "until": last.deadlines["offer"]}
    before = last.facts.get("followed")
    for until in (opened["until"] - 1.0, opened["until"], opened["until"]):
        drawn.fleet.tell(last.supervisor, "offer.opened", {**opened, "until": until})
    steps = [step.name for step in drawn.arrangement(last.supervisor).steps]
    drawn.fleet.advance(7200.0)
    did = drawn.fleet.twin(LEARNER).did

    assert (opened["until"] if allows else None) == before, f"seed {seed}"
    assert int(allows) == steps.count("offer.opened")
    assert ({"opened": 1, "ignored": 1} if allows else {}) == did
    assert drawn.fleet.replay().states() == drawn.fleet.states()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_an_employee_answers_is_not_learned(seed: int) -> None:
    """The arrangement goes on as it would; her twin knows who it was."""
    drawn = told(seed, lambda _: {"accept": True, "answered_by": "employee/ann"})
    last = open_or_past(drawn)[-1]
    her = drawn.fleet.twin(last.offer["customer"] if last.offer else "")

    assert {} == drawn.fleet.twin(LEARNER).did
    assert last.verdict is not None
    assert (True, "employee/ann") == (last.verdict.accept, last.verdict.answered_by)
    assert ["employee/ann"] == [it.by for it in her.contacts if it.what == "offer.answered"]
    assert drawn.fleet.replay().states() == drawn.fleet.states()


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_does_not_allow_it_is_no_experiment(seed: int) -> None:
    """Nobody is even asked for advice."""
    drawn = told(seed, lambda _: {"accept": True, "alternative": 1}, allows=False)

    assert {} == drawn.fleet.twin(LEARNER).given
    assert 3 == len([notice for notice in drawn.fleet.notices if notice.get("offer")])
