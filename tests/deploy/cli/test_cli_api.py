"""The commands that ask the API: what people read, what programs read, and how it ends."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import json
from support.api_server import OPERATOR, ApiServer, served
from support.fake_services import START, FakeServices, healthy
from typer.main import get_group
from typer.testing import CliRunner, Result

from actors.errors import AskFailed
from deploy import running
from deploy.cli.app import make_app
from deploy.cli.watching import Shown
from gateway.api.services import Refusal
from gateway.live_event import LiveEvent
from gateway.twin_views import HistoryEvent
from twins.outputs import Signal

SECRET = "\x1b[2Jgone\x07"
"""What a device writes to clear an operator's screen."""


class Shell:
    """Runs `vigil` against a served API, found by the data folder as on a real node."""

    def __init__(self, server: ApiServer[FakeServices], folder: Path) -> None:
        self.server = server
        self.services = server.services
        self.folder = folder
        node = running.Running(
            pid=os.getpid(),
            api_url=server.url,
            operator_token=OPERATOR,
            nats_url="nats://127.0.0.1:4222",
            mqtt_url=None,
            partitions=16,
            started_at=START,
        )
        running.write(folder, node)

    def __call__(self, *words: str, given: str | None = None) -> Result:
        """Run one command."""
        return CliRunner().invoke(
            make_app(), ["--folder", str(self.folder), *words], input=given, env={"COLUMNS": "200"}
        )

    def json(self, *words: str) -> Any:
        """What a program reads."""
        result = self(*words, "--json")
        assert 0 == result.exit_code, result.output
        return json.decode(result.stdout)


@pytest.fixture
def vigil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """The command, and a cluster in memory behind it; here it is 3 s later than there."""
    for module in ("twins", "finding"):
        monkeypatch.setattr(f"deploy.cli.{module}.time", SimpleNamespace(time=lambda: START + 3.0))
    with served(FakeServices()) as server:
        yield Shell(server, tmp_path)


def test_get_shows_state_and_as_of_when(vigil: Shell) -> None:
    """Fields, position, and the age in words."""
    vigil.services.add("vehicle/v1", speed_kmh=50.0, trips=[{"to": "Espoo"}])

    result = vigil("get", "vehicle/v1")

    assert 0 == result.exit_code
    for text in ("vehicle/v1", "position 7 of epoch 2", "3 s ago", "speed_kmh", "50", "Espoo"):
        assert text in result.stdout


def test_get_for_programs_is_the_snapshot(vigil: Shell) -> None:
    """The same fields as the API's."""
    vigil.services.add("vehicle/v1", speed_kmh=50.0)

    found = vigil.json("get", "vehicle/v1")

    assert ("vehicle/v1", 7, {"key": "v1", "speed_kmh": 50.0}) == (
        found["id"],
        found["position"],
        found["state"],
    )


def test_get_tells_what_rules_noticed(vigil: Shell) -> None:
    """The newest first, with the id to explain it by; what a twin keeps for itself is for programs.

    A rule in the shadow raised no signal.
    """
    firings = [
        {"id": f"vehicle/v1~f{n}", "rule": f"hot{n}", "at": START + n, "now": START + n,
         "signals": [f"vehicle/v1~s{n}"], "why": {"words": f"coolant_c ({n}) > 1"}}
        for n in range(7)
    ]  # fmt: skip
    firings[5] = {**firings[5], "signals": [], "shadow": True}
    kept = {"older": {"rpm": START}, "windows": {"hot": [1]}, "watched": {"a": ["b"]}}
    vigil.services.add("vehicle/v1", coolant_c=99.0, record={"firings": firings}, **kept)
    result = vigil("get", "vehicle/v1")
    lines = [line.split()[0] for line in result.stdout.splitlines() if line.strip()]

    assert ["rule", "hot6", "hot5", "hot4", "hot3", "hot2", "the"] == lines[lines.index("rule") :]
    for text in ("vehicle/v1~s6", "coolant_c (6) > 1", "in the shadow", "the last 5 of 7"):
        assert text in result.stdout
    assert not {"older", "record", "watched", "windows"} & {*lines}
    assert kept.items() <= vigil.json("get", "vehicle/v1")["state"].items()


