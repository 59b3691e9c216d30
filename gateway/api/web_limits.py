"""Web limits: how much visitors may send, and of which pages."""

import time

from gateway.api.errors import RefusedByGateway
from gateway.limits import RateLimiter
from gateway.settings import PeopleSettings

_TOO_MANY = 429
_KNOWN = 100_000
"""Visitors, and addresses, whose rate is remembered."""

_TOGETHER = 50
"""Behind one address there may be a whole company."""


class WebLimits:
    """How much visitors may send to this process: each, and all from one address."""

    def __init__(self, settings: PeopleSettings) -> None:
        self.origins = frozenset(settings.web_origins)
        self._visitors = RateLimiter(settings.web_rate, settings.web_burst, _KNOWN)
        self._addresses = RateLimiter(
            _TOGETHER * settings.web_rate, _TOGETHER * settings.web_burst, _KNOWN
        )

    def take(self, visitor: str, address: str) -> None:
        """Count a request; raises `RefusedByGateway` (429) where it is too many."""
        now = time.monotonic()
        wait_s = self._addresses.take(address, now) or self._visitors.take(visitor, now)
        if wait_s:
            raise RefusedByGateway(f"too many visits; wait {wait_s:.1f} s", _TOO_MANY)
