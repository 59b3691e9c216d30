"""Metered: what a device delivered day by day, and the monthly statements that follow.

Days may be told late, again, corrected, and in any order. A day that is known already changes
nothing; one that is told otherwise later (by the reading's time) adds the difference. What belongs
to a month whose statement is made stands in the next one, with its own day. So the sum of all
statements is exact, whatever came when:

    1000 * sum(total_cents) + carried_millicents == sum(wh * cents_per_kwh) - what is still open
"""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct, field

from twins.devices.statement_words import MOST_DAYS, statement_words
from twins.handler import due
from twins.ids import CustomerId, digest
from twins.people.messages import MessageRequest
from twins.people.order import Placed
from twins.people.value import next_month
from twins.settings import UNSET, Settings, UnsetType
from twins.twin import Twin
from twins.units import Currency

DAY_S: Final = 86_400.0

GRACE_S: Final = 3 * DAY_S
"""A device that fell silent is billed so long after the month; else with its next month's day."""

MAX_DAYS: Final = 100
"""So many days are remembered, the newest; older ones cannot be told apart from repeats."""

MAX_STATEMENTS: Final = 13

Day = Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""`2027-07-31`; compared as text."""

WattHours = Annotated[int, Meta(ge=0, le=10_000_000)]
"""Whole Wh of one day: as meters count them, so that nothing is rounded."""


class Tariff(Settings):
    """Master data of a metered device: `configured`. A kind adds its own."""

    owner: CustomerId | UnsetType | None = UNSET
    """Who pays."""
    cents_per_kwh: Annotated[int, Meta(ge=0, le=100_000)] | UnsetType = UNSET
    """For each kWh delivered, from the next new day on."""
    currency: Currency | UnsetType = UNSET


class Metering(Struct, kw_only=True, omit_defaults=True):
    """One day, as it is known by now."""

    wh: int
    at: float
    """Time of the reading that said so."""
    cents_per_kwh: int
    """As it was when the day was first told; a correction costs the same."""


class BillLine(Struct, kw_only=True, omit_defaults=True):
    """What one day adds to a statement; negative where it is corrected downwards."""

    wh: int
    cents_per_kwh: int

    @property
    def millicents(self) -> int:
        """Wh times cents per kWh: thousandths of a cent, exact."""
        return self.wh * self.cents_per_kwh


class Statement(Struct, kw_only=True, omit_defaults=True):
    """What is due for a month."""

    month: str
    lines: dict[str, BillLine] = {}
    """By day; days of months before it came late, or were corrected."""
    carried_millicents: int = 0
    """From the statement before: less than a cent, or what she has too much."""
    total_cents: int = 0
    currency: str = "EUR"


def day_of(time: float) -> str:
    """The date of a moment, UTC."""
    return datetime.fromtimestamp(time, UTC).date().isoformat()


class Metered(Twin):
    """Base of kinds that are paid for by what they deliver."""

    personal: ClassVar[str | None] = "owner"

    owner: CustomerId | None = None
    cents_per_kwh: int = 0
    currency: str = "EUR"

    metered: dict[str, Metering] = field(default_factory=dict)
    """By day, the last `MAX_DAYS`."""
    open_lines: dict[str, BillLine] = field(default_factory=dict)
    """By day: what stands on no statement yet."""
    open_month: str | None = None
    carried_millicents: int = 0
    statements: list[Statement] = field(default_factory=list)
    """Oldest first; of all before the last `MAX_STATEMENTS`, the orders know."""
    stated: int = 0
    """How many there were."""
    passed_over: int = 0
    """Days that were told too late, or lie ahead; on no bill."""

    def meter(self, day: str, wh: int, at: float) -> None:
        """Put on the bill what a day delivered, as far as it is not there already."""
        known = self.metered.get(day)
        # What is older than a full memory may be a repeat of a day that was forgotten.
        forgotten = len(self.metered) >= MAX_DAYS and day < min(self.metered)
        if day > day_of(self.now + DAY_S) or forgotten:
            self.passed_over += 1
            return
        if known is not None and at < known.at:
            return
        if known is None:
            known = Metering(wh=0, at=at, cents_per_kwh=self.cents_per_kwh)
            self.metered[day] = known
            if len(self.metered) > MAX_DAYS:
                del self.metered[min(self.metered)]
        more, known.wh, known.at = wh - known.wh, wh, at
        if more and known.cents_per_kwh:
            self._open(day[:7])
            line = BillLine(wh=more, cents_per_kwh=known.cents_per_kwh)
            if day in self.open_lines:
                line.wh += self.open_lines[day].wh
            self.open_lines[day] = line

    def _open(self, month: str) -> None:
        """A day of a later month ends the one before; the open lines are always of one month."""
        if self.open_month is None or month > self.open_month:
            self._state()
            self.open_month = month
        self.remind("metered.month", at=next_month(self.now) + GRACE_S)

    @due("metered.month")
    def month_is_over(self) -> None:
        """Nothing came since."""
        self._state()

    def _state(self) -> None:
        """Make the statement of what is open."""
        if self.open_month is None or not self.open_lines:
            return
        due_millicents = self.carried_millicents
        due_millicents += sum(line.millicents for line in self.open_lines.values())
        # She is never told to be paid back by a bill: a credit is carried on.
        total_cents = max(0, due_millicents // 1000)
        statement = Statement(
            month=self.open_month, lines=dict(sorted(self.open_lines.items())),
            carried_millicents=self.carried_millicents, total_cents=total_cents,
            currency=self.currency,
        )  # fmt: skip
        self.carried_millicents = due_millicents - 1000 * total_cents
        self.open_lines = {}
        self.stated += 1
        self.statements = [*self.statements, statement][-MAX_STATEMENTS:]
        if self.owner is not None and total_cents:
            placed = Placed(customer=self.owner, total_cents=total_cents, currency=self.currency)
            number = digest(self.id, "statement", str(self.stated))
            self.tell(f"order/{number}", "order.placed", placed)
        if self.owner is not None:
            self._send(statement)

    def _send(self, statement: Statement) -> None:
        """Have her told what is due, with its days."""
        days = [
            {"day": day, "kwh": line.wh / 1000.0, "cents": line.millicents / 1000.0}
            for day, line in statement.lines.items()
        ]
        request = MessageRequest(
            id=digest(self.id, "statement", str(self.stated), "told"),
            about=self.id,
            template="statement",
            texts=statement_words(statement.currency),
            data={
                "month": statement.month,
                "days": days[:MOST_DAYS],
                "more": max(0, len(days) - MOST_DAYS),
                "kwh": sum(line.wh for line in statement.lines.values()) / 1000.0,
                "carried_cents": statement.carried_millicents / 1000.0,
                "total_cents": statement.total_cents,
            },
            urgency="low",
        )
        self.tell(self.owner or "", "message.requested", request)
