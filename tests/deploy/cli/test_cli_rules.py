"""`vigil rules`: draft, approve, publish, go back, status; and a folder kept with Git."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import json
from support.api_server import OPERATOR, ApiServer, served
from support.jdm import as_file, jdm
from support.rule_services import RuleServices
from support.world import START
from typer.testing import CliRunner, Result

from deploy import running
from deploy.cli.app import make_app
from gateway.settings import RuleSettings
from twins.devices.vehicle import Vehicle
from twins.record import Firing, Record

HOT = """\
# Water boils at 100 °C; the system is under pressure.
rule: engine.hot
kind: oven
on: telemetry
when: inside_c > 110
"""
FAST = HOT.replace("engine.hot", "too.fast").replace("inside_c > 110", "load_pct > 200")
BROKEN = HOT.replace("on: telemetry", "on: nothing")


class Shell:
    """Runs `vigil rules` as ann."""

    def __init__(self, server: ApiServer[RuleServices], folder: Path) -> None:
        self.services = server.services
        self.folder = folder
        node = running.Running(
            pid=os.getpid(), api_url=server.url, operator_token=OPERATOR,
            nats_url="nats://127.0.0.1:4222", mqtt_url=None, partitions=4, started_at=START,
        )  # fmt: skip
        running.write(folder, node)

    def main(self, *words: str, by: str = "ann") -> Result:
        """Run `vigil …`."""
        words = ("--folder", str(self.folder), *words)
        return CliRunner().invoke(make_app(), words, env={"COLUMNS": "200", "VIGIL_BY": by})

    def __call__(self, *words: str, by: str = "ann") -> Result:
        """Run `vigil rules …`."""
        return self.main("rules", *words, by=by)

    def json(self, *words: str, code: int = 0, **more: Any) -> Any:
        """What a program reads."""
        result = self(*words, "--json", **more)

        assert code == result.exit_code, result.output

        return json.decode(result.stdout)

    def file(self, name: str, text: str) -> str:
        """A file, by its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return str(path)

    def publish(self, *texts: str, by: str = "ann") -> None:
        """Publish rules."""
        files = [self.file(f"given-{number}.yaml", text) for number, text in enumerate(texts)]
        draft = self.json("draft", *files, by=by)["id"]

        assert 0 == self("publish", "oven", draft, by=by).exit_code


def shell_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, approval: bool = False
) -> Iterator[Shell]:
    """A cluster in memory and the command; it is 90 s later here."""
    for module in ("rules", "rule_show", "rule_trials"):
        clock = SimpleNamespace(time=lambda: START + 90.0)
        monkeypatch.setattr(f"deploy.cli.{module}.time", clock)
    with served(RuleServices(), rules=RuleSettings(approval=approval)) as server:
        yield Shell(server, tmp_path)


@pytest.fixture
def vigil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """Anybody may publish."""
    yield from shell_of(tmp_path, monkeypatch)


@pytest.fixture
def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A second person has to approve."""
    yield from shell_of(tmp_path, monkeypatch, approval=True)


def test_a_rule_from_its_file_to_being_live(vigil: Shell) -> None:
    """Each step says what the next one is."""
    drafted = vigil("draft", vigil.file("hot.yaml", HOT), "-m", "boiling")
    published = vigil("publish", "oven", "d1")
    status = vigil("status", "oven")
    shown = vigil("show", "oven")

    assert "draft d1 of oven, version 0: +engine.hot" in drafted.stdout
    assert "`vigil rules publish oven d1` makes it live" in drafted.stdout
    assert "version 1 of oven is published: 1 rules" in published.stdout
    assert (0, True) == (status.exit_code, "version 1, live everywhere" in status.stdout)
    assert HOT.strip() in shown.stdout
    assert "2 min ago" in shown.stdout
    assert "boiling" in shown.stdout


def test_rules_come_back_as_they_were_written(vigil: Shell) -> None:
    """Programs get the document and the author's text."""
    vigil.publish(HOT, FAST)
    rule = vigil.json("show", "oven", "engine.hot")

    assert (HOT, "inside_c > 110") == (rule["text"], rule["document"]["when"])
    assert 2 == vigil("show", "oven", "nothing").exit_code


