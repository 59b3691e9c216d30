"""What arrives for one partition, on its way to the log."""

import pytest
from gate_kit import INBOX, KEY, Bench
from gateway_kit import (
    Kept,
    arrived,
    data_of,
    key_in,
    log_full,
    number_of,
    payload,
    until,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from actors.telemetry.traces import start_traces, stop_traces
from gateway.errors import Reason
from gateway.gate import PROBE
from twins.handler import Origin


async def test_a_good_message_is_written_and_acknowledged(bench: Bench) -> None:
    """The entry is in the log, and the reply is JetStream's acknowledgement."""
    await bench.send(payload({"flow_l": 1.0}))
    await bench.written()

    assert [f"testmeter/{KEY}"] == [entry.subject for entry in bench.log.entries]
    assert [(INBOX, b'{"stream":"LOG_1","seq":1}')] == bench.outside.answers
    assert [] == bench.outside.letters


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "log.1.in",
        "inside.1.testmeter.m0.calibrated",
        "$JS.API.STREAM.PURGE.LOG_1",
        "$JS.ACK.x",
        "_INBOX.other.m1.x",
        f"_INBOX.testmeter.{KEY}0.x",
        "_INBOX.nuid.x",
    ],
)
async def test_only_the_senders_own_inbox_is_answered(bench: Bench, reply: str) -> None:
    """A reply subject that the device itself could not listen to gets no answer, good or bad."""
    await bench.send(payload({"flow_l": 1.0}), reply=reply)
    await bench.send(b"\xc1", reply=reply)
    await bench.written()

    assert [] == bench.outside.answers
    assert 1 == len(bench.log.entries)
    assert 1 == len(bench.outside.letters)


async def test_the_inbox_of_the_kinds_fleet_is_answered(bench: Bench) -> None:
    """A connection that speaks for a whole kind has an inbox of its own."""
    await bench.send(payload({"flow_l": 1.0}), reply="_INBOX.testmeter.fleet.x.1")
    await bench.written()

    assert ["_INBOX.testmeter.fleet.x.1"] == [subject for subject, _ in bench.outside.answers]


async def test_bad_data_is_answered_and_kept(bench: Bench) -> None:
    """A refusal for good goes to the device and to the dead letters, with the reason."""
    await bench.send(payload({"flow_l": "x"}))
    (letter,) = bench.outside.letters

    assert [20001] == bench.errors()
    assert ("testmeter", KEY, "telemetry", "nats", Reason.BAD_DATA) == (
        letter.kind, letter.key, letter.type, letter.way, letter.reason
    )  # fmt: skip
    assert payload({"flow_l": "x"}) == letter.payload
    assert {"bad_data": 1} == bench.gate.statistics().refused


async def test_a_twin_of_another_partition_is_refused(bench: Bench) -> None:
    """Whoever may name a partition cannot name a wrong one."""
    await bench.send(payload({}), key=key_in(2), reply="_INBOX.testmeter.fleet.x")

    assert [20008] == bench.errors()
    assert [] == bench.log.entries


@pytest.mark.parametrize("subject", ["ingest.1.testmeter", "ingest.1", "ingest.1.testmeter.m0"])
async def test_a_short_subject_is_refused(bench: Bench, subject: str) -> None:
    """Subjects without kind, key or type are no crash."""
    await bench.gate.take([arrived(subject, payload({}))])

    assert 1 == sum(bench.gate.statistics().refused.values())


async def test_a_device_that_sends_too_fast_is_slowed_down(bench: Bench) -> None:
    """Beyond its burst a device is refused for now; nothing is buried, for it will send again."""
    bench = Bench(burst_per_device=3, rate_per_device=1.0)
    await bench.gate.intake.serve(1)
    for number in range(5):
        await bench.send(payload({"flow_l": float(number)}))
    bench.time += 1.0
    await bench.send(payload({"flow_l": 9.0}))
    await bench.written(4)

    assert [20102, 20102] == bench.errors()
    assert [0.0, 1.0, 2.0, 9.0] == [data_of(entry)["flow_l"] for entry in bench.log.entries]
    assert [] == bench.outside.letters


async def test_what_nobody_can_be_told_is_buried(bench: Bench) -> None:
    """A message without reply that is refused only for now is lost; so it is a dead letter."""
    bench = Bench(burst_per_device=1, rate_per_device=1.0)
    await bench.gate.intake.serve(1)
    await bench.send(payload({}), reply="")
    await bench.send(payload({}), reply="")

    assert [Reason.RATE] == [letter.reason for letter in bench.outside.letters]


async def test_a_gap_in_the_numbers_is_refused(bench: Bench) -> None:
    """Several in flight are taken in order or not at all."""
    for number, base in ((5, None), (6, 5), (8, 5), (7, 5), (8, 5)):
        await bench.send(payload({}, boot=1, sequence=number, **({"base": base} if base else {})))
    await bench.written(4)

    assert [20101] == bench.errors()
    assert [5, 6, 7, 8] == [number_of(entry) for entry in bench.log.entries]


