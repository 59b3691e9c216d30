"""Latency: sampled evenly, whatever senders write as their time."""

from collections.abc import Iterable

import pytest
from hdrh.histogram import HdrHistogram
from msgspec import msgpack

from actors.block import Entry
from actors.latency import EVERY, Latency
from twins.event import encode_message

NOW = 1_700_000_000.0


def sent(times: Iterable[float | None]) -> list[Entry]:
    """Entries whose messages carry these times."""
    return [Entry("probe/p1", "note", 0, encode_message({}, time=time)) for time in times]


def test_one_event_in_eight_is_sampled_whatever_the_blocks_are() -> None:
    """The count runs on over blocks: many small ones give as many samples as a large one."""
    small, large = Latency(), Latency()
    entries = sent([NOW - 0.25] * 10 * EVERY)
    for entry in entries:
        small.record([entry], NOW)
    large.record(entries, NOW)

    assert 10 == small.histogram.get_total_count() == large.histogram.get_total_count()


@pytest.mark.parametrize("size", [1, 3, EVERY, EVERY + 1, 100])
def test_no_place_in_a_block_is_favoured(size: int) -> None:
    """Every eighth event of the stream is looked at, however it is cut into blocks."""
    latency = Latency()
    stream = [NOW - 0.001 * (number + 1) for number in range(400)]
    for start in range(0, len(stream), size):
        latency.record(sent(stream[start : start + size]), NOW)
    expected = Latency()
    for time in stream[::EVERY]:
        expected.histogram.record_value(int((NOW - time) * 1e6))

    assert expected.encoded() == latency.encoded()


def test_values_are_microseconds() -> None:
    """An event applied a quarter of a second after its time counts as 250,000."""
    latency = Latency()
    latency.record(sent([NOW - 0.25]), NOW)

    assert 250_000 == pytest.approx(latency.histogram.get_max_value(), rel=0.001)


@pytest.mark.parametrize(
    ("time", "value"), [(NOW + 100.0, 1), (NOW - 86_400.0, 60_000_000), (-1e300, 60_000_000)]
)
def test_values_stay_within_the_histogram(time: float, value: int) -> None:
    """A clock that runs ahead counts as the least, one from long ago as the most."""
    latency = Latency()
    latency.record(sent([time]), NOW)

    assert value == pytest.approx(latency.histogram.get_max_value(), rel=0.001)


def test_what_has_no_time_is_no_sample() -> None:
    """Messages without a time are passed over, and do not shift the others."""
    latency = Latency()
    latency.record(sent([None] * EVERY + [NOW - 0.5] * EVERY), NOW)

    assert 1 == latency.histogram.get_total_count()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"{}",
        msgpack.encode([1, 2]),
        msgpack.encode({"data": {}, "time": "noon"}),
        msgpack.encode({"data": {}, "time": float("nan")}),
        msgpack.encode({"data": {}, "time": float("inf")}),
        msgpack.encode({"data": {}, "time": float("-inf")}),
    ],
)
def test_a_poison_payload_stops_nothing(payload: bytes) -> None:
    """What its twin is parked for must not stop its partition: it just is no sample."""
    latency = Latency()
    latency.record([Entry("probe/p1", "note", 0, payload)] * EVERY + sent([NOW - 0.5]), NOW)

    assert 1 == latency.histogram.get_total_count()


def test_histograms_of_processes_add_up() -> None:
    """What is encoded can be decoded elsewhere and added; a reset begins anew."""
    first, second = Latency(), Latency()
    first.record(sent([NOW - 0.1]), NOW)
    second.record(sent([NOW - 0.2]), NOW)
    total = HdrHistogram(1, 60_000_000, 3)
    for one in (first, second):
        total.decode_and_add(one.encoded())
    first.reset()

    assert (2, 0) == (total.get_total_count(), first.histogram.get_total_count())
