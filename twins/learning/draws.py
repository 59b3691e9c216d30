"""Draws: chance that is made of an id. The same id draws the same, on every machine and replay.

| of | method |
|---|---|
| uniform in (0, 1) | BLAKE2b of the id and a counter, 53 bits |
| gamma, shape at least 1 | Marsaglia and Tsang 2000; normal numbers by the inverse distribution |
| beta | two gammas |
"""

from math import log, sqrt
from statistics import NormalDist

from twins.ids import digest

_NORMAL = NormalDist()


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
        """From a gamma distribution of scale 1; its shape is at least 1."""
        d = shape - 1.0 / 3.0
        c = 1.0 / sqrt(9.0 * d)
        while True:
            x = _NORMAL.inv_cdf(self.uniform())
            v = (1.0 + c * x) ** 3
            u = self.uniform()
            if v > 0.0 and log(u) < 0.5 * x * x + d - d * v + d * log(v):
                return d * v

    def beta(self, alpha: float, beta: float) -> float:
        """From a beta distribution; both at least 1."""
        one = self.gamma(alpha)
        return one / (one + self.gamma(beta))
