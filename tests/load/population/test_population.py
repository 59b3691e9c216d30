"""A population whose truth is known: what Vigil says it changed is what it changed, as surely."""

from statistics import fmean
from xml.etree import ElementTree as ET

import pytest

from load.population import Findings, Person, Town, findings, forest, population
from load.population.people import effects
from twins.policies import Policy
from twins.policies.outcomes import HELD_OUT, TREATED, Arm, Followed, drawn

RUNS = 400
PERSONS = 120

MEASURES = ["had to call", "minutes to help", "cost", "satisfaction"]


def counted(seed: int, holdout: float) -> tuple[Findings, list[Person]]:
    """What a policy would say that heard of all that became of these persons."""
    people = population(seed, PERSONS)
    policy = Policy.new("roadside")
    for person in people:
        # Each run holds out other persons of its own.
        out = drawn(f"customer/{seed}-{person.number}", policy.id, holdout)
        life, arm = (person.alone, HELD_OUT) if out else (person.treated, TREATED)
        policy.arms.setdefault(arm, Arm()).count(
            Followed(
                arm=arm, at=0.0, until=1.0, called=life.calls_after_s is not None,
                helped_at=life.minutes * 60.0, cost_cents=life.cents, currency="EUR",
                satisfaction=None if life.score is None else 1.0 + 0.4 * life.score,
            )
        )  # fmt: skip
    return findings(policy, people), people


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 95 of 100 runs, within five standard deviations; and are narrow enough to say something.

    What helping changes on average of these persons is known; who is held out is drawn.
    """
    runs = [counted(seed, 0.5)[0] for seed in range(RUNS)]
    said = [
        {one.measure.name: one for one in run.measures} for run in runs
    ]  # fmt: skip
    slack = 5.0 * (0.95 * 0.05 / RUNS) ** 0.5
    for name in MEASURES:
        covered = fmean(run[name].covered for run in said)
        sure = fmean(
            interval[0] * interval[1] > 0.0
            for run in said
            if (interval := run[name].measure.difference.interval) is not None
        )

        assert covered > 0.95 - slack, f"{name}: {covered:.1%} of {RUNS} seeds"
        assert sure > 0.9, f"{name}: surely not 0 in {sure:.1%} of {RUNS} seeds"


def test_on_average_it_says_what_is_so() -> None:
    """Differences lie around the truth, within five standard errors; so do calls avoided."""
    runs = [counted(seed, 0.3)[0] for seed in range(RUNS)]
    for number, name in enumerate(MEASURES):
        missed = [
            run.measures[number].measure.difference.value - run.measures[number].truth
            for run in runs
            if run.measures[number].measure.difference.value is not None
        ]  # fmt: skip
        mean = fmean(missed)
        error = (fmean((one - mean) ** 2 for one in missed) / len(missed)) ** 0.5

        assert name == runs[0].measures[number].measure.name
        assert abs(mean) < 5.0 * error, f"{name}: off by {mean}"
    avoided = [run.calls_avoided.value for run in runs]

    assert abs(fmean(a or 0.0 for a in avoided) - fmean(r.calls_truly_avoided for r in runs)) < 5.0


@pytest.mark.parametrize("seed", [1, 2])
def test_what_happens_in_partitions_is_what_the_policy_counts(seed: int) -> None:
    """From the cars' readings to the arms: each person's truth, by the arm that she is in."""
    town = Town(seed, 30, 0.4)
    town.play()
    found = findings(town.policy, town.people)
    arms: dict[bool, list[Person]] = {True: [], False: []}
    for person in town.people:
        arms[drawn(f"customer/c{person.number}", "policy/roadside", 0.4)].append(person)
    by_name = {one.measure.name: one.measure for one in found.measures}

    assert (len(arms[False]), len(arms[True])) == (found.treated, found.held_out), f"seed {seed}"
    assert MEASURES == list(by_name)
    for held_out, people in arms.items():
        lives = [person.alone if held_out else person.treated for person in people]
        said = {name: getattr(one, "held_out" if held_out else "treated")
                for name, one in by_name.items()}  # fmt: skip
        scores = [1.0 + 0.4 * life.score for life in lives if life.score is not None]

        assert sum(life.calls_after_s is not None for life in lives) == pytest.approx(
            said["had to call"].value * len(lives)
        )
        assert fmean(life.cents for life in lives) == pytest.approx(said["cost"].value)
        assert fmean(scores) == pytest.approx(said["satisfaction"].value)
        # That a truck has come is asked for every five seconds.
        assert fmean(life.minutes for life in lives) == pytest.approx(
            said["minutes to help"].value, abs=0.2
        )
    assert {} == town.policy.followed
    assert town.fleet.replay().states() == town.fleet.states()


def parsed(drawing: str) -> ET.Element:
    """The drawing, as its elements."""
    return ET.fromstring(drawing)  # noqa: S314 - our own


def test_persons_stay_who_they_are() -> None:
    """However many there are; another seed draws others."""
    assert population(7, 5) == population(7, 50)[:5]
    assert population(7, 5) != population(8, 5)
    assert set(MEASURES) == effects(population(7, 50)).keys()


def test_the_drawing_has_every_measure() -> None:
    """With its figures and the truth; it is well-formed, whatever its title."""
    found, _ = counted(3, 0.5)
    root = parsed(forest(found, "<&> 'title'"))
    texts = [part.text for part in root.iter("{http://www.w3.org/2000/svg}text")]
    diamonds = list(root.iter("{http://www.w3.org/2000/svg}path"))

    assert "<&> 'title'" == root.attrib["aria-label"] == texts[0]
    assert all(name in texts for name in MEASURES)
    assert len(MEASURES) + 1 == len(diamonds)
    assert any("EUR" in (text or "") for text in texts)


def test_of_too_few_nothing_is_drawn_that_is_not_known() -> None:
    """A measure without an interval says so."""
    policy = Policy.new("roadside")
    found = findings(policy, population(1, 20))

    assert ["too few"] * 3 == [
        part.text
        for part in parsed(forest(found, "none")).iter("{http://www.w3.org/2000/svg}text")
        if part.text == "too few"
    ]
    assert not any(one.covered for one in found.measures)