def test_several_rules_of_one_file_and_json(vigil: Shell) -> None:
    """A list; and JSON is as good as YAML."""
    one = {"rule": "a", "kind": "oven", "on": "telemetry", "when": "power_w > 1"}
    path = vigil.file("rules.json", json.encode([one, {**one, "rule": "b"}]).decode())
    draft = vigil.json("draft", path)

    assert ["a", "b"] == [rule["name"] for rule in draft["put"]]


def test_a_draft_is_added_to_and_thrown_away(vigil: Shell) -> None:
    """`--into` goes on with one, `--remove` takes out, `--shadow` runs silently."""
    vigil.publish(HOT)
    vigil("draft", vigil.file("fast.yaml", FAST), "--shadow")
    draft = vigil.json(
        "draft", vigil.file("hot.yaml", HOT), "--into", "d2", "--remove", "too.fast", code=1
    )

    assert (["engine.hot"], ["too.fast"]) == (
        [rule["name"] for rule in draft["put"]], draft["remove"],
    )  # fmt: skip
    assert "too.fast: version 1 has no such rule to remove" == draft["problems"][0]["text"]
    assert "d2 is gone" in vigil("discard", "oven", "d2").stdout


def test_a_shadow_rule_is_marked_and_its_hits_are_shown(vigil: Shell) -> None:
    """With how often, when, and on which twins."""
    path = vigil.file("fast.yaml", FAST)
    draft = vigil.json("draft", path, "--shadow")["id"]
    vigil("publish", "oven", draft)
    vigil.services.saw(0, "too.fast", "oven/v7", START + 30.0)
    shown, status = vigil("show", "oven"), vigil("status", "oven")
    (oven,) = [book for book in vigil.json("list")["items"] if book["kind"] == "oven"]

    assert "shadow: true" in shown.stdout
    assert ["too.fast", "1", "1", "min", "ago", "oven/v7"] == status.stdout.splitlines()[-1].split()
    assert (1, 1) == (oven["rules"], oven["shadows"])
    assert 0 == vigil("list").exit_code


def test_kinds_that_bring_rules_are_listed_and_live(vigil: Shell) -> None:
    """Nobody has published anything: version 0 is live everywhere, and can be pulled."""
    listed, status = vigil("list"), vigil("status", "vehicle")
    vigil("pull", str(vigil.folder / "rules"), "--kind", "vehicle")

    assert "vehicle" in listed.stdout
    assert (0, True) == (status.exit_code, "version 0, live everywhere" in status.stdout)
    assert [f"{rule}.yaml" for rule in Vehicle.kind.ruleset.rules] == [
        path.name for path in (vigil.folder / "rules" / "vehicle").iterdir()
    ]


def test_a_partition_that_does_not_follow_fails_the_status(vigil: Shell) -> None:
    """Scripts can wait for it; people see which one."""
    vigil.services.deaf = {2}
    vigil.publish(HOT)
    status = vigil("status", "oven")

    assert (1, True) == (status.exit_code, "not live everywhere" in status.stdout)


def test_a_second_person_approves(strict: Shell) -> None:
    """The author cannot, and nobody publishes before."""
    drafted = strict("draft", strict.file("hot.yaml", HOT))
    alone = strict("publish", "oven", "d1")
    herself = strict("approve", "oven", "d1")
    approved = strict("approve", "oven", "d1", by="ben")

    assert "vigil rules approve oven d1 --by NAME" in drafted.stdout
    assert (1, 1, 0) == (alone.exit_code, herself.exit_code, approved.exit_code)
    assert "needs the approval of a second person" in alone.stderr
    assert 0 == strict("publish", "oven", "d1").exit_code
    assert "ben" == strict.json("show", "oven")["editions"][0]["approved_by"]


def test_going_back(vigil: Shell) -> None:
    """The earlier rules are the next version."""
    vigil.publish(HOT)
    vigil.publish(FAST)
    back = vigil("rollback", "oven", "1", "-m", "noise")

    assert "version 3 of oven is published, which is 1 again: 1 rules" in back.stdout
    assert "back to 1. noise" in vigil("show", "oven").stdout


