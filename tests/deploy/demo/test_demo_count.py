"""Counting and reporting: what is lost, doubled or out of order shows, whoever's it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.count import Given, Taken, count
from deploy.demo.plot import Step
from deploy.demo.report import DemoReport, EventsReport, StoryReport, versions, write
from deploy.demo.run import verdict
from deploy.report import read as read_for_ci

CAR, OTHER = "vehicle/v1", "vehicle/v2"


def test_what_was_taken_before_does_not_count() -> None:
    """Twins remember earlier starts; only the difference is of this one."""
    found = count({CAR: Given(10, 10)}, {CAR: Taken(90)}, {CAR: Taken(100)})

    assert (10, 10, 10, 0, 0) == (
        found.sent, found.acknowledged, found.applied, found.lost, found.duplicated,
    )  # fmt: skip


def test_a_loss_of_one_is_not_made_up_by_another() -> None:
    """One car's double event hides no other car's lost one."""
    found = count({CAR: Given(10, 10), OTHER: Given(10, 10)}, {}, {CAR: Taken(9), OTHER: Taken(11)})

    assert (20, 1, 1) == (found.applied, found.lost, found.duplicated)


def test_what_was_not_acknowledged_is_not_lost() -> None:
    """Nothing was promised about it; nor is it double when it arrived all the same."""
    found = count({CAR: Given(10, 8)}, {}, {CAR: Taken(9)})

    assert (9, 0, 0) == (found.applied, found.lost, found.duplicated)


def test_a_twin_that_nobody_knows_took_nothing() -> None:
    """All that it was sent is lost."""
    assert 10 == count({CAR: Given(10, 10)}, {}, {}).lost


def test_order_and_repeats_come_from_the_twins() -> None:
    """Repeats that a twin recognised are no fault; numbers that came late are."""
    found = count({CAR: Given(5, 5, 1)}, {CAR: Taken(0, 1, 1)}, {CAR: Taken(5, 3, 4)})

    assert (2, 3, 1) == (found.out_of_order, found.repeats, found.refused)


def report(**events: int) -> DemoReport:
    """A report in which all is well but what is given."""
    counts = {"sent": 5, "acknowledged": 5, "applied": 5, "lost": 0, "duplicated": 0}
    step = Step(name="signal.noticed", at=1.0, twin_id=CAR, signal_id="s1", arrangement_id="a1")
    stories = [
        StoryReport(name=name, completed=True, twin_id=CAR, steps=[step], seconds=1.5)
        for name in ("rescued", "declined in part", "no truck free")
    ]
    return DemoReport(
        stories=stories, events=EventsReport(**counts | {"out_of_order": 0} | events),
        seconds=120.0, seed=1, devices=1, run=1, drives="simulated", drive_names=[], added=[],
        start_seconds=1.0, started_at=1.0, machine="", versions=versions(),
    )  # fmt: skip


def test_a_good_report_has_no_problems() -> None:
    """Then, and only then, the demo ends with 0."""
    assert report().ok
    assert [] == report().problems()


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ({"lost": 1}, "1 events lost"),
        ({"duplicated": 2}, "2 events duplicated"),
        ({"out_of_order": 3}, "3 events out of order"),
        ({"acknowledged": 0}, "no event was acknowledged"),
    ],
)
def test_a_broken_promise_is_a_problem(events: dict[str, int], said: str) -> None:
    """One event is enough."""
    assert [said] == report(**events).problems()


def test_an_unfinished_story_is_a_problem() -> None:
    """With its name, its car, and what is missing."""
    bad = report()
    bad.stories[1].completed = False
    bad.stories[1].detail = "no tow.arrived"

    assert ["story 'declined in part' of vehicle/v1 is not completed: no tow.arrived"] == (
        bad.problems()
    )


def test_ctrl_c_is_no_mistake_where_nothing_else_ends_it() -> None:
    """Stories may be under way then; what was to last longer has not done what it was asked to."""
    cut = report()
    cut.stories[1].completed = False
    early = ["it was ended early; the next start carries on"]

    assert [] == verdict(cut, ended_early=True, endless=True)
    assert early == verdict(cut, ended_early=True, endless=False)
    assert [] == verdict(report(), ended_early=True, endless=False)
    assert cut.problems() == verdict(cut, ended_early=False, endless=False)


def test_a_lost_event_is_a_mistake_however_it_ends() -> None:
    """Ctrl-C excuses none."""
    assert ["1 events lost"] == verdict(report(lost=1), ended_early=True, endless=True)
    assert verdict(report(lost=1), ended_early=True, endless=False)


def test_the_json_has_what_its_readers_need(tmp_path: Path) -> None:
    """The names of its contract, steps with their ids, and what CI looks at."""
    path = tmp_path / "demo.json"
    write(report(), path)
    found: dict[str, Any] = json.loads(path.read_text())

    assert {"sent", "acknowledged", "applied", "lost", "duplicated", "out_of_order"} <= set(
        found["events"]
    )
    story = found["stories"][0]
    assert ("rescued", True) == (story["name"], story["completed"])
    assert [
        {
            "name": "signal.noticed", "at": 1.0, "twin_id": CAR, "signal_id": "s1",
            "arrangement_id": "a1",
        }
    ] == story["steps"]  # fmt: skip
    assert 5 == read_for_ci(path).events.applied
    assert [path] == list(tmp_path.iterdir())


def test_versions_are_real_or_said_to_be_missing() -> None:
    """A report that cannot name a version says so, and does not fail."""
    found = versions()

    assert {"python", "ray", "vigil", "msgspec"} <= set(found)
    assert all(found.values())