def test_parked_and_unknown_twins_say_so(vigil: Shell) -> None:
    """A twin that is set aside must not look like any other; nor one that never was."""
    vigil.services.add("vehicle/v1").parked = "ValueError: no"

    assert "Set aside" in vigil("get", "vehicle/v1").stdout
    assert "never received anything" in vigil("get", "vehicle/v9").stdout


@pytest.mark.parametrize("words", [["get", "vehicle/v1"], ["search"], ["watch", "-n", "1"]])
def test_devices_cannot_write_to_the_terminal(vigil: Shell, words: list[str]) -> None:
    """Control characters of a twin's state are written out, in tables and in JSON."""
    state = vigil.services.add("vehicle/v1", name=SECRET, deep={SECRET: [SECRET]})
    vigil.services.on_watch = lambda: vigil.services.change(state)
    for form in ([], ["--json"]):
        result = vigil(*words, *form)

        assert 0 == result.exit_code
        assert "gone" in result.stdout
        assert not {"\x1b", "\x07"} & set(result.stdout)


def test_search_shows_what_was_searched_for(vigil: Shell) -> None:
    """The fields of the filter come first; the rest says how many and as of when."""
    for number in range(3):
        vigil.services.add(f"vehicle/v{number}", speed_kmh=float(number), colour="red")

    result = vigil("search", "kind = vehicle and speed_kmh > 0", "--sort", "-speed_kmh")
    lines = result.stdout.splitlines()

    assert ["id", "speed_kmh", "colour"] == lines[0].split()
    assert [["vehicle/v2", "2", "red"], ["vehicle/v1", "1", "red"]] == [
        line.split() for line in lines[1:3]
    ]
    assert "2 twins, as of 5 s ago" in lines[3]


def test_search_turns_pages_until_there_are_enough(vigil: Shell) -> None:
    """The API's pages are of 1,000; nobody has to know."""
    for number in range(1200):
        vigil.services.add(f"vehicle/v{number}")

    found = vigil.json("search", "--limit", "1100")
    counted = vigil.json("count")

    assert (1100, True, 1200) == (len(found["items"]), found["more"], counted["count"])


def test_send_says_where_it_is_durable(vigil: Shell) -> None:
    """The position is that of the log; the event came in Vigil's own name."""
    result = vigil("send", "customer/c1", "configured", '{"name": "Lisa"}', "--id", "set-1")

    assert "durable at position 1 of partition 3" in result.stdout
    assert [("inside", "set-1", {"name": "Lisa"})] == [
        (sent.sender, sent.message.id, sent.message.data) for sent in vigil.services.sent
    ]


@pytest.mark.parametrize("skip", [False, True])
def test_resume_says_what_came_of_it(vigil: Shell, *, skip: bool) -> None:
    """It goes on, is set aside again, or was not set aside at all."""
    words = ("resume", "vehicle/v1", *(["--skip"] if skip else []))
    vigil.services.add("vehicle/v1")
    untouched = vigil(*words)
    states, free = vigil.services.states, vigil.services.add("vehicle/v1")
    parked = replace(free, parked=f"ValueError: {SECRET}")
    states[free.id] = parked
    vigil.services.on_send = lambda _: states.update({free.id: replace(free, applied=8)})
    went_on = vigil(*words)
    states[free.id] = parked
    vigil.services.on_send = None
    again = vigil(*words)

    assert (1, 0, 1) == (untouched.exit_code, went_on.exit_code, again.exit_code)
    assert "vehicle/v1 is not set aside" in untouched.stdout
    assert "vehicle/v1 goes on; 3 of its events were handled" in went_on.stdout
    assert "set aside again: ValueError: " in again.stdout
    assert SECRET not in again.stdout
    assert ["vigil.skip" if skip else "vigil.resume"] * 2 == [
        sent.type for sent in vigil.services.sent
    ]