def test_what_cannot_run_is_kept_as_a_draft_and_fails(vigil: Shell) -> None:
    """The exit code says so, and the text why and what to do."""
    path = vigil.file("broken.yaml", BROKEN)
    drafted = vigil("draft", path)

    assert 1 == drafted.exit_code
    assert f"{path}:4:5: engine.hot: on: " in drafted.stdout
    assert "takes no 'nothing'" in drafted.stdout
    assert "vigil rules draft FILE --into d1" in drafted.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: [", "1:8"),
        ("when: x > 1", "a rule has a name"),
        ("rule: a b\nkind: oven", "a rule has a name"),
        ("rule: a\nwhen: x > 1", "say whose rule it is"),
        ("- {rule: a, kind: oven}\n- {rule: a, kind: oven}", "a stands twice"),
        ("- {rule: a, kind: oven}\n- {rule: b, kind: customer}", "a draft is of one kind"),
    ],
)
def test_files_that_are_no_rules(vigil: Shell, text: str, said: str) -> None:
    """Called the wrong way: nothing is drafted, and file and line are named."""
    result = vigil("draft", vigil.file("it.yaml", text))

    assert 2 == result.exit_code
    assert said in result.stderr
    assert [] == vigil.json("show", "oven")["drafts"]


def test_a_file_that_is_not_there(vigil: Shell) -> None:
    """The path is named."""
    assert "nowhere.yaml cannot be read" in vigil("draft", "nowhere.yaml").stderr


# -- a folder, with Git as the source ------------------------------------------------------------


def test_pull_makes_the_folder_as_it_is_published(vigil: Shell) -> None:
    """One file a rule, as its author wrote it; what is published no more goes."""
    vigil.publish(HOT, FAST)
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    vigil("publish", "oven", vigil.json("draft", vigil.file("a.yaml", HOT), "--remove",
                                           "too.fast")["id"])  # fmt: skip
    pulled = vigil("pull", str(folder), "--kind", "oven")

    assert "oven, version 2: 0 written, 1 removed" in pulled.stdout
    assert ["oven/engine.hot.yaml", "versions.json"] == [
        str(path.relative_to(folder)) for path in sorted(folder.rglob("*.*"))
    ]
    assert HOT == (folder / "oven" / "engine.hot.yaml").read_text("utf-8")
    assert {"oven": 2} == json.decode((folder / "versions.json").read_bytes())


def test_what_was_not_written_as_text_is_written_as_yaml(vigil: Shell) -> None:
    """It reads back as the same document: `on` is a word, numbers stay numbers, texts texts."""
    data = {"x": "7", "y": 1.5, "z": "true", "n": 3}
    rule = {
        "rule": "a", "kind": "oven", "on": "telemetry", "when": 'power_w > 1 and name == "no"',
        "about": "12:30\nno", "priority": 7, "then": [{"signal": {"name": "a", "data": data}}],
    }  # fmt: skip
    vigil.publish(json.encode([rule]).decode())
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    text = (folder / "oven" / "a.yaml").read_text("utf-8")

    assert "\non: telemetry\n" in text
    assert [] == vigil.json("push", str(folder))[0].get("put", [])
    assert rule == vigil.json("show", "oven", "a")["document"]


def test_push_shows_the_difference_and_publishes_it(vigil: Shell) -> None:
    """Changed, new and removed files become one version; the folder knows it then."""
    vigil.publish(HOT, FAST)
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    hot = folder / "oven" / "engine.hot.yaml"
    hot.write_text(HOT.replace("110", "105"), "utf-8")
    (folder / "oven" / "too.fast.yaml").unlink()
    (folder / "oven" / "low.yaml").write_text("rule: low\non: telemetry\nwhen: power_w < 9\n")
    looked = vigil("push", str(folder), "--dry-run")
    pushed = vigil("push", str(folder), "-m", "cooler")
    again = vigil("push", str(folder))

    for text in ("-when: inside_c > 110", "+when: inside_c > 105", "+rule: low",
                 "-rule: too.fast"):  # fmt: skip
        assert text in looked.stdout
        assert text in pushed.stdout
    assert "version 2 is published" not in looked.stdout
    assert "oven: version 2 is published" in pushed.stdout
    assert "the same as version 2" in again.stdout
    assert {"oven": 2} == json.decode((folder / "versions.json").read_bytes())
    book = vigil.json("show", "oven")
    assert ["engine.hot", "low"] == [rule["name"] for rule in book["rules"]]
    assert "cooler" == book["editions"][0]["note"]


