"""What passes the gateway's check, and what is refused with which reason."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from gateway_kit import NOW, MeterReading, Mode, payload
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

import twins.rulebook
from actors.block import Entry
from gateway.check import MAX_READINGS, check
from gateway.errors import Reason, Refused
from twins.event import MAX_AHEAD_S, MAX_DATA_BYTES, Message
from twins.handler import Origin

assert twins.rulebook, "kinds of Vigil's own"

GOOD = {"flow_l": 12.5, "pressure_bar": 3.0, "note": "ok", "mode": "eco"}


def refusal(body: bytes, *, kind: str = "testmeter", key: str = "m1", type_: str = "telemetry",
            origin: int = Origin.DEVICE) -> Refused:  # fmt: skip
    """Why a message is refused; fails the test when it passes."""
    with pytest.raises(Refused) as caught:
        check(kind, key, type_, body, NOW, origin)
    return caught.value


def test_messagepack_goes_into_the_log_as_it_came() -> None:
    """A MessagePack message's bytes are the entry's payload, unchanged."""
    body = payload(GOOD, time=NOW, boot=1, sequence=7)

    entry, message = check("testmeter", "m1", "telemetry", body, NOW)

    assert Entry("testmeter/m1", "telemetry", Origin.DEVICE, body) == entry
    assert MeterReading(flow_l=12.5, pressure_bar=3.0, note="ok", mode=Mode.ECO) == message.data
    assert (1, 7, None) == (message.boot, message.sequence, message.base)


@pytest.mark.parametrize("lead", ["", " ", "\n", "\t", "\r\n"])
def test_json_goes_into_the_log_as_messagepack(lead: str) -> None:
    """JSON, also behind white space, is read and written as the same message in MessagePack."""
    body = (lead + json.dumps({"data": GOOD, "time": NOW, "id": "e-1"})).encode()

    entry, _ = check("testmeter", "m1", "telemetry", body, NOW)

    written = msgpack.decode(entry.payload, type=Message[MeterReading])
    assert MeterReading(flow_l=12.5, pressure_bar=3.0, note="ok", mode=Mode.ECO) == written.data
    assert (NOW, "e-1") == (written.time, written.id)


@pytest.mark.parametrize(
    ("kind", "type_"),
    [("partition", "rules.published"), ("rulebook", "ask.rules.publish")],
)
def test_devices_make_no_rules(kind: str, type_: str) -> None:
    """Whatever they claim to be: neither a partition nor a rulebook hears them."""
    body = payload({}, time=NOW, source="rulebook/testmeter")

    assert Reason.FORBIDDEN == refusal(body, kind=kind, key="0", type_=type_).reason


def test_a_list_of_readings_is_one_entry() -> None:
    """Readings in a list stay one message."""
    body = payload([{"flow_l": 1.0, "at": NOW - 2}, {"flow_l": 2.0, "at": NOW - 1}])

    entry, message = check("testmeter", "m1", "telemetry", body, NOW)

    assert [1.0, 2.0] == [reading.flow_l for reading in message.data]
    assert body == entry.payload


def test_a_type_may_have_dots() -> None:
    """An event type of several parts finds its handler."""
    entry, _ = check("testmeter", "m1", "free.form", payload({"any": ["thing", 1]}), NOW)

    assert "free.form" == entry.type


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"\xc1", "MessagePack"),
        (b"{", "JSON"),
        (b'{"data": {}}{', "JSON"),
        (b"\x81", "MessagePack"),
        (payload(GOOD)[:-1], "MessagePack"),
        (payload(GOOD) + b"\x00", "MessagePack"),
        (msgpack.encode({"time": NOW}), "data"),
        (msgpack.encode([1, 2]), "Expected"),
        (payload({"flow_l": "much"}), "flow_l"),
        (payload({"mode": "idle"}), "mode"),
        (payload(["not a reading"]), "$.data"),
        (b'{"data": {"flow_l": 1e999}}', "range"),
        (b'{"data": {"note": "\xff"}}', "JSON"),
        (b"{" * 10_000, "JSON"),
    ],
)
def test_what_does_not_decode_is_bad_data(body: bytes, says: str) -> None:
    """Bytes that are no message, or whose data does not fit the handler's type, are refused."""
    refused = refusal(body)

    assert Reason.BAD_DATA is refused.reason
    assert refused.final
    assert says in refused.description


