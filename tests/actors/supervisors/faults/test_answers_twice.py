"""A company answers twice, each call of each story in its turn: the first answer counts."""

import pytest
from support.drawn import Drawn
from support.plays import BOOKED, PLAYS, Play
from support.sums import check_sums, firm_of, lapsed
from support.talking import NO_FIRST, Again, Talking, Twice, talking

from actors.supervisors.arrangement import State
from actors.testing import Fault, Fleet
from twins.outputs import Effect, Target

LATER_S = (0.0, 700.0)
"""At once; when an arrangement has ended, or its offer has."""

SEED = 3


def played(story: str, drawn: Drawn) -> Play:
    """A story at its end, when nothing is held."""
    play = PLAYS[story](drawn)
    play.run()
    check_sums(play)
    return play


def ends(play: Play) -> tuple[list[State], dict[str, int]]:
    """How its arrangements ended, and what is firm at each company."""
    return sorted(arr.state for arr in play.arrangements()), firm_of(play)


@pytest.mark.long
@pytest.mark.parametrize("how", Twice)
@pytest.mark.parametrize("story", BOOKED)
def test_whatever_it_says_later_the_first_answer_counts(story: str, how: Twice) -> None:
    """The same, a no after its yes, or a yes after its no, which is given back: all ends alike."""
    play = played(story, talking(SEED, None))
    expected, fleet = ends(play), play.drawn.fleet
    assert isinstance(fleet, Talking)

    for call in range(1, fleet.calls + 1):
        if how in NO_FIRST:
            expected = ends(played(story, talking(SEED, Again(call, how, None))))
        for after_s in LATER_S:
            again = Again(call, how, after_s)
            play = played(story, talking(SEED, again))
            fleet = play.drawn.fleet
            assert isinstance(fleet, Talking)

            assert 1 == fleet.said, again
            assert expected == ends(play), again
            # Whoever says that it gave back what it did not is believed, until that lapses.
            believed = how is Twice.THEN_YES
            assert after_s or believed or 0 == lapsed(play), again


@pytest.mark.parametrize("story", BOOKED)
def test_a_no_is_a_no(story: str) -> None:
    """What the tests above compare with is not nothing: a no makes some arrangement end otherwise.

    At the latest where all calls of one name are refused.
    """
    found = set()
    for name in ("availability", "hold", "confirm"):
        drawn = Drawn(SEED, lambda partitions: Fleet(partitions, SEED))

        def refused(effect: Effect, name: str = name) -> Fault:
            provider = effect.target is Target.PROVIDER and effect.name == name
            return Fault(carried_out=False, reason="refused") if provider else Fault()

        drawn.fleet.fault = refused
        found.add(tuple(ends(played(story, drawn))[0]))

    assert any(State.WITH_PERSON in states for states in found)


@pytest.mark.parametrize(
    "then",
    [
        (Fault(), Fault(delay_s=700.0)),
        (Fault(), Fault(carried_out=False, reason="refused", delay_s=1.0)),
        (Fault(carried_out=False, reason="refused"), Fault(delay_s=1.0)),
        (Fault(carried_out=False, reason="unknown"), Fault(delay_s=700.0)),
        (Fault(reason="unknown"), Fault(delay_s=700.0)),
    ],
    ids=[
        "yes, a late yes", "yes, no", "no, yes", "unknown, a late yes",
        "unknown though done, a late yes",
    ],
)  # fmt: skip
@pytest.mark.parametrize("story", BOOKED)
def test_a_call_has_one_outcome(story: str, then: tuple[Fault, Fault]) -> None:
    """A second outcome under a call's id is none, whatever it says; what was taken lapses."""
    first, second = then
    both = Fault(first.carried_out, first.reason, then=second)
    calls = len(_calls(played(story, Drawn(SEED)).drawn.fleet))
    for call in range(1, calls + 1):
        expected = ends(played(story, _drawn(call, first)))

        assert expected == ends(played(story, _drawn(call, both))), f"call {call}"


def _calls(fleet: Fleet) -> list[Effect]:
    return [effect for effect in fleet.effects if effect.target is Target.PROVIDER]


def _drawn(call: int, fault: Fault) -> Drawn:
    """One in which this call has this fault."""
    drawn, calls = Drawn(SEED), 0

    def decide(effect: Effect) -> Fault:
        nonlocal calls
        calls += effect.target is Target.PROVIDER
        return fault if effect.target is Target.PROVIDER and calls == call else Fault()

    drawn.fleet.fault = decide
    return drawn
