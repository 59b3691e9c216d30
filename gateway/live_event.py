"""Live event: one item of the live feed, as `gateway.client` returns it."""

from typing import Any, Literal

from msgspec import Struct


class LiveEvent(Struct):
    """One item of the live feed."""

    event: Literal["change", "left", "arrangement", "signal", "status", "lost", "hello"]
    data: dict[str, Any]
    id: str | None = None
