"""`vigil backtest`: says how long it takes, shows how far it is, and then what it found."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import json
from support.api_server import OPERATOR, ApiServer, served
from support.backtests import explosive, heating, report_of
from support.fake_services import START, FakeReplaying
from support.feed import START as LOG_START
from support.history import History, rule
from support.rule_services import RuleServices
from typer.testing import CliRunner, Result

import twins.devices
import twins.people
from actors.backtest.report import Progress
from actors.errors import BacktestFailed
from deploy.cli import values
from deploy.cli.app import make_app
from deploy.cli.backtest import MISSED_LOOKS
from deploy.cli.values import BadValue
from gateway.backtest_views import BacktestView
from gateway.backtests_client import BacktestsClient
from gateway.client import ApiProblem, ApiUnreachable, ProblemDetails
from twins.rules.actions import ACTIONS

assert twins.devices
assert twins.people, "vehicles mirror what they tell"

HOT = "rule: hot\nkind: vehicle\non: telemetry\nwhen: coolant_c > 101\n"
LIVE = [rule("hot", "coolant_c > 99")]


class Shell:
    """Runs `vigil`."""

    def __init__(self, server: ApiServer[RuleServices], folder: Path) -> None:
        self.services = server.services
        self.folder = folder
        self._where = ("--url", server.url, "--token", OPERATOR)

    def main(self, *words: str) -> Result:
        """Run `vigil …`."""
        return CliRunner().invoke(make_app(), (*self._where, *words), env={"COLUMNS": "200"})

    def file(self, name: str, text: str) -> str:
        """A file, by its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return str(path)


@pytest.fixture
def vigil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A cluster in memory and the command; nobody waits between two looks."""
    clock = SimpleNamespace(time=lambda: START, sleep=lambda _: None)
    monkeypatch.setattr("deploy.cli.backtest.time", clock)
    with served(RuleServices()) as server:
        yield Shell(server, tmp_path)


def ends_with(vigil: Shell, outcome: Any, *progresses: Progress) -> None:
    """Let the next backtest say these, one at each look, and then end so."""

    def begin(running: FakeReplaying) -> None:
        if not progresses:
            running.finish(outcome)
            return
        waiting = list(progresses)

        async def progress() -> Progress:
            if len(waiting) == 1:
                running.finish(outcome)
            return waiting.pop(0) if waiting else progresses[-1]

        running.progress = progress  # type: ignore[method-assign]  # this one's alone

    vigil.services.on_backtest = begin


def spec(vigil: Shell) -> Any:
    """What the last backtest was asked for."""
    return vigil.services.backtests[-1].spec


HALF = Progress(4, 1, 40, 20, 2 << 20, 1 << 20, 900, 1.0, 1.0)
WHOLE = Progress(4, 4, 40, 40, 2 << 20, 2 << 20, 1800, 2.0, 0.0)


def test_first_how_long_then_what(vigil: Shell) -> None:
    """The estimate comes first, then what fired with either, and the difference."""
    candidate = [rule("hot", "coolant_c > 102"), rule("cold", "coolant_c < 20")]
    ends_with(vigil, report_of(heating(4), LIVE, candidate), Progress(), HALF, WHOLE)
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT), "--since", "7d")

    assert 0 == done.exit_code, done.output
    assert "about 2 s: 40 blocks, 2.0 MB, in 4 partitions" in done.stderr.splitlines()[0]
    assert "vehicle: 2 candidate rules beside 1 live ones, version 4" in done.stdout
    assert "20 events of 4 twins" in done.stdout
    assert "10 events a second" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["hot", "changed", "3", "4", "0", "3", "4", "3", "0", "1"] in lines
    assert ["cold", "new", *["0"] * 8] in lines
    assert "hot: would be added: 3" in done.stdout
    assert "hot: would be missing: 4, the first 3" in done.stdout
    assert "coolant_c (103.0) > 102" in done.stdout
    assert "! What followed from rules is what really followed" in done.stdout
    assert START - 7 * 86_400 == spec(vigil).since
    assert 1.0 == spec(vigil).share


def test_more_is_told_when_asked_for(vigil: Shell) -> None:
    """On whom, and when: as many as one wants to read."""
    ends_with(vigil, report_of(heating(4), LIVE, [rule("hot", "coolant_c > 102")]))
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT), "--examples", "4")

    assert 4 == spec(vigil).examples
    missing = done.stdout.partition("hot: would be missing: 4\n")[2].splitlines()[1:5]
    assert [f"vehicle/v{number}" for number in range(4)] == sorted(
        line.split()[0] for line in missing
    )


def test_no_difference_is_said(vigil: Shell) -> None:
    """A candidate that fires as the live rules do."""
    ends_with(vigil, report_of(heating(), LIVE, LIVE))
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT))

    assert "The candidate rules fire as the live ones." in done.stdout
    assert "would be added" not in done.stdout


def test_programs_get_the_report(vigil: Shell) -> None:
    """On standard output nothing but JSON; a sample is of the twins."""
    found = report_of(heating(), LIVE, [rule("hot", "coolant_c > 101")])
    ends_with(vigil, found, HALF, WHOLE)
    words = ("--json", "--sample", "1%", "--examples", "5", "--since", "2026-05-01T00:00Z")
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT), *words)
    read = json.decode(done.stdout)

    assert found.rules[0].candidate == read["rules"][0]["candidate"]
    assert LOG_START == read["since"]
    assert (0.01, 5) == (spec(vigil).share, spec(vigil).examples)
    assert 1_777_593_600.0 == spec(vigil).since


def test_a_twin_that_was_set_aside_is_shown(vigil: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate that raises is a finding: on whom, when, and with what."""
    monkeypatch.setitem(ACTIONS, "explode", explosive())
    found = report_of(heating(), LIVE, [rule("hot", "coolant_c > 101", then={"explode": {}})])
    ends_with(vigil, found)
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT))

    assert "2 times a twin was set aside" in done.stdout
    assert "candidate rules  ValueError: vehicle/v1 is on fire" in done.stdout


