"""Shortage: more cars are stranded than there are trucks; by urgency and waiting, with times."""

import pytest
from msgspec import structs
from support.drawn import SEEDS, Drawn, steps
from support.scenes.shortage import HERE, LEVELS, MINUTE_S, REACH, THERE, town

from actors.supervisors.arrangement import State
from actors.supervisors.estimates import towed_s
from actors.supervisors.following import FOLLOW_S
from actors.testing import Fault
from twins.services.dispatch import KEEP, NEWS_S, PAUSE_S, Dispatch, Waiting


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_has_one_truck_in_the_end(seed: int) -> None:
    """However few there are; none is sent twice, and the queue is empty."""
    here = town(seed)
    cars = len(here.trucks.offers) + here.drawn.randint(2, 6)
    for _ in range(cars):
        here.strands()
        here.drawn.fleet.advance(here.drawn.uniform(0, 300))
    here.run()
    used = [record for record in here.trucks.holds.values() if record.confirmed_at]

    assert {State.CLOSED} == {here.arrangement(car).state for car in here.cars}
    assert cars == len(used)
    assert 0 == here.trucks.count("held", here.drawn.fleet.now)
    assert {} == here.dispatch.waiting

    again = here.drawn.fleet.replay()

    assert here.drawn.fleet.states() == again.states()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_most_urgent_one_is_next(seed: int) -> None:
    """Those who wait from the same time on, in the order of their points."""
    here = town(seed, trucks=1)
    first = here.strands()
    levels = list(range(len(LEVELS)))
    here.drawn.shuffle(levels)
    for level in levels:
        here.strands(level)
    here.run()
    after = here.turns()[1:]

    assert first == here.turns()[0]
    # Equal points: who waited longer. Nobody told of a time lets a small gain pass.
    gains = [here.cars[later] - here.cars[sooner] for sooner, later in zip(after, after[1:])]  # noqa: B905, RUF007 - of different lengths
    assert all(gain <= KEEP for gain in gains)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_who_wait_know_when_and_that_is_true(seed: int) -> None:
    """Jobs take a tenth more or less than expected: so late, or less than is news, it is at most.

    What she was told last before her truck was sent counts; and that she is not told for little.
    """
    here = town(seed, trucks=2)
    usual_s = towed_s(here.trucks.offers[0]["eta_s"], HERE, THERE)
    here.trucks.job_s = usual_s * here.drawn.uniform(0.9, 1.1)
    for _ in range(here.drawn.randint(4, 6)):
        here.strands()
    here.run()
    waited = here.turns()[2:]

    assert len(waited) >= 2
    for car in waited:
        arr = here.arrangement(car)
        arrived_at = next(step.at for step in arr.steps if step.name == "tow.arrived")
        off_s = abs(arrived_at - arr.facts["arrives_at"])

        assert off_s <= NEWS_S + 0.1 * usual_s + 2 * PAUSE_S + FOLLOW_S
        assert {"wait.told", "coming.told"} <= set(steps(arr))
        assert arr.facts["waits"] <= 1 + len(here.cars)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_waits_too_long_is_with_a_person(seed: int) -> None:
    """No truck at all, or all of them away: she is told, and keeps no place in the queue."""
    here = town(seed, trucks=seed % 3)
    for _ in range(len(here.trucks.offers)):
        here.strands()
    patience_s = here.drawn.uniform(1, 5) * MINUTE_S
    car = here.strands(patience_s=patience_s)
    here.drawn.fleet.advance(patience_s + 1.0)
    here.drawn.fleet.run_until(lambda: here.arrangement(car).ended, 1800.0)
    arr = here.arrangement(car)

    assert (State.WITH_PERSON, "roadside") == (
        arr.state, here.drawn.fleet.twin(here.desk).cases[arr.case.id].skill,
    )  # fmt: skip
    assert "late.told" in steps(arr)
    assert arr.id not in here.dispatch.waiting
    here.run()
    assert len(here.trucks.offers) == len(here.turns())


@pytest.mark.parametrize(("patience_s", "said"), [(6.0, "6 s"), (600.0, "10 min")])
def test_the_person_reads_how_long_she_has_waited(patience_s: float, said: str) -> None:
    """In a unit that says something."""
    here = town(1, trucks=0)
    car = here.strands(patience_s=patience_s)
    here.drawn.fleet.run_until(lambda: here.arrangement(car).ended, 1800.0)
    case = here.drawn.fleet.twin(here.desk).cases[here.arrangement(car).case.id]

    assert f"no truck was free for {said}" == case.reason