def test_push_from_a_new_folder(vigil: Shell) -> None:
    """Where nothing was ever published there is nothing to pull first."""
    vigil.file("rules/oven/engine.hot.yaml", HOT)
    (pushed,) = vigil.json("push", str(vigil.folder / "rules"))

    assert ({"kind": "oven", "base": 0, "published": 1, "put": ["engine.hot"]}) == pushed


def test_push_refuses_when_others_published_meanwhile(vigil: Shell) -> None:
    """It names them; forced, the folder is what counts."""
    vigil.publish(HOT)
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    vigil.publish(FAST, by="ben")
    (folder / "oven" / "engine.hot.yaml").write_text(HOT.replace("110", "105"), "utf-8")
    refused = vigil("push", str(folder))
    forced = vigil("push", str(folder), "--force")

    assert (2, True) == (refused.exit_code, "others were published: 2 by ben" in refused.stderr)
    assert "-rule: too.fast" in forced.stdout
    assert ["engine.hot"] == [rule["name"] for rule in vigil.json("show", "oven")["rules"]]


def test_pull_refuses_to_lose_what_was_changed_here(vigil: Shell) -> None:
    """Unless it is published anyway, or it is forced."""
    vigil.publish(HOT)
    folder = vigil.folder / "rules"
    vigil("pull", str(folder), "--kind", "oven")
    vigil.publish(FAST, by="ben")
    hot = folder / "oven" / "engine.hot.yaml"
    hot.write_text(HOT.replace("110", "105"), "utf-8")
    refused = vigil("pull", str(folder), "--kind", "oven")
    vigil.publish(HOT.replace("110", "105"))
    (folder / "oven" / "too.fast.yaml").write_text(FAST, "utf-8")
    same = vigil("pull", str(folder), "--kind", "oven")
    hot.write_text(HOT, "utf-8")
    forced = vigil("pull", str(folder), "--kind", "oven", "--force")

    assert (2, 0, 0) == (refused.exit_code, same.exit_code, forced.exit_code)
    assert "was changed since it was pulled (engine.hot)" in refused.stderr
    assert HOT.replace("110", "105") == hot.read_text("utf-8")


def test_push_leaves_a_draft_where_somebody_has_to_approve(strict: Shell) -> None:
    """Then a pull takes up what became of it."""
    strict.file("rules/oven/engine.hot.yaml", HOT)
    folder = strict.folder / "rules"
    (pushed,) = strict.json("push", str(folder))
    strict("approve", "oven", "d1", by="ben")
    strict("publish", "oven", "d1")
    pulled = strict("pull", str(folder), "--kind", "oven")

    assert ("d1", 0) == (pushed["draft"], pushed["published"])
    assert 0 == pulled.exit_code
    assert {"oven": 1} == json.decode((folder / "versions.json").read_bytes())


def test_push_of_what_cannot_run_fails_and_says_why(vigil: Shell) -> None:
    """The draft is left to be looked at; nothing is published."""
    vigil.file("rules/oven/engine.hot.yaml", BROKEN)
    (pushed,) = vigil.json("push", str(vigil.folder / "rules"), code=1)

    assert (f"{vigil.folder / 'rules/oven/engine.hot.yaml'}", 4) == (
        pushed["problems"][0]["file"], pushed["problems"][0]["line"],
    )  # fmt: skip
    assert 0 == vigil.json("show", "oven")["published"]


def test_a_large_folder_is_pushed_in_parts(vigil: Shell) -> None:
    """More than one call may carry is one draft and one version all the same."""
    for number in range(40):
        text = HOT.replace("engine.hot", f"r{number}") + f"about: {'x' * 1900}\n"
        vigil.file(f"rules/oven/r{number}.yaml", text)
    (pushed,) = vigil.json("push", str(vigil.folder / "rules"))

    assert (1, 40) == (pushed["published"], len(pushed["put"]))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rules/oven/a.yaml", HOT.replace("oven", "customer"), "in the folder of oven"),
        ("rules/oven/a.yaml", "rule: a\n  when: 3", "a.yaml:2"),
        ("rules/versions.json", "[", "versions.json cannot be read"),
    ],
)
def test_folders_that_are_none(vigil: Shell, name: str, text: str, said: str) -> None:
    """Called the wrong way: the file is named."""
    vigil.file("rules/oven/hot.yaml", HOT)
    vigil.file(name, text)
    result = vigil("push", str(vigil.folder / "rules"))

    assert (2, True) == (result.exit_code, said in result.stderr), result.stderr
    assert 2 == vigil("push", str(vigil.folder / "nowhere")).exit_code