def test_a_folder_is_all_rules_of_its_kinds(vigil: Shell) -> None:
    """As it was pulled; a kind alone, when it is named."""
    vigil.file("rules/vehicle/hot.yaml", HOT)
    vigil.file("rules/oven/open.yaml", "rule: open\non: telemetry\nwhen: inside_c < 60\n")
    ends_with(vigil, report_of(heating(), LIVE, LIVE))
    folder = str(vigil.folder / "rules")
    both = vigil.main("backtest", folder)
    kinds = [(one.kind, [rule["rule"] for rule in one.candidate]) for one in spec(vigil).kinds]
    one = vigil.main("backtest", folder, "--kind", "oven")

    assert (0, 0) == (both.exit_code, one.exit_code), both.output
    assert [("oven", ["open"]), ("vehicle", ["hot"])] == kinds
    assert [("oven", ["open"])] == [
        (one.kind, [rule["rule"] for rule in one.candidate]) for one in spec(vigil).kinds
    ]


def test_a_kind_is_that_of_rules_that_name_none(vigil: Shell) -> None:
    """Other rules of the file take no part."""
    text = "{rule: open, on: telemetry, when: inside_c < 60}\n---\n" + HOT
    ends_with(vigil, report_of(heating(), LIVE, LIVE))
    done = vigil.main("backtest", vigil.file("mixed.yaml", text), "--kind", "oven")

    assert 0 == done.exit_code, done.output
    assert ["oven"] == [one.kind for one in spec(vigil).kinds]


def test_one_that_fails_is_a_failure(vigil: Shell) -> None:
    """With the reason, and without a report."""
    ends_with(vigil, BacktestFailed("replay a sample of them: --sample 10%"))
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT))

    assert 1 == done.exit_code
    assert re.search(r"backtest b\d+ failed: replay a sample of them: --sample 10%", done.stderr)


