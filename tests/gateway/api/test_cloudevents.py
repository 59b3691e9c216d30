"""CloudEvents in their three forms, and what is refused of them."""

import base64
from typing import Any

import pytest
from msgspec import json, msgpack

from gateway.api.cloudevents import binary, parse_json, structured
from gateway.api.errors import ApiError, Invalid, Unsupported
from twins.event import MAX_DATA_BYTES, Message

NOW = 1_780_000_000.0

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "a1",
    "source": "vehicle/v1",
    "type": "telemetry",
    "subject": "vehicle/v1",
    "data": {"speed_kmh": 50.0},
}


def read(body: bytes) -> Message[Any]:
    """The message on the wire."""
    return msgpack.decode(body, type=Message[Any])


def test_event_keeps_its_id_where_the_twin_is_its_own_source() -> None:
    """The source that is the twin itself is not repeated on the wire; the id stands as it is."""
    envelope = structured(EVENT, NOW)

    expected = Message(data={"speed_kmh": 50.0}, id="a1")

    assert ("vehicle/v1", "telemetry", "a1") == (envelope.twin_id, envelope.type, envelope.id)
    assert expected == read(envelope.body)


def test_ids_of_two_sources_are_two_ids() -> None:
    """CloudEvents identifies an event by source and id; the twin keeps ids alone."""
    first = structured({**EVENT, "source": "/garage/1"}, NOW)
    second = structured({**EVENT, "source": "/garage/2"}, NOW)

    assert "/garage/1#a1" == read(first.body).id
    assert "/garage/2#a1" == read(second.body).id
    assert "a1" == first.id == second.id


def test_numbers_are_passed_on_and_leave_the_id_alone() -> None:
    """Who numbers her events is recognised by the numbers."""
    event = {**EVENT, "source": "obd", "boot": 3, "sequence": 17, "base": 12}

    message = read(structured(event, NOW).body)

    assert ("obd", 3, 17, 12, "a1") == (
        message.source,
        message.boot,
        message.sequence,
        message.base,
        message.id,
    )


def test_time_becomes_seconds_since_the_epoch() -> None:
    """An offset counts; a fraction stays."""
    message = read(structured({**EVENT, "time": "2026-05-01T14:00:00.250+02:00"}, NOW).body)

    assert 1_777_636_800.25 == message.time


def test_binary_mode_reads_headers_and_body() -> None:
    """Attributes are headers, percent-encoded; numbers are numbers again; the body is the data."""
    headers = {
        "content-type": "application/json; charset=utf-8",
        "ce-specversion": "1.0",
        "ce-id": "a%201",
        "ce-source": "vehicle/v1",
        "ce-type": "telemetry",
        "ce-subject": "vehicle/v1",
        "ce-sequence": "7",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }

    envelope = binary(headers, b'{"speed_kmh": 1}', NOW)
    message = read(envelope.body)

    assert "a 1" == envelope.id
    assert ({"speed_kmh": 1}, 7) == (message.data, message.sequence)
    assert headers["traceparent"] == message.traceparent


def test_messagepack_comes_in_base64_or_as_a_body() -> None:
    """Both say the same as JSON does."""
    packed = msgpack.encode({"speed_kmh": 2})
    text = base64.b64encode(packed).decode()
    inside = {**EVENT, "datacontenttype": "application/msgpack", "data_base64": text}
    del inside["data"]
    headers = {"content-type": "application/msgpack"} | {
        f"ce-{name}": value for name, value in EVENT.items() if name != "data"
    }

    assert {"speed_kmh": 2} == read(structured(inside, NOW).body).data
    assert {"speed_kmh": 2} == read(binary(headers, packed, NOW).body).data


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id must"),
        ({"id": "x" * 257}, "id must"),
        ({"id": "a\nb"}, "id must"),
        ({"id": 7}, "id must"),
        ({"source": None}, "source must"),
        ({"subject": "v1"}, "kind/key"),
        ({"subject": "vehicle/v1/x"}, "kind/key"),
        ({"subject": "vehicle/*"}, "kind/key"),
        ({"type": "a..b"}, "type is"),
        ({"type": "a.*"}, "type is"),
        ({"type": "a.>"}, "type is"),
        ({"type": "a b"}, "type is"),
        ({"time": "yesterday"}, "time must"),
        ({"time": "2026-05-01T12:00:00"}, "time must"),
        ({"time": 12}, "time must"),
        ({"time": "1969-12-31T23:59:59Z"}, "time must"),
        ({"time": "2026-06-01T00:00:00Z"}, "ahead of our clock"),
        ({"sequence": -1}, "sequence must"),
        ({"sequence": 1.5}, "sequence must"),
        ({"sequence": True}, "sequence must"),
        ({"boot": 2**63}, "boot must"),
        ({"traceparent": "x\ry"}, "traceparent"),
        ({"data_base64": "AAAA"}, "not both"),
        ({"data": "x" * MAX_DATA_BYTES}, "the limit is"),
        ({"data": 2**70}, "put on the wire"),
    ],
)
def test_garbled_events_are_refused_by_what_is_wrong(change: dict[str, Any], part: str) -> None:
    """The refusal names the attribute, so that the sender's author finds it."""
    with pytest.raises(ApiError) as caught:
        structured({**EVENT, **change}, NOW)

    assert part in str(caught.value)


def test_refusal_names_the_event_and_its_twin() -> None:
    """So a sender of many knows which one it was."""
    with pytest.raises(Invalid) as caught:
        structured({**EVENT, "type": ""}, NOW)

    assert {"event_id": "a1", "twin_id": "vehicle/v1"} == caught.value.ids


@pytest.mark.parametrize(
    "event",
    [
        {**EVENT, "datacontenttype": "text/xml"},
        {**EVENT, "datacontenttype": 5},
    ],
)
def test_data_of_other_types_is_not_understood(event: dict[str, Any]) -> None:
    """XML in a JSON envelope would be a text that no handler takes."""
    with pytest.raises(Unsupported):
        structured(event, NOW)


def test_headers_of_another_type_are_not_understood() -> None:
    """Binary mode with a picture as data."""
    with pytest.raises(Unsupported):
        binary({"content-type": "image/png", "ce-specversion": "1.0"}, b"\x89PNG", NOW)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, json.encode("x") + b"x"]
)
def test_broken_json_is_invalid_and_nothing_worse(body: bytes) -> None:
    """Whatever the bytes are, they are the sender's fault."""
    with pytest.raises(Invalid):
        parse_json(body)
