"""The real services, as far as they need no cluster: what NATS answers, what status says."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import json, msgpack
from nats.errors import ConnectionClosedError, MaxPayloadError, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout

from actors import log
from actors.block import GENESIS, Entry, encode_block
from actors.store.base import Ownership
from actors.store.history import SqliteHistory
from gateway.api.cluster import ClusterServices, report, stalled
from gateway.api.models import Status
from gateway.api.reading import AT_ONCE, read_history
from gateway.api.services import Ack, Refusal
from twins.event import encode_message
from twins.ids import partition_of


class Reply:
    """A message of NATS."""

    def __init__(self, subject: str, data: bytes, status: str | None = None) -> None:
        self.subject = subject
        self.data = data
        self.headers = {"Status": status} if status else None


class Nats:
    """A connection that answers as it is told, one answer a request; `SILENCE` is none."""

    def __init__(self, *answers: Any) -> None:
        self.subjects: list[str] = []
        self._answers = list(answers)
        self._pattern = ""
        self._listener: Any = None

    async def subscribe(self, pattern: str, cb: Any) -> None:
        """Where answers to devices' messages go."""
        self._pattern, self._listener = pattern, cb

    async def request(self, subject: str, _body: bytes, timeout: float) -> Reply:  # noqa: ASYNC109 - the client's signature
        """The next answer; an exception is raised."""
        assert timeout > 0
        self.subjects.append(subject)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Reply("", _bytes(answer))

    async def publish(self, subject: str, _body: bytes, reply: str) -> None:
        """The next answer goes to the inbox, if the subscription is for it."""
        self.subjects.append(subject)
        answer = self._answers.pop(0)
        if isinstance(answer, NoRespondersError):
            await self._listener(Reply(reply, b"", "503"))
        elif isinstance(answer, Exception):
            raise answer
        elif answer is not SILENCE:
            assert fnmatch(reply, self._pattern)
            assert reply.startswith("_INBOX.vehicle.fleet.")
            await self._listener(Reply(reply, _bytes(answer)))


SILENCE = object()


def _bytes(answer: Any) -> bytes:
    return answer if isinstance(answer, bytes) else json.encode(answer)


MOVED = {"error": {"code": 503, "err_code": 20105, "description": "another gateway has it"}}
STORED = {"stream": "LOG_3", "seq": 17}


async def send(nats: Nats, sender: Any = "device", timeout_s: float = 5.0) -> Ack | Refusal:
    """Send one event of vehicle/v1."""
    nothing: Any = None
    services = ClusterServices(cast("Any", nats), nothing, nothing, 16)
    await services.start()
    return await services.send("vehicle/v1", "telemetry", b"", sender, timeout_s)


async def test_acknowledgement_is_jetstreams_own() -> None:
    """Stream and sequence are partition and position; devices' subjects are what devices use."""
    nats = Nats(STORED)

    assert Ack(3, 17) == await send(nats)
    assert ["devices.vehicle.v1.telemetry"] == nats.subjects


async def test_vigils_own_events_go_inside_by_partition() -> None:
    """The API computes the partition as the server does."""
    nats = Nats(STORED)

    await send(nats, "inside")

    assert [f"inside.{partition_of('vehicle/v1', 16)}.vehicle.v1.telemetry"] == nats.subjects


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"error": {"code": 429, "err_code": 1, "description": "later"}}, Refusal(429, "later")),
        ({"error": {}}, Refusal(500, "refused without a reason")),
        (MaxPayloadError(), Refusal(413, "the event is larger than the server takes")),
    ],
)
async def test_refusals_keep_their_code_and_reason(answer: Any, expected: Refusal) -> None:
    """They are final for this call."""
    assert expected == await send(Nats(answer))


async def test_device_event_is_not_tried_again_behind_its_back() -> None:
    """It could come behind later ones; the device repeats what it has to."""
    moved, absent = await send(Nats(MOVED)), await send(Nats(NoRespondersError()))

    assert isinstance(moved, Refusal)
    assert isinstance(absent, Refusal)
    assert (503, 503) == (moved.code, absent.code)


async def test_own_event_waits_while_the_partition_moves() -> None:
    """From one gateway to the next takes a moment."""
    nats = Nats(MOVED, NoRespondersError(), STORED)

    assert Ack(3, 17) == await send(nats, "inside")
    assert 3 == len(nats.subjects)


async def test_own_event_does_not_wait_for_ever() -> None:
    """When its time is over, it is refused as not taken."""
    answer = await send(Nats(MOVED), "inside", timeout_s=0.0)

    assert Refusal(503, "another gateway has it") == answer


@pytest.mark.parametrize("sender", ["device", "inside"])
@pytest.mark.parametrize(
    "answer", [NatsTimeout(), ConnectionClosedError(), b"", b"[]", {"stream": "X", "seq": 1}]
)
async def test_what_nobody_knows_is_no_acknowledgement(answer: Any, sender: str) -> None:
    """Silence, a broken connection, an answer of something else: the outcome is unknown."""
    with pytest.raises(TimeoutError):
        await send(Nats(answer), sender)


async def test_silence_of_the_gateway_ends() -> None:
    """A device's event that nobody answers is not waited for without end."""
    with pytest.raises(TimeoutError):
        await send(Nats(SILENCE), timeout_s=0.01)


# -- status ----------------------------------------------------------------------------------


def owner(number: int, gateway: str = "gateway-0#a", host: str = "host-0#b") -> Ownership:
    """Who has a partition."""
    return Ownership(number, 2, gateway, host)


def part(number: int, **change: Any) -> dict[str, Any]:
    """What a host says of a partition."""
    return {
        "partition": number, "events": 10, "repeats": 1, "refused": 0, "hot_twins": 2,
        "hot_bytes": 100, "outbox": 0, "position": 5, "committed": 4, "error": None,
    } | change  # fmt: skip


