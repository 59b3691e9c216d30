"""A provider is slow, silent, or says no, at each call of each story in its turn."""

from collections.abc import Callable
from itertools import count

import pytest
from support.drawn import Drawn
from support.plays import BOOKED, PLAYS, Play
from support.sums import check_sums, firm_of, lapsed

from actors.supervisors.arrangement import State
from actors.supervisors.booking import ASK_S, HOLD_S
from actors.supervisors.confirming import CONFIRM_S
from actors.supervisors.supervisor import RELEASE_S, SLACK_S
from actors.testing import Fault
from twins.outputs import Effect, Target

PATIENCE_S = {"availability": ASK_S, "hold": HOLD_S, "confirm": CONFIRM_S, "release": RELEASE_S}
"""Call -> how long its answer is waited for; `SLACK_S` later its silence counts as one."""

SEED = 4

WRONG: dict[str, Callable[[Drawn, Effect], Fault]] = {
    "too late": lambda drawn, effect: Fault(delay_s=_deadline(effect) + drawn.uniform(1, 90)),
    "too late and not done": lambda drawn, effect: Fault(
        carried_out=False, reason="unknown", delay_s=_deadline(effect) + drawn.uniform(1, 90)
    ),
    "long after": lambda drawn, _effect: Fault(delay_s=drawn.uniform(900, 3600)),
    "silent": lambda _drawn, _effect: Fault(silent=True),
    "silent and not done": lambda _drawn, _effect: Fault(silent=True, carried_out=False),
    "no": lambda _drawn, _effect: Fault(carried_out=False, reason="refused", detail="unavailable"),
    "nobody knows": lambda _drawn, _effect: Fault(reason="unknown"),
    "nobody knows and not done": lambda _drawn, _effect: Fault(
        carried_out=False, reason="unknown"
    ),
}  # fmt: skip
"""What is wrong -> the fault of a call."""


def _deadline(effect: Effect) -> float:
    return PATIENCE_S.get(effect.name, 0.0) + SLACK_S


def played(
    story: str, wrong: Callable[[Drawn, Effect], Fault], which: Callable[[int, Effect], bool]
) -> tuple[Play, int]:
    """A story at its end, in which some calls go wrong; and how many calls it had."""
    drawn, numbers = Drawn(SEED), count(1)
    calls = 0

    def decide(effect: Effect) -> Fault:
        nonlocal calls
        if effect.target is not Target.PROVIDER:
            return Fault()
        calls = next(numbers)
        return wrong(drawn, effect) if which(calls, effect) else Fault()

    drawn.fleet.fault = decide
    play = PLAYS[story](drawn)
    play.run()
    check_sums(play)
    for arr in play.arrangements():
        assert arr.ended
        assert arr.state is not State.WITH_PERSON or arr.case.employee is not None
    return play, calls


def states(play: Play) -> list[State]:
    """How its arrangements ended."""
    return sorted(arr.state for arr in play.arrangements())


@pytest.mark.parametrize("story", BOOKED)
def test_slow_but_in_time(story: str) -> None:
    """Whichever call takes as long as it may: nobody notices in the end."""

    def slow(drawn: Drawn, effect: Effect) -> Fault:
        return Fault(delay_s=drawn.uniform(0.5, 0.95) * PATIENCE_S.get(effect.name, 1.0))

    play, calls = played(story, slow, lambda _number, _effect: False)
    expected = states(play), firm_of(play)
    for call in range(1, calls + 1):
        play, _ = played(story, slow, lambda number, _effect, call=call: number == call)  # type: ignore[misc]  # a default binds it

        assert expected == (states(play), firm_of(play)), f"call {call}"
        assert 0 == lapsed(play), f"call {call}"


@pytest.mark.long
@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("story", BOOKED)
def test_any_call_goes_wrong(story: str, what: str) -> None:
    """It ends: carried out, given back, or with a person; nothing was left to lapse."""
    _, calls = played(story, WRONG[what], lambda _number, _effect: False)
    for call in range(1, calls + 1):
        play, _ = played(story, WRONG[what], lambda number, _effect, call=call: number == call)  # type: ignore[misc]  # a default binds it

        # Behind a call that takes so long, no release gets through in time.
        assert what == "long after" or 0 == lapsed(play), f"call {call}"


@pytest.mark.long
@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("name", PATIENCE_S)
@pytest.mark.parametrize("story", BOOKED)
def test_all_calls_of_a_name_go_wrong(story: str, name: str, what: str) -> None:
    """What cannot be given back lapses, or a person knows of it."""
    play, _ = played(story, WRONG[what], lambda _number, effect: effect.name == name)

    assert name not in ("availability", "hold") or sum(firm_of(play).values()) == 0
