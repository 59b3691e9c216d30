"""Outcomes of a policy, from its twin's state: what the API says, and the command line shows."""

import msgspec

from gateway.policy_views import OutcomesView
from twins.policies import Policy
from twins.policies.comparison import calls_avoided, compared


def outcomes_of(name: str, policy: Policy) -> OutcomesView:
    """What a policy changed for customers: those treated against those held out."""
    plain = {
        "policy": name,
        "holdout": policy.settings.holdout,
        "following": len(policy.followed),
        "unfollowed": policy.unfollowed,
        "calls_avoided": calls_avoided(policy),
        "measures": compared(policy),
    }
    return msgspec.convert(msgspec.to_builtins(plain), OutcomesView)
