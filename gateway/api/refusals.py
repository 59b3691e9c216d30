"""Refusals: each one's id in the log, so that whoever was refused can ask why.

A line has the route as it is declared, never the path: a path may be a customer's link. A flood of
refusals does not become a flood of lines; how many were left out is said with the next one.
"""

from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any, Final

import structlog

from actors.telemetry import Pace

MOST: Final = 100
"""Lines of a second."""

REASON: Final = "vigil.reason"
"""Where in a request's scope its refusal's `reason` lies."""

logger = structlog.get_logger(__name__)


class Refusals:
    """The log of what one process refuses."""

    def __init__(self) -> None:
        self._pace = Pace(MOST)

    def note(self, scope: MutableMapping[str, Any], status: int, now: float) -> None:
        """Write down a refusal; `now` is any clock that rises, in seconds."""
        if not self._pace.lets(now):
            return
        left_out = self._pace.left_out()
        more = {"left_out": left_out} if left_out else {}
        log = logger.warning if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logger.info
        log(
            "refused",
            request_id=scope["vigil.request_id"],
            method=scope["method"],
            route=getattr(scope.get("route"), "path", None),
            status=status,
            reason=scope.get(REASON),
            **more,
        )
