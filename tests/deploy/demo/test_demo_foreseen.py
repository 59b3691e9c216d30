"""What drove beforehand has to stand in its company's book, and to have made help sooner."""

from typing import Any

import pytest

from actors.supervisors.arrangement import Arrangement
from deploy.demo.plot import Facts, HoldTruth, MoveTruth, judge
from deploy.demo.stories.shortage import FORESEEN
from twins.outputs import Signal

CAUSE = Signal("s1", "car.stranded", "callbox/c1", 100.0, {})


def missing(moves: list[MoveTruth], **held: Any) -> list[str]:
    """What is missing of the way beforehand, where one truck came."""
    hold = HoldTruth(
        provider_id="t1", hold_id="h1", service="tow", state="done", confirmed=1,
        **{"item": "truck-1", "eta_s": 60.0, **held},
    )  # fmt: skip
    arr = Arrangement.of(CAUSE, "shortage/c1", "desk/d", 100.0)
    verdict = judge(FORESEEN, Facts(arrangement=arr, holds=[hold], moves=moves))
    return [line for line in verdict.missing if line.startswith(("tow:", "rental:"))]


def moved(service: str, item: str, way_s: float = 600.0) -> MoveTruth:
    """Something that drove."""
    return MoveTruth(
        provider_id="x", service=service, item=item, at=90.0, origin=(60.0, 25.0), to=(60.1, 25.0),
        way_s=way_s,
    )  # fmt: skip


CAR = moved("rental", "car-1")


def test_who_was_moved_and_came_sooner_is_enough() -> None:
    """A truck that had less far than before, and a car."""
    assert [] == missing([moved("tow", "truck-1"), CAR])


@pytest.mark.parametrize(
    ("moves", "held", "said"),
    [
        ([CAR], {}, "tow: nothing of its company drove there beforehand"),
        ([moved("tow", "truck-1")], {}, "rental: nothing of its company"),
        ([moved("tow", "truck-2"), CAR], {}, "tow: truck-1 came, which had not been moved"),
        (
            [moved("tow", "truck-1"), CAR],
            {"eta_s": 600.0},
            "tow: truck-1 needed 600.0 s, and 600 s",
        ),
        ([moved("tow", "truck-1"), CAR], {"eta_s": None}, "tow: truck-1 needed None s"),
    ],
)
def test_without_it_the_story_is_not_completed(
    moves: list[MoveTruth], held: dict[str, Any], said: str
) -> None:
    """Nothing drove, another one came, or it was no sooner."""
    assert any(line.startswith(said) for line in missing(moves, **held))


def test_what_drove_is_a_step_before_the_signal() -> None:
    """So that one sees it where it belongs."""
    arr = Arrangement.of(CAUSE, "shortage/c1", "desk/d", 100.0)
    arr.step("signal.noticed", 100.0, "callbox/c1")
    verdict = judge(FORESEEN, Facts(arrangement=arr, moves=[CAR]))

    assert ["rental.moved_ahead", "signal.noticed"] == [step.name for step in verdict.steps]
