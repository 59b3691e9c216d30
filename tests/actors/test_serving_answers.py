"""What a partition in service answers: snapshots, replies to calls, and what watchers see."""

import asyncio
from typing import Any

import pytest
from msgspec import msgpack
from nats.aio.client import Client
from nats.aio.msg import Msg
from support import probes
from support.feed import inside, numbered
from support.log_server import Bench, until

import actors.replies
import actors.serving
from actors.changes import END
from actors.errors import AskFailed, AskUnknown, NotOwner, Unavailable
from actors.log import put
from actors.serving import Serving
from twins.errors import UnknownKind
from twins.ids import digest

assert probes, "importing it registers the kind"

pytestmark = pytest.mark.cluster


def summing(id_: str, left: int = 1, twin_id: str = "probe/p1") -> Any:
    """A call that adds two numbers."""
    return inside(twin_id, "ask.sum", {"left": left, "right": 2}, id_)


async def test_a_snapshot_says_what_it_stands_for(bench: Bench) -> None:
    """Epoch, position, log time, counts and state of one moment."""
    serving = await bench.serve()
    again = numbered("probe/p1", "note", {"text": "one"}, 1)
    await bench.write(again, numbered("probe/p1", "note", {"text": "three"}, 3))
    position = await bench.write(again, numbered("probe/p1", "note", {"text": "two"}, 2))
    await serving.reached(position)
    state = await serving.state("probe/p1", None)

    assert ("probe/p1", "probe", 1, position) == (
        state.id, state.kind, state.epoch, state.position
    )  # fmt: skip
    assert (3, 1, 1, 3) == (state.applied, state.duplicates, state.reordered, state.numbered)
    assert ["one", "three", "two"] == state.state["trace"]
    assert (True, None) == (state.exists, state.parked)
    assert serving.partition.now == state.now


async def test_a_twin_that_nobody_wrote_to_does_not_exist(bench: Bench) -> None:
    """Its snapshot is that of a new twin, and says so; reading does not make it."""
    serving = await bench.serve()
    state = await serving.state("probe/nobody", None)

    assert (False, 0, {"key": "nobody"}) == (
        state.exists, state.applied, {"key": state.state["key"]}
    )  # fmt: skip
    assert (0, 0) == serving.partition.hot


async def test_a_kind_that_nobody_declared_has_no_twins(bench: Bench) -> None:
    """The caller's mistake is an error, not a twin that does not exist."""
    serving = await bench.serve()
    with pytest.raises(UnknownKind, match="nonsense"):
        await serving.state("nonsense/x", None)


async def test_reading_does_not_bring_a_twin_into_memory(bench: Bench) -> None:
    """What the store alone has is answered from there."""
    serving = await bench.serve()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {"text": "one"}, 1)))
    await bench.stop(serving)
    again = await bench.serve()
    state = await again.state("probe/p1", None)

    assert (True, ["one"], 1) == (state.exists, state.state["trace"], state.position)
    assert (0, 0) == again.partition.hot


async def test_min_position_waits_for_ones_own_write(bench: Bench) -> None:
    """The snapshot holds what was written at that position, or is not given yet."""
    serving = await bench.serve()
    early = asyncio.create_task(serving.state("probe/p1", 3))
    await serving.reached(await bench.write(numbered("probe/p1", "note", {"text": "one"}, 1)))
    await serving.reached(await bench.write(numbered("probe/p1", "note", {"text": "two"}, 2)))
    await asyncio.sleep(0)

    assert not early.done()

    await bench.write(numbered("probe/p1", "note", {"text": "three"}, 3))
    state = await asyncio.wait_for(early, 10)

    assert (3, ["one", "two", "three"]) == (state.position, state.state["trace"])


async def test_waiting_ends_when_the_partition_moves(bench: Bench) -> None:
    """Whoever waits for a position here learns that another host has it now, and asks there."""
    serving = await bench.serve()
    waiting = [
        asyncio.create_task(serving.state("probe/p1", 5)),
        asyncio.create_task(serving.reply("call-1", 5)),
    ]
    await asyncio.sleep(0)
    await bench.stop(serving)
    answers = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)

    assert [NotOwner, NotOwner] == [type(answer) for answer in answers]
    assert "moved while 5 was awaited" in str(answers[0])