@pytest.mark.parametrize("seed", range(10))
def test_whatever_the_companies_do_it_ends(seed: int) -> None:
    """One call in six goes wrong: each car has a truck or a person, and nothing stays held."""
    here = town(seed)
    here.drawn.let_companies_fail()
    for _ in range(here.drawn.randint(3, 7)):
        here.strands(patience_s=7200.0)
        here.drawn.fleet.advance(here.drawn.uniform(0, 600))
    here.run()
    here.drawn.fleet.fault = lambda _: Fault()
    here.drawn.fleet.advance(2 * 3600.0)

    for car in here.cars:
        arr = here.arrangement(car)
        confirmed = [id_ for id_ in here.trucks.holds if id_.startswith(arr.id)
                     and here.trucks.holds[id_].state in ("confirmed", "done")]  # fmt: skip

        assert arr.state in (State.CLOSED, State.WITH_PERSON)
        assert len(confirmed) <= 1 or arr.case is not None
    assert 0 == here.trucks.count("held", here.drawn.fleet.now)
    assert {} == here.dispatch.waiting


@pytest.mark.parametrize("seed", SEEDS)
def test_who_gives_up_frees_her_place(seed: int) -> None:
    """She drives on: the queue forgets her when her policy is stopped."""
    here = town(seed, trucks=0)
    car = here.strands()
    arr = here.arrangement(car)

    assert arr.id in here.dispatch.waiting

    here.drawn.fleet.tell(
        car, "leave.withdrawn",
        {"arrangement_id": arr.id, "policy": "policy/shortage", "reason": "stopped"},
    )  # fmt: skip

    assert {} == here.dispatch.waiting


@pytest.mark.parametrize("seed", SEEDS)
def test_whom_no_truck_reaches_holds_up_nobody(seed: int) -> None:
    """However urgent they are, and however many: those behind them have theirs."""
    here = town(seed, trucks=2)
    far = [here.strands(0, lat=REACH + 1.0, patience_s=7200.0)
           for _ in range(here.drawn.randint(1, 9))]  # fmt: skip
    near = [here.strands(7) for _ in range(2)]
    here.drawn.fleet.run_until(lambda: all(here.arrangement(car).ended for car in near), 3600.0)

    assert {State.CLOSED} == {here.arrangement(car).state for car in near}

    here.run()

    assert {State.WITH_PERSON} == {here.arrangement(car).state for car in far}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_truck_that_is_free_early_goes_to_the_next(seed: int) -> None:
    """Within the pause after which it is asked again, whatever was expected."""
    here = town(seed, trucks=1)
    here.strands()
    car = here.strands()
    here.drawn.fleet.advance(here.drawn.uniform(1, 4) * MINUTE_S)

    assert "turn.given" not in steps(here.arrangement(car))

    here.trucks.job_s = 0.0
    here.drawn.fleet.advance(PAUSE_S + 1.0)

    assert "tow.confirmed" in steps(here.arrangement(car))


@pytest.mark.parametrize("seed", SEEDS)
def test_how_often_it_is_asked_is_the_desks_to_say(seed: int) -> None:
    """A shorter pause finds a truck that is free as much sooner."""
    here = town(seed, trucks=1)
    pause_s = here.drawn.uniform(1.0, 0.5 * PAUSE_S)
    queue = f"dispatch/{here.desk.partition('/')[2]}"
    here.drawn.fleet.tell(queue, "configured", {"pause_s": pause_s})
    here.strands()
    car = here.strands()
    here.drawn.fleet.advance(here.drawn.uniform(1, 4) * MINUTE_S)
    here.trucks.job_s = 0.0
    here.drawn.fleet.advance(pause_s + 0.5)

    assert "tow.confirmed" in steps(here.arrangement(car))


@pytest.mark.parametrize("seed", SEEDS)
def test_without_any_operator_a_person_has_it_at_once(seed: int) -> None:
    """There is nothing to wait for."""
    here = town(seed)
    here.drawn.fleet.tell(here.desk, "configured", {"tow_operators": []})
    arr = here.arrangement(here.strands())

    assert State.WITH_PERSON is arr.state
    assert {} == here.dispatch.waiting


