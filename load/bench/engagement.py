"""What learning how persons are told best is worth, on populations whose truth is known.

    python -m load.bench.engagement [--seed N] [--runs N] [--contacts N] [--json]

Each run draws persons, tells each something, and lets them answer as the population's truth says;
what she did is known `DELAY` contacts later. Every way of choosing meets the same persons.

| way | is |
|---|---|
| vigil | as twins do it (`twins.learning.choosing`), with the default shares |
| vigil, all steered | the same without exploration and control |
| vigil, crossed | all combinations of the dimensions as options of one |
| river | `river.bandit.ThompsonSampling`, one a segment and dimension, where river is installed |
| river, crossed | one a segment, over all combinations |
| linucb | `river.bandit.LinUCBDisjoint` as it comes, one a dimension; its context: the segment |
| linucb, crossed | one over all combinations |

Regret and uplift are sums and differences of true chances, so that luck in the answers is no part
of them; the interval is over runs.
"""

import argparse
import importlib.util
import sys
from collections import deque
from collections.abc import Callable, Sequence
from itertools import product
from random import Random
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from load.bench.populations import CHANNELS, POPULATIONS, Population
from twins.ids import digest
from twins.learning.arms import DAY_S, Segment, note
from twins.learning.choosing import Taken, choose, fixed
from twins.learning.messages import Dimension
from twins.learning.settings import LearningSettings
from twins.policies.intervals import Interval, Moments, of_mean

DELAY: Final = 25
SPAN_S: Final = 180 * DAY_S
"""How long all contacts of a run take."""

_CROSS: Final = "|"
_DIMENSIONS: Final = ("channel", "time", "wording", "offer")

Options = dict[Dimension, list[str]]


# -- ways of choosing ----------------------------------------------------------------------------


class Chooser(Protocol):
    """One way of choosing."""

    def take(self, options: Options, segment: str, contact: str, now: float) -> Taken:
        """How a person is told."""

    def learn(self, segment: str, taken: Taken, answered: bool, now: float) -> None:
        """Hear what she did."""


class Fixed:
    """The fixed policy."""

    def take(self, options: Options, segment: str, contact: str, now: float) -> Taken:  # noqa: ARG002 - all choosers are called alike
        """As she named it."""
        return fixed(options)

    def learn(self, segment: str, taken: Taken, answered: bool, now: float) -> None:
        """Nothing."""


class Vigil:
    """As the twins do it."""

    def __init__(self, settings: LearningSettings, *, crossed: bool = False) -> None:
        self._settings, self._crossed = settings, crossed
        self._segments: dict[str, Segment] = {}

    def take(self, options: Options, segment: str, contact: str, now: float) -> Taken:
        """Drawn from the contact's id."""
        arms: Options = {"channel": _crossed(options)} if self._crossed else options
        _, taken = choose(self._segments, segment, arms, self._settings, now, contact)
        return _uncrossed(options, taken["channel"]) if self._crossed else taken

    def learn(self, segment: str, taken: Taken, answered: bool, now: float) -> None:
        """Add one contact."""
        arms: Taken = {"channel": _CROSS.join(taken.values())} if self._crossed else taken
        half_s = self._settings.half_days * DAY_S
        note(self._segments, segment, arms, float(answered), now, half_s)


class River:
    """`river.bandit.ThompsonSampling` with beta distributions."""

    def __init__(self, seed: int, *, crossed: bool = False) -> None:
        from river import bandit, proba  # noqa: PLC0415 - an extra: it is heavy

        self._crossed = crossed
        names = ("all",) if crossed else _DIMENSIONS
        self._bandits: dict[tuple[str, str], Any] = {
            (segment, name): bandit.ThompsonSampling(
                reward_obj=proba.Beta(), seed=seed + len(CHANNELS) * place + other
            )
            for place, segment in enumerate(CHANNELS)
            for other, name in enumerate(names)
        }

    def take(self, options: Options, segment: str, contact: str, now: float) -> Taken:  # noqa: ARG002 - all choosers are called alike
        """Drawn from the generators that each of its distributions has."""
        if self._crossed:
            return _uncrossed(options, self._bandits[segment, "all"].pull(_crossed(options)))
        return {name: self._bandits[segment, name].pull(arms) for name, arms in options.items()}

    def learn(self, segment: str, taken: Taken, answered: bool, now: float) -> None:  # noqa: ARG002 - all choosers are called alike
        """Add one contact."""
        if self._crossed:
            self._bandits[segment, "all"].update(_CROSS.join(taken.values()), answered)
            return
        for name, arm in taken.items():
            self._bandits[segment, name].update(arm, answered)


class LinUcb:
    """`river.bandit.LinUCBDisjoint`: each option a linear regression on who she is."""

    def __init__(self, seed: int, *, crossed: bool = False) -> None:
        from river import bandit  # noqa: PLC0415 - an extra: it is heavy

        self._crossed = crossed
        names = ("all",) if crossed else _DIMENSIONS
        self._bandits: dict[str, Any] = {
            name: bandit.LinUCBDisjoint(seed=seed + place) for place, name in enumerate(names)
        }

    def take(self, options: Options, segment: str, contact: str, now: float) -> Taken:  # noqa: ARG002 - all choosers are called alike
        """The highest upper bound; only between equal ones there is chance."""
        context = _context(segment)
        if self._crossed:
            arm = self._bandits["all"].pull(_crossed(options), context=context)
            return _uncrossed(options, arm)
        return {
            name: self._bandits[name].pull(arms, context=context) for name, arms in options.items()
        }

    def learn(self, segment: str, taken: Taken, answered: bool, now: float) -> None:  # noqa: ARG002 - all choosers are called alike
        """Add one contact."""
        context, reward = _context(segment), float(answered)
        if self._crossed:
            self._bandits["all"].update(_CROSS.join(taken.values()), context, reward)
            return
        for name, arm in taken.items():
            self._bandits[name].update(arm, context, reward)


