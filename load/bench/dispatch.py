"""What another way to dispatch trucks would save, on the same random breakdowns.

`python -m load.bench.dispatch`: each way serves the same breakdowns with the same trucks, seed by
seed, knowing of each only when it calls. Time is simulated; only what a way computes is measured.

| way | is |
|---|---|
| points | what `twins.services.dispatch` does: most points first, the truck that is there first |
| first come | in order of calling: what points are worth |
| nearest | the shortest way of all that are possible, whoever waits |
| ratio | most points for the time that a truck is bound, its way included |
| ratio, blind | the same where nobody knows how far the trucks are |
| assignment | all who wait to all trucks, free or not yet, at least weighted waiting (Hungarian) |
| assignment, aged | the same; who has waited weighs more, as by points |
| routing, aged | the same with an order of jobs for each truck: OR-tools, where it is installed |

PyVRP is none of them: it minimises distance, duration and lateness, not a weighted waiting.
"""

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from math import hypot
from random import Random
from statistics import mean
from typing import Any, Final

from load.bench.assigning import hungarian
from twins.services.dispatch import AGING_S

SPEED_MS: Final = 40.0 / 3.6
LOADING_S: Final = 900.0
SIDE_M: Final = 40_000.0
POINTS: Final = ((10, 4), (30, 3), (40, 2), (50, 1), (60, 2), (80, 1), (100, 1))
"""(urgency, how often): the rows of the callboxes' table."""
LOOK_AHEAD: Final = 3
"""So many jobs of a truck, one after the other, an assignment counts on."""
WAY_S: Final = 1200.0
"""What a truck needs to somebody, where nobody knows better."""
SOLVE_S: Final = 0.3
"""How long a routing may be looked for at each decision."""

Place = tuple[float, float]
"""Metres."""


def drive_s(start: Place, end: Place) -> float:
    """Seconds between two places."""
    return hypot(end[0] - start[0], end[1] - start[1]) / SPEED_MS


@dataclass(frozen=True)
class Job:
    """A breakdown."""

    at: float
    urgency: float
    place: Place
    dealer: Place

    @property
    def bound_s(self) -> float:
        """How long it binds its truck from its arrival on."""
        return LOADING_S + drive_s(self.place, self.dealer)

    def points(self, now: float) -> float:
        """As the queue counts them."""
        return self.urgency + (now - self.at) / AGING_S


@dataclass
class Truck:
    """Where it is, or will be, and from when."""

    place: Place
    free_at: float = 0.0

    def there_s(self, job: Job, now: float) -> float:
        """Seconds from now until it is with somebody."""
        return max(0.0, self.free_at - now) + drive_s(self.place, job.place)


@dataclass(frozen=True)
class Scenario:
    """Trucks and breakdowns."""

    name: str
    trucks: int
    a_hour: float
    hours: float = 8.0
    burst: int = 0
    """So many in the second hour beside."""

    def draw(self, seed: int) -> tuple[list[Truck], list[Job]]:
        """One of them."""
        chance = Random(f"{self.name} {seed}")

        def somewhere() -> Place:
            return (chance.uniform(0, SIDE_M), chance.uniform(0, SIDE_M))

        dealers = [somewhere() for _ in range(4)]
        times, at = [], 0.0
        while (at := at + chance.expovariate(self.a_hour / 3600.0)) < self.hours * 3600.0:
            times.append(at)
        times += [chance.uniform(3600.0, 7200.0) for _ in range(self.burst)]
        urgencies, often = zip(*POINTS, strict=True)
        jobs = []
        for at in sorted(times):
            place = somewhere()
            dealer = min(dealers, key=lambda one: drive_s(place, one))
            jobs.append(Job(at, float(chance.choices(urgencies, often)[0]), place, dealer))
        return [Truck(somewhere()) for _ in range(self.trucks)], jobs


SCENARIOS: Final = (
    Scenario("quiet", trucks=8, a_hour=6.0),
    Scenario("full", trucks=8, a_hour=10.5),
    Scenario("storm", trucks=8, a_hour=5.0, burst=40),
    Scenario("large storm", trucks=25, a_hour=15.0, burst=120, hours=6.0),
)

# -- ways ----------------------------------------------------------------------------------------

Sent = list[tuple[int, int]]
"""(truck, job) of those that leave now: indices of what a way was shown."""
Way = Callable[[float, Sequence[Truck], Sequence[Job]], Sent]
"""Decides at a time, of all trucks, for all who wait. Only trucks that are free can leave."""


