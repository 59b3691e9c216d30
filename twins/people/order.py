"""Order: what a customer ordered, paid, sent back and got back; the source of her lifetime value.

Events may come late, repeated, corrected and in any order. Each has a business id of its own in its
order, so that a repeat changes nothing; what is told of an id later, by the events' time, replaces
what was told before. What the order comes to by then is told to its customer as differences, each
exactly once, so that her sum is exact without her twin remembering her orders.
"""

from typing import ClassVar, Final, Literal

from msgspec import Struct, field

from twins.handler import told
from twins.ids import CustomerId
from twins.people.value import ValueChanged, month_of
from twins.twin import Twin
from twins.units import Cents, Currency, Time, Token

MAX_ENTRIES: Final = 128
"""Payments, returns and refunds of one order; what comes after them is counted as refused."""

Sort = Literal["payment", "return", "refund"]


class Placed(Struct, kw_only=True, omit_defaults=True):
    """A customer ordered something: `order.placed`. Told again, it is corrected."""

    customer: CustomerId
    total_cents: Cents
    currency: Currency
    at: Time | None = None
    """When; default: the event's time."""


class Paid(Struct, kw_only=True, omit_defaults=True):
    """Money or goods moved: `payment.received`, `return.received`, `refund.paid`."""

    id: Token
    """Of the payment, the return or the refund; constant."""
    cents: Cents
    """In the order's currency. 0 takes back what was told of the id before."""
    at: Time | None = None
    """When; default: the event's time."""


class Entry(Struct, kw_only=True, omit_defaults=True):
    """One of them, as it is known by now."""

    sort: Sort
    cents: int
    at: float
    told_at: float
    """Time of the event that told it."""


class Counted(Struct, kw_only=True, omit_defaults=True):
    """What a customer's sum holds of the order."""

    customer: str
    currency: str
    ordered_cents: int = 0
    returned_cents: int = 0
    months: dict[str, int] = {}
    """Month -> payments less refunds."""


class Order(Twin, kind="order"):
    """One order of one customer."""

    personal: ClassVar[str | None] = "customer"

    customer: CustomerId | None = None
    total_cents: int = 0
    currency: str = "EUR"
    placed_at: float | None = None
    told_at: float = 0.0
    """Time of the event that said what was ordered."""
    entries: dict[str, Entry] = field(default_factory=dict)
    """`<sort> <id>` -> payment, return or refund."""
    refused: int = 0
    """Entries beyond so many; the order's sum lacks them."""
    counted: Counted | None = None

    @told("order.placed")
    def placed(self, order: Placed) -> None:
        """Take over what was ordered, and by whom."""
        if self.event.time < self.told_at:
            return
        self.told_at = self.event.time
        self.customer, self.currency = order.customer, order.currency
        self.total_cents = order.total_cents
        self.placed_at = self.event.time if order.at is None else order.at
        self._count()

    @told("payment.received")
    def payment_received(self, paid: Paid) -> None:
        """She paid."""
        self._enter("payment", paid)

    @told("return.received")
    def return_received(self, paid: Paid) -> None:
        """She sent something back that was worth so much."""
        self._enter("return", paid)

    @told("refund.paid")
    def refund_paid(self, paid: Paid) -> None:
        """She got money back."""
        self._enter("refund", paid)

    def _enter(self, sort: Sort, paid: Paid) -> None:
        name, told_at = f"{sort} {paid.id}", self.event.time
        known = self.entries.get(name)
        if known is None and len(self.entries) >= MAX_ENTRIES:
            self.refused += 1
            return
        if known is not None and told_at < known.told_at:
            return
        at = told_at if paid.at is None else paid.at
        self.entries[name] = Entry(sort=sort, cents=paid.cents, at=at, told_at=told_at)
        self._count()

    def _count(self) -> None:
        """Tell the customer how what the order comes to differs from what she was told."""
        before = self.counted
        if self.customer is None:
            return
        now = self._sum(self.customer)
        if before is not None and (before.customer, before.currency) == (
            now.customer,
            now.currency,
        ):
            self._tell(now, before, orders=0)
        else:
            if before is not None:
                nothing = Counted(customer=before.customer, currency=before.currency)
                self._tell(nothing, before, orders=-1)
            self._tell(now, Counted(customer=now.customer, currency=now.currency), orders=1)
        self.counted = now

    def _sum(self, customer: str) -> Counted:
        months: dict[str, int] = {}
        returned = 0
        for entry in self.entries.values():
            if entry.sort == "return":
                returned += entry.cents
                continue
            month = month_of(entry.at)
            signed = entry.cents if entry.sort == "payment" else -entry.cents
            months[month] = months.get(month, 0) + signed
        return Counted(
            customer=customer,
            currency=self.currency,
            ordered_cents=self.total_cents,
            returned_cents=returned,
            months={month: cents for month, cents in months.items() if cents},
        )

    def _tell(self, now: Counted, before: Counted, *, orders: int) -> None:
        months = {
            month: now.months.get(month, 0) - before.months.get(month, 0)
            for month in sorted({*now.months, *before.months})
        }
        changed = ValueChanged(
            order=self.id,
            currency=now.currency,
            orders=orders,
            ordered_cents=now.ordered_cents - before.ordered_cents,
            returned_cents=now.returned_cents - before.returned_cents,
            months={month: cents for month, cents in months.items() if cents},
        )
        if changed != ValueChanged(order=self.id, currency=now.currency):
            self.tell(now.customer, "value.changed", changed)
