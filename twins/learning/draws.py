"""Draws: chance that is made of an id. The same id draws the same, on every machine and replay.

| of | method |
|---|---|
| uniform in (0, 1) | BLAKE2b of the id and a counter, 53 bits |
| gamma | Marsaglia and Tsang 2000; normal numbers by the inverse distribution |
| beta | two gammas |
"""

from math import log, sqrt
from statistics import NormalDist
from typing import Final

from twins.ids import digest

LEAST: Final = 0.1
"""Of a beta distribution's parameters."""

_NORMAL: Final = NormalDist()


class Draws:
    """A row of numbers that belongs to an id.

    Args:
        *parts: The id: of the contact, and what is drawn for it.
    """

    def __init__(self, *parts: str) -> None:
        self._parts = parts
        self._drawn = 0

    def uniform(self) -> float:
        """The next number, in (0, 1), neither end included."""
        self._drawn += 1
        bits = int(digest(*self._parts, str(self._drawn)), 16) >> 11
        return (bits + 0.5) / 2.0**53

    def below(self, n: int) -> int:
        """One of 0 to n - 1, each as likely."""
        return min(int(self.uniform() * n), n - 1)

    def gamma(self, shape: float) -> float:
        """From a gamma distribution of scale 1; its shape is positive."""
        if shape < 1.0:
            return float(self.gamma(shape + 1.0) * self.uniform() ** (1.0 / shape))
        d = shape - 1.0 / 3.0
        c = 1.0 / sqrt(9.0 * d)
        while True:
            x = _NORMAL.inv_cdf(self.uniform())
            v = (1.0 + c * x) ** 3
            u = self.uniform()
            if v > 0.0 and log(u) < 0.5 * x * x + d - d * v + d * log(v):
                return d * v

    def beta(self, alpha: float, beta: float) -> float:
        """From a beta distribution; both at least `LEAST`, below which floats end."""
        one, other = self.gamma(max(alpha, LEAST)), self.gamma(max(beta, LEAST))
        return one / (one + other)