@pytest.mark.parametrize(
    "nested",
    [
        b'{"data":' + b'{"a":' * 10_000,
        b"\x81\xa4data" + b"\x81\xa1a" * 20_000,
        payload({"a": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}),
    ],
)
def test_deep_nesting_is_refused(nested: bytes) -> None:
    """Nesting beyond what the decoder can follow is refused, not a crash."""
    assert "nested" in refusal(nested, type_="free.form").description


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "data",
    [
        lambda number: {"flow_l": number},
        lambda number: [{"flow_l": 1.0}, {"pressure_bar": number}],
        lambda number: {"at": number},
    ],
)
def test_numbers_that_are_none_are_refused(number: float, data: Any) -> None:
    """NaN and infinities in readings, alone or in a list, are refused."""
    assert Reason.BAD_DATA is refusal(payload(data(number))).reason


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_are_none_are_found_anywhere(number: float) -> None:
    """Data of any shape is looked through to its leaves."""
    body = payload({"a": [1, {"b": [2.0, number]}]})

    assert "not finite" in refusal(body, type_="free.form").description


def test_huge_numbers_pass() -> None:
    """Finite numbers whose sum is infinite are no fault."""
    entry, _ = check(
        "testmeter", "m1", "telemetry", payload({"flow_l": 1.7e308, "pressure_bar": 1.7e308}), NOW
    )

    assert "testmeter/m1" == entry.subject


@pytest.mark.parametrize(
    ("type_", "data", "says"),
    [
        ("telemetry", {"note": "a\0b"}, "NUL"),
        ("free.form", {"a": ["b\0"]}, "NUL"),
        ("free.form", {"\0": 1}, "NUL"),
        ("free.form", {"a": msgpack.Ext(5, b"x")}, "extension"),
    ],
)
def test_what_no_store_can_keep_is_refused(type_: str, data: Any, says: str) -> None:
    """The character NUL, and MessagePack's extensions, are refused."""
    assert says in refusal(payload(data), type_=type_).description


@pytest.mark.parametrize(
    ("envelope", "says"),
    [
        ({"boot": 1}, "together"),
        ({"sequence": 1}, "together"),
        ({"base": 1}, "together"),
        ({"boot": -1, "sequence": 1}, "between"),
        ({"boot": 1, "sequence": -1}, "between"),
        ({"boot": 1, "sequence": 2**63}, "between"),
        ({"boot": 1, "sequence": 5, "base": 6}, "base"),
        ({"boot": 1, "sequence": 5, "base": -1}, "base"),
        ({"boot": 1.5, "sequence": 5}, "int"),
        ({"id": ""}, "id"),
        ({"id": "x" * 129}, "id"),
        ({"source": "x" * 129}, "source"),
        ({"source": "a\nb"}, "source"),
        ({"traceparent": "x" * 129}, "traceparent"),
        ({"time": -1.0}, "time"),
        ({"time": math.nan}, "time"),
        ({"time": math.inf}, "time"),
        ({"time": "now"}, "time"),
    ],
)
def test_a_bad_envelope_is_refused(envelope: dict[str, Any], says: str) -> None:
    """Numbers, ids and times of the envelope are checked."""
    refused = refusal(payload(GOOD, **envelope))

    assert Reason.BAD_DATA is refused.reason
    assert says in refused.description


@pytest.mark.parametrize(
    "body",
    [
        payload(GOOD, time=NOW + MAX_AHEAD_S + 1),
        payload({"flow_l": 1.0, "at": NOW + MAX_AHEAD_S + 1}),
        payload([{"at": NOW}, {"at": NOW + MAX_AHEAD_S + 1}]),
    ],
)
def test_a_clock_that_is_ahead_is_refused(body: bytes) -> None:
    """A message's or reading's time more than five minutes ahead is refused, with the remedy."""
    refused = refusal(body)

    assert Reason.CLOCK_AHEAD is refused.reason
    assert "set the device's clock" in refused.description


def test_a_clock_that_is_a_little_ahead_passes() -> None:
    """Times up to the bound pass, and so do old ones."""
    body = payload([{"at": NOW + MAX_AHEAD_S}, {"at": 0.0}], time=NOW + MAX_AHEAD_S)

    entry, _ = check("testmeter", "m1", "telemetry", body, NOW)

    assert body == entry.payload


