"""CloudEvents 1.0 over HTTP: structured, batched and binary, into the messages of Vigil's wire.

| CloudEvents | here |
|---|---|
| `subject` | the twin: `vehicle/v17` |
| `type` | the event's type: `telemetry` |
| `id`, `source` | who says what: with the twin itself as source the id alone, else `source#id` |
| `time` | RFC 3339 with an offset; becomes seconds since the epoch |
| `data`, `data_base64` | the payload; in base64 only as MessagePack |
| `boot`, `sequence`, `base` | the sender's numbers (extensions); they win over the id |
| `traceparent` | W3C trace context (extension), or the header of that name |

A producer must not use an id twice (CloudEvents 3.1, `source` + `id`), and that is what tells a
repeat from a new event.
"""

import math
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from gateway.api.errors import Invalid, Unsupported
from twins.errors import BadTwinId
from twins.event import MAX_AHEAD_S, MAX_DATA_BYTES, encode_message
from twins.ids import split

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MESSAGEPACK = {"application/msgpack", "application/x-msgpack", "application/vnd.msgpack"}

MAX_ATTRIBUTE = 256
"""Characters of `id`, `source` and `traceparent`; longer ones are refused, never cut."""

_TYPE = re.compile(r"[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,7}")
_JSON = re.compile(r"application/([a-z0-9.-]+\+)?json|text/json")
_MAX_INT = 2**63 - 1


class Envelope(Struct):
    """One event, ready for the wire."""

    twin_id: str
    type: str
    id: str
    """As its sender calls it; what the answer to the sender names."""
    body: bytes
    """A `Message` in MessagePack."""


def parse_json(body: bytes) -> Any:
    """Decode JSON from outside; raises `Invalid`."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"the body is no JSON that can be read: {error}") from error
    except RecursionError as error:
        raise Invalid("the body nests too deeply; send it flatter") from error


def structured(event: Any, now: float, traceparent: str | None = None) -> Envelope:
    """Read one event in the JSON format; raises `Invalid` or `Unsupported`."""
    if not isinstance(event, dict):
        raise Invalid("an event is a JSON object; see CloudEvents 1.0, JSON format")
    if "data" in event and "data_base64" in event:
        raise Invalid("give data or data_base64, not both", **_named(event))
    content_type = event.get("datacontenttype", "application/json")
    if "data_base64" in event:
        data = _from_base64(event["data_base64"], content_type)
    else:
        if not isinstance(content_type, str) or not _JSON.fullmatch(_media_type(content_type)):
            raise Unsupported("data of another type than JSON goes into data_base64")
        data = event.get("data")
    attributes = {**event, "traceparent": event.get("traceparent", traceparent)}
    return _envelope(attributes, data, now)


def binary(headers: Mapping[str, str], body: bytes, now: float) -> Envelope:
    """Read one event whose attributes stand in `ce-…` headers and whose body is its data."""
    attributes: dict[str, Any] = {
        # Header values are percent-encoded (HTTP protocol binding, 3.1.3.2).
        name.removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.startswith("ce-")
    }
    attributes.setdefault("traceparent", headers.get("traceparent"))
    for number in ("boot", "sequence", "base"):
        text = attributes.get(number)
        if text is not None and re.fullmatch(r"[0-9]{1,19}", text):
            attributes[number] = int(text)
    content_type = _media_type(headers.get("content-type", "application/json"))
    if content_type in MESSAGEPACK:
        data = _from_messagepack(body)
    elif _JSON.fullmatch(content_type):
        data = parse_json(body) if body else None
    else:
        raise Unsupported(f"data is JSON or MessagePack, not {content_type[:100]!r}")
    return _envelope(attributes, data, now)


def _envelope(attributes: Mapping[str, Any], data: Any, now: float) -> Envelope:
    ids = _named(attributes)
    if attributes.get("specversion") != "1.0":
        raise Invalid("specversion must be the text 1.0", **ids)
    event_id = _text(attributes, "id", ids)
    source = _text(attributes, "source", ids)
    twin_id = _text(attributes, "subject", ids)
    event_type = _text(attributes, "type", ids)
    try:
        split(twin_id)
    except BadTwinId as error:
        raise Invalid(f"subject: {error}", **ids) from error
    if not _TYPE.fullmatch(event_type):
        raise Invalid("type is words of [A-Za-z0-9_-] with dots between, at most eight", **ids)
    sequence = _number(attributes, "sequence", ids)
    foreign = None if source == twin_id else source
    # Two sources may use the same id for different events; the twin keeps ids, so ids say whose.
    known_id = f"{source}#{event_id}" if foreign and sequence is None else event_id
    traceparent = attributes.get("traceparent")
    if traceparent is not None and not _fits(traceparent):
        raise Invalid("traceparent is no trace context (W3C)", **ids)
    try:
        body = encode_message(
            data,
            time=_time(attributes.get("time"), now, ids),
            id=known_id,
            source=foreign,
            boot=_number(attributes, "boot", ids),
            sequence=sequence,
            base=_number(attributes, "base", ids),
            traceparent=traceparent,
        )
    except (OverflowError, ValueError, TypeError, RecursionError, msgspec.MsgspecError) as error:
        raise Invalid(f"the data cannot be put on the wire: {error}", **ids) from error
    if len(body) > MAX_DATA_BYTES:
        raise Invalid(f"the event takes {len(body)} bytes; the limit is {MAX_DATA_BYTES}", **ids)
    return Envelope(twin_id, event_type, event_id, body)


def _named(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The ids that a refusal can name, as far as they are text that can be said back."""
    names = {"event_id": attributes.get("id"), "twin_id": attributes.get("subject")}
    return {name: text for name, text in names.items() if _fits(text)}