def test_send_reads_data_from_files_and_input(vigil: Shell, tmp_path: Path) -> None:
    """`@file` and `-`; and it may speak as the device."""
    (tmp_path / "data.json").write_text('{"speed_kmh": 1}')

    vigil("send", "vehicle/v1", "telemetry", f"@{tmp_path / 'data.json'}", "--as-device")
    vigil("send", "vehicle/v1", "telemetry", "-", given='{"speed_kmh": 2}')
    vigil("send", "vehicle/v1", "stopped")

    assert [("device", {"speed_kmh": 1}), ("inside", {"speed_kmh": 2}), ("inside", None)] == [
        (sent.sender, sent.message.data) for sent in vigil.services.sent
    ]


def test_send_can_wait_for_what_it_did(vigil: Shell) -> None:
    """The state shown contains the event."""
    vigil.services.add("vehicle/v1", position=1, speed_kmh=3.0)

    found = vigil.json("send", "vehicle/v1", "telemetry", "{}", "--wait")

    assert (1, 3.0) == (found["position"], found["state"]["state"]["speed_kmh"])


def test_ask_prints_the_answer(vigil: Shell) -> None:
    """JSON for both; programs also get the call's id."""
    vigil.services.answers["unlock_trunk"] = {"state": "queued"}

    assert {"state": "queued"} == json.decode(vigil("ask", "vehicle/v1", "unlock_trunk").stdout)
    assert {"state": "queued"} == vigil.json("ask", "vehicle/v1", "unlock_trunk")["value"]


def test_history_is_a_table_of_events(vigil: Shell) -> None:
    """Local time, type, who sent it, data; and that there are earlier ones."""
    now = vigil.services.now
    vigil.services.items = [
        HistoryEvent(number, now - 60 + number, now, "telemetry", "device", {"n": number})
        for number in range(3)
    ]

    result = vigil("history", "vehicle/v1", "--since", "1h", "--limit", "2")
    found = vigil.json("history", "vehicle/v1")

    assert ['{"n":1}', '{"n":2}'] == [line.split()[-1] for line in result.stdout.splitlines()[1:3]]
    assert "There are earlier ones" in result.stdout
    assert (3, False) == (len(found["items"]), found["more"])


def test_watch_shows_signals_and_changes(vigil: Shell) -> None:
    """Each on a line; programs get a line of JSON with the id to come back with."""
    services = vigil.services
    state = services.add("vehicle/v1", speed_kmh=1.0, gear=4)
    signal = Signal("s1", "engine.overheating", "vehicle/v1", services.now, {"coolant_c": 107.0})
    services.on_watch = lambda: services.change(state, signals=(signal,))

    lines = vigil("watch", "--count", "2").stdout.splitlines()
    noticed = vigil("watch", "--signals", "-n", "1", "--json").stdout.splitlines()

    assert lines[0].endswith("vehicle/v1  engine.overheating  coolant_c 107")
    assert lines[1].endswith("vehicle/v1  speed_kmh 1  gear 4")
    assert ["signal"] == [json.decode(line)["event"] for line in noticed]
    assert all(json.decode(line)["id"] for line in noticed)


