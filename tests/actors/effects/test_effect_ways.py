"""The ledger, the way to the workers, and computations; Ray itself is not started."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
import stamina
from msgspec import structs

import actors.effects.sink
from actors.effects.compute import ComputeDeliverer
from actors.effects.deliverer import NotNow, Promise, Refused
from actors.effects.ledger import CALLED, DONE, KNOWN, WAITING, Item, Ledger
from actors.effects.sink import EffectSink
from actors.effects.worker import MAX_DETAIL, MAX_RESULT_BYTES, EffectCore
from actors.settings import EffectSettings
from twins.outputs import Effect, Outcome, Target

NOW = 1000.0


def effect(id_: str, order: str = "o", address: str = "add", request: Any = None) -> Effect:
    """An effect of one twin."""
    return Effect(
        id_, "probe/p1", "deed", Target.COMPUTE, address, order, request or {}, f"key {id_}"
    )


# -- the ledger ------------------------------------------------------------------------------


def test_an_id_is_taken_once_for_ever(tmp_path: Path) -> None:
    """Given again, alone or among others, after whatever became of it, it is not new."""
    ledger = Ledger(tmp_path / "folder" / "l.db")
    first = ledger.accept([effect("a"), effect("b"), effect("a")], NOW)
    ledger.done(first[0])
    second = ledger.accept([effect("b"), effect("c"), effect("a")], NOW)
    ledger.close()

    assert ["a", "b"] == [item.effect.id for item in first]
    assert ["c"] == [item.effect.id for item in second]


def test_nothing_is_lost_when_the_worker_dies(tmp_path: Path) -> None:
    """A ledger that is opened again has each effect in the state in which it was left."""
    ledger = Ledger(tmp_path / "l.db")
    items = ledger.accept([effect(id_, request={"n": [1, None]}) for id_ in "abcd"], NOW)
    outcome = Outcome(effect_id="c", key="key c", result={"ok": True}, at=NOW)
    ledger.calling(items[1])
    ledger.calling(items[1])
    ledger.calling(items[2])
    ledger.known(items[2], outcome)
    ledger.calling(items[3])
    ledger.known(items[3], outcome)
    ledger.done(items[3])
    ledger.close()
    again = Ledger(tmp_path / "l.db")
    found, counts = again.undone(), again.counts()
    again.close()

    assert [
        Item(items[0].effect, WAITING, 0, None, 1),
        Item(items[1].effect, CALLED, 2, None, 2),
        Item(items[2].effect, KNOWN, 1, outcome, 3),
    ] == found
    assert {WAITING: 1, CALLED: 1, KNOWN: 1, DONE: 1} == counts


def test_a_batch_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    """A batch that cannot be written leaves nothing, so that all of it is asked for again."""
    ledger = Ledger(tmp_path / "l.db")
    broken = structs.replace(effect("b"), request=object())
    with pytest.raises(TypeError):
        ledger.accept([effect("a"), broken], NOW)
    found = ledger.undone()
    new = ledger.accept([effect("a")], NOW)
    ledger.close()

    assert [] == found
    assert 1 == len(new)


def test_what_is_accepted_survives_a_power_cut(tmp_path: Path) -> None:
    """Each transaction is on the disk when it returns."""
    ledger = Ledger(tmp_path / "l.db")
    ((journal,),) = ledger._db.execute("PRAGMA journal_mode").fetchall()
    ((synchronous,),) = ledger._db.execute("PRAGMA synchronous").fetchall()
    ledger.close()

    assert ("wal", 2) == (journal, synchronous)


def test_dead_letters_are_those_that_failed(tmp_path: Path) -> None:
    """The newest first, at most as many as asked for, with what is known of each."""
    ledger = Ledger(tmp_path / "l.db")
    for item in ledger.accept([effect(id_) for id_ in "abcde"], NOW):
        id_ = item.effect.id
        reason = None if id_ in "bd" else f"because {id_}"
        ledger.calling(item)
        ledger.known(item, Outcome(effect_id=id_, reason=reason, at=NOW))
        ledger.done(item)
    everything, newest = ledger.failed(), ledger.failed(limit=2)
    ledger.close()

    assert ["because e", "because c", "because a"] == [
        item.outcome.reason for item in everything if item.outcome
    ]
    assert everything[:2] == newest


def test_anybody_may_read_the_ledger_meanwhile(tmp_path: Path) -> None:
    """A reader sees what was accepted, while the worker has the file open."""
    ledger = Ledger(tmp_path / "l.db")
    ledger.accept([effect("a")], NOW)
    with sqlite3.connect(tmp_path / "l.db") as db:
        count = db.execute("SELECT count(*) FROM effect").fetchone()
    db.close()
    ledger.close()

    assert (1,) == count


# -- what cannot travel ----------------------------------------------------------------------


class Answers:
    """A deliverer whose answer is known beforehand."""

    promise = Promise.IDEMPOTENT

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def deliver(self, _effect: Effect) -> Any:
        """Answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def lookup(self, _effect: Effect) -> Any | None:
        """Nobody asks."""
        return None