def _fits(text: Any) -> bool:
    return isinstance(text, str) and 0 < len(text) <= MAX_ATTRIBUTE and text.isprintable()


def _text(attributes: Mapping[str, Any], name: str, ids: dict[str, Any]) -> str:
    value = attributes.get(name)
    if not isinstance(value, str) or not _fits(value):
        raise Invalid(
            f"{name} must be a text of 1 to {MAX_ATTRIBUTE} characters, none of them invisible",
            **ids,
        )
    return value


def _number(attributes: Mapping[str, Any], name: str, ids: dict[str, Any]) -> int | None:
    value = attributes.get(name)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= _MAX_INT:
        raise Invalid(f"{name} must be a whole number from 0 to {_MAX_INT}", **ids)
    return value


def _time(value: Any, now: float, ids: dict[str, Any]) -> float | None:
    if value is None:
        return None
    try:
        moment = msgspec.convert(value, datetime)
        at = moment.timestamp() if moment.tzinfo is not None else math.nan
    except (msgspec.ValidationError, OverflowError, ValueError, OSError):
        at = math.nan
    if not at >= 0:
        raise Invalid(
            "time must be RFC 3339 with an offset, after 1970: 2026-05-01T12:00:00Z", **ids
        )
    if at > now + MAX_AHEAD_S:
        raise Invalid(
            f"time lies {at - now:.0f} s ahead of our clock, more than {MAX_AHEAD_S:.0f}; "
            "set the device's clock",
            **ids,
        )
    return at


def _from_base64(value: Any, content_type: Any) -> Any:
    if not isinstance(content_type, str) or _media_type(content_type) not in MESSAGEPACK:
        raise Unsupported("data_base64 is understood as application/msgpack only")
    if not isinstance(value, str):
        raise Invalid("data_base64 must be a text")
    try:
        return _from_messagepack(b64decode(value, validate=True))
    except (Base64Error, ValueError) as error:
        raise Invalid(f"data_base64 is no base64: {error}") from error


def _from_messagepack(body: bytes) -> Any:
    try:
        return msgspec.msgpack.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"the data is no MessagePack that can be read: {error}") from error
    except (RecursionError, ValueError, OverflowError, TypeError) as error:
        raise Invalid(f"the data cannot be read: {error}") from error


def _media_type(text: str) -> str:
    return text.partition(";")[0].strip().lower()
