"""Client answers: what the API answers, as `gateway.client` returns it."""

from typing import Any, Literal

from msgspec import Struct


class Found(Struct):
    """One twin that a search found."""

    id: str
    position: int
    state: dict[str, Any]


class Page(Struct):
    """A page of a search; `cursor` goes on after it, `as_of` is its state's time."""

    items: list[Found]
    cursor: str | None
    as_of: float
    total: int | None = None
    """Of all pages, where it was asked for."""


class HistoryItem(Struct):
    """One event of a twin; `at` by its sender's clock, `taken_at` by the log server's."""

    position: int
    at: float
    taken_at: float
    type: str
    origin: str
    data: Any
    id: str | None = None


class Sent(Struct):
    """An event that is durable in the log."""

    twin_id: str
    event_id: str
    partition: int
    position: int


class Asked(Struct):
    """What a twin answered."""

    twin_id: str
    event_id: str
    value: Any


class History(Struct):
    """Events of a twin, oldest first; `more`: there are earlier ones in the span."""

    twin_id: str
    items: list[HistoryItem]
    more: bool


class LiveEvent(Struct):
    """One item of the live feed."""

    event: Literal["change", "arrangement", "signal", "status", "lost", "hello"]
    data: dict[str, Any]
    id: str | None = None
