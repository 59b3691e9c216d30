"""Value: what a customer has brought, by month and currency, and whether it grows.

The value is what she paid less what she got back, in whole cents; orders that are not paid and
goods that came back are told beside it. It is summed from what her orders tell (`order`), and
begins at what the settings say was there before. Currencies are never mixed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from twins.handler import due, told
from twins.ids import TwinId
from twins.people.calendar import Planned
from twins.units import Currency

MAX_MONTHS: Final = 36
"""So many months are kept by themselves; older ones as one sum."""

MAX_CURRENCIES: Final = 8
"""Sums in further currencies are not kept."""

TREND_MONTHS: Final = 12
"""The trend is that of so many whole months, this one left out."""

Month = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}$")]
"""UTC: `2027-01`."""

Difference = Annotated[int, Meta(ge=-(10**15), le=10**15)]
"""Cents, or a count, more or less than before."""


class ValueChanged(Struct, kw_only=True, omit_defaults=True):
    """Tells a customer how an order changed her sum: `value.changed`. All are differences."""

    order: TwinId
    currency: Currency
    orders: Difference = 0
    ordered_cents: Difference = 0
    returned_cents: Difference = 0
    """Worth of what she sent back."""
    months: dict[Month, Difference] = {}
    """Month -> payments less refunds."""


class Ledger(Struct, kw_only=True, omit_defaults=True):
    """Her sums in one currency, in cents."""

    orders: int = 0
    ordered_cents: int = 0
    returned_cents: int = 0
    before_cents: int = 0
    """Payments less refunds of older months."""
    months: dict[str, int] = {}
    """Month -> the same, the oldest first."""

    @property
    def value_cents(self) -> int:
        """Payments less refunds, of all time."""
        return self.before_cents + sum(self.months.values())

    @property
    def outstanding_cents(self) -> int:
        """Ordered and kept, and not paid yet; below 0 she is owed a refund."""
        return self.ordered_cents - self.returned_cents - self.value_cents

    def add(self, changed: ValueChanged) -> None:
        """Count a change."""
        self.orders += changed.orders
        self.ordered_cents += changed.ordered_cents
        self.returned_cents += changed.returned_cents
        self._add_months(changed.months)

    def plus(self, other: "Ledger") -> "Ledger":
        """The sums of both, as a new one."""
        both = Ledger(
            orders=self.orders + other.orders,
            ordered_cents=self.ordered_cents + other.ordered_cents,
            returned_cents=self.returned_cents + other.returned_cents,
            before_cents=self.before_cents + other.before_cents,
            months=self.months,
        )
        both._add_months(other.months)
        return both

    def _add_months(self, added: Mapping[str, int]) -> None:
        months = dict(self.months)
        for month, cents in added.items():
            months[month] = months.get(month, 0) + cents
        kept = sorted(month for month, cents in months.items() if cents)[-MAX_MONTHS:]
        # What is not kept by itself is none the less in the sum, also where it comes late.
        self.before_cents += sum(cents for month, cents in months.items() if month not in kept)
        self.months = {month: months[month] for month in kept}


def month_of(at: float) -> str:
    """The month of a time (seconds since the epoch), UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m}"


def next_month(at: float) -> float:
    """When the month after this one begins."""
    day = datetime.fromtimestamp(at, UTC)
    years, month = divmod(day.month, 12)
    return datetime(day.year + years, month + 1, 1, tzinfo=UTC).timestamp()


def months_before(at: float, count: int) -> list[str]:
    """The whole months before this one, the oldest first."""
    day = datetime.fromtimestamp(at, UTC)
    now = day.year * 12 + day.month - 1
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(now - count, now)]


def trend_cents(months: Mapping[str, int], now: float) -> int:
    """By how many cents a month's value grows from month to month.

    The slope of the line of least squares through the last 12 whole months, rounded half up; exact,
    for it is a quotient of integers.
    """
    names = months_before(now, TREND_MONTHS)
    # Σ (i - mean)(v - mean of v) / Σ (i - mean)², times 2 above and below to stay whole.
    above = sum(
        (2 * place - (TREND_MONTHS - 1)) * months.get(name, 0) for place, name in enumerate(names)
    )
    below = TREND_MONTHS * (TREND_MONTHS**2 - 1) // 6
    return (2 * above + below) // (2 * below)


class Valued(Planned):
    """Base of persons who buy."""

    lifetime_value_cents: int = 0
    """What she has brought in her currency, with what was there before."""
    opening_value_cents: int = 0
    """Of it what was there before her orders were told, as set."""
    currency: str = "EUR"
    """Hers; other currencies stand in `value` alone."""
    value: dict[str, Ledger] | None = None
    """By currency."""
    value_year_cents: int = 0
    """Of the last 12 whole months and this one."""
    value_trend_cents: int = 0
    """By how much a month's value grows from month to month."""

    @told("value.changed")
    def value_changed(self, changed: ValueChanged) -> None:
        """One of her orders comes to something else."""
        value = self.value or {}
        if changed.currency not in value and len(value) >= MAX_CURRENCIES:
            return
        value.setdefault(changed.currency, Ledger()).add(changed)
        self.value = value
        self.sum_value()

    @due("value.month")
    def value_month(self) -> None:
        """A month is over, so the trend is another one."""
        self.sum_value()

    def sum_value(self) -> None:
        """Sum up, and look again when the month is over, as long as that changes anything."""
        opening, ledger = self.summed()
        recent = [*months_before(self.now, TREND_MONTHS), month_of(self.now)]
        self.lifetime_value_cents = opening + ledger.value_cents
        self.value_year_cents = sum(ledger.months.get(month, 0) for month in recent)
        self.value_trend_cents = trend_cents(ledger.months, self.now)
        if any(month >= recent[0] for month in ledger.months):
            self.remind("value.month", at=next_month(self.now))

    def summed(self) -> tuple[int, Ledger]:
        """What was there before her orders, and the sums in her currency."""
        return self.opening_value_cents, (self.value or {}).get(self.currency, Ledger())
