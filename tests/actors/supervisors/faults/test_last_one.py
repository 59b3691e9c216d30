"""Two arrangements want the last one: one has it, the other another, or a person; never both."""

from collections import Counter

import pytest
from support.contests import CONTESTS, Contest
from support.crashing import Crash, Crashing
from support.drawn import Drawn
from support.sums import check_sums, companies

from actors.supervisors.arrangement import Arrangement, LegState, State

SEEDS = range(12)


def has(arr: Arrangement, contest: Contest) -> set[str]:
    """Holds of the sort that is wanted which an arrangement takes for its own."""
    return {
        leg.hold_id or ""
        for leg in arr.legs.values()
        if leg.sort_name == contest.sort and leg.state is LegState.CONFIRMED
    }


def check_contest(contest: Contest) -> str:
    """What holds of every contest that is over; returns who won."""
    drawn = contest.play.drawn
    check_sums(contest.play)
    first, second = (drawn.arrangement(supervisor) for supervisor in contest.wants)
    taken = {
        hold_id for hold_id, record in contest.of.holds.items() if record.state == "confirmed"
    }  # fmt: skip
    winner, loser = (first, second) if has(first, contest) & taken else (second, first)

    assert 1 == len(taken)
    assert taken <= has(winner, contest)
    assert State.CLOSED is winner.state
    assert not taken & has(loser, contest)
    assert contest.loser is loser.state
    if contest.instead is None:
        assert set() == has(loser, contest)
        assert loser.state is State.CLOSED or loser.case.employee is not None
    else:
        assert has(loser, contest) <= contest.instead.holds.keys()
        assert 1 == len(has(loser, contest))
    return str(winner.supervisor)


@pytest.mark.parametrize("name", CONTESTS)
def test_one_has_it(name: str) -> None:
    """In whatever order the messages come; it is refused to the other, and either may win."""
    won, refused = Counter[int](), 0
    for seed in SEEDS:
        contest = CONTESTS[name](Drawn(seed))
        contest.play.run()
        won[contest.wants.index(check_contest(contest))] += 1
        refused += any(
            step.name == f"{leg.name}.refused"
            for arr in contest.play.arrangements()
            for leg in arr.legs.values()
            if leg.sort_name == contest.sort
            for step in arr.steps
        )

    assert {0, 1} == set(won)
    assert refused > 0


@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "after it is sent"])
@pytest.mark.parametrize("name", CONTESTS)
def test_with_a_crash_in_between(name: str, sent: bool) -> None:
    """After any step of the company's twin, or after any answer to a hold: the same one has it."""

    def played(crash: Crash | None) -> tuple[Contest, Crashing, int]:
        drawn = Drawn(0, lambda partitions: Crashing(partitions, crash))
        contest = CONTESTS[name](drawn)
        fleet = drawn.fleet
        assert isinstance(fleet, Crashing)
        before = fleet.steps
        contest.play.run()
        return contest, fleet, before

    contest, fleet, before = played(None)
    expected = check_contest(contest)
    (company,) = (twin.id for twin, provider in companies(contest.play) if provider is contest.of)
    steps = [
        step for step in range(before + 1, fleet.steps + 1)
        if any(
            subject == company or (subject in contest.wants and type_ == "hold.answered")
            for subject, type_ in fleet.entries[step - 1]
        )
    ]  # fmt: skip

    assert len(steps) > 10
    for step in steps:
        contest, _, _ = played(Crash(step, sent))

        assert expected == check_contest(contest), step