@pytest.fixture
def _no_pauses() -> Iterator[None]:
    """Retries follow one another without waiting."""
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize(
    "answer",
    [object(), {"n": 1 << 70}, "x" * (MAX_RESULT_BYTES + 1), {1: {2: object()}}, {"a": {1, 2}}],
)
async def test_a_result_that_no_event_can_carry_is_a_failure(tmp_path: Path, answer: Any) -> None:
    """Its twin hears of it, and the effects behind it in its order are delivered."""
    heard: list[tuple[str, str, str | None]] = []
    deliverer = Answers(answer)

    async def publish(effect: Effect, event_type: str, outcome: Outcome) -> None:
        heard.append((effect.id, event_type, outcome.reason))
        deliverer.answer = {"ok": True}

    ledger = Ledger(tmp_path / "l.db")
    core = EffectCore(ledger, {Target.COMPUTE: deliverer}, publish, EffectSettings(), lambda: NOW)
    core.accept([effect("a"), effect("b")])
    await asyncio.wait_for(core.idle(), 10)
    ledger.close()

    expected = [("a", "deed.failed", "error"), ("b", "deed.done", None)]
    if answer == {"a": {1, 2}}:  # a set travels as a list
        expected[0] = ("a", "deed.done", None)

    assert expected == heard


@pytest.mark.usefixtures("_no_pauses")
async def test_the_text_of_a_failure_is_bounded(tmp_path: Path) -> None:
    """A provider's long story must not make the outcome too large to be taken."""
    heard: list[Outcome] = []

    async def publish(_effect: Effect, _event_type: str, outcome: Outcome) -> None:
        heard.append(outcome)

    ledger = Ledger(tmp_path / "l.db")
    deliverer = Answers(Refused("full", "x" * 100_000))
    core = EffectCore(ledger, {Target.COMPUTE: deliverer}, publish, EffectSettings(), lambda: NOW)
    core.accept([effect("a")])
    await asyncio.wait_for(core.idle(), 10)
    ledger.close()

    assert [("refused", MAX_DETAIL)] == [
        (outcome.reason, len(outcome.detail or "")) for outcome in heard
    ]


# -- the way to the workers ------------------------------------------------------------------


class Worker:
    """An effect worker, called as Ray calls it."""

    def __init__(self) -> None:
        self.shares: list[list[str]] = []
        self.dead = False
        self.accept = self

    async def remote(self, effects: list[Effect]) -> int:
        """Take effects, or be dead."""
        if self.dead:
            raise ConnectionError("the actor is dead")
        self.shares.append([effect.id for effect in effects])
        return len(effects)


class Workers:
    """Finds workers by their names, as Ray does."""

    def __init__(self, names: list[str]) -> None:
        self.by_name = {name: Worker() for name in names}
        self.found: list[str] = []

    def get_actor(self, name: str, namespace: str) -> Worker:
        """Look one up."""
        assert "vigil" == namespace
        self.found.append(name)
        return self.by_name[name]


NAMES = ["effects-0", "effects-1", "effects-2"]


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """Three workers."""
    workers = Workers(NAMES)
    monkeypatch.setattr(actors.effects.sink.ray, "get_actor", workers.get_actor)
    return workers