def test_status_adds_up_and_is_healthy() -> None:
    """Its shape is the API's model."""
    found = report([owner(0), owner(1)], [], {0: part(0), 1: part(1)}, [], 7.0)
    status = Status.model_validate(found)

    assert (True, [], 20, 4) == (
        status.healthy,
        status.problems,
        status.totals.events,
        status.totals.hot_twins,
    )
    assert ["gateway-0#a", "gateway-0#a"] == [each.gateway for each in status.partitions]


@pytest.mark.parametrize(
    ("owners", "parts", "problems", "text"),
    [
        ([owner(0, gateway="")], {0: part(0)}, [], "partition 0 has no gateway"),
        ([owner(0, host="")], {}, [], "partition 0 has no host"),
        ([owner(0)], {0: part(0, error="Gap: …")}, [], "partition 0: Gap"),
        ([owner(0)], {}, ["host-0 does not say how it is"], "host-0 does not say"),
    ],
)
def test_status_names_what_is_wrong(
    owners: list[Ownership], parts: dict[int, Any], problems: list[str], text: str
) -> None:
    """And is not healthy then."""
    status = Status.model_validate(report(owners, [], parts, problems, 7.0))

    assert not status.healthy
    assert text in status.problems[0]


# -- history ---------------------------------------------------------------------------------


def stored(position: int, *entries: Entry) -> log.Stored:
    """A block of the log; its stamp is its position."""
    return log.Stored(position, float(position), "log.3.in", encode_block(1, GENESIS, [*entries]))


def entry(twin_id: str, origin: int = 0, **attributes: Any) -> Entry:
    """One event."""
    return Entry(twin_id, "telemetry", origin, encode_message({"n": 1}, **attributes))


async def read(
    monkeypatch: pytest.MonkeyPatch, blocks: dict[int, log.Stored | None], limit: int = 100,
    since: float = 0.0, until: float = 1e9,
) -> tuple[list[Any], bool, list[int]]:  # fmt: skip
    """History of vehicle/v1, and which positions were read for it."""
    asked: list[int] = []

    async def fake_read(_client: Any, partition: int, position: int) -> log.Stored | None:
        assert 3 == partition
        asked.append(position)
        return blocks[position]

    monkeypatch.setattr(log, "read", fake_read)
    nobody: Any = None
    items, more = await read_history(nobody, 3, sorted(blocks), "vehicle/v1", since, until, limit)
    return items, more, asked


async def test_history_is_the_twins_own_events_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """With id, origin and both times; neighbours' events are left out."""
    blocks = {
        4: stored(4, entry("vehicle/v1", id="a", time=3.5), entry("vehicle/v2")),
        6: stored(6, entry("vehicle/v1", origin=1), entry("vehicle/v1", 2, boot=1, sequence=9)),
        8: None,
    }

    items, more, _ = await read(monkeypatch, blocks)

    assert [
        (4, 3.5, 4.0, "device", "a"),
        (6, 6.0, 6.0, "twin", None),
        (6, 6.0, 6.0, "inside", "vehicle/v1:1:9"),
    ] == [(item.position, item.at, item.taken_at, item.origin, item.id) for item in items]
    assert not more


async def test_history_reads_no_more_than_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest blocks first, and only until there are enough."""
    blocks: dict[int, log.Stored | None] = {
        position: stored(position, entry("vehicle/v1")) for position in range(1, 100)
    }

    items, more, asked = await read(monkeypatch, blocks, limit=3)

    assert ([97, 98, 99], True) == ([item.position for item in items], more)
    assert AT_ONCE == len(asked)


async def test_history_is_the_newest_however_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A week of a car that sends each second is more than the index gives unasked."""
    index, count = SqliteHistory(tmp_path), 100_003
    partition = partition_of("vehicle/v1", 8)
    index.note(partition, {"vehicle/v1": list(range(1, count + 1))}, 0.0, 1e6)

    async def fake_read(_client: Any, _partition: int, position: int) -> log.Stored:
        return stored(position, entry("vehicle/v1"))

    monkeypatch.setattr(log, "read", fake_read)
    nothing: Any = None
    items, more = await ClusterServices(nothing, nothing, index, 8).history(
        "vehicle/v1", 0.0, 1e6, 2
    )

    assert ([count - 1, count], True) == ([item.position for item in items], more)


async def test_history_keeps_to_the_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the log's time, as the index does."""
    blocks: dict[int, log.Stored | None] = {
        position: stored(position, entry("vehicle/v1", time=0.0)) for position in range(1, 9)
    }

    items, more, _ = await read(monkeypatch, blocks, since=3.0, until=5.0)

    assert ([3, 4, 5], False) == ([item.position for item in items], more)


async def test_history_shows_what_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload that parked its twin is just what somebody looks for."""
    broken = Entry("vehicle/v1", "telemetry", 7, b"\xc1")
    packed = Entry("vehicle/v1", "telemetry", 0, msgpack.encode([1]))

    items, _, _ = await read(monkeypatch, {1: stored(1, broken, packed)})

    assert [("7", None), ("device", None)] == [(item.origin, item.data) for item in items]


def test_a_log_that_does_not_answer_is_a_problem() -> None:
    """Of its partition, and of no other; for how long, and what it may be."""
    gates = [
        {"intake": {"partition": number, "stalled_s": stalled_s}}
        for number, stalled_s in ((0, 0.0), (3, 12.4))
    ]

    (problem,) = stalled({"partitions": gates})

    assert (
        "partition 3: its log has not answered for 12 s, so devices are refused; "
        "is the log server's disk full?"
    ) == problem
