"""Handlers: the methods of a kind that receive events, and who may send each of them.

| decorator | what it receives | who may send it |
|---|---|---|
| `@on("telemetry")` | an event from outside, a reading say | the device, and all below |
| `@told("profile.requested")` | a message | other twins, and Vigil's own edges |
| `@heeds("engine.overheating")` | a `Signal` that some twin noticed | twins |
| `@done("tow.hold")`, `@failed("tow.hold")` | an `Outcome` of one of its effects | effect workers |
| `@ask("unlock_trunk")` | a call that returns a value | operators, tasks and actors |
| `@due("offer.lapses")` | a reminder of its own | the partition |
"""

from collections.abc import Callable
from enum import IntEnum
from inspect import signature
from types import GenericAlias
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import msgpack

from twins.errors import BadDeclaration
from twins.event import Message, Reading

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__vigil_handles__"


class Origin(IntEnum):
    """Who sent an entry of the log. A handler declares the least trusted that it accepts."""

    DEVICE = 0
    TWIN = 1
    INSIDE = 2
    """Vigil's own parts: API, routers, effect workers, operators."""


def _mark(prefix: str, name: str, least: Origin, suffix: str = "") -> Callable[[F], F]:
    def decorate(function: F) -> F:
        marks = [*getattr(function, _MARK, []), (f"{prefix}{name}{suffix}", least)]
        setattr(function, _MARK, marks)
        return function

    return decorate


def on(event_type: str) -> Callable[[F], F]:
    """Receive events of this type from the device itself."""
    return _mark("", event_type, Origin.DEVICE)


def told(event_type: str) -> Callable[[F], F]:
    """Receive messages of this type from other twins and from Vigil's own edges."""
    return _mark("", event_type, Origin.TWIN)


def heeds(signal: str) -> Callable[[F], F]:
    """Receive every signal of this name; the kind's twin with the signalling twin's key gets it."""
    return _mark("signal.", signal, Origin.TWIN)


def done(effect: str) -> Callable[[F], F]:
    """Receive the outcome of an effect of this name that succeeded."""
    return _mark("", effect, Origin.INSIDE, ".done")


def failed(effect: str) -> Callable[[F], F]:
    """Receive the outcome of an effect of this name that failed for good."""
    return _mark("", effect, Origin.INSIDE, ".failed")


def ask(name: str) -> Callable[[F], F]:
    """Answer a call; what the method returns goes back to the caller."""
    return _mark("ask.", name, Origin.INSIDE)


def due(reminder: str) -> Callable[[F], F]:
    """Receive a reminder set with `remind`; the method takes no argument but self."""
    return _mark("due.", reminder, Origin.INSIDE)


class Handler:
    """One event type of one kind: its function, and how its payload is decoded and checked."""

    __slots__ = (
        "decode",
        "decode_json",
        "function",
        "least",
        "listed",
        "outcome",
        "payload",
        "reading",
        "type",
    )

    def __init__(self, event_type: str, function: Callable[..., Any], least: Origin) -> None:
        self.type = event_type
        self.function = function
        self.least = least
        self.payload = _payload_type(function)
        self.reading = isinstance(self.payload, type) and issubclass(self.payload, Reading)
        # A device may send one reading or a list of them as one message.
        self.listed = least is Origin.DEVICE
        # Of an effect of the twin's own; it knows which of them are still open.
        self.outcome = (
            least is Origin.INSIDE
            and event_type.endswith((".done", ".failed"))
            and not event_type.startswith("ask.")
        )
        shape: Any = (
            self.payload | GenericAlias(list, self.payload) if self.listed else self.payload
        )
        self.decode = msgpack.Decoder(Message[shape]).decode
        self.decode_json = msgspec.json.Decoder(Message[shape]).decode


def _payload_type(function: Callable[..., Any]) -> Any:
    parameters = list(signature(function).parameters)
    if len(parameters) == 1:
        return Any | None
    if len(parameters) != 2:  # noqa: PLR2004 - self and the payload
        raise BadDeclaration(
            f"{function.__qualname__} takes {len(parameters)} parameters; "
            "a handler takes self and, unless it ignores the data, one payload"
        )
    hints = get_type_hints(function, include_extras=True)
    if parameters[1] not in hints:
        raise BadDeclaration(
            f"{function.__qualname__}: annotate {parameters[1]!r}; data is checked by its type"
        )
    return hints[parameters[1]]


def declared(function: Any) -> list[tuple[str, Origin]]:
    """The (event type, least trusted origin) pairs that decorators left on a method."""
    return list(getattr(function, _MARK, []))


def takes_payload(function: Callable[..., Any]) -> bool:
    """Whether the method has a parameter beside self."""
    return len(signature(function).parameters) > 1
