"""Checker: compares what devices were told with what the log and the twins hold. Pure."""

from typing import Any

from msgspec import Struct, field

from load.chaos.devices import Told
from load.chaos.odd import Said
from load.chaos.promise import Owed
from load.chaos.written import Line, Written

MOST_NAMED = 20
"""Findings that are named one by one."""


class Holds(Struct):
    """What a twin says of itself."""

    applied: int
    digest: int
    numbered: int
    reordered: int
    parked: str | None = None
    state: dict[str, Any] = field(default_factory=dict)


class Found(Struct):
    """What the comparison found."""

    acknowledged: int = 0
    applied: int = 0
    lost: int = 0
    duplicated: int = 0
    out_of_order: int = 0
    refused: int = 0
    problems: list[str] = field(default_factory=list)

    def name(self, text: str) -> None:
        """Say what is wrong, unless so much was said already."""
        if len(self.problems) < MOST_NAMED:
            self.problems.append(text)


def compare(
    told: dict[str, Told], written: Written, twins: dict[str, Holds], alone: str = "vehicle/"
) -> Found:
    """Compare all three, twin by twin.

    Args:
        told: Twin id -> what its device sent and was told.
        written: What the logs hold.
        twins: Twin id -> what it says of itself, at or after the logs' ends.
        alone: Twins that hear from nobody but their device: their digest has to be that of the log.
    """
    found = Found(problems=list(written.problems))
    for twin_id, book in told.items():
        if not book.sent:
            continue
        line = written.lines.get(twin_id, Line())
        _device_and_log(found, twin_id, book, line)
        _log_and_twin(found, twin_id, line, twins[twin_id], alone=twin_id.startswith(alone))
    return found


def _device_and_log(found: Found, twin_id: str, book: Told, line: Line) -> None:
    """What was acknowledged has to stand in the log where it was said to be, or before."""
    found.acknowledged += len(book.acknowledged)
    found.refused += len(book.refused)
    missing = [
        number
        for number, position in book.acknowledged.items()
        if line.first.get(number, position + 1) > position
    ]
    if missing:
        found.lost += len(missing)
        found.name(f"{twin_id}: acknowledged, and not in the log: {missing[:10]}")
    unsent = [number for number in line.numbers if not 1 <= number <= book.sent]
    if unsent:
        found.duplicated += len(unsent)
        found.name(f"{twin_id}: in the log, and never sent: {unsent[:10]}")
    if line.inversions:
        found.out_of_order += line.inversions
        found.name(f"{twin_id}: {line.inversions} stand in the log behind a later one")
    for number, why in list(book.refused.items())[:1]:
        found.name(f"{twin_id}: number {number} was refused: {why}")


def _log_and_twin(found: Found, twin_id: str, line: Line, twin: Holds, *, alone: bool) -> None:
    """A twin has to have taken what is in the log, each once and in that order."""
    count = len(line.numbers)
    found.applied += twin.numbered
    if twin.numbered < count:
        found.lost += count - twin.numbered
        found.name(f"{twin_id}: took {twin.numbered} of {count} in the log")
    if twin.numbered > count:
        found.duplicated += twin.numbered - count
        found.name(f"{twin_id}: took {twin.numbered}, the log has {count}")
    if twin.reordered:
        found.out_of_order += twin.reordered
        found.name(f"{twin_id}: took {twin.reordered} after a later one")
    if twin.parked is not None:
        found.name(f"{twin_id} is parked: {twin.parked}")
    if not alone:
        return
    if twin.applied > count:
        found.duplicated += twin.applied - count
        found.name(f"{twin_id}: handled {twin.applied}, the log has {count}")
    elif twin.applied < count:
        found.lost += count - twin.applied
        found.name(f"{twin_id}: handled {twin.applied} of {count} in the log")
    elif twin.digest != line.digest:
        found.out_of_order += 1
        found.name(
            f"{twin_id}: handled as many as the log has, and not the same or in another order: "
            f"digest {twin.digest:08x}, not {line.digest:08x}"
        )


def compare_odd(
    found: Found, said: dict[str, Said], owed: dict[str, Owed], twins: dict[str, Holds]
) -> None:
    """Compare what odd devices sent with what the log makes of it, and with their twins.

    Args:
        found: Gets what is found.
        said: Twin id -> what its device sent and was told.
        owed: Twin id -> what the promise makes of its log.
        twins: Twin id -> what it says of itself.
    """
    for twin_id, book in said.items():
        due, twin = owed.get(twin_id, Owed()), twins[twin_id]
        found.acknowledged += len(book.acknowledged)
        found.applied += twin.applied
        found.refused += len(book.refused)
        lost = len(book.acknowledged - due.taken) + max(0, due.applied - twin.applied)
        doubled = due.applied - len(due.taken) + max(0, twin.applied - due.applied)
        found.lost += lost
        found.duplicated += doubled
        if lost or doubled:
            found.name(
                f"{twin_id}: {len(book.acknowledged)} different messages acknowledged, "
                f"{due.applied} owed by its log, {twin.applied} applied"
            )
        elif twin.digest != due.digest:
            found.out_of_order += 1
            found.name(f"{twin_id}: digest {twin.digest:08x}, not {due.digest:08x}")
        for name, (_, value) in due.newest.items():
            if twin.state.get(name) != value:
                found.out_of_order += 1
                found.name(
                    f"{twin_id}: {name} is {twin.state.get(name)}, and was measured last as {value}"
                )
