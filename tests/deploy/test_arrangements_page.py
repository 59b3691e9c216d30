"""docs/arrangements.md: its supervisor is run, its tests pass, and its links and limits hold."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import twins.people
import twins.services
from actors.supervisors import booking, confirming, supervisor

assert twins.people, "importing it registers the kinds"
assert twins.services, "importing it registers the kinds"

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "arrangements.md").read_text(encoding="utf-8")
LISTINGS = dict(re.findall(r"^```python (\w+)\.py\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


def _module(name: str) -> ModuleType:
    """A listing as a module of its own."""
    full = f"arrangements_page_{name}"
    if full not in sys.modules:
        module = sys.modules[full] = ModuleType(full)
        code = compile(LISTINGS[name], f"docs/arrangements.md, {name}.py", "exec")
        exec(code, module.__dict__)  # noqa: S102 - the page's own
    return sys.modules[full]


@pytest.mark.parametrize(
    "name", re.findall(r"^def (test_\w+)", LISTINGS["test_lift"], re.MULTILINE)
)
def test_what_the_page_tests_holds(name: str) -> None:
    """Each of its tests passes with its supervisor."""
    _module("lift")
    test: Callable[[], None] = getattr(_module("test_lift"), name)
    test()


def test_every_listing_is_run() -> None:
    """Nothing stands in a fence that is not run here."""
    assert 2 * len(LISTINGS) == len(re.findall(r"^```", PAGE, re.MULTILINE))


def test_the_deadlines_are_those_that_it_names() -> None:
    """In its table, seconds and minutes."""
    named = re.search(
        r"(\d+) s to say what there is, (\d+) to hold, (\d+) to confirm, (\d+) to release; silence "
        r"is an answer (\d+) s later. Asking and holding take (\d+) minutes",
        PAGE,
    )
    assert named is not None

    assert tuple(map(float, named.groups())) == (
        booking.ASK_S, booking.HOLD_S, confirming.CONFIRM_S, supervisor.RELEASE_S,
        supervisor.SLACK_S, supervisor.ARRANGE_S / 60,
    )  # fmt: skip


@pytest.mark.parametrize("path", re.findall(r"\]\(([\w./-]+)", PAGE))
def test_what_it_links_to_is_there(path: str) -> None:
    """Files of this repository, as seen from the page."""
    assert (ROOT / "docs" / path).exists()
