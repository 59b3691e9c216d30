"""Comparison: what a policy changed, measure by measure: treated less held out, with intervals."""

from msgspec import Struct

from twins.policies.intervals import Interval, Moments, of_mean, of_means, of_share, of_shares
from twins.policies.outcomes import HELD_OUT, TREATED, Arm
from twins.policies.policy import Policy


class Estimate(Struct, frozen=True):
    """One figure, and between what it lies with a confidence of 95 %."""

    n: int
    """Of how many."""
    value: float | None
    interval: Interval | None
    """None: of too few."""


class Measure(Struct, frozen=True):
    """One measure of both arms."""

    name: str
    unit: str
    treated: Estimate
    held_out: Estimate
    difference: Estimate
    """Treated less held out; `n` is of both."""


def compared(policy: Policy) -> list[Measure]:
    """All measures; those of money for each currency."""
    treated = policy.arms.get(TREATED) or Arm()
    held_out = policy.arms.get(HELD_OUT) or Arm()
    currencies = sorted({*treated.cost, *held_out.cost})
    none = Moments()
    return [
        _calls(treated, held_out),
        _means("minutes to help", "min", treated.minutes, held_out.minutes),
        *(
            _means("cost", f"cents {name}", treated.cost.get(name, none),
                   held_out.cost.get(name, none))
            for name in currencies
        ),
        _means("satisfaction", "of 5", treated.satisfaction, held_out.satisfaction),
    ]  # fmt: skip


def calls_avoided(policy: Policy) -> Estimate:
    """How many of the treated customers did not have to call, who else would have."""
    treated = policy.arms.get(TREATED) or Arm()
    calls = _calls(treated, policy.arms.get(HELD_OUT) or Arm()).difference
    n = treated.n
    if calls.value is None or calls.interval is None:
        return Estimate(n, None, None)
    low, high = calls.interval
    return Estimate(n, -calls.value * n, (-high * n, -low * n))


def _calls(treated: Arm, held_out: Arm) -> Measure:
    between = of_shares(treated.called, treated.n, held_out.called, held_out.n)
    value = None if between is None else (
        treated.called / treated.n - held_out.called / held_out.n
    )  # fmt: skip
    n = treated.n + held_out.n
    return Measure(
        "had to call", "share", _share(treated), _share(held_out), Estimate(n, value, between)
    )


def _share(arm: Arm) -> Estimate:
    if arm.n == 0:
        return Estimate(0, None, None)
    return Estimate(arm.n, arm.called / arm.n, of_share(arm.called, arm.n))


def _means(name: str, unit: str, treated: Moments, held_out: Moments) -> Measure:
    both = treated.n and held_out.n
    difference = Estimate(
        treated.n + held_out.n,
        treated.mean - held_out.mean if both else None,
        of_means(treated, held_out),
    )
    return Measure(name, unit, _mean(treated), _mean(held_out), difference)


def _mean(one: Moments) -> Estimate:
    return Estimate(one.n, one.mean if one.n else None, of_mean(one))
