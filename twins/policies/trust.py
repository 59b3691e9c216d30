"""Trust: which level a policy has earned, by what people said of its decisions.

The verdicts at the present level count, the last `WINDOW` of them. It rises one step when it is
surely good: the lower bound of its precision is at least `rise_at`. It falls one step when it is
surely not good enough: the upper bound is below `fall_at`. In between it stays, and with every
change it begins anew: each level is earned by itself.
"""

from msgspec import Struct

from twins.policies.intervals import Interval, of_share
from twins.policies.messages import Level
from twins.policies.settings import PolicySettings

WINDOW = 200


class Verdict(Struct, kw_only=True, omit_defaults=True):
    """What somebody said of one decision; the last word counts."""

    id: str
    """Of the arrangement."""
    right: bool
    at: float
    why: str = ""


class Trust(Struct, kw_only=True, omit_defaults=True):
    """The verdicts that count."""

    verdicts: list[Verdict] = []
    """At the present level, oldest first, one for each arrangement."""

    def hear(self, verdict: Verdict) -> None:
        """Take a verdict in; a later one about the same arrangement takes its place."""
        for index, known in enumerate(self.verdicts):
            if known.id == verdict.id:
                self.verdicts[index] = verdict
                return
        self.verdicts.append(verdict)
        del self.verdicts[:-WINDOW]

    @property
    def right(self) -> int:
        """How many decisions were right."""
        return sum(verdict.right for verdict in self.verdicts)

    @property
    def interval(self) -> Interval:
        """Between what the precision lies."""
        return of_share(self.right, len(self.verdicts))

    def earned(self, level: Level, settings: PolicySettings) -> Level:
        """The level after these verdicts."""
        n, (low, high) = len(self.verdicts), self.interval
        if n >= settings.least_to_fall and high < settings.fall_at:
            return level.step(-1)
        rises = n >= settings.least_to_rise and low >= settings.rise_at
        return level.step(1) if rises and level.rank < settings.ceiling.rank else level
