"""Metered: statements are exact, whatever is late, told again, corrected, or out of order."""

import random
from datetime import UTC, datetime

import pytest

from actors.testing import Fleet
from gateway.wording import filled, money
from twins.devices.aircon import Aircon
from twins.devices.metered import DAY_S, GRACE_S, MAX_DAYS
from twins.people.value import month_of, next_month


def day_of(at: float) -> str:
    """Its date."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def aircon(fleet: Fleet, price: int) -> str:
    """One that is paid for."""
    settings = {"owner": "customer/c1", "cents_per_kwh": price, "currency": "EUR"}
    fleet.tell("aircon/a1", "configured", settings)
    return "aircon/a1"


def say(fleet: Fleet, day: str, wh: int, at: float) -> None:
    """It tells a day."""
    fleet.measure("aircon/a1", {"day": day, "cooled_wh": wh, "used_wh": 1000, "at": at}, "daily")


def owed(twin: Aircon) -> int:
    """What its bills come to, with what is open, in thousandths of a cent."""
    billed = 1000 * sum(statement.total_cents for statement in twin.statements)
    return billed + twin.carried_millicents + sum(e.millicents for e in twin.open_lines.values())


@pytest.mark.parametrize("seed", range(10))
def test_the_sum_is_exact(seed: int) -> None:
    """Days shuffled, repeated and corrected; each statement adds up to its lines."""
    print(f"seed {seed}")  # noqa: T201 - shown where it fails
    chance, fleet = random.Random(seed), Fleet(1, seed)
    price = chance.randint(1, 90)
    aircon(fleet, price)
    began_at = fleet.now
    told: list[tuple[str, int, float]] = []
    true: dict[str, int] = {}
    for number in range(MAX_DAYS - 5):
        at = began_at + number * DAY_S
        for correction in range(chance.choice((1, 1, 1, 2))):
            true[day_of(at)] = chance.randint(0, 40_000)
            told.append((day_of(at), true[day_of(at)], at + correction))
    told += chance.sample(told, 30)
    chance.shuffle(told)
    fleet.advance(MAX_DAYS * DAY_S)
    for day, wh, at in told:
        say(fleet, day, wh, at)
    twin = fleet.twin("aircon/a1")

    assert price * sum(true.values()) == owed(twin)
    for statement in twin.statements:
        lines = sum(line.millicents for line in statement.lines.values())
        rest = lines + statement.carried_millicents - 1000 * statement.total_cents

        assert 0 <= rest < 1000 or (rest < 0 and statement.total_cents == 0)
    assert 0 == twin.passed_over
    assert fleet.states() == fleet.replay().states()


def test_a_month_has_its_statement_and_late_days_stand_in_the_next() -> None:
    """With their own day; what was billed stays as it was, and she owes it as an order."""
    fleet = Fleet(1, 1)
    aircon(fleet, 10)
    fleet.advance(next_month(fleet.now) - fleet.now)
    first = fleet.now
    for number in range(3):
        say(fleet, day_of(first + number * DAY_S), 1500, first + number * DAY_S)
        fleet.advance(DAY_S)
    fleet.advance(next_month(fleet.now) - fleet.now)
    say(fleet, day_of(fleet.now), 700, fleet.now)
    twin = fleet.twin("aircon/a1")
    (statement,) = twin.statements

    assert (month_of(first), 3, 45) == (statement.month, len(statement.lines), 45)
    assert 45 == statement.total_cents

    late = first + 9 * DAY_S
    say(fleet, day_of(late), 2000, late)
    say(fleet, day_of(late), 2000, late)
    fleet.advance(next_month(fleet.now) - fleet.now + GRACE_S + 1.0)
    first_again, second = fleet.twin("aircon/a1").statements

    assert statement == first_again
    assert {day_of(late): 2000, day_of(next_month(first)): 700} == {
        day: line.wh for day, line in second.lines.items()
    }
    assert 27 == second.total_cents
    assert 72 == fleet.twin("customer/c1").value["EUR"].ordered_cents


def test_a_correction_downwards_is_a_credit_that_is_carried_on() -> None:
    """No bill is negative, and nothing of the credit is lost."""
    fleet = Fleet(1, 2)
    aircon(fleet, 20)
    say(fleet, day_of(fleet.now), 5000, fleet.now)
    fleet.advance(next_month(fleet.now) - fleet.now)
    today = fleet.now
    say(fleet, day_of(today), 100, today)
    say(fleet, day_of(today - 2 * DAY_S), 0, today)
    first_day = next(iter(fleet.twin("aircon/a1").statements[0].lines))
    say(fleet, first_day, 1000, today)
    fleet.advance(next_month(fleet.now) - fleet.now + GRACE_S + 1.0)
    twin = fleet.twin("aircon/a1")

    assert [100, 0] == [statement.total_cents for statement in twin.statements]
    assert (100 - 4000) * 20 == twin.carried_millicents


@pytest.mark.parametrize("ahead", [True, False])
def test_what_cannot_be_is_on_no_bill(ahead: bool) -> None:
    """A day that lies ahead, or one that may be forgotten; it is counted."""
    fleet = Fleet(1, 3)
    aircon(fleet, 20)
    began_at = fleet.now
    for number in range(MAX_DAYS):
        say(fleet, day_of(began_at - number * DAY_S), 10, began_at - number * DAY_S)
    day = began_at + 3 * DAY_S if ahead else began_at - (MAX_DAYS + 1) * DAY_S
    say(fleet, day_of(day), 9000, began_at)
    twin = fleet.twin("aircon/a1")

    assert (1, MAX_DAYS) == (twin.passed_over, len(twin.metered))
    assert 10 * MAX_DAYS * 20 == owed(twin)


@pytest.mark.parametrize("language", ["en", "de", "fi"])
def test_a_statement_is_sent_to_whoever_pays(language: str) -> None:
    """Once, by her channel, in her words: the sum, and on a page each day beside it."""
    fleet = Fleet(1, 1)
    ways = [{"channel": "email", "address": "a@example.org"}]
    fleet.tell(
        "customer/c1", "configured", {"name": "Ada", "language": language, "channels": ways}
    )  # fmt: skip
    aircon(fleet, 10)
    fleet.advance(next_month(fleet.now) - fleet.now)
    first = fleet.now
    for number in range(2):
        say(fleet, day_of(first + number * DAY_S), 123_456, first + number * DAY_S)
        fleet.advance(DAY_S)
    fleet.advance(next_month(fleet.now) - fleet.now + GRACE_S)
    (notice,) = fleet.notices
    said, page = (
        filled(notice[part], language, "Ada", notice["data"], html=part == "html")
        for part in ("text", "html")
    )
    total = money(2469, "EUR", language)

    assert "customer/c1" == notice["to"]
    assert total in said
    assert all(day_of(first + number * DAY_S) in page for number in range(2))
    assert 2 == page.count(money(1235, "EUR", language))
    assert 1 == fleet.twin("aircon/a1").stated
    assert fleet.states() == fleet.replay().states()
