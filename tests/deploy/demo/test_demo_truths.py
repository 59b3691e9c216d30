"""Truths in the verdict: a story that is told well, and in which a claim is not so."""

from pathlib import Path

import httpx2
import msgspec
import pytest
from demo_kit import FakeApi, state

from deploy.demo.plot import Facts, HoldTruth, MoveTruth, judge
from deploy.demo.report import DemoReport, EventsReport, StoryReport
from deploy.demo.run import summary
from deploy.demo.stories.roadside import RESCUED
from deploy.demo.truths import Truth
from deploy.demo.watch import Telling, Watcher

RECORDED = Path(__file__).parent / "recorded"
CLAIMS = msgspec.structs.replace(RESCUED, truths=frozenset(("bill",)))
SO = Truth(name="bill", says="both say 3", figures={"cents": 3})
NOT_SO = Truth(name="bill", says="one says 4", problems=("billed are 4 cents, due 3",))


def facts(*truths: Truth) -> Facts:
    """A story that went well, with what was compared."""
    known = msgspec.json.decode((RECORDED / "rescued.json").read_bytes(), type=Facts)
    known.truths = list(truths)
    return known


@pytest.mark.parametrize(
    ("truths", "missing"),
    [
        ((SO,), []),
        ((NOT_SO,), ["bill: billed are 4 cents, due 3"]),
        ((), ["bill: nobody has held it against the world"]),
        ((SO, msgspec.structs.replace(NOT_SO, name="slots")), ["slots: billed are 4 cents, due 3"]),
    ],
)
def test_a_claim_that_is_not_so_fails_a_story(
    truths: tuple[Truth, ...], missing: list[str]
) -> None:
    """However well everything else went; so does one that nobody has compared."""
    verdict = judge(CLAIMS, facts(*truths))

    assert (missing, not missing) == (verdict.missing, verdict.completed)


class Books:
    """The holds of the run."""

    async def holds_of(self, arrangement_id: str) -> list[HoldTruth]:
        """All of them."""
        assert arrangement_id
        return facts().holds

    async def moves_to(
        self, place: tuple[float, float], after: float, before: float
    ) -> list[MoveTruth]:
        """Nothing moves."""
        assert place
        assert after < before
        return []


async def test_it_is_compared_at_every_look() -> None:
    """What cannot be seen just now stays as it was."""
    known = facts()
    arr = known.arrangement
    assert arr is not None
    api = FakeApi(
        state("roadside/v1", arrangement=msgspec.to_builtins(arr)),
        state("vehicle/v1", **known.subject),
    )
    told = Telling(
        plot=CLAIMS, twin_id="vehicle/v1", supervisor_id="roadside/v1", customer="customer/c1",
        fires_s=1.0,
    )  # fmt: skip
    told.facts.sightings = known.sightings
    answers: list[list[Truth] | Exception] = [[NOT_SO], httpx2.ConnectError("away"), [SO]]

    async def compare(telling: Telling) -> list[Truth]:
        assert telling is told
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    books = Books()
    watcher = Watcher(api, books, [told], arr.opened_at - 1, {arr.id: 1}, compare)
    found = []
    for _ in range(3):
        await watcher.look(told)
        found.append(told.verdict.missing)

    assert [["bill: billed are 4 cents, due 3"], ["bill: billed are 4 cents, due 3"], []] == found


def test_it_is_told_at_the_end() -> None:
    """A line below its story, whether it is so or not."""
    events = EventsReport(sent=1, acknowledged=1, applied=1, lost=0, duplicated=0, out_of_order=0)
    stories = [
        StoryReport(name="a", completed=True, twin_id="x/y", steps=[], seconds=2.0, truths=[SO]),
        StoryReport(name="b", completed=False, twin_id="x/z", steps=[], truths=[NOT_SO]),
    ]
    report = DemoReport(
        stories=stories, events=events, seconds=1.0, seed=1, devices=1, run=1, drives="scripted",
        drive_names=[], added=[], start_seconds=1.0, started_at=1.0, machine="", versions={},
    )  # fmt: skip

    assert [
        "a: completed, 2.0 s from the signal to the end", "    bill is so: both say 3",
        "b: not completed", "    bill IS NOT SO: one says 4",
    ] == summary(report).splitlines()[:4]  # fmt: skip
    assert b'"truths":[{"name":"bill","says":"both say 3","figures":{"cents":3}' in (
        msgspec.json.encode(report)
    )
