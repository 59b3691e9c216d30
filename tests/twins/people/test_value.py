"""Lifetime value: whatever comes late, twice, corrected or in another order, the sum is exact."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.people.value import (
    MAX_MONTHS,
    Ledger,
    ValueChanged,
    month_of,
    months_before,
    next_month,
    trend_cents,
)
from twins.testing import START, Trial

DAY = 86_400.0
ORDERS = ("order/o1", "order/o2", "order/o3")
CUSTOMERS = ("customer/c1", "customer/c2")


class Shop:
    """Orders and customers; what orders tell is delivered in order."""

    def __init__(self) -> None:
        self.trials: dict[str, Trial] = {}
        self.told = 0

    def trial(self, twin_id: str) -> Trial:
        """A twin by itself."""
        return self.trials.setdefault(twin_id, Trial(twin_id))

    def tell(self, order: str, event_type: str, data: Any, at: float) -> None:
        """Something happened to an order."""
        trial = self.trial(order)
        before = len(trial.tells)
        trial.tell(event_type, data, at)
        for tell in trial.tells[before:]:
            self.told += 1
            self.trial(tell.to).tell(tell.type, tell.data)

    def value(self, customer: str = "customer/c1", currency: str = "EUR") -> Ledger:
        """What a customer's twin holds."""
        ledgers = self.trial(customer).twin.value or {}
        ledger: Ledger = ledgers.get(currency, Ledger())
        return ledger


def placed(customer: str = "customer/c1", cents: int = 10_000, **more: Any) -> dict[str, Any]:
    """An order's first event."""
    return {"customer": customer, "total_cents": cents, "currency": "EUR", **more}


def test_an_order_from_its_beginning_to_a_refund() -> None:
    """Ordered, paid in two parts, one thing sent back and refunded."""
    shop = Shop()
    shop.tell("order/o1", "order.placed", placed(), START)
    shop.tell("order/o1", "payment.received", {"id": "p1", "cents": 6_000}, START + 1)
    assert shop.value().outstanding_cents == 4_000
    shop.tell("order/o1", "payment.received", {"id": "p2", "cents": 4_000}, START + 2)
    shop.tell("order/o1", "return.received", {"id": "r1", "cents": 2_500}, START + 3)
    assert shop.value().outstanding_cents == -2_500
    shop.tell("order/o1", "refund.paid", {"id": "f1", "cents": 2_500}, START + 4)
    ledger, twin = shop.value(), shop.trial("customer/c1").twin

    assert (ledger.orders, ledger.value_cents, ledger.outstanding_cents) == (1, 7_500, 0)
    assert (twin.lifetime_value_cents, twin.value_year_cents) == (7_500, 7_500)


def test_state_is_stored_whole() -> None:
    """An order and its customer come back as they were."""
    shop = Shop()
    shop.tell("order/o1", "order.placed", placed(), START)
    shop.tell("order/o1", "payment.received", {"id": "p1", "cents": 6_000}, START + 1)
    for trial in shop.trials.values():
        before = trial.twin
        trial.restore()

        assert before == trial.twin


def test_what_is_set_is_where_it_begins() -> None:
    """The settings' sum and the events' are added; setting it again does not add it twice."""
    shop = Shop()
    customer = shop.trial("customer/c1")
    for _ in range(2):
        customer.tell("configured", {"lifetime_value_cents": 500})
    shop.tell("order/o1", "order.placed", placed(), START)
    shop.tell("order/o1", "payment.received", {"id": "p1", "cents": 100}, START)
    customer.tell("configured", {"name": "Aino"})

    assert customer.twin.lifetime_value_cents == 600


def test_currencies_are_not_mixed() -> None:
    """Her own counts; the other one is kept, and counts when it becomes hers."""
    shop = Shop()
    shop.tell("order/o1", "order.placed", placed(currency="SEK"), START)
    shop.tell("order/o1", "payment.received", {"id": "p1", "cents": 100}, START)
    customer = shop.trial("customer/c1")

    assert customer.twin.lifetime_value_cents == 0
    customer.tell("configured", {"currency": "SEK"})
    assert customer.twin.lifetime_value_cents == 100


def test_a_payment_before_its_order_counts_when_the_order_is_known() -> None:
    """Nobody knows whose it is before."""
    shop = Shop()
    shop.tell("order/o1", "payment.received", {"id": "p1", "cents": 100}, START)
    assert shop.told == 0
    shop.tell("order/o1", "order.placed", placed(), START - 5)

    assert shop.value().value_cents == 100


def test_months_beyond_those_kept_stay_in_the_sum() -> None:
    """Also where such a month comes late."""
    ledger = Ledger()
    for number in range(MAX_MONTHS + 4):
        year, month = divmod(number, 12)
        months = {f"{2020 + year}-{month + 1:02}": 10}
        ledger.add(ValueChanged(order="order/o1", currency="EUR", months=months))
    ledger.add(ValueChanged(order="order/o1", currency="EUR", months={"2019-01": 7}))

    assert len(ledger.months) == MAX_MONTHS
    assert ledger.value_cents == (MAX_MONTHS + 4) * 10 + 7