async def test_waiting_ends_when_the_partition_stops(client: Client, bench: Bench) -> None:
    """A partition that cannot go on says why, to those who wait and to those who come."""
    serving = await bench.serve()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {"text": "one"}, 1)))
    waiting = asyncio.create_task(serving.state("probe/p1", 5))
    await put(client, "log.0.from.7", b"\xc1 no block")
    with pytest.raises(Unavailable, match="partition 0 stopped at 1: not a block"):
        await asyncio.wait_for(waiting, 10)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(serving.reached(2), 10)
    state = await serving.state("probe/p1", 1)

    assert ["one"] == state.state["trace"]


async def test_a_call_is_answered_where_it_was_applied(bench: Bench) -> None:
    """The answer is there once the partition stands at the call's position, and stays there."""
    serving = await bench.serve()
    waiting = asyncio.create_task(serving.reply("call-1", 1))
    position = await bench.write(summing("call-1", 40))

    assert {"sum": 42} == await asyncio.wait_for(waiting, 10)
    assert {"sum": 42} == await serving.reply("call-1", position)


async def test_a_call_survives_a_crash(bench: Bench) -> None:
    """From a checkpoint, and from a replay: a caller's second try gets the answer of the first."""
    serving = await bench.serve()
    await serving.reached(await bench.write(summing("call-1", 40)))
    await serving.checkpoints.take()
    await bench.write(summing("call-2", 1))
    await bench.crash(serving)
    again = await bench.serve()
    repeat = await bench.write(summing("call-1", 40), summing("call-2", 1))

    assert {"sum": 42} == await asyncio.wait_for(again.reply("call-1", repeat), 10)
    assert {"sum": 3} == await again.reply("call-2", repeat)

    state = await again.state("probe/p1", None)

    assert ["call-1", "call-2"] == state.state["trace"]


async def test_a_handler_that_refuses_a_call_tells_its_caller(bench: Bench) -> None:
    """`AskFailed` has what it raised; the twin goes on."""
    serving = await bench.serve()
    position = await bench.write(summing("call-1", -1))
    with pytest.raises(AskFailed, match="ValueError: no negative numbers here"):
        await asyncio.wait_for(serving.reply("call-1", position), 10)
    state = await serving.state("probe/p1", None)

    assert state.parked is None


@pytest.mark.parametrize("call", ["ask.nonsense", "ask.sum"])
async def test_a_call_that_cannot_be_made_tells_its_caller(bench: Bench, call: str) -> None:
    """Nobody answers to this name, or its data does not fit."""
    serving = await bench.serve()
    position = await bench.write(inside("probe/p1", call, {"left": "one"}, "call-1"))
    with pytest.raises(AskFailed):
        await asyncio.wait_for(serving.reply("call-1", position), 10)


