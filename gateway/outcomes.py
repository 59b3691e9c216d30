"""Outcomes of a policy, from its twin's state: what the API says, and the command line shows."""

import msgspec

from gateway.policy_views import OutcomesView
from twins.policies import Policy
from twins.policies.comparison import calls_avoided, compared
from twins.policies.outcomes import Arm


def outcomes_of(name: str, policy: Policy, *, so_far: bool = False) -> OutcomesView:
    """What a policy changed for customers: those treated against those held out.

    Args:
        name: Its name.
        policy: Its twin's state; with `so_far` it is changed.
        so_far: Count those who are still followed, too, as what is known of them stands.
    """
    following = len(policy.followed)
    if so_far:
        for one in policy.followed.values():
            policy.arms.setdefault(one.arm, Arm()).count(one)
    plain = {
        "policy": name,
        "holdout": policy.settings.holdout,
        "following": following,
        "unfollowed": policy.unfollowed,
        "calls_avoided": calls_avoided(policy),
        "measures": compared(policy),
    }
    return msgspec.convert(msgspec.to_builtins(plain), OutcomesView)
