"""Every story, from its devices' messages through the gateway to what the companies' books say.

Each is told as `vigil demo --story NAME` tells it, with all of its plots; one of them fails.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.cli.demo import LIMIT_S
from deploy.demo.stories import DEFAULT, find, names
from deploy.report import read

SCRIPTED = [name for name in names() if name != DEFAULT]
"""`DEFAULT` is CI's demo, told at each change; these by `make test-long`."""

MOST_S = LIMIT_S + 90.0
"""A story that is not told ends by itself after `LIMIT_S`, and says what is missing: it must not be
killed before. The rest is for the start and the end of its node on a busy machine."""


@pytest.mark.parametrize("name", names())
def test_every_story_has_a_branch_that_fails(name: str) -> None:
    """And one that does not."""
    plots = find(name).plots

    assert {True, False} == {plot.fails for plot in plots}
    assert len(plots) == len({plot.name for plot in plots})


@pytest.mark.cluster
@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(MOST_S + 10.0)
@pytest.mark.parametrize("name", SCRIPTED)
def test_a_story_is_told(name: str, tmp_path: Path) -> None:
    """All of its plots are completed, and no event is lost, doubled or out of order.

    And what each plot claims was held against the world, and is so.
    """
    report = tmp_path / "report.json"
    command = [
        sys.executable, "-m", "deploy.cli", "--folder", str(tmp_path / "home"),
        "demo", "--story", name, "--report", str(report),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=MOST_S, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr

    told, plots = read(report), find(name).plots
    so = [{truth.name for truth in story.truths if truth.holds} for story in told.stories]

    assert [plot.name for plot in plots] == [story.name for story in told.stories]
    assert [plot.truths for plot in plots] == so
    assert all(story.completed for story in told.stories)
    assert told.events.acknowledged == told.events.applied > 0
