"""The customer answers at the last moment, too late, or twice, in each story that asks her."""

from typing import Any

import pytest
from support.drawn import SEEDS, Drawn
from support.plays import OFFERED, PLAYS, Play
from support.sums import check_sums, firm_of

from actors.supervisors.arrangement import State

YES, NO = {"accept": True}, {"accept": False}


def played(story: str, seed: int, *, late_s: float | None = None, then: Any = None) -> Play:
    """A story at its end.

    Args:
        story: Which.
        seed: Of chance.
        late_s: How long after her offer's end she says what she says; None: soon.
        then: What she says, after she said what she says, too.
    """
    drawn = Drawn(seed)
    play = PLAYS[story](drawn)
    fleet, said = drawn.fleet, drawn.fleet.customer

    def answer(offer: dict[str, Any]) -> dict[str, Any] | None:
        if late_s is not None:
            fleet.answers_after_s = offer["expires_at"] - fleet.now + late_s
        if then is not None:
            again = {"arrangement_id": offer["arrangement_id"], "answered_by": "her", **then}
            fleet.after(
                fleet.answers_after_s + drawn.uniform(0.0, 5.0),
                lambda: fleet.send(offer["supervisor"], "offer.answered", again),
            )
        return said(offer)

    fleet.customer = answer
    play.run()
    check_sums(play)
    return play


def asked(play: Play) -> list[Any]:
    """The arrangements of which the customer was asked."""
    return [arr for arr in play.arrangements() if arr.offer is not None]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("story", OFFERED)
def test_at_the_last_moment_she_gets_it(story: str, seed: int) -> None:
    """As long as the offer stands all that it says can still be confirmed."""
    soon, late = played(story, seed), played(story, seed, late_s=-0.001)

    assert {State.CLOSED} == {arr.state for arr in asked(late)}
    assert firm_of(soon) == firm_of(late)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("late_s", [0.001, 1.0, 700.0, 3600.0])
@pytest.mark.parametrize("story", OFFERED)
def test_too_late_is_no_answer(story: str, late_s: float, seed: int) -> None:
    """All was given back when the offer ended, and a person has it: her late yes books nothing."""
    play = played(story, seed, late_s=late_s)

    assert asked(play)
    assert {State.WITH_PERSON} == {arr.state for arr in asked(play)}
    assert all(arr.verdict is None for arr in asked(play))
    assert 0 == sum(firm_of(play).values())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("story", OFFERED)
def test_in_the_moment_in_which_it_ends(story: str, seed: int) -> None:
    """Either it still counts or not: all is firm, or nothing is."""
    soon, play = played(story, seed), played(story, seed, late_s=0.0)
    firm, ends = firm_of(play), {arr.state for arr in asked(play)}

    assert (ends, firm) in (
        ({State.CLOSED}, firm_of(soon)), ({State.WITH_PERSON}, dict.fromkeys(firm, 0)),
    )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("then", [YES, NO], ids=["yes", "no"])
@pytest.mark.parametrize("story", OFFERED)
def test_her_first_answer_counts(story: str, then: dict[str, bool], seed: int) -> None:
    """Another one afterwards changes nothing, soon or at the last moment."""
    for late_s in (None, -3.0):
        expected = firm_of(played(story, seed, late_s=late_s))
        play = played(story, seed, late_s=late_s, then=then)

        assert expected == firm_of(play)
        assert {State.CLOSED} == {arr.state for arr in asked(play)}
