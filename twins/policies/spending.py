"""Spending: what a policy may cost a day, all in all and for one customer.

Money is reserved before it is offered, and what is not spent of it is given back; so what is
reserved and spent together never lies above a limit, however many arrangements run at once.
"""

from datetime import date

from msgspec import Struct

from twins.people.pacing import local
from twins.policies.messages import Report, SpendingRequest
from twins.policies.settings import Limits, PolicySettings

KEPT_DAYS = 2
"""Days before today that are still counted: what was reserved then may come back."""

MAX_CUSTOMERS = 20_000
"""Of so many customers it is known what was spent for each of them today; a policy's state is
stored whole. Where each has a limit, nothing is spent for further ones without a person."""

_EPOCH = date(1970, 1, 1).toordinal()


class Day(Struct, kw_only=True, omit_defaults=True):
    """What is reserved and spent of one day, in cents by currency."""

    total: dict[str, int] = {}
    customers: dict[str, dict[str, int]] = {}
    """Of today alone: of days that are over no limit of one customer is asked any more."""


def day_of(now: float, zone: str = "UTC") -> int:
    """The day by the clocks of a time zone: days since 1970-01-01; never by hours of 24."""
    return local(zone, now).date().toordinal() - _EPOCH


def reserve(
    days: dict[int, Day], settings: PolicySettings, request: SpendingRequest, now: float
) -> str | None:
    """Reserve what is asked for, or say which limit it would break."""
    today = day_of(now, settings.day_zone)
    for old in [day for day in days if day < today - KEPT_DAYS]:
        del days[old]
    for number, other in days.items():
        if number < today:
            other.customers = {}
    day = days.get(today) or Day()
    cents, currency, customer = request.cents, request.currency, request.customer
    mine = {} if customer is None else day.customers.get(customer, {})
    known = customer is None or customer in day.customers
    crowded = not known and len(day.customers) >= MAX_CUSTOMERS
    if crowded and settings.customer_day_cents:
        return f"more than {MAX_CUSTOMERS} customers have had something today"
    broken = _broken(settings.day_cents, day.total, cents, currency, "for all of a day") or _broken(
        settings.customer_day_cents, mine, cents, currency, "for one customer a day"
    )
    if broken is not None:
        return broken
    days[today] = day
    day.total[currency] = day.total.get(currency, 0) + cents
    if customer is not None and not crowded:
        day.customers.setdefault(customer, {})[currency] = mine.get(currency, 0) + cents
    return None


def _broken(
    limits: Limits, used: dict[str, int], cents: int, currency: str, what: str
) -> str | None:
    if not limits:
        return None
    limit, before = limits.get(currency, 0), used.get(currency, 0)
    if before + cents <= limit:
        return None
    return (
        f"{cents} cents {currency} are more than is left of the limit {what}: "
        f"{before} of {limit} are used"
    )


def give_back(days: dict[int, Day], report: Report) -> None:
    """What an arrangement did not need of its reservation is there again, on the same day."""
    day, currency, cents = days.get(report.day), report.currency, report.credit_cents
    if day is None or currency is None or not cents:
        return
    day.total[currency] = day.total.get(currency, 0) - cents
    mine = day.customers.get(report.customer or "")
    if mine is not None:
        mine[currency] = mine.get(currency, 0) - cents
