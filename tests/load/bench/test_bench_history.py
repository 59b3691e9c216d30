"""The history benchmark: the day that it makes is a day, and what it times is all of it."""

from collections import Counter
from pathlib import Path

import pytest

from load.bench.history import Plan, day, run

SMALL = Plan(twins=210, events=4, checkpoints=50, reads=25, cold_reads=2)


@pytest.mark.parametrize(("twins", "events"), [(210, 4), (7919, 3), (1, 9), (3, 1)])
def test_every_twin_sends_as_often_as_the_others(twins: int, events: int) -> None:
    """All of them once in each part of the day."""
    plan = Plan(twins=twins, events=events, checkpoints=50)
    sent = [twin for checkpoint in day(plan) for twin in checkpoint]
    parts = [sent[start : start + twins] for start in range(0, len(sent), twins)]

    assert events == len(parts)
    for part in parts:
        assert Counter(range(twins)) == Counter(part)


@pytest.mark.cluster
async def test_a_small_day_is_made_and_read(tmp_path: Path) -> None:
    """Real log, real index, through the API; a day that is not whole fails the run."""
    told: list[str] = []
    found = await run(SMALL, tmp_path, lambda what, _share: told.append(what))
    warm, cold = found.read_ms.warm, found.read_ms.cold

    assert (210, 4, 840) == (found.twins, found.events_a_twin, found.events)
    assert (50, 50) == (found.blocks, found.notes)
    assert (25, 2) == (warm.samples, cold.samples)
    assert 0 < warm.p50 <= warm.p99
    assert 840 * 150 < found.log_bytes < 840 * 256
    assert ["writing the day", "reading days from the disk", "reading days", "done"] == list(
        dict.fromkeys(told)
    )