def test_the_trend_is_looked_at_when_a_month_is_over() -> None:
    """What was growth becomes the past; after a year nobody looks any more."""
    shop = Shop()
    shop.tell("order/o1", "order.placed", placed(), START)
    shop.tell("order/o1", "payment.received", {"id": "p1", "cents": 28_600}, START)
    customer = shop.trial("customer/c1")
    assert customer.twin.value_trend_cents == 0
    customer.advance(31 * DAY)
    assert customer.twin.value_trend_cents == 1_100
    customer.advance(800 * DAY)

    assert (customer.twin.value_trend_cents, customer.twin.value_year_cents) == (0, 0)
    assert customer.twin.lifetime_value_cents == 28_600
    assert not customer._due


@pytest.mark.parametrize(
    ("at", "month", "after"),
    [(1_798_761_599.0, "2026-12", "2027-01"), (1_798_761_600.0, "2027-01", "2027-02")],
)
def test_a_month_ends_at_midnight_utc(at: float, month: str, after: str) -> None:
    """Whatever the year does."""
    assert month_of(at) == month
    assert month_of(next_month(at)) == after
    assert month_of(next_month(at) - 1) == month


@given(st.lists(st.integers(-(10**9), 10**9), min_size=12, max_size=12))
def test_the_trend_is_the_least_squares_slope(values: list[int]) -> None:
    """Against the textbook's formula, in fractions."""
    months = dict(zip(months_before(START, 12), values, strict=True))
    mean_x, mean_y = Fraction(11, 2), Fraction(sum(values), 12)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in enumerate(values)) / sum(
        (x - mean_x) ** 2 for x in range(12)
    )

    assert trend_cents(months, START) == (slope + Fraction(1, 2)).__floor__()


# -- against a recount ---------------------------------------------------------------------------

_AT = st.integers(0, 900).map(lambda day: START - 900 * DAY + day * DAY)
_EVENTS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(ORDERS), st.just("order.placed"), st.just(""),
            st.sampled_from(CUSTOMERS), st.integers(0, 10**6), st.sampled_from(["EUR", "SEK"]), _AT,
        ),
        st.tuples(
            st.sampled_from(ORDERS),
            st.sampled_from(["payment.received", "return.received", "refund.paid"]),
            st.sampled_from(["x", "y", "z"]), st.just(""), st.integers(0, 10**6), st.just(""), _AT,
        ),
    ),
    max_size=24,
)  # fmt: skip


@given(events=_EVENTS, chance=st.randoms(use_true_random=False), repeats=st.integers(0, 6))
def test_any_order_any_repeats_one_sum(events: list[Any], chance: Any, repeats: int) -> None:
    """Each event is told at its place in the truth; the twins come to what a recount says."""
    numbered = list(enumerate(events))
    arrived = numbered + [chance.choice(numbered) for _ in range(repeats if numbered else 0)]
    chance.shuffle(arrived)
    shop = Shop()
    for number, (order, event_type, id_, customer, cents, currency, at) in arrived:
        data: dict[str, Any] = (
            {"customer": customer, "total_cents": cents, "currency": currency, "at": at}
            if event_type == "order.placed"
            else {"id": id_, "cents": cents, "at": at}
        )
        shop.tell(order, event_type, data, START + number)

    for customer in CUSTOMERS:
        for currency in ("EUR", "SEK"):
            found = shop.value(customer, currency)
            expected = recount(events, customer, currency)
            assert expected == {
                "orders": found.orders,
                "ordered": found.ordered_cents,
                "returned": found.returned_cents,
                "value": found.value_cents,
                "months": found.months,
            }


def recount(events: list[Any], customer: str, currency: str) -> dict[str, Any]:
    """What the events come to, all in the order in which they happened."""
    orders: dict[str, tuple[Any, ...]] = {}
    moved: dict[tuple[str, str, str], tuple[int, float]] = {}
    for order, event_type, id_, whose, cents, money, at in events:
        if event_type == "order.placed":
            orders[order] = (whose, money, cents)
        else:
            moved[order, event_type, id_] = (cents, at)
    hers = {order for order, (whose, money, _) in orders.items() if (whose, money) == (
        customer, currency)}  # fmt: skip
    months: dict[str, int] = {}
    returned = 0
    for (order, event_type, _), (cents, at) in moved.items():
        if order not in hers:
            continue
        if event_type == "return.received":
            returned += cents
        else:
            sign = 1 if event_type == "payment.received" else -1
            months[month_of(at)] = months.get(month_of(at), 0) + sign * cents
    return {
        "orders": len(hers),
        "ordered": sum(orders[order][2] for order in hers),
        "returned": returned,
        "value": sum(months.values()),
        "months": {month: cents for month, cents in sorted(months.items()) if cents},
    }
