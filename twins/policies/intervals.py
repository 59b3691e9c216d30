"""Intervals: how sure one can be of a share, a mean, or a difference of two. 95 % everywhere.

| of | method |
|---|---|
| a share | Wilson's score interval (Wilson 1927) |
| a difference of two shares | Newcombe's hybrid of two score intervals (Newcombe 1998, method 10) |
| a mean, a difference of two means | Student's t; degrees of freedom by Welch and Satterthwaite |

Quantiles of t are the expansion 26.7.5 of Abramowitz and Stegun, within 1 % from three degrees of
freedom on; below that there is no interval.
"""

from math import isfinite, sqrt
from statistics import NormalDist

from msgspec import Struct

Z = NormalDist().inv_cdf(0.975)

Interval = tuple[float, float]

LEAST_FREEDOM = 3.0


class Moments(Struct, kw_only=True, omit_defaults=True):
    """What is kept of some numbers: enough for their mean and its interval."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared differences from the mean (Welford 1962)."""

    def add(self, value: float) -> None:
        """Count one more."""
        if not isfinite(value):
            return
        self.n += 1
        before = value - self.mean
        self.mean += before / self.n
        self.squares += before * (value - self.mean)

    @property
    def variance(self) -> float:
        """Of the numbers; 0 of fewer than two."""
        return self.squares / (self.n - 1) if self.n > 1 else 0.0

    @property
    def error(self) -> float:
        """The squared standard error of the mean."""
        return self.variance / self.n if self.n else 0.0


def of_share(hits: float, n: int) -> Interval:
    """Between what a share of `hits` in `n` may lie; of nothing, anywhere."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = hits / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def of_shares(hits: int, n: int, other_hits: int, other_n: int) -> Interval | None:
    """Between what the first share less the other one may lie; None where one is of nothing."""
    if not n or not other_n:
        return None
    first, other = hits / n, other_hits / other_n
    (low, high), (other_low, other_high) = of_share(hits, n), of_share(other_hits, other_n)
    difference = first - other
    return (
        difference - sqrt((first - low) ** 2 + (other_high - other) ** 2),
        difference + sqrt((high - first) ** 2 + (other - other_low) ** 2),
    )


def t_quantile(freedom: float) -> float:
    """The 97.5 % quantile of Student's t, of at least three degrees of freedom."""
    z, v = Z, freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    )


def of_mean(one: Moments) -> Interval | None:
    """Between what a mean may lie; None of fewer than four numbers."""
    if one.n - 1 < LEAST_FREEDOM:
        return None
    half = t_quantile(one.n - 1) * sqrt(one.error)
    return one.mean - half, one.mean + half


def of_means(one: Moments, other: Moments) -> Interval | None:
    """Between what the first mean less the other one may lie; None of too few numbers."""
    if one.n < 2 or other.n < 2:  # noqa: PLR2004 - a variance needs two
        return None
    error = one.error + other.error
    difference = one.mean - other.mean
    if error == 0.0:
        return None
    freedom = error**2 / (one.error**2 / (one.n - 1) + other.error**2 / (other.n - 1))
    if freedom < LEAST_FREEDOM:
        return None
    half = t_quantile(freedom) * sqrt(error)
    return difference - half, difference + half
