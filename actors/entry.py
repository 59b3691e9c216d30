"""Entry: from an entry of a block to the event that its twin handles."""

from typing import Any

import msgspec
from msgspec import msgpack

from actors.block import Entry
from twins.event import Event, Message
from twins.ids import digest
from twins.outputs import Outcome

_decode_envelope = msgpack.Decoder(Message[msgspec.Raw]).decode


def envelope(entry: Entry) -> Message[Any]:
    """Who sent an entry under which number or id, where its data cannot be read."""
    try:
        return _decode_envelope(entry.payload)
    except msgspec.DecodeError:
        return Message(data=None)


def event_id_of(twin_id: str, entry: Entry, message: Message[Any]) -> str:
    """The constant id of an event, by its class: numbered, with an id, or by its content."""
    if message.sequence is not None:
        return f"{message.source or twin_id}:{message.boot or 0}:{message.sequence}"
    return message.id or digest(entry.type, entry.payload.hex())


def effect_id_of(message: Message[Any], event_id: str) -> str:
    """The effect that an outcome is of, also where its data cannot be read."""
    data = message.data
    if isinstance(data, Outcome):
        return data.effect_id
    if isinstance(data, dict):
        return str(data.get("effect_id"))
    return event_id.partition(".")[0]  # as effect workers name the event


def event_of(
    twin_id: str, entry: Entry, message: Message[Any], event_id: str, stamp: float
) -> Event:
    """The event as its handler sees it."""
    return Event(
        event_id,
        entry.type,
        twin_id,
        stamp if message.time is None else message.time,
        message.source or twin_id,
        message.data,
        message.traceparent,
    )


def due_event(twin_id: str, entry: Entry, now: float) -> Event:
    """The event of a reminder; its id comes of the time that it was set for."""
    due = msgpack.decode(entry.payload, type=float)
    return Event(digest(twin_id, entry.type, repr(due)), entry.type, twin_id, now, twin_id, None)
