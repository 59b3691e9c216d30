"""Deliverers: how an effect of one target leaves. One interface, one implementation a target.

DeliveryError
├── Refused    the receiver said no, and will again; goes back to the twin as `refused`
├── NotNow     not done, surely; try again (nobody listens, overloaded, connection refused)
└── Unsure     it may have happened: asked again where the receiver honours the id, else a person
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Protocol

from twins.outputs import Effect


class DeliveryError(Exception):
    """Base of what a deliverer raises on purpose."""


class Refused(DeliveryError):
    """The receiver said no; `reason` is its word for it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class NotNow(DeliveryError):
    """It was surely not done; trying again is safe and may help."""


class Unsure(DeliveryError):
    """Nobody can say whether it was done."""


class Promise(StrEnum):
    """What a receiver promises about repeats."""

    IDEMPOTENT = "idempotent"
    """It honours the id: repeat at will."""
    QUERYABLE = "queryable"
    """It can be asked by id whether it was done."""
    ONCE = "once"
    """Neither: an unknown outcome goes to a person."""


class Deliverer(Protocol):
    """Delivers effects of one target."""

    promise: Promise

    async def deliver(self, effect: Effect) -> Any:
        """Deliver, and return the result (JSON-like); raise a `DeliveryError` otherwise."""

    async def lookup(self, effect: Effect) -> Any | None:
        """For `QUERYABLE`: the result if it was done, None if it surely was not."""


Factory = Callable[[], Awaitable[Deliverer]]
