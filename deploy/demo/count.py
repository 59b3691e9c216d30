"""Count: what became of every event that the fleet sent, read back from the twins."""

import asyncio
from collections.abc import Mapping, Sequence

import ray
from msgspec import Struct

from actors.handle import twin
from actors.state import TwinState
from deploy.demo.report import EventsReport


class Taken(Struct, frozen=True):
    """What a twin says it took so far, of all starts."""

    numbered: int = 0
    """Numbers, each once if all is well."""
    reordered: int = 0
    duplicates: int = 0


class Given(Struct, frozen=True):
    """What the fleet says about one of its cars, of this start."""

    sent: int = 0
    acknowledged: int = 0
    refused: int = 0


async def read_back(ids: Sequence[str]) -> dict[str, Taken]:
    """What these twins took, by their handles: one Ray call each."""

    def get() -> list[TwinState]:
        found: list[TwinState] = ray.get([twin(id_).state.remote() for id_ in ids])
        return found

    return {
        state.id: Taken(state.numbered, state.reordered, state.duplicates)
        for state in await asyncio.to_thread(get)
    }


def count(
    given: Mapping[str, Given], before: Mapping[str, Taken], after: Mapping[str, Taken]
) -> EventsReport:
    """Hold what was sent against what was taken, twin by twin.

    Args:
        given: Twin id -> what its car sent.
        before: Twin id -> what the twin had taken before the first.
        after: Twin id -> what it has taken after the last.
    """
    report = EventsReport(
        sent=0, acknowledged=0, applied=0, lost=0, duplicated=0, out_of_order=0
    )  # fmt: skip
    for id_, car in given.items():
        start, end = before.get(id_, Taken()), after.get(id_, Taken())
        applied = end.numbered - start.numbered
        report.sent += car.sent
        report.acknowledged += car.acknowledged
        report.refused += car.refused
        report.applied += applied
        report.lost += max(0, car.acknowledged - applied)
        report.duplicated += max(0, applied - car.sent)
        report.out_of_order += end.reordered - start.reordered
        report.repeats += end.duplicates - start.duplicates
    return report