def _in_order(key: Callable[[float, Job, float], tuple[float, ...]]) -> Way:
    """One after the other, each with the truck that is there first; the least key leaves next."""

    def way(now: float, trucks: Sequence[Truck], jobs: Sequence[Job]) -> Sent:
        free = {n for n, truck in enumerate(trucks) if truck.free_at <= now}
        left, sent = set(range(len(jobs))), []
        while free and left:
            choices = []
            for n in left:
                truck = min(free, key=lambda t: (trucks[t].there_s(jobs[n], now), t))
                choices.append((key(now, jobs[n], trucks[truck].there_s(jobs[n], now)), n, truck))
            _, n, truck = min(choices)
            left.remove(n)
            free.remove(truck)
            sent.append((truck, n))
        return sent

    return way


def _assigned(
    now: float, trucks: Sequence[Truck], jobs: Sequence[Job], *, aged: bool = False
) -> Sent:
    """At least weighted waiting, each truck's next few jobs counted as far as they are known."""
    bound_s = mean(job.bound_s for job in jobs)
    way_s = mean(drive_s(a.dealer, b.place) for a in jobs for b in jobs)
    depth = min(LOOK_AHEAD, -(-len(jobs) // len(trucks)))
    columns = [(n, place) for n in range(len(trucks)) for place in range(depth)]
    # Without a column each the last ones would be left out, whoever they are.
    while len(columns) < len(jobs):
        depth += 1
        columns += [(n, depth - 1) for n in range(len(trucks))]

    def cost(job: Job, n: int, place: int) -> float:
        weight = job.points(now) if aged else job.urgency
        if not place:
            return weight * trucks[n].there_s(job, now)
        begins_s = max(0.0, trucks[n].free_at - now) + place * (bound_s + way_s)
        return weight * (begins_s + way_s)

    matrix = [[cost(job, n, place) for n, place in columns] for job in jobs]
    chosen = hungarian(matrix)
    return [
        (columns[column][0], job)
        for job, column in enumerate(chosen)
        if not columns[column][1] and trucks[columns[column][0]].free_at <= now
    ]


def routing(now: float, trucks: Sequence[Truck], jobs: Sequence[Job]) -> Sent:
    """Each truck an order of jobs at the least weighted waiting of all, by OR-tools."""
    # An extra: it is heavy.
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2  # noqa: PLC0415 - an extra, that most installations lack

    count, ends = len(jobs), len(jobs) + len(trucks)
    starts = [count + n for n in range(len(trucks))]
    manager = pywrapcp.RoutingIndexManager(ends + 1, len(trucks), starts, [ends] * len(trucks))
    model = pywrapcp.RoutingModel(manager)

    def way_s(from_index: int, to_index: int) -> int:
        start: int = manager.IndexToNode(from_index)
        end: int = manager.IndexToNode(to_index)
        if end == ends:
            return 0
        if start >= count:
            return round(trucks[start - count].there_s(jobs[end], now))
        return round(jobs[start].bound_s + drive_s(jobs[start].dealer, jobs[end].place))

    transit = model.RegisterTransitCallback(way_s)
    model.AddDimension(transit, 0, 10**6, True, "time")  # noqa: FBT003 - its API
    times = model.GetDimensionOrDie("time")
    for n, job in enumerate(jobs):
        times.SetCumulVarSoftUpperBound(manager.NodeToIndex(n), 0, round(job.points(now)))
    wanted = pywrapcp.DefaultRoutingSearchParameters()
    wanted.first_solution_strategy = (
        routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    )
    wanted.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    wanted.time_limit.FromMilliseconds(round(SOLVE_S * 1000))
    solution = model.SolveWithParameters(wanted)
    if solution is None:
        return POINTS_FIRST(now, trucks, jobs)
    sent = []
    for n, truck in enumerate(trucks):
        first = manager.IndexToNode(solution.Value(model.NextVar(model.Start(n))))
        if first < count and truck.free_at <= now:
            sent.append((n, first))
    return sent


POINTS_FIRST: Final = _in_order(lambda now, job, _: (-job.points(now), job.at))
WAYS: Final[Mapping[str, Way]] = {
    "points": POINTS_FIRST,
    "first come": _in_order(lambda _, job, __: (job.at,)),
    "nearest": _in_order(lambda _, __, there_s: (there_s,)),
    "ratio": _in_order(
        lambda now, job, there_s: (-job.points(now) / (there_s + job.bound_s), job.at)
    ),
    "ratio, blind": _in_order(
        lambda now, job, _: (-job.points(now) / (WAY_S + job.bound_s), job.at)
    ),
    "assignment": _assigned,
    "assignment, aged": partial(_assigned, aged=True),
    "routing, aged": routing,
}
OF_ORTOOLS: Final = ("routing, aged",)

# -- runs ----------------------------------------------------------------------------------------


@dataclass
class Run:
    """How one way did in one draw."""

    waits_s: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    computing_s: list[float] = field(default_factory=list)
    """Of each decision."""

    @property
    def weighted_min(self) -> float:
        """Minutes of waiting, each counted as much as it was urgent."""
        both = zip(self.waits_s, self.weights, strict=True)
        return sum(wait * weight for wait, weight in both) / sum(self.weights) / 60.0

    @property
    def worst_min(self) -> float:
        """The longest wait, in minutes."""
        return max(self.waits_s) / 60.0


def play(way: Way, trucks: Sequence[Truck], jobs: Sequence[Job]) -> Run:
    """Serve all breakdowns; a way is asked whenever somebody calls or a truck becomes free."""
    fleet = [Truck(truck.place, truck.free_at) for truck in trucks]
    coming = sorted(jobs, key=lambda job: -job.at)
    waiting: list[Job] = []
    run, now = Run(), 0.0
    while coming or waiting:
        while coming and coming[-1].at <= now:
            waiting.append(coming.pop())
        if waiting and any(truck.free_at <= now for truck in fleet):
            began = time.perf_counter()
            sent = way(now, fleet, waiting)
            run.computing_s.append(time.perf_counter() - began)
            _leave(now, sent, fleet, waiting, run)
        times = [coming[-1].at] if coming else []
        if waiting:
            times += [truck.free_at for truck in fleet if truck.free_at > now]
        if times:
            now = min(times)
        elif waiting:
            raise AssertionError(f"all trucks are free, and {len(waiting)} are left waiting")
    return run


def _leave(now: float, sent: Sent, fleet: list[Truck], waiting: list[Job], run: Run) -> None:
    """Let these trucks drive."""
    for number, place in sent:
        job, truck = waiting[place], fleet[number]
        assert truck.free_at <= now, "it is with somebody"
        there_at = now + drive_s(truck.place, job.place)
        truck.place, truck.free_at = job.dealer, there_at + job.bound_s
        run.waits_s.append(there_at - job.at)
        run.weights.append(job.urgency)
    gone = {place for _, place in sent}
    assert len(gone) == len(sent), "two trucks for one"
    waiting[:] = [job for place, job in enumerate(waiting) if place not in gone]


@dataclass(frozen=True)
class Result:
    """How one way did in one scenario, over all draws."""

    scenario: str
    way: str
    weighted_min: float
    """Mean of the weighted waits, in minutes."""
    mean_min: float
    worst_min: float
    """The longest wait of all draws."""
    to_points: float
    """Weighted waiting as a share of that of `points`; the mean of the draws' ratios."""
    low: float
    high: float
    """Least and greatest of these ratios."""
    decide_ms: float
    """What a decision takes: the mean."""
    decide_worst_ms: float


def compare(scenario: Scenario, ways: Sequence[str], seeds: Sequence[int]) -> list[Result]:
    """Let all ways serve the same draws."""
    runs: dict[str, list[Run]] = {way: [] for way in ("points", *ways)}
    for seed in seeds:
        trucks, jobs = scenario.draw(seed)
        for way, found in runs.items():
            found.append(play(WAYS[way], trucks, jobs))
    results = []
    for way in ways:
        found, base = runs[way], runs["points"]
        ratios = [a.weighted_min / b.weighted_min for a, b in zip(found, base, strict=True)]
        computing = [each for run in found for each in run.computing_s]
        results.append(
            Result(
                scenario=scenario.name,
                way=way,
                weighted_min=mean(run.weighted_min for run in found),
                mean_min=mean(wait / 60.0 for run in found for wait in run.waits_s),
                worst_min=max(run.worst_min for run in found),
                to_points=mean(ratios),
                low=min(ratios),
                high=max(ratios),
                decide_ms=1e3 * mean(computing),
                decide_worst_ms=1e3 * max(computing),
            )
        )
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m load.bench.dispatch", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="Draws of each scenario.")
    parser.add_argument("--seed", type=int, default=1, help="Of the first one.")
    parser.add_argument("--scenario", choices=[one.name for one in SCENARIOS], action="append")
    parser.add_argument("--way", choices=list(WAYS), action="append")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    ways = given.way or list(WAYS)
    if importlib.util.find_spec("ortools") is None:
        ways = [way for way in ways if way not in OF_ORTOOLS]
        sys.stderr.write("ortools is not installed: `pip install ortools` compares with it\n")
    seeds = range(given.seed, given.seed + given.runs)
    found: list[dict[str, Any]] = []
    for scenario in SCENARIOS:
        if given.scenario and scenario.name not in given.scenario:
            continue
        results = compare(scenario, ways, seeds)
        found += [asdict(one) for one in results]
        if not given.json:
            sys.stdout.write(f"{scenario.name}: {scenario.trucks} trucks, seeds {seeds}\n")
            for one in results:
                sys.stdout.write(
                    f"  {one.way:17} {one.to_points:5.2f} ({one.low:.2f} to {one.high:.2f})   "
                    f"weighted {one.weighted_min:6.1f} min, mean {one.mean_min:6.1f}, "
                    f"worst {one.worst_min:6.1f}   decides in {one.decide_ms:7.2f} ms, "
                    f"at most {one.decide_worst_ms:7.1f}\n"
                )
    if given.json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