# -- finding out ---------------------------------------------------------------------------------

TEST = """\
test: it gets hot
kind: oven
events: [{at: 10s, data: {inside_c: 300}}]
expect: [{signal: engine.hot, at: 10s}]
"""


def test_check_says_where_a_mistake_is(vigil: Shell) -> None:
    """File, line and word; it fails, and nothing is drafted."""
    good, bad = vigil.file("good.yaml", HOT), vigil.file("bad.yaml", BROKEN)
    passed = vigil("check", good)
    failed = vigil("check", good, bad)

    assert (0, 1) == (passed.exit_code, failed.exit_code)
    assert "oven: 1 rules could be published on 0" in passed.stdout
    assert f"{bad}:4:5: engine.hot: on: " in failed.stdout
    assert vigil.json("check", bad, code=1)["ok"] is False
    assert [] == vigil.json("show", "oven")["drafts"]


def test_tests_of_rules_pass_and_fail_by_exit_code(vigil: Shell) -> None:
    """With rules of a file, or the published ones; a failing one shows the difference."""
    test, rules = vigil.file("test.yaml", TEST), vigil.file("hot.yaml", HOT)
    given = vigil("test", test, "--rules", rules)
    before = vigil("test", test)
    vigil.publish(HOT)
    after = vigil.json("test", test)

    assert (0, 1, True) == (given.exit_code, before.exit_code, after["passed"])
    assert "ok      oven: it gets hot" in given.stdout
    assert "FAILED  oven: it gets hot" in before.stdout
    assert "-      10s  engine.hot" in before.stdout
    assert "1 tests, 1 failed" in before.stdout


def test_a_folder_is_checked_and_tested_as_a_whole(vigil: Shell) -> None:
    """Its files say by their folder whose rules they are."""
    vigil.file("rules/oven/engine.hot.yaml", HOT.replace("kind: oven\n", ""))
    vigil.file("rules/oven/too.fast.yaml", FAST)
    folder = str(vigil.folder / "rules")
    checked = vigil("check", folder)
    tested = vigil("test", vigil.file("test.yaml", TEST), "--rules", folder)

    assert "oven: 2 rules could be published on 0" in checked.stdout
    assert (0, 0) == (checked.exit_code, tested.exit_code)


def test_rules_are_tried_without_a_cluster(tmp_path: Path) -> None:
    """What a repository of rules runs before it lands: nothing is asked, nothing runs."""
    rule, test = tmp_path / "hot.yaml", tmp_path / "test.yaml"
    rule.write_text(HOT, "utf-8")
    test.write_text(TEST, "utf-8")

    def run(*words: str) -> Result:
        return CliRunner().invoke(make_app(), ["--folder", str(tmp_path), "rules", *words])

    checked = run("check", str(rule), "--offline")
    passed = run("test", str(test), "--rules", str(rule), "--offline", "--json")
    failed = run("test", str(test), "--offline")
    rule.write_text(BROKEN, "utf-8")
    broken = run("check", str(rule), "--offline")
    unknown = run("test", str(test), "--rules", str(rule), "--offline")

    assert "oven: 1 rules could be published on 0" in checked.stdout
    assert json.decode(passed.stdout)["passed"] is True
    assert [0, 0, 1, 1, 2] == [one.exit_code for one in (checked, passed, failed, broken, unknown)]
    assert f"{rule}:4:5" in broken.stdout
    assert f"{rule}:4:5" in unknown.stderr


def test_a_test_that_is_none_is_a_mistake_of_the_caller(vigil: Shell) -> None:
    """The place is named."""
    result = vigil("test", vigil.file("test.yaml", TEST.replace("events", "evnets")))

    assert (1, True) == (result.exit_code, "did you mean events" in result.stderr)


