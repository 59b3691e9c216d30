"""The ring: the last spans of a process, bounded, whatever is sent; and the stages of a block."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.resources import Resource
from support.feed import START, device, told

from actors.block import GENESIS, Entry, decode_block, encode_block
from actors.keyring import Keyring
from actors.keys import SEALED, open_block
from actors.telemetry import (
    Telemetry,
    configure,
    decode_spans,
    kept_spans,
    record,
    slow,
    slow_after,
    span,
    traces_on,
)
from actors.telemetry import traces as traces_module
from actors.telemetry.ring import LONGEST, MOST_ATTRIBUTES, SpanRing
from actors.telemetry.traces import MOST_PER_S, start_traces, stop_traces
from actors.tracing import trace_block

MOST = 50
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
UNSAMPLED = f"00-{TRACE}-b7ad6b7169203331-00"


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpanRing]:
    """A process that keeps 50 spans; its clock stands."""
    monkeypatch.setattr("actors.telemetry.ring.time.monotonic", lambda: 100.0)
    ring = SpanRing("host-0", MOST, 1.0)
    start_traces(Resource.create({}), 0.0, ring)
    yield ring
    stop_traces()


def test_a_sampled_stage_is_kept_as_it_was(ring: SpanRing) -> None:
    """With times, process and attributes, below the sender's span."""
    record("apply", PARENT, 1000.0, 1000.25, twin_id="vehicle/v1", partition=3)
    (kept,) = decode_spans(kept_spans())

    assert (TRACE, "b7ad6b7169203331", "apply", "host-0") == (
        kept.trace_id, kept.parent_id, kept.name, kept.process,
    )  # fmt: skip
    assert (1000.0, 1000.25) == (kept.began, kept.ended)
    assert {"twin_id": "vehicle/v1", "partition": 3} == kept.attributes
    assert kept == decode_spans(ring.encoded(TRACE))[0]
    assert [] == decode_spans(ring.encoded("0" * 32))


@pytest.mark.parametrize("given", [UNSAMPLED, "", "nonsense", PARENT + "x", PARENT.upper()])
@pytest.mark.usefixtures("ring")
def test_what_nobody_sampled_is_not_kept(given: str) -> None:
    """Neither is what is no traceparent: it begins no trace."""
    record("apply", given, 1.0, 2.0)

    assert [] == decode_spans(kept_spans())


@pytest.mark.usefixtures("ring")
def test_the_last_are_kept_and_no_more() -> None:
    """Memory stays bounded, by number and by size."""
    more = {f"name{n}": "x" * 10_000 for n in range(100)}
    for number in range(MOST + 7):
        record("apply", PARENT, float(number), float(number) + 0.5, **more)
    kept = decode_spans(kept_spans())

    assert [float(number) for number in range(7, MOST + 7)] == [one.began for one in kept]
    assert MOST_ATTRIBUTES == len(kept[0].attributes)
    assert {LONGEST} == {len(str(value)) for value in kept[0].attributes.values()}


