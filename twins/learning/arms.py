"""Arms: what came of contacts by each channel, at each time, in each wording."""

from msgspec import Struct

from twins.learning.messages import Arm, Dimension

MAX_ARMS = 24
"""How many options of one dimension are known; further ones are not learned of."""

MAX_SEGMENTS = 50
"""How many segments are known; persons of further ones teach, and are told, what holds for all."""

EVERYBODY = ""
"""The segment of all."""

DAY_S = 86_400.0


class Known(Struct, kw_only=True, omit_defaults=True):
    """What came of one option."""

    n: int = 0
    worth: float = 0.0
    """Their sum, each from 0 to 1."""
    good: float = 0.0
    """The same, as much as they count at `at`."""
    all: float = 0.0
    """n, as much as they count at `at`."""
    at: float = 0.0

    def note(self, worth: float, now: float, half_s: float) -> None:
        """Add one contact."""
        good, all_ = self.counts(now, half_s)
        self.good, self.all, self.at = good + worth, all_ + 1.0, max(now, self.at)
        self.n += 1
        self.worth += worth

    def counts(self, now: float, half_s: float) -> tuple[float, float]:
        """(good, all), as much as they count now."""
        left = float(0.5 ** (max(0.0, now - self.at) / half_s))
        return self.good * left, self.all * left


Segment = dict[Dimension, dict[Arm, Known]]


def note(
    segments: dict[str, Segment], segment: str, taken: dict[Dimension, Arm], worth: float,
    now: float, half_s: float,
) -> None:  # fmt: skip
    """Add one contact to its segment, and to everybody."""
    names = [EVERYBODY]
    if segment != EVERYBODY and (segment in segments or len(segments) <= MAX_SEGMENTS):
        names.append(segment)
    for name in names:
        for dimension, arm in taken.items():
            arms = segments.setdefault(name, {}).setdefault(dimension, {})
            if arm in arms or len(arms) < MAX_ARMS:
                arms.setdefault(arm, Known()).note(worth, now, half_s)
