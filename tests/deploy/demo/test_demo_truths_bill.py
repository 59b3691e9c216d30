"""The bill against the meter: one reading or one cent is enough to tell them apart."""

from collections.abc import Callable
from random import Random

import pytest
from msgspec import structs, to_builtins

from deploy.demo.cooler import Cooler
from deploy.demo.truths import bill
from deploy.demo.truths.bill import Billed
from twins.devices import aircon
from twins.devices.metered import DAY_S, day_of
from twins.testing import START, Trial

assert aircon, "importing it registers the kind"

CENTS = 11
DAYS = 42
"""From 4 December to 14 January: 28 of them are on a statement."""

Change = Callable[[Billed], object]


def played(seed: int = 1, lost: int | None = None) -> tuple[Cooler, Billed]:
    """Six weeks of a device, and what its twin makes of its readings.

    Args:
        seed: Draws the weather.
        lost: The reading of this day never comes.
    """
    cooler, trial = Cooler(f"{seed}", 3.4, 14), Trial("aircon/a1")
    trial.tell("configured", {"owner": "customer/c1", "cents_per_kwh": CENTS})
    for number in range(DAYS):
        at = START - (DAYS - number) * DAY_S
        used, cooled = cooler.run_day(day_of(at))
        if number != lost:
            reading = {"day": day_of(at), "used_wh": used, "cooled_wh": cooled, "at": at}
            trial.measure(reading, "daily")
    ordered = [tell.data.total_cents for tell in trial.tells if tell.type == "order.placed"]
    return cooler, Billed.of(to_builtins(trial.twin), ordered)


def problems(change: Change = lambda _: None, lost: int | None = None) -> tuple[str, ...]:
    """Where both sides differ once something is changed."""
    cooler, billed = played(lost=lost)
    change(billed)
    return bill.compare(cooler.delivered, CENTS, billed).problems


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_weather_both_sides_agree(seed: int) -> None:
    """And the figures say what of it is billed, carried and open."""
    cooler, billed = played(seed)
    truth = bill.compare(cooler.delivered, CENTS, billed)
    figures = truth.figures

    assert () == truth.problems
    assert truth.holds
    assert (DAYS, 1) == (figures["days"], figures["statements"])
    assert figures["delivered_wh"] * CENTS == (
        1000 * figures["billed_cents"] + figures["carried_millicents"] + figures["open_millicents"]
    )
    assert f"{figures['billed_cents']:,} cents in 1 statement, " in truth.says


def test_the_meter_counts_what_is_reported() -> None:
    """Whole Wh, none lost between hours or days."""
    cooler = Cooler("1", 3.4, 14)
    told = [cooler.run_day(f"2027-01-{day:02}")[1] for day in range(1, 31)]

    assert sum(told) == cooler.meter_wh == sum(cooler.delivered.values())
    assert told == list(cooler.delivered.values())
    assert sum(told[20:]) < 0.9 * sum(told[:10])


@pytest.mark.parametrize("lost", [0, 13, 27, 28, 41])
def test_a_bill_without_one_reading_is_noticed(lost: int) -> None:
    """Whether its day is billed or still open; the sentence names the day."""
    found = problems(lost=lost)
    day = day_of(START - (DAYS - lost) * DAY_S)

    assert f"{day}: the bill has 0 Wh, the meter " in found[0]


def more(wh: int) -> Change:
    """Another day's line, with so much more."""

    def change(billed: Billed) -> None:
        lines = billed.statements[0].lines
        day = Random(wh).choice(list(lines))
        lines[day].wh += wh

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (more(1), "Wh, the meter"),
        (more(-1), "Wh, the meter"),
        (lambda b: setattr(b.statements[0], "total_cents", b.statements[0].total_cents + 1),
         "cents, due by the meter"),
        (lambda b: setattr(b.statements[0], "total_cents", b.statements[0].total_cents - 1),
         "cents, due by the meter"),
        (lambda b: setattr(b, "carried_millicents", (b.carried_millicents + 1) % 1000),
         "thousandths of a cent, not"),
        (lambda b: b.open_lines.popitem(), "the bill has 0 Wh"),
        (lambda b: setattr(b.statements[0].lines["2026-12-09"], "cents_per_kwh", CENTS + 1),
         "2026-12-09 costs 12 cents a kWh, not 11"),
        (lambda b: b.statements.append(structs.replace(b.statements[0])), "the bill has"),
        (lambda b: b.statements.clear(), "2026-12-04: the bill has 0 Wh"),
        (lambda b: b.ordered_cents.clear(), "her orders come to [] cents"),
        (lambda b: b.ordered_cents.append(1), "her orders come to"),
        (lambda b: b.ordered_cents.__setitem__(0, None), "her orders come to [None] cents"),
        (lambda b: b.ordered_cents.__setitem__(0, b.ordered_cents[0] - 1), "her orders come to"),
    ],
)  # fmt: skip
def test_a_bill_that_is_off_is_noticed(change: Change, said: str) -> None:
    """By a Wh, a cent, a thousandth of a cent that is carried, a day, or an order."""
    assert any(said in problem for problem in problems(change))


def test_nothing_delivered_proves_nothing() -> None:
    """A meter that stands still agrees with an empty bill, and with nobody."""
    assert ("the meter has delivered nothing",) == bill.compare({}, CENTS, Billed()).problems