async def test_an_order_has_one_worker_for_ever(workers: Workers) -> None:
    """Effects of one order go to one worker, in their order, from whichever host."""
    batch = [effect(f"{order}{number}", order) for number in range(3) for order in "abcdefgh"]
    await EffectSink(NAMES).accept(batch)
    first = {name: worker.shares for name, worker in workers.by_name.items()}
    other = Workers(NAMES)
    for order in "hgfedcba":
        workers.by_name = other.by_name
        await EffectSink(NAMES).accept([effect(f"{order}9", order)])

    taken = [id_ for shares in first.values() for share in shares for id_ in share]

    assert sorted(one.id for one in batch) == sorted(taken)
    assert len([shares for shares in first.values() if shares]) > 1
    for name, shares in first.items():
        for (share,) in [shares] if shares else []:
            assert share == [one.id for one in batch if one.id in share]
            later = {ids[0][0] for ids in other.by_name[name].shares}

            assert {id_[0] for id_ in share} == later


async def test_workers_are_looked_up_once(workers: Workers) -> None:
    """As long as they answer."""
    sink = EffectSink(["effects-0"])
    for number in range(3):
        await sink.accept([effect(str(number))])

    assert ["effects-0"] == workers.found


async def test_a_dead_worker_is_raised_and_looked_up_anew(workers: Workers) -> None:
    """The host asks again with all of it; under the name may stand another actor then."""
    sink = EffectSink(["effects-0"])
    await sink.accept([effect("a")])
    workers.by_name["effects-0"].dead = True
    with pytest.raises(ConnectionError):
        await sink.accept([effect("b")])
    workers.by_name["effects-0"] = Worker()
    await sink.accept([effect("b")])

    assert [["b"]] == workers.by_name["effects-0"].shares


async def test_no_effects_go_to_nobody(workers: Workers) -> None:
    """An empty batch asks no worker."""
    await EffectSink(NAMES).accept([])

    assert [] == workers.found


# -- computations ----------------------------------------------------------------------------


class Task:
    """A Ray task that ends as a test says."""

    def __init__(self, end: Any) -> None:
        self._end = end
        self.asked: list[dict[str, Any]] = []

    async def remote(self, **arguments: Any) -> Any:
        """Run it."""
        self.asked.append(arguments)
        if isinstance(self._end, Exception):
            raise self._end
        return self._end


def computing(task: Task) -> ComputeDeliverer:
    """A deliverer that knows one function."""
    deliverer = ComputeDeliverer({"add": "operator:add"})
    deliverer._tasks["add"] = task
    return deliverer


async def test_a_function_is_given_the_request() -> None:
    """Its entries are the arguments, and what it returns is the result."""
    task = Task(3)
    deliverer = computing(task)

    assert 3 == await deliverer.deliver(effect("a", request={"left": 1, "right": 2}))
    assert 3 == await deliverer.lookup(effect("a", request={"left": 1, "right": 2}))
    assert [{"left": 1, "right": 2}] * 2 == task.asked
    assert Promise.IDEMPOTENT is deliverer.promise


@pytest.mark.parametrize("name", ["", "os:system", "operator:add", "__import__"])
async def test_only_named_functions_can_be_reached(name: str) -> None:
    """A twin cannot make the cluster run whatever it likes; the refusal says what there is."""
    with pytest.raises(Refused, match="known: add") as caught:
        await ComputeDeliverer({"add": "operator:add"}).deliver(effect("a", address=name))

    assert "unknown_function" == caught.value.reason


async def test_a_named_function_becomes_a_task_of_ray() -> None:
    """It is found by its module and name, and made a remote function, once."""
    deliverer = ComputeDeliverer({"add": "actors.settings:HostSettings", "gcd": "math:nonsense"})
    with pytest.raises(AttributeError):
        deliverer._task("gcd")


async def test_a_function_that_raises_is_a_refusal() -> None:
    """It would raise again; its twin hears what."""
    error = ray.exceptions.RayTaskError("add", "traceback", ValueError("negative"))
    with pytest.raises(Refused, match="negative") as caught:
        await computing(Task(error)).deliver(effect("a"))

    assert "failed" == caught.value.reason


async def test_a_cluster_that_fails_is_tried_again() -> None:
    """The task was lost with its machine, which is nobody's answer."""
    with pytest.raises(NotNow):
        await computing(Task(ray.exceptions.WorkerCrashedError())).deliver(effect("a"))
