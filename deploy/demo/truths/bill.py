"""Bill: what a metered device delivered by its own meter, times the tariff, against what is billed.

The one side is the device's meter and the contract's tariff. The other is what the twin keeps: the
statements with their days, what stands on no statement yet, and the order of each statement, which
is what she pays. Nothing is rounded between: all is whole Wh and thousandths of a cent.

    sum of what was delivered * tariff == 1000 * sum(total_cents) + carried + what is still open
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from deploy.demo.truths.truth import Truth
from twins.devices.metered import BillLine, Statement

NAME: Final = "bill"


class Billed(Struct, kw_only=True):
    """What Vigil bills."""

    statements: list[Statement] = []
    """Oldest first."""
    open_lines: dict[str, BillLine] = {}
    """By day: what stands on no statement yet."""
    carried_millicents: int = 0
    """After the last statement."""
    ordered_cents: list[int | None] = []
    """What the order of each statement comes to; None: there is none for her."""

    @classmethod
    def of(cls, state: Mapping[str, Any], ordered_cents: Sequence[int | None]) -> "Billed":
        """By the state of the device's twin, and its statements' orders."""
        known = {name: state[name] for name in cls.__struct_fields__ if name in state}
        return msgspec.convert({**known, "ordered_cents": list(ordered_cents)}, cls)

    def lines(self) -> Iterator[tuple[str, BillLine]]:
        """All days on all statements, and those on none yet."""
        for statement in self.statements:
            yield from statement.lines.items()
        yield from self.open_lines.items()


def compare(delivered: Mapping[str, int], cents_per_kwh: int, billed: Billed) -> Truth:
    """Hold the bill against the meter.

    Args:
        delivered: Day -> Wh, by the device's own meter.
        cents_per_kwh: As her contract says.
        billed: What Vigil bills.
    """
    wh = sum(delivered.values())
    owed = wh * cents_per_kwh
    cents = sum(statement.total_cents for statement in billed.statements)
    open_ = sum(line.millicents for line in billed.open_lines.values())
    count = len(billed.statements)
    return Truth(
        name=NAME,
        says=(
            f"its meter says {wh / 1000:,.3f} kWh in {len(delivered)} days, at {cents_per_kwh} "
            f"cents {owed / 1000:,.3f} cents; billed are {cents:,} cents in "
            f"{count} statement{'s' * (count != 1)}, "
            f"{billed.carried_millicents / 1000:.3f} carried, {open_ / 1000:,.3f} open"
        ),
        figures={
            "days": len(delivered),
            "delivered_wh": wh,
            "cents_per_kwh": cents_per_kwh,
            "owed_millicents": owed,
            "billed_cents": cents,
            "statements": count,
            "carried_millicents": billed.carried_millicents,
            "open_millicents": open_,
        },
        problems=tuple(_problems(delivered, cents_per_kwh, billed)),
    )


def _problems(delivered: Mapping[str, int], cents_per_kwh: int, billed: Billed) -> Iterator[str]:
    if not delivered:
        yield "the meter has delivered nothing"
    yield from _wrong_days(delivered, cents_per_kwh, billed)
    yield from _wrong_sums(delivered, cents_per_kwh, billed)
    yield from _wrong_orders(billed)


def _wrong_days(delivered: Mapping[str, int], cents_per_kwh: int, billed: Billed) -> Iterator[str]:
    found: dict[str, int] = {}
    for day, line in billed.lines():
        found[day] = found.get(day, 0) + line.wh
        if line.cents_per_kwh != cents_per_kwh:
            yield f"{day} costs {line.cents_per_kwh} cents a kWh, not {cents_per_kwh}"
    for day in sorted({*delivered, *found}):
        wh = delivered.get(day, 0)
        if found.get(day, 0) != wh:
            yield f"{day}: the bill has {found.get(day, 0)} Wh, the meter {wh}"


def _wrong_sums(delivered: Mapping[str, int], cents_per_kwh: int, billed: Billed) -> Iterator[str]:
    """By the meter's days alone: what is before the last one's month is due, the rest is open."""
    month = max(delivered, default="")[:7]
    due = sum(wh for day, wh in delivered.items() if day[:7] < month) * cents_per_kwh
    rest = sum(wh for day, wh in delivered.items() if day[:7] == month) * cents_per_kwh
    cents = sum(statement.total_cents for statement in billed.statements)
    if cents != due // 1000:
        yield f"billed are {cents} cents, due by the meter {due // 1000}"
    if billed.carried_millicents != due % 1000:
        yield f"carried are {billed.carried_millicents} thousandths of a cent, not {due % 1000}"
    open_ = sum(line.millicents for line in billed.open_lines.values())
    if open_ != rest:
        yield f"open are {open_} thousandths of a cent, by the meter {rest}"


def _wrong_orders(billed: Billed) -> Iterator[str]:
    totals = [statement.total_cents for statement in billed.statements]
    if billed.ordered_cents != totals:
        yield f"her orders come to {billed.ordered_cents} cents, her statements to {totals}"
