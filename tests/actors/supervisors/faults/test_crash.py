"""A crash at every step of every story, one by one: nobody outside can tell that there was one."""

from typing import Any, NamedTuple

import pytest
from support.crashing import Crash, Crashing
from support.drawn import Drawn
from support.plays import PLAYS, Play
from support.sums import check_sums

from twins.outputs import Target

SEED = 0


class Seen(NamedTuple):
    """What is there after a play, inside and outside."""

    states: dict[str, Any]
    signals: list[Any]
    effects: list[str]
    """Ids, in the order in which they came for the first time."""
    ledgers: dict[str, Any]
    """Base URL of a provider -> its holds."""
    notices: list[Any]
    commands: list[str]


def play(story: str, seed: int, crash: Crash | None) -> tuple[Play, Crashing, int]:
    """Play a story to its end; returns also the steps that its cast took to come on."""
    drawn = Drawn(seed, lambda partitions: Crashing(partitions, crash, seed))
    ready = PLAYS[story](drawn)
    fleet = drawn.fleet
    assert isinstance(fleet, Crashing)
    before = fleet.steps
    ready.run()
    check_sums(ready)
    return ready, fleet, before


def seen(fleet: Crashing) -> Seen:
    """Everything that anybody could look at."""
    return Seen(
        fleet.states(),
        fleet.signals,
        list(dict.fromkeys(effect.id for effect in fleet.effects)),
        {url: provider.holds for url, provider in fleet.providers.items()},
        fleet.notices,
        fleet.device.done,
    )


@pytest.mark.long
@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "after it is sent"])
@pytest.mark.parametrize("story", PLAYS)
def test_a_crash_after_any_step(story: str, sent: bool) -> None:
    """The partition is lost, and built again from checkpoint and log; what it caused comes again.

    Twins, signals, effects, providers' ledgers, messages to people and commands are those of the
    run without a crash, and nothing stays held.
    """
    _, fleet, before = play(story, SEED, None)
    expected, last = seen(fleet), fleet.steps
    again = read_again = 0
    for step in range(before + 1, last + 1):
        crash = Crash(step, sent)
        _, fleet, _ = play(story, SEED, crash)
        again += fleet.again
        read_again += fleet.read_again

        assert expected == seen(fleet), crash

    assert last > before
    assert read_again >= last - before, "crashes that lose nothing show nothing"
    calls = any(effect.target is not Target.CHANNEL for effect in fleet.effects)
    assert again > 0 or not (calls and sent), "nothing was carried out a second time"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "after it is sent"])
@pytest.mark.parametrize("story", PLAYS)
def test_a_crash_after_each_step(story: str, sent: bool, seed: int) -> None:
    """All of them in one run: as if none had been."""
    expected = seen(play(story, seed, None)[1])
    _, fleet, _ = play(story, seed, Crash(0, sent))

    assert expected == seen(fleet)
