"""Reach: never more than N an hour, one case, and it goes on by a person's word."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.policies import Asked

from twins.policies import Leave

PER_HOUR = 5


@given(gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 2000)), max_size=60), draws=st.randoms())
def test_never_more_than_n_begin_within_an_hour(gaps: list[float], draws: Any) -> None:
    """Whenever they ask, and also after a person let it go on: from then on N more at most."""
    asked = Asked(per_hour=PER_HOUR)
    begun: list[float] = []
    for number, gap in enumerate(gaps):
        asked.now += gap
        if asked.policy.reach.broken is not None and draws.random() < 0.1:
            asked.call("policy.resume", {"by": "her"})
            begun = []
        given_ = asked.leave(f"a{number}")
        if given_ is Leave.ACT:
            begun.append(asked.now)
        else:
            assert given_ is Leave.BROKEN

        assert sum(at > asked.now - 3600.0 for at in begun) <= PER_HOUR


def test_one_case_however_many_are_turned_away() -> None:
    """A bad rule brings one case to a desk, not ten thousand, and it says how many."""
    asked = Asked(per_hour=2)
    told = [tell for number in range(50) for tell in asked.request(f"a{number}")]
    cases = [tell for tell in told if tell.type == "case.opened"]
    broken = asked.policy.reach.broken

    assert broken is not None
    assert ("desk/north", 48) == (broken.desk, broken.turned_away)
    assert ["desk/north"] == [case.to for case in cases]


def test_an_hour_later_it_is_still_open() -> None:
    """It closes by a person's word, not by waiting."""
    asked = Asked(per_hour=1)
    asked.leave("a1")
    asked.leave("a2")
    asked.now += 86_400.0

    assert Leave.BROKEN is asked.leave("a3")


def test_a_person_closes_it_with_her_case() -> None:
    """With `accept` it goes on; closed without, it stays open."""
    asked = Asked(per_hour=1)
    asked.leave("a1")
    asked.leave("a2")
    broken = asked.policy.reach.broken
    assert broken is not None
    changed = {"id": broken.case_id, "arrangement_id": broken.case_id, "desk": "desk/north",
               "state": "closed", "at": asked.now}  # fmt: skip
    asked.say("case.changed", changed)
    kept = asked.leave("a3")
    asked.say("case.changed", {**changed, "verdict": "accept"})

    assert [Leave.BROKEN, Leave.ACT] == [kept, asked.leave("a4")]
