"""Spending: never beyond a limit, whatever is asked at once and however often it is replayed."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.policies import Asked

from twins.errors import BadPayload
from twins.policies import spending

DAY = 86_400.0
WHO = ("customer/a", "customer/b", "customer/c")

LIMIT, LIMIT_EACH = 1000, 400


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.sampled_from(WHO), st.integers(0, 600)),
        st.tuples(st.just("settle"), st.integers(0, 30), st.floats(0, 1)),
        st.tuples(st.just("wait"), st.floats(0, DAY), st.none()),
    ),
    max_size=40,
)


def one(asked: Asked, request: dict[str, Any]) -> Any:
    """The answer to a request for money."""
    (tell,) = asked.say("spending.requested", request)
    return tell.data


@given(moves=MOVES)
def test_what_is_reserved_and_spent_never_lies_above_a_limit(moves: list[Any]) -> None:
    """Reservations in any order, given back in part in any order, over days; counted by hand."""
    asked = Asked(day_cents={"EUR": LIMIT}, customer_day_cents={"EUR": LIMIT_EACH})
    mine: list[tuple[int, str, int]] = []
    for number, (move, first, second) in enumerate(moves):
        if move == "wait":
            asked.now += first
        elif move == "reserve":
            answer = one(asked, {
                "asker": "roadside/x", "arrangement_id": f"a{number}", "customer": first,
                "cents": second, "currency": "EUR",
            })  # fmt: skip
            today = [one for one in mine if one[0] == answer.day]
            fits = sum(cents for _, _, cents in today) + second <= LIMIT and (
                sum(cents for _, who, cents in today if who == first) + second <= LIMIT_EACH
            )

            assert fits == (answer.reason is None)
            if fits:
                mine.append((answer.day, first, second))
        elif mine:
            day, who, cents = mine.pop(first % len(mine))
            spent = int(cents * second)
            mine.append((day, who, spent))
            asked.say("policy.reported", {
                "arrangement_id": f"a{number}", "state": "closed", "ended": True, "customer": who,
                "credit_cents": cents - spent, "currency": "EUR", "day": day,
            })  # fmt: skip
        for day, kept in asked.policy.days.items():
            known = [one for one in mine if one[0] == day]

            assert kept.total.get("EUR", 0) == sum(cents for _, _, cents in known) <= LIMIT
            assert all(sums.get("EUR", 0) <= LIMIT_EACH for sums in kept.customers.values())

    assert msgspec.json.encode(asked.again()) == msgspec.json.encode(asked.policy)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Helsinki", "America/New_York", "Pacific/Apia"])
def test_a_day_begins_where_the_policy_is(zone: str) -> None:
    """By that zone's clocks, on days of 23 and 25 hours too; and what was used then is over."""
    asked = Asked(day_cents={"EUR": 100}, customer_day_cents={"EUR": 100}, day_zone=zone)
    request = {
        "asker": "roadside/x", "arrangement_id": "a", "customer": WHO[0], "cents": 100,
        "currency": "EUR",
    }  # fmt: skip
    here = ZoneInfo(zone)
    # Around the days on which clocks are set back and forth in Europe and America.
    for month, day in ((3, 8), (3, 29), (10, 25), (11, 1)):
        midnight = datetime(2026, month, day, tzinfo=here)
        for at in (midnight.timestamp(), (midnight + timedelta(days=1)).timestamp() - 1):
            asked.now = at
            answer = one(asked, request)

            assert (at == midnight.timestamp()) == (answer.reason is None), f"{zone} {midnight}"
            assert (midnight.date() - date(1970, 1, 1)).days == answer.day

    assert 1 == sum(bool(day.customers) for day in asked.policy.days.values())


def test_an_unknown_zone_is_refused() -> None:
    """Before it takes the place of the one that is set."""
    asked = Asked(day_zone="Europe/Helsinki")
    with pytest.raises(BadPayload, match="no time zone"):
        asked.call("policy.set", {"by": "her", "day_zone": "Europe/Atlantis"})

    assert "Europe/Helsinki" == asked.policy.settings.day_zone


@pytest.mark.parametrize("limited", [True, False])
def test_so_many_customers_are_known_a_day(
    monkeypatch: pytest.MonkeyPatch, *, limited: bool
) -> None:
    """Where each has a limit, further ones go to a person; else all is spent, and counted."""
    monkeypatch.setattr(spending, "MAX_CUSTOMERS", 2)
    asked = Asked(**({"customer_day_cents": {"EUR": 100}} if limited else {}))
    reasons = [
        one(asked, {
            "asker": "roadside/x", "arrangement_id": "a", "customer": who, "cents": 10,
            "currency": "EUR",
        }).reason
        for who in (*WHO, WHO[0])
    ]  # fmt: skip
    (day,) = asked.policy.days.values()

    refused = "more than 2 customers have had something today" if limited else None
    assert [None, None, refused, None] == reasons
    assert ({"EUR": 30 if limited else 40}, set(WHO[:2])) == (day.total, set(day.customers))


def test_a_currency_without_a_limit_beside_others_has_nothing_to_spend() -> None:
    """Else a limit in euros would be no limit for whoever sells in another currency."""
    asked = Asked(day_cents={"EUR": 100})
    request = {"asker": "roadside/x", "arrangement_id": "a", "cents": 1, "currency": "USD"}
    answer = one(asked, request)

    assert "0 of 0 are used" in answer.reason


def test_without_limits_everything_is_reserved_and_counted() -> None:
    """What is spent can be seen before anybody sets a limit."""
    asked = Asked()
    request = {"asker": "roadside/x", "arrangement_id": "a", "cents": 70, "currency": "EUR"}
    answer = one(asked, request)

    assert answer.reason is None
    assert {"EUR": 70} == asked.policy.days[answer.day].total
