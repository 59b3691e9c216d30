"""Pace: how much may be written down in a second, where others say how much there is."""


class Pace:
    """Lets at most so many through in each second; those left out are counted.

    Args:
        most: In one second.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._second = 0
        self._let = 0
        self._left_out = 0

    def lets(self, now: float) -> bool:
        """Whether one more may pass; `now` is any clock that rises, in seconds."""
        if int(now) != self._second:
            self._second, self._let = int(now), 0
        if self._let >= self.most:
            self._left_out += 1
            return False
        self._let += 1
        return True

    def left_out(self) -> int:
        """How many did not pass since this was asked last."""
        count, self._left_out = self._left_out, 0
        return count