async def test_what_comes_behind_a_lost_block_is_refused(bench: Bench) -> None:
    """After the log refused a block, later numbers do not overtake those that it held."""
    bench.log.fail = [log_full()]
    bench.log.hold()
    await bench.send(payload({}, boot=1, sequence=1))
    await bench.log.waiting.wait()
    await bench.send(payload({}, boot=1, sequence=2, base=1))
    bench.log.go.set()
    await until(lambda: len(bench.errors()) == 2)
    bench.gate.intake.note_fill(1, 1000)
    await bench.send(payload({}, boot=1, sequence=3, base=1))
    for number in (1, 2, 3):
        await bench.send(payload({}, boot=1, sequence=number, base=1))
    await bench.written(3)

    assert [20104, 20104, 20101] == bench.errors()
    assert [1, 2, 3] == [number_of(entry) for entry in bench.log.entries]


async def test_each_source_has_its_own_order(bench: Bench) -> None:
    """Numbers of one source say nothing about those of another."""
    await bench.send(payload({}, boot=1, sequence=1, source="phone"))
    await bench.send(payload({}, boot=1, sequence=2, base=1))
    await bench.send(payload({}, boot=1, sequence=2, base=1, source="phone"))
    await bench.written(2)

    assert [20101] == bench.errors()


async def test_probes_of_the_mapping_leave_no_trace(bench: Bench) -> None:
    """What gateways ask the server's mapping with is neither answered nor counted."""
    await bench.gate.take([arrived(f"ingest.1.{PROBE}.x.probe", b"", "_INBOX._probe.x.1")])

    assert [] == bench.outside.answers
    assert [] == bench.outside.letters
    assert {} == bench.gate.statistics().refused


async def test_vigils_own_parts_send_what_devices_may_not(bench: Bench) -> None:
    """`inside` reaches handlers that are not for devices, and answers any inbox."""
    subject = f"inside.1.testmeter.{KEY}.calibrated"
    await bench.gate.take_inside(Kept(subject, payload({}), "_INBOX.nuid.7"))
    await bench.written()

    assert [Origin.INSIDE] == [entry.origin for entry in bench.log.entries]
    assert [("_INBOX.nuid.7", b'{"stream":"LOG_1","seq":1}')] == bench.outside.answers


async def test_a_refusal_inside_is_answered(bench: Bench) -> None:
    """Vigil's own parts are told, too; a subject that is no inbox is never published to."""
    subject = f"inside.1.testmeter.{KEY}.nosuchtype"
    await bench.gate.take_inside(Kept(subject, payload({}), "_INBOX.nuid.7"))
    await bench.gate.take_inside(Kept(subject, payload({}), "log.1.in"))

    assert [20004] == bench.errors()
    assert ["inside", "inside"] == [letter.way for letter in bench.outside.letters]


async def test_a_fault_of_our_own_is_answered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody expected is a refusal with a dead letter, and no silence."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("gateway.gate.judge", fail)
    await bench.send(payload({}))

    assert [20001] == bench.errors()
    assert ["a bug" in letter.description for letter in bench.outside.letters] == [True]


async def test_a_gate_that_has_ended_is_silent(bench: Bench) -> None:
    """What still reaches it is for the next owner; two answers to one message would confuse."""
    await bench.gate.intake.close(1.0)
    await bench.send(payload({}))
    bench.gate.end()
    await bench.send(payload({}))
    await bench.gate.take_inside(Kept(f"inside.1.testmeter.{KEY}.calibrated", b"", "_INBOX.x.1"))

    assert [20105] == bench.errors()


async def test_routes_are_bounded(bench: Bench) -> None:
    """However many devices and types come, what is remembered of subjects is bounded."""
    bench = Bench(devices_known=2)
    await bench.gate.intake.serve(1)
    keys = [key_in(1, f"r{number}-") for number in range(1500)]
    for key in keys:
        await bench.send(payload({}), key=key, reply="")
    await bench.written(1500)

    assert len(bench.gate._routes) <= 1024
    assert {f"testmeter/{key}" for key in keys} == {entry.subject for entry in bench.log.entries}


async def test_a_traced_message_has_a_span_of_its_gateway(bench: Bench) -> None:
    """While traces are on, the trace that a message carries goes through the gateway."""
    exporter = InMemorySpanExporter()
    start_traces(Resource.create({}), 1.0, SimpleSpanProcessor(exporter))
    trace = "0af7651916cd43dd8448eb211c80319c"
    try:
        await bench.send(payload({"flow_l": 1.0}, traceparent=f"00-{trace}-b7ad6b7169203331-01"))
        await bench.send(payload({"flow_l": 2.0}))
        await bench.written(2)
    finally:
        stop_traces()

    take, append = exporter.get_finished_spans()
    about = {"twin_id": f"testmeter/{KEY}", "type": "telemetry", "partition": 1}
    assert [("take", trace), ("append", trace)] == [
        (done.name, f"{done.context.trace_id:032x}") for done in (take, append)
    ]
    assert about == take.attributes
    assert {**about, "position": 1, "events": 2} == append.attributes
    assert (take.end_time or 0) <= (append.start_time or 0) <= (append.end_time or 0)