def _context(segment: str) -> dict[str, float]:
    """What a regression knows of her: a constant, and which segment is hers."""
    return {"any": 1.0, **{name: float(name == segment) for name in CHANNELS}}


def _crossed(options: Options) -> list[str]:
    """All combinations, as options of one dimension."""
    return [_CROSS.join(one) for one in product(*options.values())]


def _uncrossed(options: Options, arm: str) -> Taken:
    return dict(zip(options, arm.split(_CROSS), strict=True))


STEERED: Final = LearningSettings(exploration=0.0, control=0.0)

WAYS: Final[dict[str, Callable[[int], Chooser]]] = {
    "vigil": lambda _: Vigil(LearningSettings()),
    "vigil, all steered": lambda _: Vigil(STEERED),
    "vigil, crossed": lambda _: Vigil(STEERED, crossed=True),
    "river": River,
    "river, crossed": lambda seed: River(seed, crossed=True),
    "linucb": LinUcb,
    "linucb, crossed": lambda seed: LinUcb(seed, crossed=True),
}

OF_RIVER: Final = tuple(way for way in WAYS if way.startswith(("river", "linucb")))
"""Those that need the extra."""


# -- runs ----------------------------------------------------------------------------------------


class Run(Struct):
    """What one way came to in one run, a contact."""

    chance: float
    """True chance that she answers."""
    regret: float
    """How much less that is than by what is best for her."""
    late_regret: float
    """The same of the last fifth."""


def run(chooser: Chooser, population: Population, seed: int, contacts: int) -> Run:
    """Tell so many persons something. The same seed draws the same persons and answers."""
    chance = Random(f"{population.name} {seed}")
    waiting: deque[tuple[str, Taken, bool]] = deque()
    total = regret = late = 0.0
    last = contacts * 4 // 5
    for number in range(contacts):
        now, far = SPAN_S * number / contacts, number / contacts
        segment = chance.choice(CHANNELS)
        luck = chance.random()
        if len(waiting) >= DELAY:
            chooser.learn(*waiting.popleft(), now)
        contact = digest("bench", str(seed), str(number))
        taken = chooser.take(population.options(segment), segment, contact, now)
        true = population.chance(segment, taken, far)
        lost = population.best(segment, far) - true
        waiting.append((segment, taken, luck < true))
        total += true
        regret += lost
        late += lost if number >= last else 0.0
    return Run(total / contacts, regret / contacts, late / (contacts - last))


class Result(Struct):
    """What one way came to on one population, over all runs."""

    population: str
    way: str
    fixed: float
    """Mean true chance that a person answers, by the fixed policy."""
    chance: float
    uplift: float
    """`chance` less `fixed`."""
    interval: Interval | None
    """Of the uplift, with a confidence of 95 %."""
    regret: float
    late_regret: float


def compare(
    population: Population, ways: Sequence[str], seeds: Sequence[int], contacts: int
) -> list[Result]:
    """Let each way meet the same persons."""
    bases = [run(Fixed(), population, seed, contacts) for seed in seeds]
    base = sum(one.chance for one in bases) / len(seeds)
    results = []
    for way in ways:
        runs = [run(WAYS[way](seed), population, seed, contacts) for seed in seeds]
        uplift = Moments()
        for one, other in zip(runs, bases, strict=True):
            uplift.add(one.chance - other.chance)
        results.append(
            Result(
                population=population.name,
                way=way,
                fixed=base,
                chance=sum(one.chance for one in runs) / len(runs),
                uplift=uplift.mean,
                interval=of_mean(uplift),
                regret=sum(one.regret for one in runs) / len(runs),
                late_regret=sum(one.late_regret for one in runs) / len(runs),
            )
        )
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; returns the exit code."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the next count on")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--contacts", type=int, default=3000, help="in each run")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    if given.runs < 1 or given.contacts < 1:
        parser.error("at least one run of one contact is needed")
    seeds = range(given.seed, given.seed + given.runs)
    ways = list(WAYS)
    if importlib.util.find_spec("river") is None:
        ways = [way for way in ways if way not in OF_RIVER]
        sys.stderr.write(
            "river is not installed: `pip install 'vigil[compare]'` compares with it\n"
        )
    results: list[Result] = []
    for population in POPULATIONS:
        results += compare(population, ways, seeds, given.contacts)
    out = sys.stdout
    if given.json:
        plain = {"seeds": list(seeds), "contacts": given.contacts, "results": results}
        out.write(msgspec.json.encode(plain).decode() + "\n")
        return 0
    out.write(f"seeds {seeds[0]} to {seeds[-1]}, {given.contacts} contacts each\n")
    for population in POPULATIONS:
        of = [one for one in results if one.population == population.name]
        out.write(f"\n{population.name}: {population.says}; fixed policy {of[0].fixed:.1%}\n")
        for one in of:
            low, high = one.interval or (one.uplift, one.uplift)
            out.write(
                f"  {one.way:20} uplift {one.uplift:+6.1%} ({low:+.1%} to {high:+.1%})   "
                f"regret {one.regret:5.1%}, of the last fifth {one.late_regret:5.1%}\n"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
