"""The part of the client that is about one twin's operation: `Client(…).twins`."""

from collections.abc import Mapping
from typing import Any, Literal

from actors.state import TwinState
from gateway.rules_client import Calls
from gateway.twin_views import (
    Commands,
    CommandView,
    DesiredView,
    Links,
    Maintenances,
    MaintenanceView,
)
from twins.ids import split


class TwinsClient:
    """What operators do with one twin. Methods raise as those of `Client` do.

    `revision` is that of the twin that was read; where it has another one by then, the API refuses
    (412, `stale_revision`) and nothing is changed.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def patch(
        self, twin_id: str, merge: Mapping[str, Any], *, revision: str | None = None,
        event_id: str | None = None,
    ) -> TwinState:  # fmt: skip
        """Set master data by a merge patch (RFC 7396)."""
        return self._calls.call(
            "PATCH", _path(twin_id), TwinState, merge, event_id=event_id, headers=_match(revision)
        )

    def desired(self, twin_id: str) -> DesiredView:
        """What its device shall report, and what is missing of it."""
        return self._calls.get(f"{_path(twin_id)}/desired", DesiredView)

    def desire(
        self, twin_id: str, merge: Mapping[str, Any], *, revision: str | None = None,
        event_id: str | None = None,
    ) -> DesiredView:  # fmt: skip
        """Say what its device shall report, by a merge patch; None takes a wish back."""
        return self._calls.call(
            "PATCH", f"{_path(twin_id)}/desired", DesiredView, merge, event_id=event_id,
            headers=_match(revision),
        )  # fmt: skip

    def maintain(
        self, twin_id: str, by: str, for_s: float, note: str = "", event_id: str | None = None
    ) -> MaintenanceView:
        """Begin to work on it: it raises no signals for so many seconds."""
        data = {"by": by, "for_s": for_s, "note": note}
        path = f"{_path(twin_id)}/maintenance"
        return self._calls.call("PUT", path, MaintenanceView, data, event_id=event_id)

    def end_maintenance(self, twin_id: str) -> None:
        """End the work on it."""
        self._calls.call("DELETE", f"{_path(twin_id)}/maintenance", None)

    def maintenance(self, limit: int = 100) -> Maintenances:
        """Which twins are in maintenance."""
        return self._calls.get("/v1/maintenance", Maintenances, {"limit": str(limit)})

    def commands(self, twin_id: str) -> Commands:
        """The commands that it remembers, newest first."""
        return self._calls.get(f"{_path(twin_id)}/commands", Commands)

    def command(self, twin_id: str, command_id: str) -> CommandView:
        """How far one has come."""
        return self._calls.get(f"{_path(twin_id)}/commands/{command_id}", CommandView)

    def give(
        self, twin_id: str, name: str, data: Mapping[str, Any] | None = None, *,
        command_id: str | None = None, expires_at: float | None = None,
    ) -> CommandView:  # fmt: skip
        """Give its device a command; by an id of one's own it is one wish, however often."""
        given = {"name": name, "data": data or {}, "id": command_id, "expires_at": expires_at}
        return self._calls.post(f"{_path(twin_id)}/commands", CommandView, given)

    def cancel(self, twin_id: str, command_id: str, reason: str = "") -> CommandView:
        """Send a command no more."""
        path = f"{_path(twin_id)}/commands/{command_id}/cancel"
        return self._calls.post(path, CommandView, {"reason": reason})

    def links(
        self, twin_id: str, direction: Literal["in", "out", "both"] = "both", depth: int = 1,
        limit: int = 200,
    ) -> Links:  # fmt: skip
        """The twins around it."""
        params = {"direction": direction, "depth": str(depth), "limit": str(limit)}
        return self._calls.get(f"{_path(twin_id)}/links", Links, params)


def _path(twin_id: str) -> str:
    return f"/v1/twins/{'/'.join(split(twin_id))}"


def _match(revision: str | None) -> dict[str, str]:
    if revision is None:
        return {}
    return {"If-Match": "*" if revision == "*" else f'"{revision}"'}