# -- the order, by itself ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(50))
def test_nobody_starves(seed: int) -> None:
    """Whoever waits so long goes before anybody who comes now, whatever her case is."""
    drawn = Drawn(seed)
    now = 1e9
    longest = 110 * MINUTE_S
    old = {f"old-{n}": Waiting(asker="shortage/a", since=now - longest - drawn.uniform(1, 9e4),
                               urgency=drawn.uniform(0, 100))
           for n in range(drawn.randint(1, 9))}  # fmt: skip
    new = {f"new-{n}": Waiting(asker="shortage/b", since=now - drawn.uniform(0, 1),
                               urgency=drawn.uniform(0, 99.9),
                               told_at=drawn.choice((None, now)))
           for n in range(drawn.randint(1, 9))}  # fmt: skip
    order = Dispatch(key="d", waiting=new | old).order(now)

    assert set(old) == set(order[: len(old)])


@pytest.mark.parametrize("seed", range(20))
def test_a_promised_truck_is_not_taken_for_a_small_gain(seed: int) -> None:
    """For a large one it is."""
    drawn = Drawn(seed)
    now, urgency = 1e9, drawn.uniform(0, 50)
    promised = Waiting(asker="shortage/a", since=now, urgency=urgency, told_at=now)
    little = Waiting(asker="shortage/b", since=now, urgency=urgency + drawn.uniform(0, KEEP - 0.1))
    much = Waiting(asker="shortage/c", since=now, urgency=urgency + drawn.uniform(KEEP + 0.1, 50))

    assert ["a", "b"] == Dispatch(key="d", waiting={"b": little, "a": promised}).order(now)
    assert ["c", "a"] == Dispatch(key="d", waiting={"a": promised, "c": much}).order(now)

    # Nor when the other one has been told a later time herself.
    told = structs.replace(little, told_at=now + drawn.uniform(1, 9e3))

    assert ["a", "b"] == Dispatch(key="d", waiting={"b": told, "a": promised}).order(now)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_truck_that_is_free_sooner_is_still_one_truck(seed: int) -> None:
    """Its old job does not count beside its new one: who waits behind is told when that is over."""
    here = town(seed, trucks=1)
    usual_s = towed_s(here.trucks.offers[0]["eta_s"], HERE, THERE)
    here.trucks.job_s = usual_s * here.drawn.uniform(0.5, 0.7)
    for _ in range(3):
        here.strands(level=0)
    here.run()
    third = here.arrangement(here.turns()[2])
    second = here.arrangement(here.turns()[1])
    begun_at = next(step.at for step in second.steps if step.name == "tow.confirmed")
    after = [each for each in third.facts["promised"] if each["at"] >= begun_at]

    # Sooner than that the truck, which has just begun, can be free again by nobody's reckoning.
    assert all(each["arrives_at"] >= begun_at + usual_s for each in after if each["what"] == "wait")
    assert third.facts["promised"][-1]["what"] == "coming"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_desk_knows_its_operators(seed: int) -> None:
    """How long they load and how fast they tow counts in what who waits is told."""
    here = town(seed, trucks=1)
    loading_s, kmh = here.drawn.uniform(60, 3000), here.drawn.uniform(10, 90)
    (entry,) = here.drawn.fleet.twin(here.desk).tow_operators
    known = {"id": entry.id, "position": HERE, "loading_s": loading_s, "towing_kmh": kmh}
    here.drawn.fleet.tell(here.desk, "configured", {"tow_operators": [known]})
    first, second = here.strands(level=0), here.strands(level=0)
    here.drawn.fleet.run_until(lambda: "arrives_at" in here.arrangement(second).facts)
    confirmed = [s.at for s in here.arrangement(first).steps if s.name == "tow.confirmed"]
    eta_s = here.trucks.offers[0]["eta_s"]
    expected = confirmed[0] + towed_s(eta_s, HERE, THERE, loading_s, kmh) + eta_s

    assert pytest.approx(expected, abs=2.0) == here.arrangement(second).facts["arrives_at"]


@pytest.mark.parametrize("news_s", [60.0, 3600.0])
def test_how_much_is_news_is_the_desks_to_say(news_s: float) -> None:
    """A truck that is twenty minutes later is news after one minute, and none after an hour."""
    here = town(1, trucks=1, eta_s=600.0)
    queue = f"dispatch/{here.desk.partition('/')[2]}"
    here.drawn.fleet.tell(queue, "configured", {"news_s": news_s})
    here.strands(level=0)
    last = here.strands(level=7)
    here.drawn.fleet.run_until(lambda: "arrives_at" in here.arrangement(last).facts)
    here.strands(level=0)
    here.drawn.fleet.advance(60.0)

    assert (2 if news_s < NEWS_S else 1) == here.arrangement(last).facts["waits"]
