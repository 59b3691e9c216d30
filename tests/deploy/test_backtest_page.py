"""docs/backtest.md: what its command prints is what it prints, and its calls and options exist."""

import re
import time
from collections.abc import Iterator
from inspect import getsource
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.api_server import OPERATOR, served
from support.backtests import report_of
from support.fake_services import START, FakeReplaying, FakeServices
from support.history import History, rule
from support.rule_services import RuleServices
from typer.main import get_group
from typer.testing import CliRunner

import twins.devices
import twins.people
from actors.backtest import caveats
from actors.backtest.report import Progress
from deploy.cli.app import make_app
from gateway.api.access import Keys
from gateway.api.app import create_app
from twins.rules.document import read_rules

assert twins.devices
assert twins.people, "vehicles mirror what they tell"

PAGE = (Path(__file__).parents[2] / "docs" / "backtest.md").read_text("utf-8")
(RULES,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(PRINTED,) = re.findall(r"```\n(\$ .*?)```", PAGE, re.DOTALL)
LIVE = [rule("too.fast", "speed_kmh > 180", clear="speed_kmh < 170")]
SPEEDS = {
    "v1": (100, 181, 185, 175, 190, 160, 182, 150),
    "v2": (120, 168, 172, 174, 165, 150, 171, 169),
    "v3": (90,) * 8,
}


@pytest.fixture
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are written as where the page was: in UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def driven() -> History:
    """The drives of the page's three cars."""
    history = History()
    for second in range(8):
        for car, (key, speeds) in enumerate(SPEEDS.items()):
            history.measure(10.0 * second + car, f"vehicle/{key}", speed_kmh=speeds[second])
    return history


@pytest.mark.usefixtures("_utc")
def test_it_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's rules, over the drives that it speaks of."""
    clock = SimpleNamespace(time=lambda: START, sleep=lambda _: None)
    monkeypatch.setattr("deploy.cli.backtest.time", clock)
    candidate = [document.plain for document in read_rules(RULES)]
    command, *expected = PRINTED.splitlines()
    words = command.removeprefix("$ vigil ").split()
    path = tmp_path / words[1]
    path.write_text(RULES)

    def begin(running: FakeReplaying) -> None:
        running.progresses = [Progress(4, 4, 24, 24, 8 << 10, 8 << 10, 24, 2.0, 0.0)]
        running.finish(report_of(driven(), LIVE, candidate))

    with served(RuleServices()) as server:
        server.services.on_backtest = begin
        where = ("--url", server.url, "--token", OPERATOR)
        done = CliRunner().invoke(make_app(), [*where, words[0], str(path), *words[2:]])

    assert 0 == done.exit_code, done.output
    assert expected == [line.rstrip() for line in (done.stderr + done.stdout).splitlines()]


def test_every_option_is_there() -> None:
    """And none that the page does not name, but for help."""
    command = get_group(make_app()).commands["backtest"]
    options = {name for parameter in command.params for name in parameter.opts if "-" in name}

    assert {*re.findall(r"^\| `(--[a-z]+)", PAGE, re.MULTILINE)} == options - {"--help"}


def test_every_caveat_is_explained() -> None:
    """All codes that a report may have, and no other."""
    named = re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)

    assert {*re.findall(r'Caveat\("([a-z_]+)"', getsource(caveats))} == {*named}


@pytest.mark.parametrize("path", re.findall(r"/v1/[a-z{}/-]+", PAGE))
def test_every_call_is_there(path: str) -> None:
    """As OpenAPI has it."""
    paths = create_app(FakeServices(), Keys("t" * 32, b"d" * 32, b"o" * 32)).openapi()["paths"]

    assert path in paths
