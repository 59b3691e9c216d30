"""What handling an event may cause: messages to other twins, effects, replies, signals."""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class Target(StrEnum):
    """Where an effect goes."""

    DEVICE = "device"
    """A command to a device; address: the device's twin id."""
    PROVIDER = "provider"
    """A call to a provider; address: the provider's base URL."""
    CHANNEL = "channel"
    """A notice to a person; address: `<channel>:<where>`."""
    COMPUTE = "compute"
    """A heavy computation on Ray; address: the name of the function."""
    CALENDAR = "calendar"
    """Reading a calendar that is kept elsewhere; address: its URL."""


class Tell(Struct, frozen=True, array_like=True):
    """A message to another twin, delivered exactly once and in order."""

    to: str
    type: str
    data: Any
    id: str
    traceparent: str | None = None


class Effect(Struct, frozen=True):
    """What leaves the twins.

    `id` is made of the twin, the causing event's id, the name and the business key, so that it
    stays the same in every replay. Effects of one `order` are delivered one after the other.
    Its outcome comes back to the twin as an event `<name>.done` or `<name>.failed`.
    """

    id: str
    twin_id: str
    name: str
    target: Target
    address: str
    order: str
    request: Any
    key: str = ""
    """The business key; it comes back with the outcome."""
    expires_at: float | None = None
    """After this time (seconds since the epoch) it is not tried again."""
    traceparent: str | None = None


class Reply(Struct, frozen=True):
    """The answer to an `ask`: a value, or an error's text."""

    event_id: str
    value: Any = None
    error: str | None = None


class Signal(Struct, frozen=True):
    """What a twin noticed. It is told to every supervisor kind that listens for its name."""

    id: str
    """`kind/key~digest`: it names the twin, which knows why."""
    name: str
    twin_id: str
    time: float
    data: dict[str, Any]
    traceparent: str | None = None


class Outcome(Struct, kw_only=True, omit_defaults=True):
    """What came of an effect, as data of its `<name>.done` or `<name>.failed` event."""

    effect_id: str
    key: str = ""
    result: Any = None
    reason: str | None = None
    """Why it failed: `refused`, `expired`, `unknown` (nobody can say whether it happened), …"""
    detail: str | None = None
    at: float = 0.0
    """When it was known, seconds since the epoch, by the effect worker's clock."""
