"""How long a fault lasted is told from looks at how far applied is behind sent."""

import math
from typing import Any

import pytest

from load.chaos.pulse import Beat, Pulse, Spell, recovery

SKY = math.inf


def beats(*behind: float) -> list[Beat]:
    """A look every second, from second 1 on."""
    return [Beat(float(at), one) for at, one in enumerate(behind, 1)]


@pytest.mark.parametrize(
    ("behind", "expected", "others"),
    [
        ((0.1, 0.2, 0.1, 0.3), 0.0, []),
        # Nobody said anything for a while.
        ((0.1, SKY, SKY, 0.1), 2.5, []),
        # It came back, and was late again at once: it was not over.
        ((0.1, SKY, 0.1, 3.0, 0.1), 3.5, []),
        # It was well for a while after the fault, not for long.
        ((0.1, 0.1, 0.1, 3.0, 0.1), 3.5, []),
        # It was well for long; what came then is another matter.
        ((0.1, SKY, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 2.0, 0.1), 1.5, [Spell(9.0, 11.0)]),
        ((0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 2.0, 0.1), 0.0, [Spell(8.0, 10.0)]),
        # It is still not over.
        ((0.1, *[SKY] * 11), 11.0, []),
        # What was late before the fault is not its doing.
        ((5.0, 0.1, 0.1, 0.1), 0.0, []),
    ],
)
def test_recovery_lasts_until_it_stays_well(
    behind: tuple[float, ...], expected: float, others: list[Spell]
) -> None:
    """A fault at 1.5 s; the next at 12.5 s."""
    assert (expected, others) == recovery(beats(*behind), 1.5, 12.5)


def status(*events: int | None) -> dict[str, Any]:
    """What a node says; None: its partition's host does not say."""
    return {
        "partitions": [
            {"partition": number} if count is None else {"partition": number, "events": count}
            for number, count in enumerate(events)
        ]
    }


async def test_a_replay_is_no_loss() -> None:
    """A new owner begins with the checkpoint's count; what was applied once stays applied."""
    says = iter([status(50, 50), status(None, 80), status(20, 100), status(60, 140), None])
    sent = iter([100.0, 130.0, 150.0, 200.0, 250.0])

    async def ask() -> dict[str, Any] | None:
        return next(says)

    pulse = Pulse(ask, lambda: next(sent), lambda: 10.0, lambda: 7.0)
    for _ in range(5):
        await pulse.look()

    assert [0.0, 0.0, 0.0, 0.0, SKY] == [beat.behind_s for beat in pulse.beats]