def test_whoever_stops_waiting_ends_it(vigil: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the backtest in the cluster, too."""

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deploy.cli.backtest.time.sleep", interrupt)
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT))

    assert 0 != done.exit_code
    assert [1] == [one.ended for one in vigil.services.backtests]


def miss(monkeypatch: pytest.MonkeyPatch, error: Exception, looks: int) -> list[Exception]:
    """Let the next looks fail; returns those that did."""
    missed: list[Exception] = []
    look = BacktestsClient.get

    def get(api: BacktestsClient, backtest: str) -> BacktestView:
        if len(missed) == looks:
            return look(api, backtest)
        missed.append(error)
        raise error

    monkeypatch.setattr(BacktestsClient, "get", get)
    return missed


def problem(status: int) -> ApiProblem:
    """What the API says instead."""
    return ApiProblem(ProblemDetails(status, f"it is a {status}"))


@pytest.mark.parametrize("error", [problem(503), problem(500), ApiUnreachable("nobody answers")])
def test_an_api_that_is_away_for_a_moment_ends_nothing(
    vigil: Shell, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """An hour of work is not thrown away for a look that failed."""
    missed = miss(monkeypatch, error, MISSED_LOOKS)
    ends_with(vigil, report_of(heating(), LIVE, LIVE))
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT))

    assert 0 == done.exit_code, done.output
    assert MISSED_LOOKS == len(missed)
    assert "The candidate rules fire as the live ones." in done.stdout


@pytest.mark.parametrize(
    ("error", "looks", "code"),
    [
        (ApiUnreachable("nobody answers"), MISSED_LOOKS + 1, 3),
        (problem(503), MISSED_LOOKS + 1, 1),
        (problem(404), 1, 1),
    ],
)
def test_an_api_that_stays_away_is_told(
    vigil: Shell, monkeypatch: pytest.MonkeyPatch, error: Exception, looks: int, code: int
) -> None:
    """By the look that failed, though the backtest can't be ended there either."""

    def cancel(*_: Any) -> None:
        raise ApiUnreachable("nor is there anybody to end it")

    missed = miss(monkeypatch, error, looks)
    monkeypatch.setattr(BacktestsClient, "cancel", cancel)
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT))

    assert code == done.exit_code, done.output
    assert looks == len(missed)
    assert str(error).partition(" (")[0] in done.stderr


def test_nothing_in_the_span_is_said(vigil: Shell) -> None:
    """Rules that saw no event are not called as good as the live ones."""
    ends_with(vigil, report_of(History(), LIVE, LIVE))
    done = vigil.main("backtest", vigil.file("hot.yaml", HOT))

    assert "it says nothing about the rules" in done.stdout
    assert "fire as the live ones" not in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("missing.yaml",), 2, "missing.yaml cannot be read"),
        (("{hot}", "--since", "yesterday"), 2, "'yesterday' is no time"),
        (("{hot}", "--sample", "0%"), 2, "'0%' is no share"),
        (("{bad}",), 1, "bad.yaml:4"),
        (("{hot}", "--kind", "parcel"), 1, "none of these rules is of kind 'parcel'"),
    ],
)
def test_what_is_typed_wrong_is_told(
    vigil: Shell, words: tuple[str, ...], code: int, said: str
) -> None:
    """Whose fault it is, and where; nothing was begun."""
    bad = vigil.file("bad.yaml", HOT.replace("coolant_c", "colant_c"))
    names = {"hot": vigil.file("hot.yaml", HOT), "bad": bad}
    done = vigil.main("backtest", *(word.format(**names) for word in words))

    assert code == done.exit_code, done.output
    assert said in done.stderr
    assert [] == vigil.services.backtests


@pytest.mark.parametrize(
    ("text", "share"), [("1%", 0.01), ("12.5 %", 0.125), ("0.01", 0.01), ("100%", 1.0), ("1", 1.0)]
)
def test_shares_as_typed(text: str, share: float) -> None:
    """Per cent, or a part of one."""
    assert share == values.share(text)


@pytest.mark.parametrize("text", ["", "0", "101%", "1.1", "-1%", "half", "1%%"])
def test_what_is_no_share(text: str) -> None:
    """Nothing, more than all, and words."""
    with pytest.raises(BadValue, match="write 1%"):
        values.share(text)
