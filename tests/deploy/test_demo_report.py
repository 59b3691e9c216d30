"""The demo's report: CI must notice whatever breaks a promise, and nothing else."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.report import Events, Report, Story, main, problems, read, write


def report(**changes: Any) -> Report:
    """A report in which all is well, and then some changes to its events."""
    stories = [
        Story(name=name, completed=True, twin_id=f"vehicle/{name}", seconds=9.5)
        for name in ("roadside", "service", "delivery")
    ]
    counts = {"acknowledged": 10, "applied": 10, "lost": 0, "duplicated": 0, "out_of_order": 0}
    events = msgspec.convert(counts | changes, Events)
    return Report(seconds=120, seed=1, devices=5, stories=stories, events=events)


def test_a_good_report_has_no_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It survives writing and reading, and the check ends with 0."""
    path = tmp_path / "demo.json"

    write(report(), path)

    assert report() == read(path)
    assert 0 == main([str(path)])
    assert "3 stories completed; 10 events" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lost": 1, "applied": 9}, "1 of 10 acknowledged events: lost"),
        ({"duplicated": 2}, "2 of 10 acknowledged events: duplicated"),
        ({"out_of_order": 3}, "3 of 10 acknowledged events: out_of_order"),
    ],
)
def test_a_broken_promise_about_events_is_a_problem(changes: dict[str, int], said: str) -> None:
    """One event is enough, and the problem says how many of how many."""
    assert [said] == problems(report(**changes))


def test_counts_that_do_not_add_up_are_a_problem() -> None:
    """A report may not hide losses by not counting them."""
    assert ["the counts do not add up: 10 acknowledged, 9 applied, 0 lost"] == problems(
        report(applied=9)
    )


def test_nothing_sent_is_nothing_shown() -> None:
    """A demo in which no event arrived has zero losses, and proves nothing."""
    assert ["no event was acknowledged, so nothing was shown"] == problems(
        report(acknowledged=0, applied=0)
    )


def test_an_unfinished_story_is_a_problem() -> None:
    """The problem says which one, and where it stands."""
    unfinished = report()
    unfinished.stories[1].completed = False
    unfinished.stories[1].detail = "slot held, not confirmed"

    assert ["story 'service' of vehicle/service is not completed: slot held, not confirmed"] == (
        problems(unfinished)
    )


def test_a_missing_story_is_a_problem() -> None:
    """Telling one story twice does not make three."""
    twice = report()
    twice.stories[2] = twice.stories[0]

    assert ["2 stories were told, not 3: ['roadside', 'service']"] == problems(twice)


@pytest.mark.parametrize("text", [None, "", "{}", '{"events": {"lost": -1}}'])
def test_no_report_is_no_success(tmp_path: Path, text: str | None) -> None:
    """A file that is missing, empty, or something else ends with 1."""
    path = tmp_path / "demo.json"
    if text is not None:
        path.write_text(text)

    assert 1 == main([str(path)])