def test_a_flood_of_traced_messages_makes_only_so_many_spans(
    ring: SpanRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for a trace with each message is not traced with each; the next second is."""
    seen: list[str] = []
    monkeypatch.setattr(ring, "on_end", lambda span: seen.append(span.name))
    for _ in range(3 * MOST_PER_S):
        record("apply", PARENT, 1.0, 2.0)
    one_second = len(seen)
    monkeypatch.setattr(traces_module.time, "monotonic", lambda: 101.0)
    record("apply", PARENT, 1.0, 2.0)

    assert (MOST_PER_S, MOST_PER_S + 1) == (one_second, len(seen))


@pytest.mark.usefixtures("ring")
def test_an_error_is_kept_with_its_words() -> None:
    """And goes on as if nobody looked."""
    with pytest.raises(RuntimeError, match="no truck"), span("effect", PARENT):
        raise RuntimeError("no truck")
    (kept,) = decode_spans(kept_spans())

    assert kept.error is not None
    assert "no truck" in kept.error


def test_what_is_slow_is_one_trace_whoever_notes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gateway and host note the same block; of an overload once a second is enough."""
    clock = [100.0]
    monkeypatch.setattr("actors.telemetry.ring.time.monotonic", lambda: clock[0])
    gateway, host = SpanRing("gateway-0", MOST, 1.0), SpanRing("host-0", MOST, 1.0)
    gateway.note_slow("log 3 17", [("append", 1.0, 3.0)], position=17)
    host.note_slow("log 3 17", [("log", 3.0, 3.5), ("apply", 3.5, 4.0)], position=17)
    host.note_slow("log 3 18", [("log", 3.0, 3.5)], position=18)
    clock[0] += 1.0
    host.note_slow("log 3 19", [("log", 3.0, 3.5)], position=19)
    kept = decode_spans(gateway.encoded()) + decode_spans(host.encoded())

    assert ["append", "log", "apply", "log"] == [one.name for one in kept]
    assert 1 == len({one.trace_id for one in kept[:3]})
    assert 4 == len({one.span_id for one in kept})
    assert all(one.slow for one in kept)
    assert 19 == kept[3].attributes["position"]


def test_settings_say_what_is_kept() -> None:
    """As delivered, spans are kept and sent nowhere; with 0 there is nothing at all."""
    try:
        configure(Telemetry(), "host-0")
        on = (traces_on(), slow_after())
        record("apply", PARENT, 1.0, 2.0)
        kept = decode_spans(kept_spans())
        configure(Telemetry(traces_kept=0), "host-0")
        slow("x", [("log", 1.0, 9.0)])
        off = (traces_on(), slow_after(), decode_spans(kept_spans()))
    finally:
        stop_traces()

    assert (True, 1.0) == on
    assert ["host-0"] == [one.process for one in kept]
    assert (False, float("inf"), []) == off


@pytest.mark.usefixtures("ring")
def test_a_block_is_traced_for_its_traced_messages_alone() -> None:
    """From the device and from another twin; a message that only names the word is none."""
    body = encode_block(1, GENESIS, [
        device("vehicle/v1", "telemetry", {"a": 1}, traceparent=PARENT),
        device("vehicle/v2", "telemetry", {"a": "traceparent"}),
        told("roadside/v1", "signal", {"a": 1}),
    ])  # fmt: skip
    trace_block(decode_block(body), body, 3, 17, START, START + 0.25, START + 0.5)
    log, apply = decode_spans(kept_spans())

    assert [("log", START, START + 0.25), ("apply", START + 0.25, START + 0.5)] == [
        (one.name, one.began, one.ended) for one in (log, apply)
    ]
    assert {
        "twin_id": "vehicle/v1", "type": "telemetry", "partition": 3, "position": 17, "events": 3,
    } == apply.attributes  # fmt: skip


@pytest.mark.usefixtures("ring")
def test_a_slow_block_is_kept_though_nobody_asked() -> None:
    """With its first twin, how many it held, and where it lies in the log."""
    body = encode_block(1, GENESIS, [device("vehicle/v1", "telemetry", {"a": 1})])
    trace_block(decode_block(body), body, 3, 17, START, START + 0.9, START + 0.99)
    quick = decode_spans(kept_spans())
    trace_block(decode_block(body), body, 3, 18, START, START + 1.0, START + 1.5)
    kept = decode_spans(kept_spans())

    assert [] == quick
    assert ["log", "apply"] == [one.name for one in kept]
    assert ("vehicle/v1", 18, 1) == tuple(
        kept[0].attributes[name] for name in ("twin_id", "position", "events")
    )


@pytest.mark.usefixtures("ring")
def test_a_traced_message_of_a_person_is_found_when_it_is_opened(tmp_path: Path) -> None:
    """In the log it is sealed, so that its block does not show that somebody is traced."""
    keyring = Keyring(tmp_path)
    keyring.prepare()
    entry = device("probe/p1", "note", {"text": "x"}, traceparent=PARENT)
    key = keyring.of("customer/c1")
    about = f"{entry.subject} {entry.type}".encode()
    sealed = Entry(entry.subject, entry.type, entry.origin | SEALED, key.seal(entry.payload, about))
    body = encode_block(1, GENESIS, [sealed], key_id=1)
    block = decode_block(body)
    open_block(block, keyring)
    trace_block(block, body, 3, 17, START, START + 0.25, START + 0.5)

    assert b"traceparent" not in body
    assert ["log", "apply"] == [one.name for one in decode_spans(kept_spans())]