def test_watch_shows_of_a_later_state_only_what_is_new(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A reading of forty fields, of which one changed, is one field long."""
    shown = Shown(None, only_signals=False, json=False)
    for speed in (1.0, 2.0):
        state = {"key": "v1", "speed_kmh": speed, "gear": 4}
        shown.take(LiveEvent("change", {"id": "vehicle/v1", "now": START, "state": state}))

    assert capsys.readouterr().out.splitlines()[1].endswith("  vehicle/v1  speed_kmh 2")


def test_status_of_a_healthy_cluster(vigil: Shell) -> None:
    """Addresses, without a secret; totals, partitions, members."""
    result = vigil("status")

    assert 0 == result.exit_code
    for text in (
        "/console/", "healthy", "1,000 events applied", "host-0", "gateway-0", "just now",
    ):  # fmt: skip
        assert text in result.stdout
    assert OPERATOR not in result.stdout
    assert vigil.json("status")["healthy"] is True


def test_status_of_a_sick_cluster_fails(vigil: Shell) -> None:
    """Scripts see it by the exit code, people by the words."""
    report = healthy()
    report["partitions"][1] |= {"host": "", "error": "Gap: it does not follow"}
    vigil.services.report = {**report, "healthy": False, "problems": ["partition 1 has no host"]}

    result = vigil("status")

    assert 1 == result.exit_code
    for text in ("not healthy", "partition 1 has no host", "nobody", "Gap"):
        assert text in result.stdout


# -- how it ends -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["get", "v1"],
        ["get"],
        ["get", "vehicle/v1", "--min-position", "x"],
        ["send", "vehicle/v1", "telemetry", "{"],
        ["send", "vehicle/v1", "telemetry", "@/nowhere/at/all"],
        ["history", "vehicle/v1", "--since", "yesterday"],
        ["watch", "--twin", "v1"],
        ["search", "--limit", "0"],
        ["nothing"],
        ["config", "nothing"],
    ],
)
def test_called_the_wrong_way_is_two(vigil: Shell, words: list[str]) -> None:
    """With words on standard error, and nothing sent."""
    result = vigil(*words)

    assert (2, [], True) == (result.exit_code, vigil.services.sent, bool(result.stderr))


def test_refused_is_one_and_says_why(vigil: Shell) -> None:
    """The API's words, the reason for programs, and the id to look for in the log."""
    vigil.services.refusals["vehicle/v1"] = Refusal(429, "send again later")
    vigil.services.answers["unlock_trunk"] = AskFailed("BadPayload: no")

    sent = vigil("send", "vehicle/v1", "telemetry", "{}")
    asked = vigil("ask", "vehicle/v1", "unlock_trunk", "--json")
    searched = vigil("search", "speed_kmh >")
    problem = json.decode(asked.stderr)

    assert (1, 1, 1) == (sent.exit_code, asked.exit_code, searched.exit_code)
    assert "error: send again later" in sent.stderr
    assert "429 refused, urn:vigil:request:" in sent.stderr
    assert (409, "ask_failed", "BadPayload: no") == (
        problem["status"],
        problem["reason"],
        problem["detail"],
    )
    assert "column" in searched.stderr


def test_no_cluster_is_three(tmp_path: Path) -> None:
    """Nothing there, or nothing that answers: both say what to do."""
    empty = CliRunner().invoke(make_app(), ["--folder", str(tmp_path), "get", "vehicle/v1"])
    deaf = CliRunner().invoke(
        make_app(), ["--url", "http://127.0.0.1:1", "--token", OPERATOR, "count", "--json"]
    )

    assert (3, 3) == (empty.exit_code, deaf.exit_code)
    assert "vigil up" in empty.stderr
    assert "cannot be reached" in json.decode(deaf.stderr)["detail"]


def test_cluster_elsewhere_is_reached_by_its_address(vigil: Shell, tmp_path: Path) -> None:
    """With address and token, by option or variable; without the token it is a mistake."""
    env = {
        "VIGIL_URL": vigil.server.url,
        "VIGIL_TOKEN": OPERATOR,
        "VIGIL_HOME": str(tmp_path / "x"),
    }

    found = CliRunner().invoke(make_app(), ["count"], env=env)
    signed_out = CliRunner().invoke(make_app(), ["count"], env={**env, "VIGIL_TOKEN": "wrong"})
    forgotten = CliRunner().invoke(make_app(), ["--url", vigil.server.url, "count"], env={})

    assert (0, "0\n") == (found.exit_code, found.stdout)
    assert (1, 2) == (signed_out.exit_code, forgotten.exit_code)


def test_help_names_every_command_and_the_exit_codes() -> None:
    """And every command has a help of its own, with an example or an explanation."""
    app = make_app()
    text = CliRunner().invoke(app, ["--help"]).stdout

    assert "3 no cluster is running" in text.replace("\n", " ")
    for name in get_group(app).commands:
        assert f" {name} " in text
        assert 0 == CliRunner().invoke(app, [name, "--help"]).exit_code
