"""Findings: what a policy is said to have changed, beside what it did change."""

from collections.abc import Sequence

from msgspec import Struct

from load.population.people import Person, effects
from twins.policies import Policy
from twins.policies.comparison import Estimate, Measure, calls_avoided, compared
from twins.policies.outcomes import HELD_OUT, TREATED


class Finding(Struct, frozen=True):
    """One measure."""

    measure: Measure
    truth: float
    """By how much helping changes it, on average of all persons."""

    @property
    def covered(self) -> bool:
        """Whether the interval of the difference holds the truth; not where there is none."""
        interval = self.measure.difference.interval
        return interval is not None and interval[0] <= self.truth <= interval[1]


class Findings(Struct, frozen=True):
    """All measures of one policy."""

    incidents: int
    treated: int
    held_out: int
    calls_avoided: Estimate
    calls_truly_avoided: float
    """Of as many as were treated."""
    measures: list[Finding]


def findings(policy: Policy, people: Sequence[Person]) -> Findings:
    """What `vigil outcomes` says of this policy, and what is so for these persons."""
    true = effects(people)
    arms = {name: arm.n for name, arm in policy.arms.items()}
    treated = arms.get(TREATED, 0)
    return Findings(
        incidents=len(people),
        treated=treated,
        held_out=arms.get(HELD_OUT, 0),
        calls_avoided=calls_avoided(policy),
        calls_truly_avoided=-true["had to call"] * treated,
        measures=[Finding(one, true[one.name]) for one in compared(policy)],
    )
