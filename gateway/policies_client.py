"""The part of the client that is about policies: `Client(…).policies`."""

from collections.abc import Mapping
from typing import Any

from gateway.policy_views import (
    Outcomes,
    OutcomesView,
    OverriddenView,
    Policies,
    PolicyView,
    UndoneView,
)
from gateway.rules_client import Calls


class PoliciesClient:
    """How far policies may go, and what they changed. Methods raise as those of `Client` do.

    `by` is the name of the person who does it; `all` is the name of all policies together.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def all(self) -> Policies:
        """All policies that were asked for leave, and `all`."""
        return self._calls.get("/v1/policies", Policies)

    def one(self, name: str) -> PolicyView:
        """One policy."""
        return self._calls.get(f"/v1/policies/{name}", PolicyView)

    def set(
        self, name: str, by: str, settings: Mapping[str, Any], reason: str = ""
    ) -> PolicyView:  # fmt: skip
        """Change settings; what is left out stays as it is."""
        data = {**settings, "by": by, "reason": reason}
        return self._calls.post(f"/v1/policies/{name}", PolicyView, data)

    def stop(self, name: str, by: str, reason: str = "") -> PolicyView:
        """Stop it: nothing new is held or confirmed."""
        data = {"by": by, "reason": reason}
        return self._calls.post(f"/v1/policies/{name}/stop", PolicyView, data)

    def resume(self, name: str, by: str, reason: str = "") -> PolicyView:
        """Let it go on."""
        data = {"by": by, "reason": reason}
        return self._calls.post(f"/v1/policies/{name}/resume", PolicyView, data)

    def outcomes(self, name: str | None = None, *, so_far: bool = False) -> list[OutcomesView]:
        """What one policy changed for customers, or each; `so_far`: with those still followed."""
        params = {"so_far": "true"} if so_far else None
        if name is not None:
            return [self._calls.get(f"/v1/outcomes/{name}", OutcomesView, params)]
        return self._calls.get("/v1/outcomes", Outcomes, params).items

    def undo(self, arrangement_id: str, by: str, supervisor: str | None = None) -> UndoneView:
        """Take an arrangement back, as far as the world allows it."""
        params = {} if supervisor is None else {"supervisor": supervisor}
        path = f"/v1/arrangements/{arrangement_id}/undo"
        return self._calls.post(path, UndoneView, {"by": by}, None, params)

    def leave_out(
        self, supervisor: str, arrangement_id: str, by: str, leg: str
    ) -> OverriddenView:  # fmt: skip
        """Give one thing of an arrangement back; all else goes on."""
        return self._override(supervisor, arrangement_id, "leave-out", {"by": by, "leg": leg})

    def choose(
        self, supervisor: str, arrangement_id: str, by: str, leg: str, service: str,
        offer_id: str | None = None,
    ) -> OverriddenView:  # fmt: skip
        """Hold another option for one thing of an arrangement."""
        data = {"by": by, "leg": leg, "service": service, "offer_id": offer_id}
        return self._override(supervisor, arrangement_id, "choose", data)

    def take_over(
        self, supervisor: str, arrangement_id: str, by: str, reason: str = ""
    ) -> OverriddenView:
        """Let a person go on with an arrangement."""
        data = {"by": by, "reason": reason}
        return self._override(supervisor, arrangement_id, "take-over", data)

    def _override(
        self, supervisor: str, arrangement_id: str, what: str, data: Mapping[str, Any]
    ) -> OverriddenView:
        path = f"/v1/arrangements/{supervisor}/{arrangement_id}/{what}"
        return self._calls.post(path, OverriddenView, data)
