"""Odd devices stay within what is promised, and what their twins are due is told by it."""

import json
import random
from typing import Any
from zlib import crc32

import msgpack
import pytest
from nats.errors import TimeoutError as NatsTimeout

from load.chaos.checker import Found, Holds, compare_odd
from load.chaos.odd import COUNT, SPAN, Odd, Said, shuffled
from load.chaos.poison import Poison
from load.chaos.promise import Owed
from twins.event import Event


def test_messages_are_shuffled_within_the_promise() -> None:
    """All come, many again, none far from its place."""
    messages = [bytes([number]) for number in range(100)]
    sent = shuffled(messages, random.Random(3))
    again = [message for index, message in enumerate(sent) if message in sent[:index]]

    assert set(messages) == set(sent)
    assert sent != sorted(sent)
    assert 20 < len(again) < 50
    newest = 0
    for message in sent:
        assert message[0] > newest - SPAN
        newest = max(newest, message[0])


class Server:
    """A log server that answers what it is told to, and keeps what it was sent."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.got: list[tuple[str, bytes]] = []

    async def request(self, subject: str, payload: bytes, timeout: float) -> Any:  # noqa: ASYNC109, ARG002 - the client's own signature
        """Take it, and answer the next; in the end it always acknowledges."""
        self.got.append((subject, payload))
        answer = self._answers.pop(0) if self._answers else {"stream": "LOG_0", "seq": 1}
        if isinstance(answer, Exception):
            raise answer
        return type("Answer", (), {"data": b"" if answer is None else json.dumps(answer).encode()})


def error(code: int) -> dict[str, Any]:
    """A refusal."""
    return {"error": {"code": code, "description": f"no: {code}"}}


def odd(server: Server) -> Odd:
    """Devices of all kinds at one server."""
    client: Any = server
    return Odd({"vehicle": client, "poison": client}, random.Random(1), 1000.0)


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("load.chaos.odd.AGAIN_S", 0.0)


@pytest.mark.usefixtures("_at_once")
async def test_a_message_is_sent_until_something_final_is_said() -> None:
    """Nobody there, no answer, and not now are none of it."""
    server = Server(None, NatsTimeout(), error(429), error(409), error(503))
    devices = odd(server)
    await devices.send("vehicle/v1", "telemetry", b"x")

    assert [("devices.vehicle.v1.telemetry", b"x")] * 6 == server.got
    assert {"vehicle/v1": Said({b"x"}, {b"x"}, [], 1)} == devices.said


async def test_a_refusal_is_written_down() -> None:
    """It is not sent again."""
    devices = odd(Server(error(400)))
    await devices.send("vehicle/v1", "telemetry", b"x")

    assert Said({b"x"}, set(), ["no: 400"], 1) == devices.said["vehicle/v1"]


async def test_a_bout_has_every_class_of_device() -> None:
    """Each sends as many different messages; the log is due exactly these, whatever came again."""
    server = Server()
    devices = odd(server)
    sent = await devices.shuffle(1)
    owed: dict[str, Owed] = {}
    for subject, payload in server.got:
        twin_id = "/".join(subject.split(".")[1:3])
        owed.setdefault(twin_id, Owed()).take(msgpack.unpackb(payload), payload)

    assert sent == len(server.got) > 3 * COUNT
    assert {f"vehicle/odd-{name}-1" for name in ("numbered", "named", "nameless")} == set(owed)
    assert [COUNT] * 3 == [one.applied for one in owed.values()]
    assert 3 * COUNT == devices.caused


def take(*messages: dict[str, Any]) -> Owed:
    """What these come to."""
    owed = Owed()
    for message in messages:
        whole = {"time": 1.0, **message}
        owed.take(whole, msgpack.packb(whole))
    return owed


def test_numbers_count_once_for_ever() -> None:
    """Within 64 below the highest, in any order; not below; from 1 again after a new boot."""
    numbers = [1, 3, 2, 2, 3, 100, 36, 35, 36]
    owed = take(*({"boot": 5, "sequence": number} for number in numbers))

    assert 5 == owed.applied
    assert 6 == take(*({"boot": boot, "sequence": 1} for boot in (1, 1, 2, 3, 4, 3, 7, 8))).applied


def test_ids_count_once_among_the_last_ones() -> None:
    """Of 32; contents likewise, where there is no id."""
    ids = [{"id": f"m{number % 33}"} for number in range(34)]

    assert 33 == take(*ids[:33], ids[5]).applied
    assert 34 == take(*ids).applied
    assert 2 == take({"data": {"a": 1}}, {"data": {"a": 2}}, {"data": {"a": 1}}).applied


def test_the_newest_reading_stays() -> None:
    """Field by field; of two of one time the later one."""
    owed = take(
        {"id": "a", "time": 5.0, "data": {"x": 1, "y": 1}},
        {"id": "b", "time": 3.0, "data": {"x": 2, "z": 2}},
        {"id": "c", "time": 5.0, "data": {"y": 3}},
    )

    assert {"x": (5.0, 1), "y": (5.0, 3), "z": (3.0, 2)} == owed.newest


ID = "vehicle/odd-named-1"
ONE, TWO = (msgpack.packb({"id": name, "time": 1.0, "data": {"x": 1}}) for name in "ab")
SAID = {ID: Said({ONE, TWO}, {ONE, TWO}, [], 3)}


def twin(*payloads: bytes, x: int = 1) -> dict[str, Holds]:
    """One that handled these in this order."""
    digest = 0
    for payload in payloads:
        digest = crc32(payload, digest)
    return {ID: Holds(len(payloads), digest, 0, 0, None, {"x": x})}


@pytest.mark.parametrize(
    ("log", "twins", "expected"),
    [
        ((ONE, TWO, ONE), twin(ONE, TWO), Found(2, 2)),
        # The log has lost one.
        ((ONE,), twin(ONE), Found(2, 1, lost=1)),
        # The twin has.
        ((ONE, TWO), twin(ONE), Found(2, 1, lost=1)),
        # The twin has taken a repeat.
        ((ONE, TWO, ONE), twin(ONE, TWO, ONE), Found(2, 3, duplicated=1)),
        # It has taken them in another order.
        ((ONE, TWO), twin(TWO, ONE), Found(2, 2, out_of_order=1)),
        # An older reading has replaced the newest one.
        ((ONE, TWO), twin(ONE, TWO, x=7), Found(2, 2, out_of_order=1)),
    ],
)
def test_what_is_wrong_is_found(
    log: tuple[bytes, ...], twins: dict[str, Holds], expected: Found
) -> None:
    """Each is counted, and named."""
    owed = Owed()
    for payload in log:
        owed.take(msgpack.unpackb(payload), payload)
    found = Found()
    compare_odd(found, SAID, {ID: owed}, twins)

    assert (found.lost + found.duplicated + found.out_of_order > 0) == bool(found.problems)
    found.problems = []
    assert expected == found


async def test_poison_stands_between_harmless_events() -> None:
    """Numbered, so that it counts once."""
    server = Server()
    await odd(server).poison("poison/p1", "loop")

    assert ["note", "loop", "note"] == [subject.rsplit(".", 1)[1] for subject, _ in server.got]
    assert [1, 2, 3] == [msgpack.unpackb(payload)["sequence"] for _, payload in server.got]


@pytest.mark.parametrize(
    ("type_", "error_"), [("raise", ValueError), ("hungry", MemoryError)], ids=["raise", "hungry"]
)
def test_no_handler_survives_poison(type_: str, error_: type[Exception]) -> None:
    """What is harmless counts."""
    poison = Poison.new("p1")
    poison.receive(Event("e1", "note", poison.id, 1.0, poison.id, None))

    assert 1 == poison.notes
    with pytest.raises(error_):
        poison.receive(Event("e2", type_, poison.id, 1.0, poison.id, None))
