"""Effects: once each, in order, across failures and crashes of the worker."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from actors.effects.deliverer import NotNow, Promise, Refused, Unsure
from actors.effects.ledger import Ledger
from actors.effects.worker import EffectCore
from actors.settings import EffectSettings
from twins.outputs import Effect, Outcome, Target

NOW = 1000.0


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """Retries follow one another without waiting."""
    with stamina.set_testing(True, attempts=4):
        yield


def effect(
    id_: str, order: str = "o", name: str = "tow.hold", expires: float | None = None
) -> Effect:
    """An effect of one twin."""
    return Effect(
        id_, "tow_operator/t1", name, Target.PROVIDER, "http://x", order, {}, id_, expires
    )


class World:
    """A receiver that misbehaves as scripted, and the twins that get outcomes."""

    def __init__(self, promise: Promise = Promise.IDEMPOTENT) -> None:
        self.promise = promise
        self.script: dict[str, list[Exception]] = {}
        self.calls: list[str] = []
        self.done: set[str] = set()
        self.outcomes: list[tuple[str, str, Outcome]] = []
        self.gate: dict[str, asyncio.Event] = {}
        self.crash_in_call: str | None = None

    async def deliver(self, effect: Effect) -> Any:
        """Deliver as scripted."""
        self.calls.append(effect.id)
        if effect.id in self.gate:
            await self.gate[effect.id].wait()
        trouble = self.script.get(effect.id)
        if trouble:
            raise trouble.pop(0)
        self.done.add(effect.id)
        return {"ok": effect.id}

    async def lookup(self, effect: Effect) -> Any | None:
        """Whether it was done."""
        return {"found": effect.id} if effect.id in self.done else None

    async def publish(self, effect: Effect, event_type: str, outcome: Outcome) -> None:
        """Take an outcome."""
        self.outcomes.append((effect.id, event_type, outcome))

    def core(self, path: Path) -> EffectCore:
        """A worker on a ledger file."""
        return EffectCore(
            Ledger(path), {Target.PROVIDER: self}, self.publish, EffectSettings(), lambda: NOW
        )


async def test_delivers_once_and_tells_the_twin(tmp_path: Path) -> None:
    """An effect given three times, also to a worker that was started anew, is delivered once."""
    world = World()
    core = world.core(tmp_path / "l.db")

    assert 1 == core.accept([effect("e1")])
    assert 0 == core.accept([effect("e1")])

    await core.idle()
    again = world.core(tmp_path / "l.db")
    again.recover()

    assert 0 == again.accept([effect("e1")])

    await again.idle()

    assert ["e1"] == world.calls
    assert [("e1", "tow.hold.done")] == [(id_, kind) for id_, kind, _ in world.outcomes]
    assert {"ok": "e1"} == world.outcomes[0][2].result


async def test_order_is_kept_within_an_order(tmp_path: Path) -> None:
    """A release waits for its hold, however long that takes; another order does not wait."""
    world = World()
    world.gate["hold"] = asyncio.Event()
    core = world.core(tmp_path / "l.db")
    core.accept([effect("hold"), effect("release"), effect("other", order="p")])
    while "other" not in world.done:
        await asyncio.sleep(0)

    assert "release" not in world.calls

    world.gate["hold"].set()
    await core.idle()

    assert ["hold", "other", "release"] == sorted(world.done)
    assert world.calls.index("hold") < world.calls.index("release")


async def test_tries_again_until_it_is_done(tmp_path: Path) -> None:
    """What surely did not happen, and what may have happened with an idempotent receiver."""
    world = World()
    world.script["e1"] = [NotNow("away"), Unsure("cut off"), NotNow("away")]
    core = world.core(tmp_path / "l.db")
    core.accept([effect("e1")])
    await core.idle()

    assert ["e1"] * 4 == world.calls
    assert "tow.hold.done" == world.outcomes[0][1]


@pytest.mark.parametrize(
    ("trouble", "expires", "reason"),
    [
        (Refused("unavailable", "taken"), None, "refused"),
        (NotNow("away"), None, "expired"),
        (None, NOW - 1, "expired"),
        (ValueError("bug"), None, "error"),
    ],
)
async def test_failure_goes_back_to_the_twin(
    tmp_path: Path, trouble: Exception | None, expires: float | None, reason: str
) -> None:
    """A refusal, an expiry and a bug all end as `failed` with the reason, and are dead letters."""
    world = World()
    if trouble is not None:
        world.script["e1"] = [trouble] * 10
    core = world.core(tmp_path / "l.db")
    core.accept([effect("e1", expires=expires)])
    await core.idle()

    assert ("tow.hold.failed", reason) == (world.outcomes[0][1], world.outcomes[0][2].reason)
    assert ["e1"] == [item.effect.id for item in Ledger(tmp_path / "l.db").failed()]


async def test_a_bug_behind_a_call_that_must_not_be_repeated_is_unknown(tmp_path: Path) -> None:
    """It may have carried the letter already; so nobody may try another way instead."""
    world = World(Promise.ONCE)
    world.script["e1"] = [ValueError("bug")]
    core = world.core(tmp_path / "l.db")
    core.accept([effect("e1")])
    await core.idle()

    assert ["e1"] == world.calls
    assert ("unknown", "ValueError: bug") == (
        world.outcomes[0][2].reason, world.outcomes[0][2].detail,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("promise", "was_done", "calls", "reason"),
    [
        (Promise.IDEMPOTENT, False, 2, None),
        (Promise.QUERYABLE, True, 1, None),
        (Promise.QUERYABLE, False, 2, None),
        (Promise.ONCE, False, 1, "unknown"),
    ],
)
async def test_crash_while_delivering(
    tmp_path: Path, promise: Promise, *, was_done: bool, calls: int, reason: str | None
) -> None:
    """Repeat, ask, or say that nobody knows: as the receiver's promise allows."""
    world = World(promise)
    world.gate["e1"] = asyncio.Event()
    core = world.core(tmp_path / "l.db")
    core.accept([effect("e1")])
    while not world.calls:
        await asyncio.sleep(0)
    for task in list(core._tasks.values()):
        task.cancel()
    await asyncio.gather(*core._tasks.values(), return_exceptions=True)
    if was_done:
        world.done.add("e1")
    world.gate["e1"].set()
    again = world.core(tmp_path / "l.db")
    again.recover()
    await again.idle()

    assert calls == len(world.calls)
    assert reason == world.outcomes[0][2].reason


async def test_unknown_outcome_of_a_once_receiver_is_not_tried_again(tmp_path: Path) -> None:
    """A call that may have happened is repeated by nobody when repeats would count twice."""
    world = World(Promise.ONCE)
    world.script["e1"] = [Unsure("cut off")]
    core = world.core(tmp_path / "l.db")
    core.accept([effect("e1")])
    await core.idle()

    assert ["e1"] == world.calls
    assert "unknown" == world.outcomes[0][2].reason
