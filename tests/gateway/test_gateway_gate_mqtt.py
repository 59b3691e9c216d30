"""What arrives for one partition by MQTT, on its way to the log."""

import asyncio

from gate_kit import KEY, Bench
from gateway_kit import (
    Kept,
    arrived,
    data_of,
    log_full,
    payload,
    until,
)

from gateway.errors import Reason


async def test_copies_of_mqtt_messages_are_dropped(bench: Bench) -> None:
    """What MQTT stored at QoS 1 comes from there; its copy is neither taken nor refused."""
    await bench.send(payload({}), reply="", qos=1)
    await bench.send(b"\xc1", reply="", qos=1)

    assert [] == bench.log.entries
    assert {} == bench.gate.statistics().refused


async def test_mqtt_messages_of_qos_0_are_taken(bench: Bench) -> None:
    """At QoS 0 the copy is all there is."""
    await bench.send(payload({"flow_l": 1.0}), reply="", qos=0)
    await bench.send(payload({}), reply="", type_="free//form", qos=0)
    await bench.send(b"\xc1", reply="", qos=0)
    await bench.written(2)

    assert ["telemetry", "free.form"] == [entry.type for entry in bench.log.entries]
    assert [("testmeter", KEY)] == [error[:2] for error in bench.outside.errors]


async def test_a_dot_in_an_mqtt_key_names_nobody_else(bench: Bench) -> None:
    """What the server writes for a dot is undone in the type alone, never in kind or key."""
    await bench.gate.take([arrived(f"ingest.1.testmeter.{KEY}//telemetry.x", payload({}), qos=0)])

    assert {"bad_id": 1} == bench.gate.statistics().refused


async def test_the_header_of_copies_does_not_hide_a_message(bench: Bench) -> None:
    """A message that wants an answer is no copy, whatever header it carries."""
    await bench.send(payload({}), qos=1)
    await bench.written()

    assert 1 == len(bench.log.entries)


def stored(body: bytes, type_: str = "telemetry", number: int = 1) -> Kept:
    """A message that the server keeps for MQTT."""
    subject = f"$MQTT.msgs.ingest.1.testmeter.{KEY}.{type_}"
    return Kept(subject, body, f"$JS.ACK.mqtt.{number}")


async def test_mqtt_messages_are_acknowledged_to_the_server_when_durable(bench: Bench) -> None:
    """The server forgets an MQTT message only once its block is written."""
    bench.log.hold()
    await bench.gate.take_mqtt(stored(payload({"flow_l": 1.0})))
    await bench.log.waiting.wait()
    early = list(bench.outside.answers)
    bench.log.go.set()
    await bench.written()

    assert [] == early
    assert [("$JS.ACK.mqtt.1", b"+ACK")] == bench.outside.answers


async def test_bad_mqtt_messages_are_told_and_forgotten(bench: Bench) -> None:
    """Refused for good: told on the error topic, buried, and taken from the server."""
    await bench.gate.take_mqtt(stored(b"\xc1"))

    assert [("testmeter", KEY)] == [error[:2] for error in bench.outside.errors]
    assert [("mqtt", Reason.BAD_DATA)] == [
        (letter.way, letter.reason) for letter in bench.outside.letters
    ]
    assert [("$JS.ACK.mqtt.1", b"+ACK")] == bench.outside.answers


async def test_mqtt_messages_wait_for_room(bench: Bench) -> None:
    """They have their PUBACK, so they are not refused when too many wait."""
    bench = Bench(pending_events=1)
    await bench.gate.intake.serve(1)
    bench.log.hold()
    await bench.gate.take_mqtt(stored(payload({"flow_l": 1.0})))
    second = asyncio.create_task(bench.gate.take_mqtt(stored(payload({"flow_l": 2.0}), number=2)))
    await bench.log.waiting.wait()
    early = second.done()
    bench.log.go.set()
    await second
    await bench.written(2)

    assert not early
    assert [1.0, 2.0] == [data_of(entry)["flow_l"] for entry in bench.log.entries]


async def test_mqtt_messages_that_come_too_fast_stay_with_the_server(bench: Bench) -> None:
    """They are given back with a delay, and come again."""
    bench = Bench(burst_per_device=1, rate_per_device=2.0)
    await bench.gate.intake.serve(1)
    await bench.gate.take_mqtt(stored(payload({})))
    await bench.gate.take_mqtt(stored(payload({}), number=2))
    (subject, body), *_ = bench.outside.answers

    assert "$JS.ACK.mqtt.2" == subject
    assert body.startswith(b'-NAK {"delay":49')


async def test_mqtt_messages_of_a_lost_block_stay_with_the_server(bench: Bench) -> None:
    """When the log refuses their block, they come again; their sender hears nothing of it."""
    bench.log.fail = [log_full()]
    await bench.gate.take_mqtt(stored(payload({})))
    await until(lambda: bench.outside.answers)

    assert [("$JS.ACK.mqtt.1", b'-NAK {"delay":1000000000}')] == bench.outside.answers
    assert [] == bench.outside.errors


async def test_a_partition_that_moves_gives_mqtt_messages_back(bench: Bench) -> None:
    """What comes while the partition is let go is for its next owner, at once."""
    await bench.gate.intake.close(1.0)
    await bench.gate.take_mqtt(stored(payload({})))

    assert [("$JS.ACK.mqtt.1", b'-NAK {"delay":1}')] == bench.outside.answers
    assert [] == bench.outside.letters
