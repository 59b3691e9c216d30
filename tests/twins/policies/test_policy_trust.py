"""Trust: a level is earned by verdicts, lost by them, and a person may always say otherwise."""

import pytest
from support.policies import Asked

from twins.policies import Leave, Level
from twins.policies.intervals import of_share


def test_it_rises_when_it_is_surely_good() -> None:
    """20 of 20 have a lower bound of 84 %; 19 of 19 are too few. Each level is earned anew."""
    asked = Asked(level="shadow")
    asked.judge("+" * 19)
    before = asked.policy.at_level
    asked.judge("+")
    after = asked.policy.at_level
    asked.judge("+" * 19)
    still = asked.policy.at_level
    asked.judge("+")

    assert [Level.SHADOW, Level.PROPOSE, Level.PROPOSE] == [before, after, still]
    assert Level.ACT is asked.policy.at_level


def test_it_falls_by_itself_when_it_errs() -> None:
    """Four errors are too few to say so; the fifth makes it propose, five more only look."""
    asked = Asked(level="act")
    asked.judge("-" * 4)
    before = asked.leave("a1")
    asked.judge("-")
    after = asked.leave("a2")
    asked.judge("-" * 5)

    assert [Leave.ACT, Leave.PROPOSE, Leave.SHADOW] == [before, after, asked.leave("a3")]
    assert "0 of 5 decisions were right (0% to 43%)" in asked.policy.changes[1].what


def test_between_the_bounds_it_stays() -> None:
    """Three of four right neither rises nor falls, for as long as the window is: no swinging."""
    for level in Level:
        asked = Asked(level=level)
        asked.judge("+++-" * 15)

        assert level is asked.policy.at_level


def test_it_rises_to_what_settings_allow() -> None:
    """Beyond its ceiling only a person lifts it."""
    asked = Asked(level="shadow", ceiling="propose")
    asked.judge("+" * 100)
    earned = asked.policy.at_level
    asked.call("policy.set", {"by": "her", "level": "act"})

    assert [Level.PROPOSE, Level.ACT] == [earned, asked.policy.at_level]


def test_a_pinned_level_stays() -> None:
    """What a person has pinned changes by a person's word only."""
    asked = Asked(level="act", pinned=True)
    asked.judge("-" * 100)

    assert Level.ACT is asked.policy.at_level


def test_the_last_word_about_a_decision_counts() -> None:
    """An employee agreed and the customer declined: one verdict, and it was wrong."""
    asked = Asked(level="act")
    for right in (True, False):
        asked.say("policy.reported", {"arrangement_id": "a1", "state": "offered", "right": right})

    assert [False] == [verdict.right for verdict in asked.policy.trust.verdicts]


def test_settings_that_would_swing_are_refused() -> None:
    """A policy that falls where it rises would never rest."""
    asked = Asked()
    with pytest.raises(Exception, match=r"fall_at .0.9. lies above rise_at .0.8."):
        asked.call("policy.set", {"by": "her", "fall_at": 0.9})


def test_wilson_bounds_are_those_of_the_book() -> None:
    """Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662, 0 of 20 is 0 to 0.1611."""
    assert (0.2553, 0.3662) == tuple(round(bound, 4) for bound in of_share(81, 263))
    assert (0.0, 0.1611) == tuple(round(bound, 4) for bound in of_share(0, 20))