def test_fields_are_a_table(vigil: Shell) -> None:
    """Unit, range, and what there is now."""
    vigil.services.add("oven/o1", inside_c=180.0)
    vigil.services.add("oven/o2", inside_c=220.5)
    result = vigil.main("fields", "oven")
    line = next(line for line in result.stdout.splitlines() if line.startswith("inside_c"))

    assert ["inside_c", "number", "°C", "-40", "to", "600", "readings", "2", "of", "2", "180", "to",
            "220.5"] == line.split()  # fmt: skip
    assert "events: " in result.stdout
    assert "oven" == json.decode(vigil.main("fields", "oven", "--json").stdout)["kind"]


def test_explain_shows_what_a_rule_saw(vigil: Shell) -> None:
    """In words, with the inputs, and the rule itself."""
    vigil.publish(HOT)
    document = vigil.json("show", "oven", "engine.hot")["document"]
    firing = Firing(
        id="oven/o1~f1", rule="engine.hot", version=1, at=START, now=START, severity="critical",
        signals=["oven/o1~s1"],
        why={"words": "inside_c (300) > 110", "inputs": {"inside_c": 300.0}, "values": {}},
    )  # fmt: skip
    vigil.services.world.twin("oven/o1").record = Record(firings=[firing])
    result = vigil.main("explain", "oven/o1~s1")

    for text in ("engine.hot of oven/o1, critical", "inside_c (300) > 110", "version 1",
                 document["when"]):  # fmt: skip
        assert text in result.stdout
    assert "oven/o1" == json.decode(vigil.main("explain", "oven/o1~s1", "--json").stdout)["twin_id"]
    assert 1 == vigil.main("explain", "oven/o1~s2").exit_code


def test_a_decision_table_stands_beside_the_rules(vigil: Shell, tmp_path: Path) -> None:
    """Pushed as its editor writes it, and pulled as it was; a rule that asks it needs it."""
    table = as_file(jdm(["inside_c"], ["remedy"], [["> 150", '"stop"'], ["", '"wait"']]))
    asks = (
        HOT + "then:\n  - {decide: remedy, data: [inside_c]}\n  - {signal: x, data: {r: remedy}}\n"
    )
    folder, copy = tmp_path / "rules", tmp_path / "copy"
    vigil.file("rules/oven/engine.hot.yaml", asks)
    alone = vigil("push", str(folder))
    vigil.file("rules/oven/remedy.json", table)
    pushed = vigil("push", str(folder), "--force")
    pulled = vigil("pull", str(copy))

    assert (1, 0, 0) == (alone.exit_code, pushed.exit_code, pulled.exit_code), pushed.output
    assert "oven has no decision table 'remedy'; there are: none" in alone.output
    assert "oven: version 1 is published" in pushed.stdout
    assert table.strip() == (copy / "oven" / "remedy.json").read_text().strip()
    assert {"engine.hot", "remedy"} == {
        rule["name"] for rule in vigil.json("show", "oven")["rules"]
    }


def test_why_not_shows_the_part_that_is_false(vigil: Shell) -> None:
    """With its value; and unknown is something else than false."""
    vigil.publish(HOT.replace("inside_c > 110", "inside_c > 110 and load_pct > 50"))
    vigil.services.world.twin("oven/o1").inside_c = 300.0
    result = vigil.main("why-not", "engine.hot", "oven/o1")

    assert "engine.hot of oven/o1 is well, version 1" in result.stdout
    assert "load_pct is unknown" in result.stdout
    assert ["yes", "inside_c > 110"] == result.stdout.splitlines()[4].split(maxsplit=1)
    assert "no" == result.stdout.splitlines()[6].split()[0]
    assert (
        "well"
        == json.decode(vigil.main("why-not", "engine.hot", "oven/o1", "--json").stdout)["state"]
    )
    assert 1 == vigil.main("why-not", "nothing", "oven/o1").exit_code


def test_what_looks_odd_is_a_warning(vigil: Shell) -> None:
    """It can be published all the same."""
    path = vigil.file("odd.yaml", HOT.replace("> 110", "> 110 and inside_c < 100"))
    checked, drafted = vigil("check", path), vigil("draft", path)

    assert (0, 0) == (checked.exit_code, drafted.exit_code)
    assert f"warning: {path}:5:7: engine.hot: when: it can never hold" in checked.stdout
    assert "warning: engine.hot: when: it can never hold" in drafted.stdout
