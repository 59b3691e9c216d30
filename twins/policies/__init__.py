"""Policies: how far each proactive policy may act by itself, and what it changed for customers.

- `policy`: the twin `policy/<name>` that gives supervisors leave, and hears how it ended
- `switch`: the kill switch, and the twin `policy/all` that stops all of them
- `spending`, `reach`, `trust`, `outcomes`: its limits, its breaker, its level, what came of it
- `messages`: what supervisors, people and policies say to each other
- `intervals`: how sure one can be of a share or a mean
"""

from twins.policies.messages import Leave, Level
from twins.policies.policy import Policy
from twins.policies.settings import PolicySettings

__all__ = ["Leave", "Level", "Policy", "PolicySettings"]
