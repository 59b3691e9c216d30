"""Surveys: whom a policy follows is asked once how satisfied she is, in both arms alike."""

from typing import Any

import pytest
from support.policies import Asked

from twins.policies.outcomes import drawn

HOUR = 3600.0


def asked_at(asked: Asked, hours: float) -> list[tuple[str, Any]]:
    """Whom it asks so many hours later, and how."""
    asked.now += hours * HOUR
    tells = asked.say("due.surveys", None)
    return [(tell.to, tell.data) for tell in tells if tell.type == "message.requested"]


def test_both_arms_are_asked_the_same_once() -> None:
    """Treated and held out; when it is time, and never again."""
    asked = Asked(holdout=0.5, survey_h=2.0)
    people = [f"customer/c{number}" for number in range(20)]
    for number, who in enumerate(people):
        asked.leave(f"a{number}", who)
    early, first, again = asked_at(asked, 1.9), asked_at(asked, 0.1), asked_at(asked, 1.0)
    said = {repr((request.texts, request.template, request.urgency)) for _, request in first}

    assert ([], people, []) == (early, [who for who, _ in first], again)
    assert 0 < sum(drawn(who, asked.policy.id, 0.5) for who in people) < 20
    assert 1 == len(said)
    assert [f"a{number}" for number in range(20)] == [
        request.survey.arrangement_id for _, request in first
    ]
    assert 20 == len({request.id for _, request in first})
    assert {one.until for one in asked.policy.followed.values()} == {
        request.survey.until for _, request in first
    }
    assert asked.again() == asked.policy


@pytest.mark.parametrize(
    "settings", [{}, {"survey_h": 2.0, "level": "shadow"}, {"survey_h": 30.0, "late_h": 72.0}]
)
def test_nobody_is_asked_for_nothing(settings: dict[str, Any]) -> None:
    """Where it is off, where nothing is compared, and where her answer would count no more."""
    asked = Asked(**settings)
    asked.leave("a1", "customer/c1")

    assert [] == asked_at(asked, 31.0)


def test_whom_nobody_knows_is_not_asked() -> None:
    """An arrangement without a customer is followed all the same."""
    asked = Asked(survey_h=2.0)
    asked.leave("a1")

    assert ([], ["a1"]) == (asked_at(asked, 3.0), list(asked.policy.followed))


def test_it_is_switched_on_for_those_who_are_followed_already() -> None:
    """And off again: `null`."""
    asked = Asked()
    asked.leave("a1", "customer/c1")
    asked.call("policy.set", {"by": "her", "survey_h": 1.0})
    first = asked_at(asked, 1.0)
    asked.leave("a2", "customer/c2")
    asked.call("policy.set", {"by": "her", "survey_h": None})

    assert ["customer/c1"] == [who for who, _ in first]
    assert [] == asked_at(asked, 2.0)