@pytest.mark.parametrize("key", ["", "a b", "a/b", "ä", "x" * 65, "a.b", "*", ">"])
def test_a_bad_key_is_refused(key: str) -> None:
    """A key with other characters, or too long, names no twin."""
    assert Reason.BAD_ID is refusal(payload(GOOD), key=key).reason


@pytest.mark.parametrize("key", ["a", "A-b_9", "x" * 64])
def test_a_good_key_passes(key: str) -> None:
    """Letters, digits, `_` and `-`, up to 64."""
    entry, _ = check("testmeter", key, "telemetry", payload(GOOD), NOW)

    assert f"testmeter/{key}" == entry.subject


EVERY_TWIN = "vigil.desire, vigil.maintain, vigil.maintain.end, vigil.patch"
"""What any twin can be asked."""


@pytest.mark.parametrize(
    ("type_", "said"),
    [
        ("nosuch", "devices send: command.progress, free.form, ping, telemetry"),
        ("ask.nosuch", f"it can be asked: read_out, {EVERY_TWIN}"),
    ],
)
def test_an_unknown_type_is_told_what_there_is(type_: str, said: str) -> None:
    """For a call the calls, for an event the events."""
    found = refusal(payload({}), type_=type_, origin=Origin.INSIDE)

    assert f"testmeter has no handler for {type_!r}; {said}" == found.description


def test_unknown_kinds_and_types_are_refused_with_what_there_is() -> None:
    """The description names what would have been known."""
    kind = refusal(payload(GOOD), kind="nosuchkind")
    type_ = refusal(payload(GOOD), type_="nosuchtype")

    assert (Reason.UNKNOWN_KIND, 404) == (kind.reason, kind.code)
    assert "testmeter" in kind.description
    assert (Reason.UNKNOWN_TYPE, 404) == (type_.reason, type_.code)
    assert "telemetry" in type_.description
    assert "calibrated" not in type_.description


@pytest.mark.parametrize("type_", ["calibrated", "ask.read_out", "vigil.resume", "vigil.skip"])
def test_what_is_not_for_devices_is_forbidden_to_them(type_: str) -> None:
    """Handlers for twins and for Vigil's own parts refuse devices, and take the others."""
    body = payload({})

    refused = refusal(body, type_=type_)
    entry, _ = check("testmeter", "m1", type_, body, NOW, Origin.INSIDE)

    assert (Reason.FORBIDDEN, 403) == (refused.reason, refused.code)
    assert Origin.INSIDE == entry.origin


def test_too_much_is_refused() -> None:
    """More than 64 KB, or more than 1,024 readings, are refused."""
    large = refusal(b"\x00" * (MAX_DATA_BYTES + 1))
    many = refusal(payload([{}] * (MAX_READINGS + 1)))

    assert [(Reason.TOO_LARGE, 413)] * 2 == [(large.reason, large.code), (many.reason, many.code)]


@given(st.binary(max_size=200), st.sampled_from(["telemetry", "free.form", "ping"]))
def test_no_bytes_make_it_fail(body: bytes, type_: str) -> None:
    """Whatever the bytes are, they pass or are refused; nothing else is raised."""
    with suppress(Refused):
        entry, _ = check("testmeter", "m1", type_, body, NOW)
        msgpack.decode(entry.payload)


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(-(2**63), 2**64 - 1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["data", "time", "id", "source", "boot", "sequence", "base"]), _json
    )
)
def test_no_message_makes_it_fail(message: dict[str, Any]) -> None:
    """Whatever a well-formed message holds; what passes holds only what JSON can say."""
    with suppress(Refused):
        entry, _ = check("testmeter", "m1", "free.form", msgpack.encode(message), NOW)
        json.dumps(msgpack.decode(entry.payload), allow_nan=False)


def test_a_refusal_is_a_jetstream_error() -> None:
    """What goes back to the device is what JetStream's own refusals look like."""
    refused = Refused(Reason.FULL, "the log is full")

    assert {
        "error": {"code": 503, "err_code": 20104, "description": "the log is full"}
    } == json.loads(refused.reply())
    assert not refused.final
