"""The envelope of an event, and its codecs (MessagePack on the wire and in the log; JSON accepted).

An event carries the attributes of CloudEvents: `id`, `source`, `type`, `subject`, `time`, `data`.
On the wire `subject` and `type` stand in the NATS subject, the rest in a `Message`.
"""

from typing import Any, Generic, TypeVar

from msgspec import Struct, msgpack

T = TypeVar("T")

MAX_DATA_BYTES = 64 * 1024
"""The largest message a device may send, in bytes."""

MAX_AHEAD_S = 300.0
"""How far ahead of the gateway's clock an event's time may lie, in seconds."""


class Reading(Struct, kw_only=True, omit_defaults=True):
    """Base of what a device measures at one moment; fields not measured stay None.

    `at` is the time of the measurement, in seconds since the epoch; without it the message's
    time counts, and without that the log server's.
    """

    at: float | None = None


class Message(Struct, Generic[T], kw_only=True, omit_defaults=True):
    """What travels on the wire and lies in the log.

    Its class of deduplication follows from what it carries: `boot` and `sequence` (numbered),
    `id` alone, or neither (then the content is its id).
    """

    data: T
    time: float | None = None
    id: str | None = None
    source: str | None = None
    """Who numbers: one counter for each source and boot. Default: the twin itself."""
    boot: int | None = None
    sequence: int | None = None
    base: int | None = None
    """The sender's oldest number not yet acknowledged; it stands only while more are in flight."""
    traceparent: str | None = None


class Event(Struct, frozen=True):
    """One event as a handler sees it."""

    id: str
    type: str
    subject: str
    time: float
    """When it happened, seconds since the epoch."""
    source: str
    data: Any
    traceparent: str | None = None


_encode = msgpack.Encoder().encode


def encode_message(
    data: Any,
    *,
    time: float | None = None,
    id: str | None = None,  # noqa: A002 - the CloudEvents attribute is called id
    source: str | None = None,
    boot: int | None = None,
    sequence: int | None = None,
    base: int | None = None,
    traceparent: str | None = None,
) -> bytes:
    """Return a message in MessagePack."""
    return _encode(
        Message(
            data=data,
            time=time,
            id=id,
            source=source,
            boot=boot,
            sequence=sequence,
            base=base,
            traceparent=traceparent,
        )
    )
