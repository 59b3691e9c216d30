"""Chance is made of ids: the same everywhere, and distributed as it says."""

from statistics import fmean, pvariance

import pytest

from twins.learning.draws import Draws


def test_an_id_draws_the_same_for_ever() -> None:
    """Stored choices were made by these numbers."""
    draws = Draws("contact", "channel", "sms")

    assert [0.6283, 0.1914, 0.2523] == [round(draws.uniform(), 4) for _ in range(3)]
    assert Draws("a", "b").beta(3.0, 2.0) == Draws("a", "b").beta(3.0, 2.0)
    assert Draws("a", "b").uniform() != Draws("a", "c").uniform()


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (1.0, 30.0), (7.5, 2.5), (400.0, 600.0)])
def test_moments_are_those_of_a_beta_distribution(alpha: float, beta: float) -> None:
    """Mean and variance, within four standard errors of 4,000 draws."""
    n = 4000
    drawn = [Draws(str(number), "beta").beta(alpha, beta) for number in range(n)]
    mean = alpha / (alpha + beta)
    variance = mean * (1.0 - mean) / (alpha + beta + 1.0)

    assert abs(fmean(drawn) - mean) < 4.0 * (variance / n) ** 0.5
    assert variance * 0.85 < pvariance(drawn) < variance * 1.15
    assert all(0.0 < one < 1.0 for one in drawn)


def test_each_of_several_is_as_likely() -> None:
    """Within four standard errors."""
    n, sides = 6000, 3
    counts = [0] * sides
    for number in range(n):
        counts[Draws(str(number)).below(sides)] += 1

    assert all(abs(count - 2000) < 4.0 * (n * 2 / 9) ** 0.5 for count in counts)
