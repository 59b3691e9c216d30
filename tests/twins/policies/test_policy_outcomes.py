"""Outcomes: who is held out, what is followed of whom, and for how long."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.policies import Asked

from twins.policies import Level
from twins.policies.intervals import Moments, of_mean, of_means, of_shares, t_quantile
from twins.policies.messages import OutcomeNoted
from twins.policies.outcomes import drawn
from twins.testing import START

PEOPLE = [f"customer/c{number}" for number in range(2000)]
DAY, HOUR = 86_400.0, 3600.0


def test_the_share_held_out_is_what_was_set_and_stays_who_it_is() -> None:
    """A tenth of 2,000, and who is one of them stays so when the share rises; policies differ."""
    tenth = {who for who in PEOPLE if drawn(who, "policy/a", 0.1)}
    third = {who for who in PEOPLE if drawn(who, "policy/a", 0.3)}
    other = {who for who in PEOPLE if drawn(who, "policy/b", 0.1)}

    assert 160 < len(tenth) < 240
    assert tenth < third
    assert len(tenth & other) < 60
    assert not any(drawn(who, "policy/a", 0.0) for who in PEOPLE)


def test_treated_and_held_out_are_followed_alike() -> None:
    """Calls, help and cost of both, until their time is over; then they are counted, once."""
    asked = Asked(holdout=0.5, late_h=0)
    for number in range(40):
        asked.leave(f"a{number}", PEOPLE[number])
    out = [id_ for id_, one in asked.policy.followed.items() if one.arm == "held_out"]
    for id_ in out[:3]:
        asked.say("outcome.noted", {"arrangement_id": id_, "called": True,
                                    "helped_at": asked.now + 3600.0})  # fmt: skip
    treated = next(id_ for id_ in asked.policy.followed if id_ not in out)
    asked.say("policy.reported", {"arrangement_id": treated, "state": "closed", "ended": True,
                                  "spent_cents": 500, "currency": "EUR",
                                  "helped_at": asked.now + 600.0})  # fmt: skip
    asked.now += DAY
    asked.say("due.followed", None)
    arms = asked.policy.arms

    assert {} == asked.policy.followed
    assert 40 == arms["treated"].n + arms["held_out"].n
    assert (3, 3, 60.0) == (
        arms["held_out"].called, arms["held_out"].minutes.n, arms["held_out"].minutes.mean
    )  # fmt: skip
    assert (0, 10.0) == (arms["treated"].called, arms["treated"].minutes.mean)
    assert (1, 500.0) == (arms["treated"].cost["EUR"].n, arms["treated"].cost["EUR"].mean)


def looked_at(asked: Asked, count: int, notes: list[dict[str, Any]]) -> None:
    """So many signals, of which these become known; then the time of all of them is over."""
    for number in range(count):
        asked.leave(f"a{number}", f"customer/c{number}")
    for number, noted in enumerate(notes):
        asked.say("outcome.noted", {"arrangement_id": f"a{number}", **noted})
    asked.now += 31 * HOUR
    asked.say("due.followed", None)


@pytest.mark.parametrize(
    ("noted", "right"),
    [
        ({"called": True}, True),
        ({"helped_at": START}, True),
        ({"id": "i1", "cost_cents": 100, "currency": "EUR"}, True),
        ({"satisfaction": 5.0}, False),
        ({"false_alarm": True}, False),
        ({"called": True, "false_alarm": True}, False),
    ],
)
def test_what_it_only_looked_at_is_judged_by_what_came_of_it(
    noted: dict[str, Any], *, right: bool
) -> None:
    """When her time is over: whether she was in need of help, told by anybody, or was not."""
    asked = Asked(level="shadow")
    looked_at(asked, 1, [noted])

    assert [right] == [one.right for one in asked.policy.trust.verdicts]


@pytest.mark.parametrize(("needed", "level"), [(40, Level.PROPOSE), (20, Level.SHADOW)])
def test_it_earns_no_more_by_those_who_call_alone(needed: int, level: Level) -> None:
    """All who were in need count, and all who were not: half of them right is not good enough."""
    asked = Asked(level="shadow")
    notes: list[dict[str, Any]] = [{"called": True}, {"called": needed > 20}]
    looked_at(asked, 40, notes * 20)

    assert level is asked.policy.at_level


def test_what_it_looked_at_says_nothing_of_a_higher_level() -> None:
    """Once it proposes, only persons' words on proposals count; so it does not act by itself."""
    asked = Asked(level="shadow")
    looked_at(asked, 100, [{"called": True}] * 100)

    assert Level.PROPOSE is asked.policy.at_level
    assert [] == asked.policy.trust.verdicts


def test_those_held_out_are_compared_and_not_judged() -> None:
    """Of them only the calls would be known: every policy would be right."""
    asked = Asked(level="act", pinned=True, holdout=0.5)
    looked_at(asked, 40, [{"called": True}] * 20 + [{"false_alarm": True}] * 20)
    arms = {one.id for one in asked.policy.trust.verdicts}
    held_out = {f"a{n}" for n in range(40) if drawn(f"customer/c{n}", asked.policy.id, 0.5)}

    assert held_out
    assert not arms & held_out
    assert {f"a{n}" for n in range(20, 40)} - held_out == arms


def test_what_a_call_centre_knows_is_the_customer() -> None:
    """All that are followed for her take it; others do not."""
    asked = Asked()
    asked.leave("a1", "customer/c1")
    asked.leave("a2", "customer/c2")
    asked.say("outcome.noted", {"customer": "customer/c2", "called": True, "satisfaction": 2.0})
    followed = asked.policy.followed

    assert (False, True) == (followed["a1"].called, followed["a2"].called)
    assert 2.0 == followed["a2"].satisfaction
    assert OutcomeNoted() == OutcomeNoted(called=False)


@given(numbers=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_moments_are_those_of_the_numbers(numbers: list[float]) -> None:
    """Mean and variance, as computed from all of them at once."""
    kept = Moments()
    for number in numbers:
        kept.add(number)
    mean = sum(numbers) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / (len(numbers) - 1)

    assert pytest.approx(mean, abs=1e-6) == kept.mean
    assert pytest.approx(variance, rel=1e-6, abs=1e-3) == kept.variance


def test_intervals_are_those_of_the_tables() -> None:
    """T of 3, 10 and 100; Newcombe 1998b, table II: 56/70 less 48/80 is 0.0524 to 0.3339."""
    assert pytest.approx([3.182, 2.228, 1.984], rel=0.01) == [t_quantile(v) for v in (3, 10, 100)]
    found = of_shares(56, 70, 48, 80)
    assert found is not None
    assert (0.0524, 0.3339) == tuple(round(bound, 4) for bound in found)


def test_of_too_few_there_is_no_interval() -> None:
    """Rather none than one that nobody should believe."""
    few, none = Moments(n=2, mean=5.0, squares=1.0), Moments()

    assert [None, None, None] == [of_mean(few), of_means(few, none), of_shares(1, 2, 0, 0)]
    assert of_mean(Moments(n=4, mean=5.0, squares=3.0)) == pytest.approx((3.41, 6.59), abs=0.02)
