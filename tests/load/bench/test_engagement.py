"""Learning beats the fixed policy where there is something to learn, and costs little elsewhere."""

import json
from itertools import product
from random import Random

import pytest

from load.bench.engagement import OF_RIVER, WAYS, Fixed, Vigil, compare, main, run
from load.bench.populations import CHANNELS, OFFERS, POPULATIONS
from twins.ids import digest
from twins.learning.arms import Segment, note
from twins.learning.choosing import choose, fixed
from twins.learning.settings import LearningSettings

BY_NAME = {one.name: one for one in POPULATIONS}
SEEDS = range(11, 15)
CONTACTS = 1200


def truth(name: str) -> tuple[float, float, float]:
    """Chance that a person answers by the fixed policy, by the best way, by any; on average."""
    population = BY_NAME[name]
    of = []
    for segment in CHANNELS:
        options = population.options(segment)
        ways = [dict(zip(options, way, strict=True)) for way in product(*options.values())]
        chances = [population.chance(segment, way, 0.0) for way in ways]
        first = population.chance(segment, fixed(options), 0.0)
        of.append((first, max(chances), sum(chances) / len(ways)))
    first, best, any_ = (sum(part) / len(of) for part in zip(*of, strict=True))
    return first, best, any_


@pytest.mark.parametrize("name", ["clear", "crossed", "offers"])
def test_it_beats_the_fixed_policy(name: str) -> None:
    """By at least a third of what there is to gain, and surely."""
    [result] = compare(BY_NAME[name], ["vigil"], SEEDS, CONTACTS)
    first, best, _ = truth(name)

    assert result.interval is not None
    assert result.interval[0] > 0.0, f"seeds {SEEDS}: {result}"
    assert result.uplift > (best - first) / 3.0, f"seeds {SEEDS}: {result}"
    assert result.late_regret < result.regret


def test_nothing_is_lost_where_all_is_alike() -> None:
    """Whatever is taken is as good."""
    [result] = compare(BY_NAME["nothing"], ["vigil"], SEEDS, CONTACTS)

    assert abs(result.uplift) < 1e-9
    assert abs(result.regret) < 1e-9


@pytest.mark.parametrize("name", ["as she says", "soonest"])
def test_little_is_lost_where_the_fixed_policy_is_best(name: str) -> None:
    """In the end no more than a third of what taking any way would cost."""
    [result] = compare(BY_NAME[name], ["vigil"], SEEDS, CONTACTS)
    first, best, any_ = truth(name)

    assert abs(first - best) < 1e-9
    assert 0.0 < result.late_regret < (best - any_) / 3.0, f"seeds {SEEDS}: {result}"


def test_each_offer_keeps_its_share_of_exploration() -> None:
    """However sure it is of one: of the floor each offer has an equal part; the control is plain.

    Bounds are five standard deviations wide.
    """
    settings = LearningSettings(exploration=0.2, control=0.1)
    segments: dict[str, Segment] = {}
    for _ in range(500):
        for name in OFFERS:
            note(segments, "sms", {"offer": name}, float(name == "no rental"), 0.0, 1e9)
    options = BY_NAME["offers"].options("sms")
    taken = [
        choose(segments, "sms", options, settings, 0.0, digest("floor", str(number)))
        for number in range(4000)
    ]
    explored = [way["offer"] for how, way in taken if how == "explored"]
    learned = [way["offer"] for how, way in taken if how == "learned"]
    control = [way["offer"] for how, way in taken if how == "control"]

    assert abs(len(explored) - 800) < 5 * (4000 * 0.2 * 0.8) ** 0.5
    assert all(abs(explored.count(name) - 200) < 5 * (800 * 0.25 * 0.75) ** 0.5 for name in OFFERS)
    assert {"plain"} == set(control)
    assert {"no rental"} == set(learned)


def test_a_run_is_the_same_again() -> None:
    """Everything is drawn from the seed."""
    population = BY_NAME["clear"]
    one, other = (run(Vigil(LearningSettings()), population, 3, 400) for _ in range(2))

    assert one == other
    assert one != run(Vigil(LearningSettings()), population, 4, 400)


def test_switched_off_it_is_the_fixed_policy() -> None:
    """A control of everything takes what the fixed policy takes."""
    population = BY_NAME["clear"]
    settings = LearningSettings(control=1.0)

    assert run(Fixed(), population, 5, 200) == run(Vigil(settings), population, 5, 200)


@pytest.mark.parametrize("way", OF_RIVER)
@pytest.mark.filterwarnings("ignore")  # of river's own packages
def test_what_it_is_measured_beside(way: str) -> None:
    """Learns as well, from the same persons, the same again; where river is installed."""
    pytest.importorskip("river")
    population = BY_NAME["clear"]
    one, other = (run(WAYS[way](3), population, 3, 400) for _ in range(2))

    assert one == other
    assert one.chance > run(Fixed(), population, 3, 400).chance


def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Seeds first; each population with its fixed policy and the ways; the same as JSON."""
    given = ["--seed", str(Random(0).randint(1, 9)), "--runs", "1", "--contacts", "60"]

    assert 0 == main(given)

    out = capsys.readouterr().out

    assert out.startswith("seeds 7 to 7, 60 contacts each\n")
    assert all(f"{population.name}: " in out for population in POPULATIONS)

    main([*given, "--json"])
    plain = json.loads(capsys.readouterr().out)

    assert [7] == plain["seeds"]
    assert {one.name for one in POPULATIONS} == {one["population"] for one in plain["results"]}