async def test_an_answer_that_is_no_longer_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`AskUnknown` says that the call was applied; the latest answers are kept."""
    monkeypatch.setattr(actors.replies, "KEPT_REPLIES", 2)
    serving = await bench.serve()
    position = await bench.write(*(summing(f"call-{number}", number) for number in (1, 2, 3)))
    with pytest.raises(AskUnknown, match=f"call-1 was applied at or before position {position}"):
        await asyncio.wait_for(serving.reply("call-1", position), 10)

    assert [{"sum": 4}, {"sum": 5}] == [
        await serving.reply(f"call-{number}", position) for number in (2, 3)
    ]


class Watcher:
    """Hears what partition 0 publishes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.heard: list[dict[str, Any]] = []

    async def open(self) -> "Watcher":
        """Listen; the second flush makes sure that the server knows."""
        await self._client.subscribe("changes.0", cb=self._hear)
        await self._client.flush()
        await self._client.flush()
        return self

    async def _hear(self, message: Msg) -> None:
        self.heard.append(msgpack.decode(message.data))


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watchers are told at once."""
    monkeypatch.setattr(actors.changes, "CHANGES_S", 0.01)


async def test_watchers_see_what_changed(client: Client, bench: Bench) -> None:
    """States of the twins that a block touched, each once, and the signals that came of it."""
    watcher = await Watcher(client).open()
    serving = await bench.serve()
    serving.changes.watch(60.0)
    await bench.write(
        numbered("probe/p1", "note", {"text": "one"}, 1),
        numbered("probe/p1", "note", {"text": "two"}, 2),
        numbered("probe/p2", "boom", {"until": 0.0}, 1),
    )
    await until(lambda: watcher.heard)
    (change,) = watcher.heard

    assert ["probe/p1", "probe/p2"] == [state["id"] for state in change["states"]]
    assert ["one", "two"] == change["states"][0]["state"]["trace"]
    signal_id = f"probe/p2~{digest('probe/p2', 'probe/p2:1:1', 'probe.boomed')}"
    assert [("probe.boomed", "probe/p2", signal_id)] == [
        (signal["name"], signal["twin_id"], signal["id"]) for _, signal in change["signals"]
    ]
    assert (0, 1) == (change["after"], change["position"])


async def test_nobody_watches(client: Client, bench: Bench) -> None:
    """Without a watcher nothing is published, nor kept; with one, what changes from then on."""
    watcher = await Watcher(client).open()
    serving = await bench.serve()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {}, 1)))
    serving.changes.watch(0.0)
    await serving.reached(await bench.write(numbered("probe/p2", "note", {}, 1)))
    serving.changes.watch(60.0)
    await serving.reached(await bench.write(numbered("probe/p3", "note", {}, 1)))
    await until(lambda: watcher.heard)

    assert [["probe/p3"]] == [[state["id"] for state in one["states"]] for one in watcher.heard]


async def test_watching_goes_on_when_the_connection_fails(
    client: Client, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that could not be published is lost to watchers; the next one says so."""
    watcher = await Watcher(client).open()
    serving = await bench.serve()
    failed = asyncio.Event()
    publish = client.publish

    async def lossy(subject: str, payload: bytes = b"", *args: Any, **kwargs: Any) -> None:
        if subject == "changes.0" and not failed.is_set():
            failed.set()
            raise OSError("the buffer is full")
        await publish(subject, payload, *args, **kwargs)

    monkeypatch.setattr(client, "publish", lossy)
    serving.changes.watch(60.0)
    await bench.write(numbered("probe/p1", "note", {}, 1))
    await asyncio.wait_for(failed.wait(), 10)
    await bench.write(numbered("probe/p2", "note", {}, 1))
    await until(lambda: watcher.heard)

    assert ["probe/p2"] == [state["id"] for state in watcher.heard[0]["states"]]
    assert (1, 2) == (watcher.heard[0]["after"], watcher.heard[0]["position"])


# -- what changed since ----------------------------------------------------------------------------


async def changed(serving: Serving, since: Any, **of: Any) -> tuple[list[str], list[str], Any]:
    """Twins and signals behind a mark, and up to where that is."""
    found = await serving.changed(since, of.get("kind"), of.get("twin_id"), of.get("most", 1000))
    return (
        [state.id for state in found.states],
        [one.signal.twin_id for one in found.signals],
        (found.until, found.lost),
    )


async def test_what_changed_since_is_known_of_memory_and_index(bench: Bench) -> None:
    """Whether a checkpoint was made meanwhile or not; each twin once, as it is."""
    serving = await bench.serve()
    for number in range(1, 4):
        await bench.write(
            numbered(f"probe/p{number}", "note", {}, 1),
            numbered("probe/p0", "boom", {"until": 0.0}, number),
        )
    await serving.reached(3)
    before = await changed(serving, (1, END))
    await serving.checkpoints.take()
    after = await changed(serving, (1, END))
    one = await changed(serving, (0, END), twin_id="probe/p1")
    none = await changed(serving, (0, END), kind="vehicle")
    now = await changed(serving, None)

    expected = (["probe/p2", "probe/p0", "probe/p3"], ["probe/p0"] * 2, ((3, END), False))

    assert expected == before
    assert expected == after
    assert ["probe/p1"] == one[0]
    assert [] == none[0]
    assert ([], [], ((3, END), False)) == now


async def test_what_changed_since_comes_in_parts(bench: Bench) -> None:
    """In order; the last one of a part is told again with the next, for what belongs to it."""
    serving = await bench.serve()
    for number in range(1, 6):
        await bench.write(numbered(f"probe/p{number}", "note", {}, 1))
    await serving.reached(5)
    mark: Any = (0, END)
    seen = []
    while mark != (5, END):
        ids, _, (mark, _) = await changed(serving, mark, most=3)
        seen.append(ids)

    assert [["probe/p1", "probe/p2", "probe/p3"], ["probe/p3", "probe/p4", "probe/p5"]] == seen[:2]


async def test_mark_of_another_log_is_known_as_such(bench: Bench) -> None:
    """It lies behind the end of this one."""
    serving = await bench.serve()
    await serving.reached(await bench.write(numbered("probe/p1", "note", {}, 1)))

    assert ([], [], ((1, END), True)) == await changed(serving, (99, END))
