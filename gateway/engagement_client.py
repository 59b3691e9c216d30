"""The part of the client that is about engagement learning: `Client(…).engagement`."""

from collections.abc import Mapping
from typing import Any

from gateway.engagement_views import Learners, LearnerView
from gateway.rules_client import Calls


class EngagementClient:
    """What was learned of how persons are told best. Methods raise as those of `Client` do.

    `by` is the name of the person who does it; `all` is the switch for all.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def all(self) -> Learners:
        """All that learn, and `all`."""
        return self._calls.get("/v1/engagement", Learners)

    def one(self, name: str) -> LearnerView:
        """One of them."""
        return self._calls.get(f"/v1/engagement/{name}", LearnerView)

    def set(
        self, name: str, by: str, settings: Mapping[str, Any], reason: str = ""
    ) -> LearnerView:  # fmt: skip
        """Change settings; what is left out stays as it is."""
        data = {**settings, "by": by, "reason": reason}
        return self._calls.post(f"/v1/engagement/{name}", LearnerView, data)
