"""Ways to dispatch are compared on the same breakdowns, and each serves everybody once."""

import json
from itertools import permutations
from random import Random

import pytest

from load.bench.assigning import hungarian
from load.bench.dispatch import OF_ORTOOLS, SCENARIOS, WAYS, compare, main, play

FULL, STORM = SCENARIOS[1], SCENARIOS[2]
OWN = [way for way in WAYS if way not in OF_ORTOOLS]


@pytest.mark.parametrize("seed", range(30))
def test_the_least_sum_is_found(seed: int) -> None:
    """As trying all of them finds it."""
    print(f"seed {seed}")  # noqa: T201 - shown where a test fails
    chance = Random(seed)
    rows = chance.randint(1, 5)
    columns = chance.randint(rows, 6)
    cost = [[chance.uniform(0, 100) for _ in range(columns)] for _ in range(rows)]
    chosen = hungarian(cost)
    least = min(
        sum(cost[row][column] for row, column in enumerate(order))
        for order in permutations(range(columns), rows)
    )

    assert rows == len(set(chosen))
    assert least == pytest.approx(sum(cost[row][column] for row, column in enumerate(chosen)))


@pytest.mark.parametrize("way", OWN)
def test_everybody_is_served_once(way: str) -> None:
    """Nobody before she calls, and never two trucks."""
    trucks, jobs = FULL.draw(3)
    run = play(WAYS[way], trucks, jobs)

    assert len(jobs) == len(run.waits_s)
    assert sorted(job.urgency for job in jobs) == sorted(run.weights)
    assert all(wait >= 0.0 for wait in run.waits_s)


def test_an_assignment_beats_the_order_of_points() -> None:
    """On the same draws; the order of points beats that of calling."""
    by_way = {
        one.way: one for one in compare(STORM, ["points", "first come", "assignment, aged"], [1, 2])
    }

    assert 1.0 == by_way["points"].to_points
    assert 1.0 < by_way["first come"].to_points
    assert by_way["assignment, aged"].high < 0.9


def test_the_same_seed_draws_the_same() -> None:
    """Another one draws others."""
    assert STORM.draw(1) == STORM.draw(1)
    assert STORM.draw(1) != STORM.draw(2)


def test_the_command_prints_all_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, a row for each way of each scenario."""
    status = main(["--runs", "1", "--scenario", "quiet", "--way", "points", "--json"])
    (row,) = json.loads(capsys.readouterr().out)

    assert (0, "quiet", "points", 1.0) == (status, row["scenario"], row["way"], row["to_points"])
